/*
 * Files of templates/, compiled into the binary. A placeholder is {{name}}; what is put in is the caller's to quote.
 */
#ifndef VELA_BASE_TEMPLATE_H
#define VELA_BASE_TEMPLATE_H

#include "base/buffer.h"

struct template
{
	const char *name; /* "sql/prepare_cluster.sql" */
	const char *text;
};
extern const struct template templates[]; /* ends with a NULL name; generated */

const char *template_text(const char *name); /* aborts if there is none: the name is in the code */

struct template_value {
	const char *name;
	const char *value;
};
/* Fills placeholders from `values`, which ends with a NULL name. An unknown placeholder aborts: a unit test fills all.
 */
char *template_fill(const char *name, const struct template_value *values);

#endif
