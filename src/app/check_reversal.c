#include "app/check_migrations.h"

#include "app/instance.h"
#include "app/versions.h"
#include "schema/checksum.h"
#include "schema/reversal.h"
#include "pg/connection.h"

/* The database as it was at one moment. */
struct moment {
	struct schema *schema;
	struct table_checksums rows;
};

static void moment_free(struct moment *moment)
{
	schema_free(moment->schema);
	table_checksums_free(&moment->rows);
}

static int read_moment(struct check *check, const struct branch *branch, const struct string_list *tables,
		       struct moment *ret, struct error **err)
{
	_cleanup_connection_ PGconn *connection = NULL;
	if (branch_connect_as_superuser(check->app, branch, &connection, err) < 0 ||
	    schema_read(connection, is_version_table, &check->set.format, &ret->schema, err) < 0)
		return -1;
	return table_checksums_read(connection, tables->items, tables->count, check->deadline, &ret->rows, err);
}

/* Tables that were there before, and that the migrations may have written. */
static void list_touched(const struct report *report, struct string_list *ret)
{
	for (size_t i = 0; i < report->relation_count; i++) {
		const struct report_relation *relation = &report->relations[i];
		bool is_table = string_equal(relation->kind, "table");
		if (is_table && relation->strongest >= TABLE_LOCK_ROW_EXCLUSIVE)
			string_list_add(ret, relation->name);
	}
}

/* How many can be taken back, from the last on. What stands in the way is told. */
static size_t count_reversible(struct check *check)
{
	struct report *report = check->report;
	struct string_list skipped = {0};
	size_t count = 0;
	for (size_t i = report->migration_count; i > 0; i--) {
		if (!check_planned_migration(check, i - 1)->down_file) {
			string_list_addf(&skipped, "%s has no way down: it and what came before it stays",
					 report->migrations[i - 1].file);
			break;
		}
		count++;
	}
	report->reversal.skipped = string_list_steal(&skipped);
	return count;
}

/* Nobody watches, so that its times are the clock's, and not yet the report's. */
static void settle_times(struct report_migration *step, double started)
{
	for (size_t i = 0; i < step->list_count; i++) {
		step->list[i].from_ms -= started;
		step->list[i].to_ms -= started;
	}
}

/* Runs one step; *ret_ok false: it failed, and there is no way on. */
static int run_step(struct check *check, const struct check_session *session, size_t index,
		    enum migration_direction direction, bool *ret_ok, struct error **err)
{
	struct report_reversal *reversal = &check->report->reversal;
	reversal->steps = memory_resize(reversal->steps, reversal->step_count + 1, sizeof(*reversal->steps));
	struct report_migration *step = &reversal->steps[reversal->step_count++];
	*step = (struct report_migration){.file = string_copy(check->report->migrations[index].file)};
	progress_update(check->app->progress, step->file, 0, 0);
	if (check_apply_script(check, session, index, direction, step, err) < 0)
		return -1;
	settle_times(step, check->report->started);
	*ret_ok = step->outcome == OUTCOME_PASSED;
	return 0;
}

/* The last `count` migrations, down or up; *ret_ok false: one failed. */
static int run_direction(struct check *check, const struct check_session *session, size_t count,
			 enum migration_direction direction, bool *ret_ok, struct error **err)
{
	size_t total = check->report->migration_count;
	*ret_ok = true;
	for (size_t i = 0; *ret_ok && i < count; i++) {
		size_t index = direction == MIGRATION_DOWN ? total - 1 - i : total - count + i;
		if (run_step(check, session, index, direction, ret_ok, err) < 0)
			return -1;
	}
	return 0;
}

static int run_and_judge(struct check *check, const struct check_session *session, size_t count, struct error **err)
{
	struct report_reversal *reversal = &check->report->reversal;
	_cleanup_(string_list_free) struct string_list tables = {0};
	_cleanup_(moment_free) struct moment start = {0}, up = {0}, down = {0}, again = {0};
	bool went_down = false, went_up = false;
	list_touched(check->report, &tables);
	if (reference_open(check->app, &check->branch, &check->reference, err) < 0 ||
	    read_moment(check, &check->reference.branch, &tables, &start, err) < 0 ||
	    read_moment(check, &check->branch, &tables, &up, err) < 0 ||
	    run_direction(check, session, count, MIGRATION_DOWN, &went_down, err) < 0 ||
	    read_moment(check, &check->branch, &tables, &down, err) < 0)
		return -1;
	if (went_down && (run_direction(check, session, count, MIGRATION_UP, &went_up, err) < 0 ||
			  read_moment(check, &check->branch, &tables, &again, err) < 0))
		return -1;
	const struct reversal_moment moments[] = {{start.schema, &start.rows},
						  {up.schema, &up.rows},
						  {down.schema, &down.rows},
						  {again.schema, &again.rows}};
	reversal_judge(&moments[0], &moments[1], &moments[2], went_up ? &moments[3] : NULL, reversal);
	if (!went_down || !went_up)
		reversal->outcome = OUTCOME_FAILED;
	return 0;
}

/*
 * On a branch that this check made: of another, the state before its first migration is not known. When not all can be
 * taken back, what stays would show as a difference, so nothing is compared.
 */
int check_run_reversal(struct check *check, struct error **err)
{
	struct report *report = check->report;
	bool wanted = check->app->config.migrations_reversible && report->migration_count > 0;
	if (!wanted || check_has_command(check) || !report->branch_created)
		return 0;
	size_t count = count_reversible(check);
	if (count < report->migration_count) {
		report->reversal.ran = true;
		report->reversal.outcome = OUTCOME_FAILED;
		report->verdict = VERDICT_FAILED;
		return 0;
	}
	struct check_session session = {0};
	int result = check_session_open(check, &session, err);
	if (result == 0)
		result = run_and_judge(check, &session, count, err);
	check_session_close(&session);
	if (result == 0 && report->reversal.outcome == OUTCOME_FAILED)
		report->verdict = VERDICT_FAILED;
	return result;
}
