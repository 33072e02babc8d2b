#include "sql/failure.h"

#include "base/text.h"

enum {
	FIELD_MAX = 64 << 10,       /* bytes of a message: a function may raise one of any length */
	SOURCE_LINE_MAX = 64 << 10, /* a longer line is not for showing */
	META_COMMAND_MAX = 32,
};

/* NULL gives NULL. */
static char *copy_field(const char *text)
{
	return text ? text_cut(text, strlen(text), FIELD_MAX) : NULL;
}

struct report_failure *failure_at(const struct sql_text *sql, size_t offset, bool exact, const char *message)
{
	struct sql_place place = sql_place_of(sql->text, sql->length, offset);
	struct report_failure *failure = memory_allocate(sizeof(*failure));
	*failure = (struct report_failure){
		.message = copy_field(message),
		.line = place.line,
		.column = place.column,
		.has_caret = exact,
	};
	if (place.line_length <= SOURCE_LINE_MAX)
		failure->source_line = string_copy_n(sql->text + place.line_start, place.line_length);
	return failure;
}

/* A failure inside a function is in a text that no file has: it goes where the server tells of the function. */
static char *describe_context(const PGresult *result)
{
	const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
	const char *query = PQresultErrorField(result, PG_DIAG_INTERNAL_QUERY);
	const char *position = PQresultErrorField(result, PG_DIAG_INTERNAL_POSITION);
	if (!query)
		return copy_field(context);
	_cleanup_free_ char *short_query = copy_field(query);
	_cleanup_free_ char *short_context = copy_field(context ? context : "");
	return string_format("in the query \"%s\"%s%s%s%s", short_query, position ? ", character " : "",
			     position ? position : "", *short_context ? "\n" : "", short_context);
}

struct report_failure *failure_of_result(const PGresult *result, const struct sql_text *sql,
					 const struct sql_statement *statement)
{
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	size_t offset = statement->start;
	if (position)
		offset = sql_offset_of_character(sql->text, statement->start, statement->length,
						 strtol(position, NULL, 10));
	struct report_failure *failure =
		failure_at(sql, offset, position, message ? message : PQresultErrorMessage(result));
	failure->sqlstate = copy_field(PQresultErrorField(result, PG_DIAG_SQLSTATE));
	failure->detail = copy_field(PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
	failure->hint = copy_field(PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));
	failure->context = describe_context(result);
	return failure;
}

/* The number of "COPY table, line 7, column a: …" in the server's context; 0: it tells of none. */
static long copy_line(const char *context)
{
	const char *line = context && string_starts_with(context, "COPY ") ? strstr(context, ", line ") : NULL;
	return line ? strtol(line + strlen(", line "), NULL, 10) : 0;
}

struct report_failure *failure_of_copy(const PGresult *result, const struct sql_text *sql,
				       const struct sql_statement *statement, size_t start, size_t length)
{
	struct report_failure *failure = failure_of_result(result, sql, statement);
	const char *at = sql->text + start, *end = at + length;
	long line = copy_line(failure->context);
	for (long i = 1; i < line && at; i++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	if (line < 1 || !at)
		return failure;
	struct sql_place place = sql_place_of(sql->text, sql->length, (size_t)(at - sql->text));
	failure->line = place.line;
	failure->column = 1;
	failure->has_caret = false;
	string_replace(&failure->source_line, NULL);
	if (place.line_length <= SOURCE_LINE_MAX)
		failure->source_line = string_copy_n(sql->text + place.line_start, place.line_length);
	return failure;
}

struct report_failure *failure_of_meta_command(const struct sql_text *sql, const struct sql_statement *statement,
					       const char *where)
{
	const char *name = sql->text + statement->meta_command;
	size_t rest = sql->length - statement->meta_command;
	size_t length = 1;
	while (length < rest && length < META_COMMAND_MAX && !strchr(" \t\r\n;'\"", name[length]))
		length++;
	_cleanup_free_ char *message =
		string_format("psql meta-command %.*s is not supported in %s", (int)length, name, where);
	struct report_failure *failure = failure_at(sql, statement->meta_command, true, message);
	failure->hint =
		string_copy("what begins with a backslash is for the program psql; the server itself knows only SQL");
	return failure;
}

struct report_failure *failure_of_time_limit(const struct sql_text *sql, size_t offset)
{
	struct report_failure *failure =
		failure_at(sql, offset, false, "cancelled: the time limit of this run was reached");
	failure->hint = string_copy("timeout in vela.yml is the time for all migrations and checks of a run");
	return failure;
}
