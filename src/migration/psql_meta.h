/* psql's own commands: which of them a migration may use. Only for src/check/psql*.c. */
#ifndef VELA_MIGRATION_PSQL_META_H
#define VELA_MIGRATION_PSQL_META_H

#include <stdbool.h>
#include <stddef.h>

enum meta_kind {
	META_REFUSED,
	META_PLAIN, /* obeyed at once */
	META_SENDS, /* sends the SQL before it to the server */
	META_IF,
	META_BRANCH, /* \elif, \else */
	META_ENDIF,
	META_INCLUDE,
	META_INCLUDE_RELATIVE,
};

/* One command: `name` and, behind it, `arguments` up to the end of the line or to the next backslash; borrowed. */
struct meta_command {
	const char *name, *arguments;
	size_t name_length, arguments_length;
};

/* Reads the command whose backslash is the first of the `length` bytes at `text`. */
struct meta_command meta_read(const char *text, size_t length);
/* META_REFUSED with *ret_why, borrowed, that completes "psql meta-command \x is refused: ". */
enum meta_kind meta_judge(const struct meta_command *command, const char **ret_why);

#endif
