#include "check/expectation.h"

#include <ctype.h>

#include "base/text.h"
#include "pg/connection.h"

/* --- what they share --- */

char *expectation_cut(const char *text)
{
	return text ? text_cut(text, strlen(text), ASSERTION_ACTUAL_MAX) : NULL;
}

void trial_hold(struct trial *trial, bool holds)
{
	trial->check->outcome = holds ? OUTCOME_PASSED : OUTCOME_FAILED;
}

void trial_refuse(struct trial *trial, char *message)
{
	_cleanup_free_ char *owned = message;
	trial->check->failure = failure_without_place(owned);
}

int trial_run(struct trial *trial, const char *front, const char *back, PGresult **ret, struct error **err)
{
	return query_run(trial->connection, &trial->query, front, back, trial->deadline, ret, &trial->check->failure,
			 err);
}

int trial_fetch(struct trial *trial, size_t limit, PGresult **ret, struct error **err)
{
	_cleanup_free_ char *back = string_format(") AS q LIMIT %zu", limit);
	bool wrapped = query_is_table(&trial->query);
	if (trial_run(trial, wrapped ? "SELECT * FROM (" : NULL, wrapped ? back : NULL, ret, err) < 0)
		return -1;
	if (*ret && PQresultStatus(*ret) != PGRES_TUPLES_OK) {
		trial_refuse(trial,
			     string_format("the statement gave no rows; %s needs a query", trial->expectation->name));
		pg_result_free(ret);
	}
	return 0;
}

/* --- fails --- */

static bool is_sqlstate(const char *text)
{
	size_t digits = 0, length = 0;
	for (; text[length]; length++) {
		if (!isdigit((unsigned char)text[length]) && !(text[length] >= 'A' && text[length] <= 'Z'))
			return false;
		digits += isdigit((unsigned char)text[length]) != 0;
	}
	return length == 5 && digits > 0;
}

static bool is_failure_wanted(const struct report_failure *failure, const char *wanted)
{
	if (is_sqlstate(wanted))
		return string_equal(failure->sqlstate, wanted);
	return strstr(failure->message, wanted);
}

/* What is checked only at a COMMIT is checked now, for there will be none. */
static int check_deferred(struct trial *trial, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	return query_run_own(trial->connection, "SET CONSTRAINTS ALL IMMEDIATE", trial->deadline, &result,
			     &trial->check->failure, err);
}

static int judge_fails(struct trial *trial, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	struct report_check *check = trial->check;
	if (trial_run(trial, NULL, NULL, &result, err) < 0)
		return -1;
	if (!check->failure && PQtransactionStatus(trial->connection) == PQTRANS_INTRANS &&
	    check_deferred(trial, err) < 0)
		return -1;
	struct report_failure *failure = check->failure;
	if (!failure) {
		check->actual = string_copy("it succeeded");
	} else if (failure->sqlstate) { /* the server's, and not the time limit */
		_cleanup_free_ char *words = string_format("%s (%s)", failure->message, failure->sqlstate);
		check->actual = expectation_cut(words);
		trial_hold(trial, is_failure_wanted(failure, trial->assertion->fails));
		check->failure = NULL;
		report_failure_free(failure);
	}
	return 0;
}

/* --- in words --- */

static char *describe_nothing(const struct assertion *a)
{
	(void)a;
	return NULL;
}

static char *describe_equals(const struct assertion *a)
{
	return string_copy(a->equals);
}

static char *describe_not_equals(const struct assertion *a)
{
	return string_format("anything but %s", a->not_equals);
}

static char *describe_between(const struct assertion *a)
{
	return string_format("between %s and %s", a->between_low, a->between_high);
}

/* "at least 1 and at most 3 rows" */
static char *describe_bounds(const char *at_least, const char *at_most, const char *unit)
{
	return string_format("%s%s%s%s%s%s", at_least ? "at least " : "", at_least ? at_least : "",
			     at_least && at_most ? " and " : "", at_most ? "at most " : "", at_most ? at_most : "",
			     unit);
}

static char *describe_number(const struct assertion *a)
{
	return describe_bounds(a->at_least, a->at_most, "");
}

static char *describe_matches(const struct assertion *a)
{
	return string_format("a match of %s", a->matches);
}

static char *describe_rows(const struct assertion *a)
{
	if (a->rows_exactly)
		return string_format("%s row%s", a->rows_exactly, string_equal(a->rows_exactly, "1") ? "" : "s");
	return describe_bounds(a->rows_at_least, a->rows_at_most, " rows");
}

static char *describe_empty(const struct assertion *a)
{
	(void)a;
	return string_copy("no rows");
}

static char *describe_fails(const struct assertion *a)
{
	return string_format(is_sqlstate(a->fails) ? "that it fails with SQLSTATE %s" : "that it fails with \"%s\"",
			     a->fails);
}

static char *describe_unchanged(const struct assertion *a)
{
	(void)a;
	return string_copy("the same as before the migrations");
}

static char *describe_change(const struct assertion *a)
{
	_cleanup_free_ char *bounds = describe_bounds(a->change_at_least, a->change_at_most, "");
	return string_format("a change by %s", bounds);
}

static char *join(const char *front, char *const *columns)
{
	struct buffer text = {0};
	for (size_t i = 0; columns[i]; i++)
		buffer_addf(&text, "%s%s", i == 0 ? front : ", ", columns[i]);
	return buffer_steal(&text);
}

static char *describe_not_null(const struct assertion *a)
{
	return join("no NULL in ", a->not_null);
}

static char *describe_unique(const struct assertion *a)
{
	return join("no two rows with the same ", a->unique);
}

/* --- the table --- */

#define IS_WANTED(name, condition)                                                                                     \
	static bool name(const struct assertion *a)                                                                    \
	{                                                                                                              \
		return condition;                                                                                      \
	}
IS_WANTED(wants_equals, a->equals)
IS_WANTED(wants_not_equals, a->not_equals)
IS_WANTED(wants_between, a->between_low && a->between_high)
IS_WANTED(wants_at_least, a->at_least)
IS_WANTED(wants_at_most, a->at_most)
IS_WANTED(wants_matches, a->matches)
IS_WANTED(wants_rows, a->rows_exactly || a->rows_at_least || a->rows_at_most)
IS_WANTED(wants_empty, a->empty)
IS_WANTED(wants_returns, a->returns)
IS_WANTED(wants_fails, a->fails)
IS_WANTED(wants_unchanged, a->unchanged)
IS_WANTED(wants_change, a->change_at_most || a->change_at_least)
IS_WANTED(wants_not_null, a->not_null)
IS_WANTED(wants_unique, a->unique)
IS_WANTED(wants_anything, a)

static const struct expectation expectations[] = {
	{"equals", wants_equals, describe_equals, false, judge_equals, NULL},
	{"not_equals", wants_not_equals, describe_not_equals, false, judge_not_equals, NULL},
	{"between", wants_between, describe_between, false, judge_number, NULL},
	{"at_least", wants_at_least, describe_number, false, judge_number, NULL},
	{"at_most", wants_at_most, describe_number, false, judge_number, NULL},
	{"matches", wants_matches, describe_matches, false, judge_matches, NULL},
	{"rows", wants_rows, describe_rows, false, judge_row_count, NULL},
	{"empty", wants_empty, describe_empty, false, judge_empty, NULL},
	{"returns", wants_returns, describe_returns, false, judge_returns, NULL},
	{"fails", wants_fails, describe_fails, true, judge_fails, NULL},
	{"unchanged", wants_unchanged, describe_unchanged, false, judge_unchanged, measure_unchanged},
	{"change", wants_change, describe_change, false, judge_change, measure_change},
	{"not_null", wants_not_null, describe_not_null, false, judge_not_null, NULL},
	{"unique", wants_unique, describe_unique, false, judge_unique, NULL},
	{"", wants_anything, describe_nothing, false, judge_running, NULL},
};

const struct expectation *expectation_find(const struct assertion *assertion)
{
	const struct expectation *expectation = expectations;
	while (!expectation->is_wanted(assertion))
		expectation++;
	return expectation;
}
