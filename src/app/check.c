#include "app/check.h"

#include "app/branch.h"
#include "app/check_migrations.h"
#include "app/fork.h"
#include "app/instance.h"
#include "app/rule.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "pg/connection.h"
#include "pg/log.h"
#include "pool/event.h"

void check_tell(const struct check *check, const char *name, size_t index, size_t count)
{
	_cleanup_free_ char *step = string_format("%s (%zu of %zu)", name, index + 1, count);
	progress_update(check->app->progress, step, 0, 0);
}

static bool all_applied(const struct report *report)
{
	for (size_t i = 0; i < report->migration_count; i++)
		if (report->migrations[i].outcome != OUTCOME_PASSED)
			return false;
	return true;
}

/* What comes after migrations that do not apply was written for a schema that is not there. */
static int run_steps(struct check *check, struct error **err)
{
	if (check_select_migrations(check, err) < 0 || check_measure_before(check, err) < 0 ||
	    check_run_migrations(check, err) < 0)
		return -1;
	if (!all_applied(check->report))
		return 0;
	if (rule_storage(check->app, &check->branch, "go on", err) < 0 || check_run_assertions(check, err) < 0 ||
	    check_run_plans(check, err) < 0)
		return -1;
	return check_run_reversal(check, err);
}

static void describe_branch(struct check *check)
{
	struct report *report = check->report;
	const struct branch *branch = &check->branch;
	_cleanup_free_ char *data = branch_data_path(branch);
	struct storage_usage usage = {0};
	if (check->app->driver->usage(data, &usage, NULL) == 0) {
		report->exclusive_bytes = usage.exclusive_bytes;
		report->shared_bytes = usage.shared_bytes;
	}
	report->baseline = string_format("%s@%d", branch->baseline, branch->revision);
	report->baseline_taken_at = branch->baseline_taken_at;
	report->database = string_copy(branch->database);
	report->clone_ms = branch->clone_ms;
	report->start_ms = branch->start_ms;
	report->branch = branch_to_json(check->app, branch, &report->branch_created, false);
}

static bool is_to_be_kept(const struct check *check)
{
	if (!(check->request->steps & CHECK_BRANCH) || !check->report->branch_created)
		return true;
	if (check->request->keep == KEEP_ON_FAILURE)
		return check->report->verdict != VERDICT_PASSED;
	return check->request->keep == KEEP_ALWAYS;
}

static int keep(struct check *check, struct error **err)
{
	if (!check->branch.temporary)
		return 0;
	check->branch.temporary = false;
	return branch_write(&check->branch, FILE_DURABLE, err);
}

/* An interrupted check keeps nothing: whoever pressed Ctrl-C does not wait for a report that names the branch. */
static int tear_down(struct check *check, bool interrupted, struct error **err)
{
	double began = clock_monotonic_ms();
	check->report->branch_kept = is_to_be_kept(check) && !(interrupted && check->report->branch_created);
	if (check->report->branch_kept)
		return keep(check, err);
	progress_update(check->app->progress, "removing the branch", 0, 0);
	int result = branch_discard(check->app, check->branch.project, check->branch.name, "check ended", err);
	check->branch_is_gone = result == 0;
	check->report->teardown_ms = clock_monotonic_ms() - began;
	return result;
}

/* Both are tried, and the first problem is told. */
static int clean_up(struct check *check, bool interrupted, struct error **err)
{
	struct error *problem = NULL;
	int result = reference_close(check->app, &check->reference, &problem);
	if (tear_down(check, interrupted, problem ? NULL : &problem) < 0)
		result = -1;
	return result < 0 ? error_pass(err, problem) : 0;
}

static int open_branch(struct check *check, const struct branch_context *context, struct error **err)
{
	struct branch_request request = {.fresh = check->request->fresh, .temporary = true};
	if (check->request->steps & CHECK_BRANCH) {
		progress_update(check->app->progress, "creating the branch", 0, 0);
		return branch_create_locked(check->app, context, &request, &check->branch,
					    &check->report->branch_created, err);
	}
	if (branch_find(check->app, context->name, &check->branch, err) < 0 ||
	    branch_repair(check->app, &check->branch, err) < 0)
		return -1;
	return branch_start(check->app, &check->branch, err);
}

static int run_on_branch(struct check *check, const struct branch_context *context, struct error **err)
{
	if (check_lineage_open(check, context, err) < 0 ||
	    rule_storage(check->app, &check->branch, "check it", err) < 0)
		return -1;
	struct error *problem = NULL;
	int result = run_steps(check, &problem);
	INTERRUPT_DEFER_SCOPE;
	if (check_lineage_record(check, problem ? NULL : &problem) < 0)
		result = -1;
	return result < 0 ? error_pass(err, problem) : 0;
}

static int run_locked(struct check *check, const struct branch_context *context, struct error **err)
{
	if (fork_check_run(check->app, err) < 0 || check_list_migrations(check, err) < 0)
		return -1;
	check_fill_queries(check);
	if (open_branch(check, context, err) < 0)
		return -1;
	struct error *problem = NULL;
	_cleanup_free_ char *log = branch_log_path(&check->branch);
	off_t log_end = pg_log_end(log);
	int result = run_on_branch(check, context, &problem);
	if (result < 0) {
		check->report->verdict = VERDICT_ERROR;
		pg_log_blame_server(log, log_end, &problem);
	}
	INTERRUPT_DEFER_SCOPE;
	describe_branch(check);
	bool interrupted = problem && problem->kind == ERROR_INTERRUPTED;
	if (clean_up(check, interrupted, problem ? NULL : &problem) < 0)
		result = -1;
	return result < 0 ? error_pass(err, problem) : 0;
}

int check_run(const struct app *app, const struct branch_context *context, const struct check_request *request,
	      struct report *ret, struct error **err)
{
	double began = clock_monotonic_ms();
	*ret = (struct report){.verdict = VERDICT_PASSED,
			       .checked_at = clock_now(),
			       .branch_name = string_copy(context->name),
			       .project = string_copy(app->config.project),
			       .limits = {.blocking_ms = (double)app->config.limit_blocking_ms,
					  .statement_ms = (double)app->config.limit_statement_ms,
					  .wal_bytes = app->config.limit_wal_bytes,
					  .rewrite_bytes = app->config.limit_rewrite_bytes}};
	struct check check = {.app = app,
			      .request = request,
			      .report = ret,
			      .deadline = began + (double)app->config.timeout_ms,
			      .reference = REFERENCE_NONE};
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	struct error *problem = NULL;
	int result = rule_settings(app, &problem);
	if (result == 0)
		result = branch_lock(&app->pool, app->config.project, context->name, LOCK_PATIENCE_MS, app->purpose,
				     &lock, &problem);
	if (result == 0)
		result = run_locked(&check, context, &problem);
	if (result < 0) {
		ret->verdict = VERDICT_ERROR;
		report_note_error(ret, problem);
	}
	if (check.branch_is_gone)
		lock_retire(&lock);
	ret->total_ms = clock_monotonic_ms() - began;
	migration_set_free(&check.set);
	lineage_free(&check.lineage);
	lineage_free(&check.planned);
	free(check.commit);
	branch_free(&check.branch);
	return result < 0 ? error_pass(err, problem) : 0;
}
