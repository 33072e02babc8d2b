/* How to reach a branch, in the forms that programs want. Never that of a parent or a source. */
#ifndef VELA_APP_URL_H
#define VELA_APP_URL_H

#include "pool/branch.h"

struct url_format {
	const char *name;
	const char *summary;
	char *(*make)(const struct branch *branch, const char *password); /* owned, without a line end */
};
extern const struct url_format url_formats[]; /* ends with a NULL name; the first is the default */

/* In `format` (a row's name, NULL: the default). ERROR_USAGE with a suggestion if there is none. */
int url_make(const struct branch *branch, const char *format, char **ret, struct error **err);
/* Puts DATABASE_URL and PG* into an environment, in place of everything in it that libpq would heed. */
int url_add_environment(const struct branch *branch, struct string_list *environment, struct error **err);
/* The same under the names that migration tools read it from: FLYWAY_URL, GOOSE_DBSTRING, … */
int url_add_tool_environment(const struct branch *branch, struct string_list *environment, struct error **err);

#endif
