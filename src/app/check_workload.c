#include "app/check_run.h"
#include "app/fork.h"
#include "app/instance.h"
#include "pg/binaries.h"
#include "pool/branch.h"

enum {
	AROUND_MS = 1000, /* played before and after: enough for a median at 20 a second */
	SCRIPT_MAX = 1 << 20,
};

/* The programs of the branch's version, or NULL: pgbench may not be installed with them. Owned. */
static char *find_pgbench(const struct check *check)
{
	_cleanup_free_ struct pg_location *locations = app_postgres_locations(check->app);
	_cleanup_free_ char *directory = NULL;
	char *program = NULL;
	if (pg_binaries_find(check->branch.major, locations, check->app->policy.postgres_count, &directory, NULL) == 0)
		(void)pg_binaries_tool(directory, "pgbench", &program, NULL);
	return program;
}

/* A fork does not say what is played. */
static int read_script_of_base(const struct check *check, struct buffer *ret, struct error **err)
{
	const char *script = check->app->config.workload_script;
	return check->app->is_fork && script ? fork_read_base(check->app, script, SCRIPT_MAX, ret, err) : 0;
}

int check_workload_begin(struct check *check, struct error **err)
{
	const struct config *config = &check->app->config;
	if (config->workload_query_count == 0 && !config->workload_script)
		return 0;
	_cleanup_free_ struct workload_query *queries =
		memory_allocate(config->workload_query_count * sizeof(*queries));
	for (size_t i = 0; i < config->workload_query_count; i++)
		queries[i] = (struct workload_query){config->workload_queries[i].name, config->workload_queries[i].sql,
						     config->workload_queries[i].rate};
	_cleanup_buffer_ struct buffer script = {0};
	if (read_script_of_base(check, &script, err) < 0)
		return -1;
	_cleanup_free_ char *scratch = branch_workload_path(&check->branch);
	_cleanup_free_ char *pgbench = config->workload_script ? find_pgbench(check) : NULL;
	const struct workload_wanted wanted = {
		.queries = queries,
		.query_count = config->workload_query_count,
		.script = config->workload_script,
		.script_text = check->app->is_fork && config->workload_script ? buffer_text(&script) : NULL,
		.repository = config->directory,
		.pgbench = pgbench,
		.scratch = scratch,
		.clients = config->workload_clients,
		.rate = config->workload_rate,
		.max_stall_ms = (double)config->workload_max_stall_ms,
		.around_ms = AROUND_MS,
	};
	_cleanup_(branch_target_free) struct branch_target target = {0};
	progress_update(check->app->progress, "playing the workload", 0, 0);
	if (branch_role_target(check->app, &check->branch, &target, err) < 0)
		return -1;
	return workload_begin(&wanted, &target.target, check->report, &check->workload, err);
}

int check_workload_end(struct check *check, struct error **err)
{
	if (!check->workload)
		return 0;
	progress_update(check->app->progress, "playing the workload", 0, 0);
	struct workload *workload = TAKE_POINTER(check->workload);
	if (workload_end(workload, err) < 0)
		return -1;
	if (check->report->workload.outcome == OUTCOME_FAILED)
		check->report->verdict = VERDICT_FAILED;
	return 0;
}
