#include "check/assertion.h"

#include "base/clock.h"
#include "base/text.h"
#include "check/failure.h"
#include "check/session.h"
#include "pg/connection.h"

enum { BOOLEAN_TYPE = 16 }; /* the same oid in every version */

static struct report_failure *plain_failure(const char *message)
{
	struct report_failure *failure = memory_allocate(sizeof(*failure));
	failure->message = string_copy(message);
	return failure;
}

/* The one statement of the text, or why it is not one. */
static struct report_failure *find_statement(const struct sql_text *sql, struct sql_statement *ret)
{
	struct sql_scanner scanner;
	struct sql_statement second;
	sql_scanner_init(&scanner, sql->text, sql->length);
	if (!sql_scanner_next(&scanner, ret))
		return plain_failure("the check has no query");
	if (ret->meta_command != SQL_NO_OFFSET)
		return failure_of_meta_command(sql, ret, "a check");
	if (sql_scanner_next(&scanner, &second))
		return failure_at(sql, second.start, true, "a check is one query, and here a second one begins");
	return NULL;
}

static char *copy_value(const char *value)
{
	size_t length = strnlen(value, ASSERTION_ACTUAL_MAX + 1);
	if (length <= ASSERTION_ACTUAL_MAX)
		return string_copy(value);
	length = ASSERTION_ACTUAL_MAX;
	while (length > 0 && (value[length] & 0xc0) == 0x80)
		length--;
	return string_format("%.*s…", (int)length, value);
}

static bool value_equals(const PGresult *result, const char *expected)
{
	const char *value = PQgetvalue(result, 0, 0);
	if (PQftype(result, 0) == BOOLEAN_TYPE && (string_equal(expected, "true") || string_equal(expected, "false")))
		return value[0] == expected[0];
	return string_equal(value, expected);
}

/* Compares the value of a query that gave rows, or says why there is none to compare. */
static bool compare_value(const PGresult *result, struct report_check *check)
{
	int rows = PQntuples(result), columns = PQnfields(result);
	if (rows != 1 || columns != 1) {
		_cleanup_free_ char *message =
			string_format("the query gave %d row%s of %d column%s; equals compares one row of one column",
				      rows, rows == 1 ? "" : "s", columns, columns == 1 ? "" : "s");
		check->failure = plain_failure(message);
		return false;
	}
	if (PQgetisnull(result, 0, 0))
		return false;
	check->actual = copy_value(PQgetvalue(result, 0, 0));
	return value_equals(result, check->expected);
}

/* True if the check holds; else check->failure may say why. */
static bool judge(PGconn *connection, const PGresult *result, const struct sql_text *sql,
		  const struct sql_statement *statement, struct report_check *check)
{
	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
		return !check->expected || compare_value(result, check);
	case PGRES_COMMAND_OK:
		if (check->expected)
			check->failure =
				plain_failure("the statement gave no rows; equals compares one row of one column");
		return !check->expected;
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		session_end_copy(connection, result);
		check->failure = failure_at(sql, statement->start, false, "COPY is not a query that a check can make");
		return false;
	default:
		check->failure = failure_of_result(result, sql, statement);
		return false;
	}
}

static int run_statement(PGconn *connection, const struct sql_text *sql, double deadline,
			 const struct sql_statement *statement, struct report_check *check, struct error **err)
{
	_cleanup_free_ char *query = string_copy_n(sql->text + statement->start, statement->length);
	const char *const queries[] = {"BEGIN READ ONLY", query};
	for (size_t i = 0; i < ARRAY_SIZE(queries) && !check->failure; i++) {
		_cleanup_result_ PGresult *result = NULL;
		if (session_query(connection, queries[i], deadline, &result, err) < 0)
			return -1;
		if (!result)
			check->failure = failure_of_time_limit(sql, statement->start);
		else if (i + 1 == ARRAY_SIZE(queries))
			check->outcome =
				judge(connection, result, sql, statement, check) ? OUTCOME_PASSED : OUTCOME_FAILED;
		else if (PQresultStatus(result) != PGRES_COMMAND_OK)
			check->failure = failure_of_result(result, sql, statement);
	}
	return session_rollback(connection, err);
}

int assertion_run(PGconn *connection, const struct assertion *assertion, double deadline, struct report_check *ret,
		  struct error **err)
{
	double start = clock_monotonic_ms();
	struct sql_text sql = {assertion->sql, strlen(assertion->sql)};
	_cleanup_(report_check_clear) struct report_check check = {
		.name = string_copy(assertion->name),
		.sql = string_copy(assertion->sql),
		.line = assertion->line,
		.outcome = OUTCOME_FAILED,
		.expected = string_copy(assertion->equals),
	};
	struct sql_statement statement;
	check.failure = find_statement(&sql, &statement);
	if (!check.failure && (session_reset(connection, err) < 0 ||
			       run_statement(connection, &sql, deadline, &statement, &check, err) < 0)) {
		_cleanup_free_ char *name = text_safe(assertion->name);
		return error_wrap(err, "cannot run the check \"%s\"", name);
	}
	if (check.failure)
		check.failure->line = assertion->line;
	check.milliseconds = clock_monotonic_ms() - start;
	report_check_clear(ret);
	*ret = check;
	check = (struct report_check){0};
	return 0;
}
