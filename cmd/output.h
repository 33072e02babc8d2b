/* How commands speak: data to stdout, everything else to stderr. */
#ifndef VELA_CMD_OUTPUT_H
#define VELA_CMD_OUTPUT_H

#include <stdio.h>

#include "cmd/command.h"

/* Prints and frees. */
void output_json(json_t *json);
void output_text(const char *format, ...) __attribute__((format(printf, 1, 2))); /* to stdout */
void output_note(const struct invocation *invocation, const char *format, ...) __attribute__((format(printf, 2, 3)));
void output_error(const struct invocation *invocation, const struct error *error);
/* {"kind", "message", "hint"}; null for NULL. */
json_t *output_error_json(const struct error *error);
/* 0; 1 if whoever reads stdout has had enough and closed it; -1 if something could not be written. */
int output_flush(void);

/* Progress of long work: a line that changes on a terminal, a line every ten seconds elsewhere. */
const struct progress *output_progress(const struct invocation *invocation);
void output_progress_clear(void);
int output_width(void);

/* A table with aligned columns: cells are added row by row, `columns` a row; the first row is the heading. */
struct table {
	size_t columns;
	struct string_list cells;
};
void table_add(struct table *table, const char *cell); /* hostile text is made harmless */
void table_print(struct table *table, bool color);     /* and frees it */

#endif
