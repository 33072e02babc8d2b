#include "app/check_migrations.h"

#include "app/instance.h"
#include "app/versions.h"
#include "base/clock.h"
#include "migration/apply.h"
#include "evidence/evidence.h"
#include "check/hazard.h"
#include "migration/psql.h"
#include "schema/schema.h"
#include "git/changes.h"
#include "pg/binaries.h"
#include "pg/connection.h"

bool check_has_command(const struct check *check)
{
	const struct config *config = &check->app->config;
	return (check->request->steps & CHECK_MIGRATIONS) && (config->migrations_shell || config->migrations_command);
}

int check_list_migrations(struct check *check, struct error **err)
{
	const struct config *config = &check->app->config;
	if (!(check->request->steps & CHECK_MIGRATIONS) || !config->migrations_directory || check_has_command(check))
		return 0;
	const struct migration_format *format = migration_format_find(config->migrations_format);
	return migration_list(config->directory, config->migrations_directory, format, &check->set, err);
}

static void add_to_plan(struct check *check, const char *file, const char *version)
{
	struct report *report = check->report;
	report->migrations =
		memory_resize(report->migrations, report->migration_count + 1, sizeof(*report->migrations));
	report->migrations[report->migration_count++] = (struct report_migration){
		.file = string_copy(file),
		.version = string_copy(version),
		.is_command = check_has_command(check),
		.outcome = OUTCOME_NOT_RUN,
	};
}

static void plan_command(struct check *check)
{
	const struct config *config = &check->app->config;
	_cleanup_buffer_ struct buffer line = {0};
	for (char **word = config->migrations_command; word && *word; word++)
		buffer_addf(&line, "%s%s", line.length ? " " : "", *word);
	add_to_plan(check, config->migrations_shell ? config->migrations_shell : buffer_text(&line), NULL);
}

/* Plain SQL keeps no books in the database: what this git branch adds is what production does not have yet. */
static int mark_by_git(struct check *check, struct error **err)
{
	_cleanup_(repository_changes_free) struct repository_changes changes = {0};
	_cleanup_free_ char *base = branch_context_base();
	if (repository_changes_read(check->app->config.directory, base, &changes, err) < 0)
		return -1;
	if (changes.known)
		return migration_select_changed(&check->set, &changes.added, &changes.modified, err);
	string_list_addf(&check->report->blind, "which migrations are new: %s; all were applied", changes.reason);
	return 0;
}

/* On a branch that is there, vela itself has applied some before. */
static int mark_without_table(struct check *check, struct error **err)
{
	if (mark_by_git(check, err) < 0)
		return -1;
	check_lineage_mark_applied(check);
	return 0;
}

int check_select_migrations(struct check *check, struct error **err)
{
	if (check_has_command(check)) {
		plan_command(check);
		return 0;
	}
	if (check->set.count == 0)
		return 0;
	_cleanup_connection_ PGconn *connection = NULL;
	bool by_git = string_equal(migration_format_name(check->set.format), "sql");
	if (branch_connect_as_role(check->app, &check->branch, &connection, err) < 0 ||
	    (by_git ? mark_without_table(check, err)
		    : migration_mark_applied(connection, check->app->config.directory, &check->set, err)) < 0)
		return -1;
	for (size_t i = 0; i < check->set.notes.count; i++)
		string_list_add(&check->report->blind, check->set.notes.items[i]);
	for (size_t i = 0; i < check->set.count; i++)
		if (!check->set.items[i].applied)
			add_to_plan(check, check->set.items[i].file, check->set.items[i].version);
	return check_lineage_plan(check, err);
}

const struct migration *check_planned_migration(const struct check *check, size_t index)
{
	for (size_t i = 0; i < check->set.count; i++)
		if (!check->set.items[i].applied && index-- == 0)
			return &check->set.items[i];
	return NULL;
}

static int read_script(const struct check *check, size_t index, enum migration_direction direction,
		       struct migration_script *ret, struct report_failure **ret_failure, struct error **err)
{
	if (migration_script_read(check->app->config.directory, &check->set, check_planned_migration(check, index),
				  direction, ret, ret_failure, err) < 0)
		return -1;
	bool is_sql = string_equal(migration_format_name(check->set.format), "sql");
	if (!*ret_failure && is_sql && string_equal(check->app->config.migrations_transaction, "statement"))
		ret->transaction = TRANSACTION_STATEMENT;
	return 0;
}

/* Of the server's version where it is installed, else the one that everybody finds. Owned. */
static char *find_psql(const struct check *check)
{
	_cleanup_free_ struct pg_location *locations = app_postgres_locations(check->app);
	_cleanup_free_ char *directory = NULL;
	char *program = NULL;
	if (pg_binaries_find(check->branch.major, locations, check->app->policy.postgres_count, &directory, NULL) < 0 ||
	    pg_binaries_tool(directory, "psql", &program, NULL) < 0)
		return string_copy("psql");
	return program;
}

static int apply_through_psql(struct check *check, const struct check_session *session,
			      const struct migration_script *script, struct report_migration *ret, struct error **err)
{
	_cleanup_free_ char *program = find_psql(check);
	const struct psql_wanted wanted = {program, &session->target.target, check->app->config.directory};
	string_list_addf(&check->report->blind,
			 "what the statements of %s hold and do: it has commands of psql, and ran through psql",
			 script->file);
	return psql_apply(&wanted, script, check->deadline, ret, err);
}

int check_apply_script(struct check *check, const struct check_session *session, size_t index,
		       enum migration_direction direction, struct report_migration *ret, struct error **err)
{
	_cleanup_(migration_script_free) struct migration_script script = {0};
	struct report_failure *failure = NULL;
	if (read_script(check, index, direction, &script, &failure, err) < 0)
		return -1;
	if (failure) {
		ret->outcome = OUTCOME_FAILED;
		ret->failure = failure;
		return 0;
	}
	if (string_equal(migration_format_name(check->set.format), "sql") && psql_is_needed(&script))
		return apply_through_psql(check, session, &script, ret, err);
	return migration_apply(session->migration, &script, session->evidence, check->deadline, ret, err);
}

/* It began, and nobody knows how it would have ended. */
static void note_broken(struct report_migration *migration, const struct error *problem)
{
	if (migration->outcome != OUTCOME_NOT_RUN || !problem)
		return;
	migration->outcome = OUTCOME_FAILED;
	migration->failure = memory_allocate(sizeof(*migration->failure));
	migration->failure->message = string_copy(problem->message);
}

/* Stops at the first that fails: what follows it was written to come after it. */
static int apply_all(struct check *check, const struct check_session *session, struct error **err)
{
	struct report *report = check->report;
	_cleanup_free_ char *prepare = migration_prepare_sql(check->set.format);
	if (prepare && pg_execute(session->migration, prepare, NULL, err) < 0)
		return error_wrap(err, "cannot make the table in which applied migrations are recorded");
	for (size_t i = 0; i < report->migration_count; i++) {
		struct report_migration *migration = &report->migrations[i];
		check_tell(check, migration->file, i, report->migration_count);
		struct error *problem = NULL;
		if (evidence_migration_begin(session->evidence, session->migration, i, &problem) < 0 ||
		    check_apply_script(check, session, i, MIGRATION_UP, migration, &problem) < 0) {
			note_broken(migration, problem);
			return error_pass(err, problem);
		}
		if (migration->outcome == OUTCOME_FAILED) {
			report->verdict = VERDICT_FAILED;
			return 0;
		}
	}
	return 0;
}

static int run_watched(struct check *check, struct check_session *session, struct error **err)
{
	/* What the workload wrote before is no part of what the migrations did. */
	if (check_workload_begin(check, err) < 0 ||
	    evidence_begin(session->observer, check->report, &session->evidence, err) < 0)
		return -1;
	check_storage_guard(check, session->evidence);
	double began = clock_monotonic_ms();
	if (check->workload)
		workload_migrations_begin(check->workload);
	int result = check_has_command(check) ? check_run_command(check, session, err) : apply_all(check, session, err);
	check->report->migrate_ms = clock_monotonic_ms() - began;
	if (check->workload)
		workload_migrations_end(check->workload);
	if (result < 0)
		return -1;
	struct evidence *evidence = TAKE_POINTER(session->evidence);
	return evidence_end(evidence, err) < 0 ? -1 : check_workload_end(check, err);
}

static int compare_schema(struct check *check, const struct schema *before, PGconn *observer, struct error **err)
{
	struct schema *after = NULL;
	if (schema_read(observer, is_version_table, &check->set.format, &after, err) < 0)
		return -1;
	struct report *report = check->report;
	schema_compare(before, after, &report->schema, &report->schema_count);
	report->has_schema = true;
	schema_free(after);
	return 0;
}

/* Of a branch that this check made, the state before is its own; of another, the baseline's. */
static int read_schema_before(struct check *check, PGconn *observer, struct schema **ret, struct error **err)
{
	if (check->report->branch_created)
		return schema_read(observer, is_version_table, &check->set.format, ret, err);
	_cleanup_connection_ PGconn *connection = NULL;
	if (reference_open(check->app, &check->branch, &check->reference, err) < 0 ||
	    branch_connect_as_superuser(check->app, &check->reference.branch, &connection, err) < 0)
		return -1;
	return schema_read(connection, is_version_table, &check->set.format, ret, err);
}

/* What failed may have left locks that the comparison would wait for: then the failure is what there is to tell. */
static int compare_if_possible(struct check *check, const struct schema *before, PGconn *observer, struct error **err)
{
	struct error *problem = NULL;
	if (compare_schema(check, before, observer, &problem) == 0)
		return 0;
	if (check->report->verdict != VERDICT_FAILED || problem->kind == ERROR_INTERRUPTED)
		return error_pass(err, problem);
	string_list_addf(&check->report->blind, "what became of the schema: %s", problem->message);
	error_free(problem);
	return 0;
}

static int run_with_observer(struct check *check, struct check_session *session, struct error **err)
{
	struct schema *before = NULL;
	int result = read_schema_before(check, session->observer, &before, err);
	if (result == 0)
		result = run_watched(check, session, err);
	if (result == 0)
		result = compare_if_possible(check, before, session->observer, err);
	schema_free(before);
	return result;
}

int check_run_migrations(struct check *check, struct error **err)
{
	struct report *report = check->report;
	if (report->migration_count == 0)
		return 0;
	struct check_session session = {0};
	int result = -1;
	if (check_session_open(check, &session, err) == 0)
		result = run_with_observer(check, &session, err);
	check_session_close(&session);
	workload_free(TAKE_POINTER(check->workload));
	if (result == 0 && hazards_find(report))
		report->verdict = VERDICT_FAILED;
	return result;
}
