#include "check/assertion.h"

#include "base/clock.h"
#include "base/text.h"
#include "check/expectation.h"
#include "sql/query.h"
#include "sql/session.h"
#include "pg/connection.h"

bool assertion_needs_before(const struct assertion *assertion)
{
	return expectation_find(assertion)->measure;
}

typedef int trial_step(struct trial *trial, struct error **err);

/* In a session as after the login and a transaction that leaves nothing. */
static int run_step(struct trial *trial, trial_step *step, struct error **err)
{
	struct report_failure **failure = &trial->check->failure;
	*failure = query_find(trial->assertion->sql, "check", &trial->query);
	if (*failure)
		return 0;
	if (session_reset(trial->connection, err) < 0 ||
	    query_begin(trial->connection, !trial->expectation->writes, trial->deadline, failure, err) < 0 ||
	    (!*failure && step(trial, err) < 0) || session_rollback(trial->connection, err) < 0) {
		_cleanup_free_ char *name = text_safe(trial->assertion->name);
		return error_wrap(err, "cannot run the check \"%s\"", name);
	}
	return 0;
}

void assertion_announce(const struct assertion *assertion, struct report_check *ret)
{
	*ret = (struct report_check){
		.name = string_copy(assertion->name),
		.sql = string_copy(assertion->sql),
		.line = assertion->line,
		.severity = assertion->severity,
		.outcome = OUTCOME_NOT_RUN,
		.expected = expectation_find(assertion)->describe(assertion),
	};
}

static void finish(struct report_check *check, struct report_check *ret)
{
	if (check->failure)
		check->failure->line = check->line;
	report_check_clear(ret);
	*ret = *check;
	*check = (struct report_check){0};
}

int assertion_measure(PGconn *before, const struct assertion *assertion, double deadline, struct report_check *ret,
		      struct error **err)
{
	double start = clock_monotonic_ms();
	_cleanup_(report_check_clear) struct report_check check = {0};
	assertion_announce(assertion, &check);
	struct trial trial = {
		.connection = before,
		.assertion = assertion,
		.expectation = expectation_find(assertion),
		.deadline = deadline,
		.check = &check,
	};
	if (run_step(&trial, trial.expectation->measure, err) < 0)
		return -1;
	if (check.failure)
		string_replace(&check.failure->message,
			       string_format("before the migrations: %s", check.failure->message));
	check.milliseconds = clock_monotonic_ms() - start;
	finish(&check, ret);
	return 0;
}

/* What came before the migrations, or why the check says nothing without it. */
static void take_before(const struct trial *trial, struct report_check *ret)
{
	struct report_check *check = trial->check;
	if (!trial->expectation->measure)
		return;
	check->before = TAKE_POINTER(ret->before);
	check->failure = TAKE_POINTER(ret->failure);
	if (!check->before && !check->failure)
		check->failure = failure_without_place("there is nothing from before the migrations to compare with");
}

int assertion_run(PGconn *connection, const struct assertion *assertion, double deadline, struct report_check *ret,
		  struct error **err)
{
	double start = clock_monotonic_ms();
	_cleanup_(report_check_clear) struct report_check check = {0};
	assertion_announce(assertion, &check);
	struct trial trial = {
		.connection = connection,
		.assertion = assertion,
		.expectation = expectation_find(assertion),
		.deadline = deadline,
		.check = &check,
	};
	check.outcome = OUTCOME_FAILED;
	take_before(&trial, ret);
	if (!check.failure && run_step(&trial, trial.expectation->judge, err) < 0)
		return -1;
	if (check.before)
		string_replace(&check.before, expectation_cut(check.before));
	check.milliseconds = clock_monotonic_ms() - start;
	finish(&check, ret);
	return 0;
}
