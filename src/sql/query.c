#include "sql/query.h"

#include <strings.h>

#include "base/clock.h"
#include "sql/session.h"
#include "pg/connection.h"

enum { SERVER_GRACE_MS = 2000 }; /* so long the server waits for us to cancel before it does so itself */

struct report_failure *failure_without_place(const char *message)
{
	struct report_failure *failure = memory_allocate(sizeof(*failure));
	failure->message = string_copy(message);
	return failure;
}

struct report_failure *query_find(const char *sql, const char *what, struct query *ret)
{
	struct sql_scanner scanner;
	struct sql_statement second;
	*ret = (struct query){.sql = {sql, strlen(sql)}};
	sql_scanner_init(&scanner, ret->sql.text, ret->sql.length);
	if (!sql_scanner_next(&scanner, &ret->statement)) {
		_cleanup_free_ char *message = string_format("the %s has no query", what);
		return failure_without_place(message);
	}
	if (ret->statement.meta_command != SQL_NO_OFFSET) {
		_cleanup_free_ char *where = string_format("a %s", what);
		return failure_of_meta_command(&ret->sql, &ret->statement, where);
	}
	if (!sql_scanner_next(&scanner, &second))
		return NULL;
	_cleanup_free_ char *message = string_format("a %s is one query, and here a second one begins", what);
	return failure_at(&ret->sql, second.start, true, message);
}

bool query_is_table(const struct query *query)
{
	static const char *const words[] = {"(", "SELECT", "VALUES", "WITH", "TABLE"};
	const char *text = query->sql.text + query->statement.start;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t length = strlen(words[i]);
		if (length <= query->statement.length && strncasecmp(text, words[i], length) == 0)
			return true;
	}
	return false;
}

/* --- running it --- */

/* The query's text inside words of ours: it begins with the second line and ends with the last but one. */
struct wrapped {
	struct buffer text;
	int lines; /* of the query */
};

/* From its first byte on, what stands before the statement included: so lines and columns are the text's own. */
static void wrap(const struct query *query, const char *front, const char *back, struct wrapped *ret)
{
	const char *text = query->sql.text;
	size_t start = string_starts_with(text, "\xef\xbb\xbf") ? 3 : 0;
	size_t end = query->statement.start + query->statement.length;
	*ret = (struct wrapped){.lines = sql_place_of(text, query->sql.length, end).line};
	buffer_addf(&ret->text, "%s\n", front);
	buffer_add(&ret->text, text + start, end - start);
	buffer_addf(&ret->text, "\n%s", back);
}

/* A place in our words is none; a syntax error after the query says that the query has no end. */
static struct report_failure *failure_of_wrapped(const PGresult *result, const struct query *query,
						 const struct wrapped *wrapped)
{
	if (!PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION))
		return failure_of_result(result, &query->sql, &query->statement);
	struct sql_text sql = {wrapped->text.data, wrapped->text.length};
	struct sql_statement all = {.length = sql.length, .line = 1, .column = 1};
	struct report_failure *failure = failure_of_result(result, &sql, &all);
	if (failure->line > 1 && failure->line <= 1 + wrapped->lines)
		return failure;
	if (failure->line > 1 && string_equal(failure->sqlstate, "42601")) {
		report_failure_free(failure);
		failure = failure_at(&query->sql, query->statement.start + query->statement.length, true,
				     "syntax error at the end of the query");
		failure->sqlstate = string_copy("42601");
		return failure;
	}
	string_replace(&failure->source_line, NULL);
	failure->line = failure->column = 0;
	failure->has_caret = false;
	return failure;
}

static bool has_rows_or_none(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

static bool is_copy(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

int query_run(PGconn *connection, const struct query *query, const char *front, const char *back, double deadline,
	      PGresult **ret, struct report_failure **ret_failure, struct error **err)
{
	const struct sql_statement *statement = &query->statement;
	struct wrapped wrapped = {0};
	if (front)
		wrap(query, front, back, &wrapped);
	else
		buffer_add(&wrapped.text, query->sql.text + statement->start, statement->length);
	_cleanup_result_ PGresult *result = NULL;
	int ran = session_query(connection, buffer_text(&wrapped.text), deadline, &result, err);
	*ret = NULL;
	*ret_failure = NULL;
	if (ran == 0 && !result) {
		*ret_failure = failure_of_time_limit(&query->sql, statement->start);
	} else if (ran == 0 && is_copy(result)) {
		session_end_copy(connection, result);
		*ret_failure = failure_at(&query->sql, statement->start, false, "COPY is not a query");
	} else if (ran == 0 && !has_rows_or_none(result)) {
		*ret_failure = front ? failure_of_wrapped(result, query, &wrapped)
				     : failure_of_result(result, &query->sql, statement);
	} else if (ran == 0) {
		*ret = TAKE_POINTER(result);
	}
	buffer_free(&wrapped.text);
	return ran;
}

int query_run_own(PGconn *connection, const char *sql, double deadline, PGresult **ret,
		  struct report_failure **ret_failure, struct error **err)
{
	struct query query = {.sql = {sql, strlen(sql)}, .statement = {.length = strlen(sql), .line = 1, .column = 1}};
	if (query_run(connection, &query, NULL, NULL, deadline, ret, ret_failure, err) < 0)
		return -1;
	if (*ret_failure) {
		string_replace(&(*ret_failure)->source_line, NULL);
		(*ret_failure)->line = (*ret_failure)->column = 0;
		(*ret_failure)->has_caret = false;
	}
	return 0;
}

int query_begin(PGconn *connection, bool read_only, double deadline, struct report_failure **ret_failure,
		struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	_cleanup_free_ char *limit = NULL;
	if (deadline > 0)
		limit = string_format("; SET LOCAL statement_timeout = %.0f",
				      deadline - clock_monotonic_ms() + SERVER_GRACE_MS);
	_cleanup_free_ char *sql =
		string_format("BEGIN%s%s", read_only ? " READ ONLY" : " READ WRITE", limit ? limit : "");
	return query_run_own(connection, sql, deadline, &result, ret_failure, err);
}
