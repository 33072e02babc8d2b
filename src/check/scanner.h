/*
 * Splits SQL into statements exactly where psql would: quotes, E'' strings, dollar quotes, nested comments,
 * parentheses, BEGIN ATOMIC bodies. It knows no grammar beyond that, so any server version's syntax passes.
 */
#ifndef VELA_CHECK_SCANNER_H
#define VELA_CHECK_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

struct sql_statement {
	size_t start, length; /* bytes in the text: from the first character that is neither space nor comment up to and without ';' */
	int line, column;     /* of `start`, from 1; the column counts characters */
};

struct sql_scanner {
	const char *text;
	size_t length, position;
	int line; /* of `position` */
};

void sql_scanner_init(struct sql_scanner *scanner, const char *text, size_t length);
/* The next statement that is not empty; false at the end. Never fails: what is unterminated runs to the end. */
bool sql_scanner_next(struct sql_scanner *scanner, struct sql_statement *ret);

/* Line, column (characters, from 1) and line text (borrowed bounds) of byte `offset` in a text. */
struct sql_place {
	int line, column;
	size_t line_start, line_length;
};
struct sql_place sql_place_of(const char *text, size_t length, size_t offset);

#endif
