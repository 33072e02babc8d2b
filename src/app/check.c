#include "app/check.h"

#include "app/branch.h"
#include "app/instance.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "check/assertion.h"
#include "check/migration.h"
#include "pg/connection.h"
#include "pg/log.h"
#include "pool/event.h"

struct check {
	const struct app *app;
	const struct check_request *request;
	struct branch branch;
	struct report *report;
	double deadline;
};

static int list_migrations(const struct check *check, struct string_list *ret, struct error **err)
{
	const struct config *config = &check->app->config;
	if (!(check->request->steps & CHECK_MIGRATIONS) || !config->migrations_directory)
		return 0;
	return migration_list(config->directory, config->migrations_directory, config->migrations_format, ret, err);
}

static void fill_plan(const struct check *check, struct string_list *files)
{
	struct report *report = check->report;
	const struct config *config = &check->app->config;
	report->migrations = memory_allocate(files->count * sizeof(*report->migrations));
	report->migration_count = files->count;
	for (size_t i = 0; i < files->count; i++)
		report->migrations[i] =
			(struct report_migration){.file = string_copy(files->items[i]), .outcome = OUTCOME_NOT_RUN};
	if (!(check->request->steps & CHECK_ASSERTIONS))
		return;
	report->checks = memory_allocate(config->check_count * sizeof(*report->checks));
	report->check_count = config->check_count;
	for (size_t i = 0; i < config->check_count; i++)
		report->checks[i] = (struct report_check){.name = string_copy(config->checks[i].name),
							  .sql = string_copy(config->checks[i].sql),
							  .line = config->checks[i].line,
							  .expected = string_copy(config->checks[i].equals),
							  .outcome = OUTCOME_NOT_RUN};
}

/* Stops at the first file that fails: what follows it was written to come after it. */
static int run_migrations(struct check *check, PGconn *connection, struct error **err)
{
	struct report *report = check->report;
	if (report->migration_count == 0)
		return 0;
	double began = clock_monotonic_ms();
	int result = 0;
	for (size_t i = 0; result == 0 && i < report->migration_count; i++) {
		struct report_migration *migration = &report->migrations[i];
		progress_update(check->app->progress, migration->file, 0, 0);
		result = migration_apply(connection, check->app->config.directory, migration->file, check->deadline,
					 migration, err);
		if (migration->outcome == OUTCOME_FAILED) {
			report->verdict = VERDICT_FAILED;
			break;
		}
	}
	report->migrate_ms = clock_monotonic_ms() - began;
	return result;
}

static int run_assertions(struct check *check, PGconn *connection, struct error **err)
{
	struct report *report = check->report;
	const struct config *config = &check->app->config;
	if (report->check_count == 0)
		return 0;
	double began = clock_monotonic_ms();
	int result = 0;
	for (size_t i = 0; result == 0 && i < report->check_count; i++) {
		const struct config_check *wanted = &config->checks[i];
		struct assertion assertion = {wanted->name, wanted->sql, wanted->equals, wanted->line};
		progress_update(check->app->progress, wanted->name, 0, 0);
		result = assertion_run(connection, &assertion, check->deadline, &report->checks[i], err);
		if (report->checks[i].outcome == OUTCOME_FAILED)
			report->verdict = VERDICT_FAILED;
	}
	report->check_ms = clock_monotonic_ms() - began;
	return result;
}

static int run_steps(struct check *check, struct error **err)
{
	_cleanup_connection_ PGconn *connection = NULL;
	if (branch_connect_as_role(check->app, &check->branch, &connection, err) < 0 ||
	    run_migrations(check, connection, err) < 0)
		return -1;
	if (check->report->verdict == VERDICT_FAILED)
		return 0;
	/* The checks come as the application would: in a session that no migration has touched. */
	_cleanup_connection_ PGconn *fresh = NULL;
	if (branch_connect_as_role(check->app, &check->branch, &fresh, err) < 0)
		return -1;
	return run_assertions(check, fresh, err);
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
	check->report->teardown_ms = clock_monotonic_ms() - began;
	return result;
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

static int run_locked(struct check *check, const struct branch_context *context, struct error **err)
{
	_cleanup_(string_list_free) struct string_list files = {0};
	if (list_migrations(check, &files, err) < 0)
		return -1;
	fill_plan(check, &files);
	if (open_branch(check, context, err) < 0)
		return -1;
	struct error *problem = NULL;
	_cleanup_free_ char *log = branch_log_path(&check->branch);
	off_t log_end = pg_log_end(log);
	int result = run_steps(check, &problem);
	if (result < 0) {
		check->report->verdict = VERDICT_ERROR;
		pg_log_blame_disk(log, log_end, &problem);
	}
	INTERRUPT_DEFER_SCOPE;
	describe_branch(check);
	struct error *teardown = NULL;
	if (tear_down(check, problem && problem->kind == ERROR_INTERRUPTED, &teardown) < 0) {
		if (problem)
			error_free(teardown);
		else
			problem = teardown;
		result = -1;
	}
	return result < 0 ? error_pass(err, problem) : 0;
}

int check_run(const struct app *app, const struct branch_context *context, const struct check_request *request,
	      struct report *ret, struct error **err)
{
	double began = clock_monotonic_ms();
	*ret = (struct report){.verdict = VERDICT_PASSED,
			       .checked_at = clock_now(),
			       .branch_name = string_copy(context->name),
			       .project = string_copy(app->config.project)};
	struct check check = {
		.app = app, .request = request, .report = ret, .deadline = began + (double)app->config.timeout_ms};
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	struct error *problem = NULL;
	int result = branch_lock(&app->pool, app->config.project, context->name, LOCK_PATIENCE_MS, app->purpose, &lock,
				 &problem);
	if (result == 0)
		result = run_locked(&check, context, &problem);
	if (result < 0) {
		ret->verdict = VERDICT_ERROR;
		ret->reason = string_copy(problem->message);
	} else if (!ret->branch_kept)
		lock_retire(&lock);
	ret->total_ms = clock_monotonic_ms() - began;
	branch_free(&check.branch);
	return result < 0 ? error_pass(err, problem) : 0;
}
