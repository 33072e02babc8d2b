/*
 * Splits SQL into statements exactly where psql would: quotes, E'' strings, dollar quotes, nested comments,
 * parentheses, BEGIN ATOMIC bodies. It knows no grammar beyond that, so any server version's syntax passes.
 * As psql does, it takes standard_conforming_strings for on and skips a byte order mark at the start.
 */
#ifndef VELA_SQL_SCANNER_H
#define VELA_SQL_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SQL_NO_OFFSET SIZE_MAX

struct sql_statement {
	size_t start, length; /* bytes in the text: from the first character to the last that is neither space nor
			       * comment, without the ';' */
	int line, column;     /* of `start`, from 1; the column counts characters */
	size_t meta_command;  /* byte in the text of the first backslash outside quotes: psql would obey what follows, a
			       * server knows no such thing; SQL_NO_OFFSET if there is none */
};

struct sql_scanner {
	const char *text;
	size_t length, position;
	size_t counted;              /* up to here lines were counted */
	int line, column;            /* of `counted` */
	size_t data_start, data_end; /* data that was taken, and that the text goes on behind; both 0: none */
};

void sql_scanner_init(struct sql_scanner *scanner, const char *text, size_t length);
/* The next statement that is not empty; false at the end. Never fails: what is unterminated runs to the end. */
bool sql_scanner_next(struct sql_scanner *scanner, struct sql_statement *ret);

/*
 * The data of COPY … FROM STDIN, the last statement that was returned: as for psql they begin on the next line (or
 * behind the data of an earlier COPY on the same line) and end before a line `\.`, or at the end of the text. What
 * stands behind the statement on its own line is scanned next, and then what follows the data. A statement that begins
 * on that line and does not end there has the data in it: sql_scanner_crosses_data().
 */
void sql_scanner_take_copy_data(struct sql_scanner *scanner, size_t *ret_start, size_t *ret_length);
bool sql_scanner_crosses_data(const struct sql_scanner *scanner, const struct sql_statement *statement);
/* COPY … FROM STDIN, as far as can be told without the server's word. */
bool sql_statement_reads_data(const char *text, const struct sql_statement *statement);

/* What stands in the parentheses behind the only `keyword` of a statement; false if there is none, or are several. */
bool sql_statement_find_clause(const char *text, const struct sql_statement *statement, const char *keyword,
			       size_t *ret_start, size_t *ret_length);

/* Line, column (characters, from 1) and bounds of the line, without its end, of byte `offset` in a text. */
struct sql_place {
	int line, column;
	size_t line_start, line_length;
};
struct sql_place sql_place_of(const char *text, size_t length, size_t offset);

/* The byte in the text at which character `position` (from 1) of the `count` bytes from `start` on begins. */
size_t sql_offset_of_character(const char *text, size_t start, size_t count, long position);

#endif
