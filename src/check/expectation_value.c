/* Expectations of one value: a query that gives one row of one column. */
#include "check/expectation.h"
#include "pg/connection.h"

/* *ret NULL: there is none, and the check says why, or it is NULL. */
static int fetch_value(struct trial *trial, PGresult **ret, struct error **err)
{
	static const char *const counts[] = {"no row", "1 row", "more than one row"};
	_cleanup_result_ PGresult *result = NULL;
	*ret = NULL;
	if (trial_fetch(trial, 2, &result, err) < 0)
		return -1;
	if (!result)
		return 0;
	int rows = PQntuples(result), columns = PQnfields(result);
	if (rows != 1 || columns != 1) {
		trial_refuse(trial, string_format("the query gave %s of %d column%s; %s compares one row of one column",
						  counts[rows < 2 ? rows : 2], columns, columns == 1 ? "" : "s",
						  trial->expectation->name));
		return 0;
	}
	if (!PQgetisnull(result, 0, 0))
		*ret = TAKE_POINTER(result);
	return 0;
}

static bool value_equals(const PGresult *result, const char *expected)
{
	const char *value = PQgetvalue(result, 0, 0);
	if (PQftype(result, 0) == BOOLEAN_TYPE && (string_equal(expected, "true") || string_equal(expected, "false")))
		return value[0] == expected[0];
	return string_equal(value, expected);
}

static int judge_text(struct trial *trial, const char *text, bool same, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (fetch_value(trial, &result, err) < 0)
		return -1;
	if (!result)
		return 0;
	trial->check->actual = expectation_cut(PQgetvalue(result, 0, 0));
	trial_hold(trial, value_equals(result, text) == same);
	return 0;
}

int judge_equals(struct trial *trial, struct error **err)
{
	return judge_text(trial, trial->assertion->equals, true, err);
}

int judge_not_equals(struct trial *trial, struct error **err)
{
	return judge_text(trial, trial->assertion->not_equals, false, err);
}

/* --- decided by the server --- */

/* The check holds if the condition does. Operators have their schema: what stands in the search path is no concern. */
static int judge_condition(struct trial *trial, const char *condition, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	_cleanup_free_ char *sql = string_format("SELECT %s", condition);
	if (query_run_own(trial->connection, sql, trial->deadline, &result, &trial->check->failure, err) < 0)
		return -1;
	if (result)
		trial_hold(trial, string_equal(PQgetvalue(result, 0, 0), "t"));
	return 0;
}

static char *numeric(const char *text)
{
	_cleanup_free_ char *literal = pg_quote_literal(text);
	return string_format("(%s)::pg_catalog.numeric", literal);
}

/* "NaN" is more than any number there, and within no bounds here. `number` is SQL; a bound NULL: none. */
static char *within(const char *number, const char *low, const char *high)
{
	struct buffer sql = {0};
	buffer_addf(&sql, "%s OPERATOR(pg_catalog.<>) 'NaN'::pg_catalog.numeric", number);
	if (low)
		buffer_addf(&sql, " AND %s OPERATOR(pg_catalog.>=) %s", number, low);
	if (high)
		buffer_addf(&sql, " AND %s OPERATOR(pg_catalog.<=) %s", number, high);
	return buffer_steal(&sql);
}

int judge_number(struct trial *trial, struct error **err)
{
	const struct assertion *wanted = trial->assertion;
	const char *least = wanted->between_low ? wanted->between_low : wanted->at_least;
	const char *most = wanted->between_high ? wanted->between_high : wanted->at_most;
	_cleanup_result_ PGresult *result = NULL;
	if (fetch_value(trial, &result, err) < 0)
		return -1;
	if (!result)
		return 0;
	trial->check->actual = expectation_cut(PQgetvalue(result, 0, 0));
	_cleanup_free_ char *number = numeric(PQgetvalue(result, 0, 0));
	_cleanup_free_ char *low = least ? numeric(least) : NULL;
	_cleanup_free_ char *high = most ? numeric(most) : NULL;
	_cleanup_free_ char *condition = within(number, low, high);
	return judge_condition(trial, condition, err);
}

int judge_matches(struct trial *trial, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (fetch_value(trial, &result, err) < 0)
		return -1;
	if (!result)
		return 0;
	trial->check->actual = expectation_cut(PQgetvalue(result, 0, 0));
	_cleanup_free_ char *text = pg_quote_literal(PQgetvalue(result, 0, 0));
	_cleanup_free_ char *pattern = pg_quote_literal(trial->assertion->matches);
	_cleanup_free_ char *condition =
		string_format("(%s)::pg_catalog.text OPERATOR(pg_catalog.~) (%s)::pg_catalog.text", text, pattern);
	return judge_condition(trial, condition, err);
}

/* --- change --- */

int measure_change(struct trial *trial, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (fetch_value(trial, &result, err) < 0)
		return -1;
	if (result)
		trial->check->before = string_copy(PQgetvalue(result, 0, 0));
	else if (!trial->check->failure)
		trial_refuse(trial, string_copy("the value is NULL; a change is that of a number"));
	return 0;
}

/* "1%": that part of `before`, which is SQL; else a number. NULL gives NULL. */
static char *bound_of_change(const char *bound, const char *before)
{
	size_t length = bound ? strlen(bound) : 0;
	if (length == 0 || bound[length - 1] != '%')
		return bound ? numeric(bound) : NULL;
	_cleanup_free_ char *digits = string_copy_n(bound, length - 1);
	_cleanup_free_ char *percent = numeric(digits);
	return string_format("(pg_catalog.abs(%s) OPERATOR(pg_catalog.*) %s OPERATOR(pg_catalog./) "
			     "100::pg_catalog.numeric)",
			     before, percent);
}

int judge_change(struct trial *trial, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (fetch_value(trial, &result, err) < 0)
		return -1;
	if (!result)
		return 0;
	trial->check->actual = expectation_cut(PQgetvalue(result, 0, 0));
	_cleanup_free_ char *after = numeric(PQgetvalue(result, 0, 0));
	_cleanup_free_ char *before = numeric(trial->check->before);
	_cleanup_free_ char *change = string_format("pg_catalog.abs(%s OPERATOR(pg_catalog.-) %s)", after, before);
	_cleanup_free_ char *low = bound_of_change(trial->assertion->change_at_least, before);
	_cleanup_free_ char *high = bound_of_change(trial->assertion->change_at_most, before);
	_cleanup_free_ char *condition = within(change, low, high);
	return judge_condition(trial, condition, err);
}
