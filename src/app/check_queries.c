#include "app/check_run.h"
#include "app/instance.h"
#include "base/clock.h"
#include "check/assertion.h"
#include "check/plan.h"
#include "pg/connection.h"

static struct assertion assertion_of(const struct config_check *wanted)
{
	return (struct assertion){
		.name = wanted->name,
		.sql = wanted->sql,
		.equals = wanted->equals,
		.line = wanted->line,
		.severity = string_equal(wanted->severity, "warn") ? SEVERITY_WARNING : SEVERITY_ERROR,
		.not_equals = wanted->not_equals,
		.between_low = wanted->between_low,
		.between_high = wanted->between_high,
		.at_least = wanted->at_least,
		.at_most = wanted->at_most,
		.matches = wanted->matches,
		.rows_exactly = wanted->rows_exactly,
		.rows_at_least = wanted->rows_at_least,
		.rows_at_most = wanted->rows_at_most,
		.empty = wanted->empty,
		.returns = wanted->returns,
		.null_value = config_null,
		.ordered = wanted->ordered,
		.fails = wanted->fails,
		.unchanged = wanted->unchanged,
		.change_at_most = wanted->change_at_most,
		.change_at_least = wanted->change_at_least,
		.not_null = wanted->not_null,
		.unique = wanted->unique,
	};
}

static struct plan_wanted plan_of(const struct config_plan *wanted)
{
	return (struct plan_wanted){
		.name = wanted->name,
		.sql = wanted->sql,
		.line = wanted->line,
		.is_warning = string_equal(wanted->severity, "warn"),
		.buffers_max_ratio = wanted->buffers_max_ratio,
		.no_seq_scan_on = wanted->no_seq_scan_on,
		.uses_index = wanted->uses_index,
		.max_rows_misestimate = wanted->rows_max_misestimate,
		.unchanged = wanted->unchanged,
		.no_spill = wanted->no_spill,
	};
}

void check_fill_queries(struct check *check)
{
	struct report *report = check->report;
	const struct config *config = &check->app->config;
	if (!(check->request->steps & CHECK_ASSERTIONS))
		return;
	report->checks = memory_allocate(config->check_count * sizeof(*report->checks));
	report->check_count = config->check_count;
	for (size_t i = 0; i < config->check_count; i++) {
		struct assertion assertion = assertion_of(&config->checks[i]);
		assertion_announce(&assertion, &report->checks[i]);
	}
	report->plans = memory_allocate(config->plan_count * sizeof(*report->plans));
	report->plan_count = config->plan_count;
	for (size_t i = 0; i < config->plan_count; i++)
		report->plans[i] = (struct report_plan){.name = string_copy(config->plans[i].name),
							.sql = string_copy(config->plans[i].sql),
							.line = config->plans[i].line,
							.is_warning = plan_of(&config->plans[i]).is_warning,
							.outcome = OUTCOME_NOT_RUN};
}

/* Of a branch that this check made, the state before the migrations is still its own; of another, the reference's. */
static int connect_before(struct check *check, PGconn **ret, struct error **err)
{
	if (check->report->branch_created)
		return branch_connect_as_role(check->app, &check->branch, ret, err);
	if (reference_open(check->app, &check->branch, &check->reference, err) < 0)
		return -1;
	return branch_connect_as_role(check->app, &check->reference.branch, ret, err);
}

int check_measure_before(struct check *check, struct error **err)
{
	struct report *report = check->report;
	_cleanup_connection_ PGconn *before = NULL;
	for (size_t i = 0; i < report->check_count; i++) {
		struct assertion assertion = assertion_of(&check->app->config.checks[i]);
		if (!assertion_needs_before(&assertion))
			continue;
		if (!before && connect_before(check, &before, err) < 0)
			return -1;
		struct report_check measured = {0};
		if (assertion_measure(before, &assertion, check->deadline, &measured, err) < 0)
			return -1;
		report_check_clear(&report->checks[i]);
		report->checks[i] = measured;
	}
	return 0;
}

/* The checks come as the application would: in a session that no migration has touched. */
int check_run_assertions(struct check *check, struct error **err)
{
	struct report *report = check->report;
	_cleanup_connection_ PGconn *connection = NULL;
	if (report->check_count == 0)
		return 0;
	if (branch_connect_as_role(check->app, &check->branch, &connection, err) < 0)
		return -1;
	double began = clock_monotonic_ms();
	int result = 0;
	for (size_t i = 0; result == 0 && i < report->check_count; i++) {
		struct assertion assertion = assertion_of(&check->app->config.checks[i]);
		check_tell(check, assertion.name, i, report->check_count);
		result = assertion_run(connection, &assertion, check->deadline, &report->checks[i], err);
		if (report->checks[i].outcome == OUTCOME_FAILED && assertion.severity == SEVERITY_ERROR)
			report->verdict = VERDICT_FAILED;
	}
	report->check_ms = clock_monotonic_ms() - began;
	return result;
}

static int run_plans(struct check *check, struct plan_side *before, struct plan_side *after, struct error **err)
{
	struct report *report = check->report;
	for (size_t i = 0; i < report->plan_count; i++) {
		struct plan_wanted wanted = plan_of(&check->app->config.plans[i]);
		check_tell(check, wanted.name, i, report->plan_count);
		if (plan_run(before, after, &wanted, check->deadline, &report->plans[i], err) < 0)
			return -1;
		if (report->plans[i].outcome == OUTCOME_FAILED && !wanted.is_warning)
			report->verdict = VERDICT_FAILED;
	}
	return 0;
}

/* On two clones of the same baseline, of which one has the migrations. */
int check_run_plans(struct check *check, struct error **err)
{
	_cleanup_connection_ PGconn *before = NULL, *after = NULL;
	if (check->report->plan_count == 0)
		return 0;
	double began = clock_monotonic_ms();
	if (reference_open(check->app, &check->branch, &check->reference, err) < 0 ||
	    branch_connect_as_role(check->app, &check->reference.branch, &before, err) < 0 ||
	    branch_connect_as_role(check->app, &check->branch, &after, err) < 0)
		return -1;
	struct plan_side sides[] = {{.connection = before}, {.connection = after}};
	int result = run_plans(check, &sides[0], &sides[1], err);
	plan_side_clear(&sides[0]);
	plan_side_clear(&sides[1]);
	check->report->plan_ms = clock_monotonic_ms() - began;
	return result;
}
