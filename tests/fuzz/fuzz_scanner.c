/* Whatever the text: scanning ends, statements lie in it one after the other, and lines and columns are right. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "sql/scanner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                                             \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "does not hold: %s\n", #condition);                                            \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

static bool begins_with_mark(const char *text, size_t length)
{
	return length >= 3 && text[0] == '\xef' && text[1] == '\xbb' && text[2] == '\xbf';
}

/* A statement by itself is that one statement. */
static void scan_again(const char *text, size_t length)
{
	if (begins_with_mark(text, length)) /* skipped at the start of a text, a letter elsewhere */
		return;
	struct sql_scanner scanner;
	struct sql_statement statement;
	sql_scanner_init(&scanner, text, length);
	REQUIRE(sql_scanner_next(&scanner, &statement));
	REQUIRE(statement.start == 0 && statement.length == length);
	REQUIRE(statement.line == 1 && statement.column == 1);
	REQUIRE(!sql_scanner_next(&scanner, &statement));
}

/* Every COPY takes its data: none of them is in a statement but one that is told to cross them. */
static void scan_with_data(const char *text, size_t size)
{
	struct sql_scanner scanner;
	struct sql_statement statement;
	size_t start = 0, length = 0, end = 0, clause, clause_length;
	sql_scanner_init(&scanner, text, size);
	while (sql_scanner_next(&scanner, &statement)) {
		size_t statement_end = statement.start + statement.length;
		REQUIRE(statement.start >= end && statement.length > 0 && statement_end <= size);
		REQUIRE(statement_end <= start || statement.start >= start + length ||
			sql_scanner_crosses_data(&scanner, &statement));
		end = statement_end;
		if (sql_statement_find_clause(text, &statement, "check", &clause, &clause_length))
			REQUIRE(clause >= statement.start && clause + clause_length < statement_end);
		if (!sql_statement_reads_data(text, &statement))
			continue;
		sql_scanner_take_copy_data(&scanner, &start, &length);
		REQUIRE(start >= end && start <= size && length <= size - start);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scan_with_data((const char *)data, size);
	const char *text = (const char *)data;
	struct sql_scanner scanner;
	struct sql_statement statement;
	sql_scanner_init(&scanner, text, size);
	size_t end = 0, count = 0;
	while (sql_scanner_next(&scanner, &statement)) {
		REQUIRE(statement.start >= end);
		REQUIRE(statement.length > 0);
		REQUIRE(statement.start < size && statement.length <= size - statement.start);
		end = statement.start + statement.length;
		REQUIRE(statement.meta_command == SQL_NO_OFFSET ||
			(statement.meta_command >= statement.start && statement.meta_command < end &&
			 text[statement.meta_command] == '\\'));
		if (++count > 64) /* what follows costs the length of the text each time */
			continue;
		struct sql_place place = sql_place_of(text, size, statement.start);
		REQUIRE(place.line == statement.line && place.column == statement.column);
		REQUIRE(place.line_start <= statement.start && place.line_length <= size - place.line_start);
		size_t last = sql_offset_of_character(text, statement.start, statement.length, INT32_MAX);
		REQUIRE(last == end);
		scan_again(text + statement.start, statement.length);
	}
	REQUIRE(!sql_scanner_next(&scanner, &statement));
	return 0;
}
