/* Keys are always there: what is not known is null. */
#include "base/clock.h"
#include "base/text.h"
#include "report/formats.h"

static const char *const verdict_names[] = {
	[VERDICT_PASSED] = "passed",
	[VERDICT_FAILED] = "failed",
	[VERDICT_ERROR] = "error",
};

static const char *const outcome_names[] = {
	[OUTCOME_PASSED] = "passed",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_NOT_RUN] = "not_run",
};

/* Never NULL: jansson refuses bytes that are not UTF-8, so they go first, with all that a terminal would obey. */
static json_t *json_text(const char *text)
{
	if (!text)
		return json_null();
	_cleanup_buffer_ struct buffer safe = {0};
	text_add_safe(&safe, text, true);
	return json_string(buffer_text(&safe));
}

/* To the microsecond. JSON has no infinity: what is no duration is 0. */
static json_t *json_milliseconds(double milliseconds)
{
	bool possible = milliseconds > 0 && milliseconds < 1e15;
	return json_real(possible ? (double)(long long)(milliseconds * 1000 + 0.5) / 1000 : 0);
}

static json_t *json_known(int number)
{
	return number > 0 ? json_integer(number) : json_null();
}

static json_t *json_time(time_t when)
{
	_cleanup_free_ char *text = when ? clock_format_utc(when) : NULL;
	return json_text(text);
}

static void set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static json_t *failure_object(const struct report_failure *failure)
{
	if (!failure)
		return json_null();
	json_t *object = json_object();
	set(object, "message", json_text(failure->message));
	set(object, "sqlstate", json_text(failure->sqlstate));
	set(object, "detail", json_text(failure->detail));
	set(object, "hint", json_text(failure->hint));
	set(object, "context", json_text(failure->context));
	set(object, "line", json_known(failure->line));
	set(object, "column", json_known(failure->column));
	set(object, "exact", json_boolean(failure->has_caret));
	set(object, "source_line", json_text(failure->source_line));
	return object;
}

static json_t *migration_object(const struct report_migration *migration)
{
	json_t *object = json_object();
	set(object, "file", json_text(migration->file));
	set(object, "outcome", json_string(outcome_names[migration->outcome]));
	set(object, "milliseconds", json_milliseconds(migration->milliseconds));
	set(object, "statements", json_integer((json_int_t)migration->statements));
	set(object, "failure", failure_object(migration->failure));
	return object;
}

static json_t *check_object(const struct report_check *check)
{
	json_t *object = json_object();
	set(object, "name", json_text(check->name));
	set(object, "sql", json_text(check->sql));
	set(object, "line", json_known(check->line));
	set(object, "outcome", json_string(outcome_names[check->outcome]));
	set(object, "expected", json_text(check->expected));
	set(object, "actual", json_text(check->actual));
	set(object, "milliseconds", json_milliseconds(check->milliseconds));
	set(object, "failure", failure_object(check->failure));
	return object;
}

static json_t *baseline_object(const struct report *report)
{
	if (!report->baseline)
		return json_null();
	const char *at = strrchr(report->baseline, '@');
	_cleanup_free_ char *name =
		at ? string_copy_n(report->baseline, (size_t)(at - report->baseline)) : string_copy(report->baseline);
	json_t *object = json_object();
	set(object, "name", json_text(name));
	set(object, "revision", json_text(at ? at + 1 : NULL));
	set(object, "taken_at", json_time(report->baseline_taken_at));
	return object;
}

/* The branch as other commands show it; where the report has not got that, what it knows of it under the same keys. */
static json_t *branch_object(const struct report *report)
{
	if (report->branch)
		return json_incref(report->branch);
	if (!report->branch_name)
		return json_null();
	json_t *object = json_object();
	set(object, "project", json_text(report->project));
	set(object, "name", json_text(report->branch_name));
	set(object, "created", json_boolean(report->branch_created));
	set(object, "baseline", baseline_object(report));
	set(object, "database", json_text(report->database));
	return object;
}

static json_t *timings_object(const struct report *report)
{
	json_t *object = json_object();
	set(object, "clone", json_milliseconds(report->clone_ms));
	set(object, "start", json_milliseconds(report->start_ms));
	set(object, "migrate", json_milliseconds(report->migrate_ms));
	set(object, "checks", json_milliseconds(report->check_ms));
	set(object, "teardown", json_milliseconds(report->teardown_ms));
	set(object, "total", json_milliseconds(report->total_ms));
	return object;
}

static json_t *storage_object(const struct report *report)
{
	json_t *object = json_object();
	set(object, "exclusive_bytes", json_integer((json_int_t)report->exclusive_bytes));
	set(object, "shared_bytes", json_integer((json_int_t)report->shared_bytes));
	return object;
}

static int add_chunk(const char *bytes, size_t length, void *out)
{
	buffer_add(out, bytes, length);
	return 0;
}

void report_render_json(const struct report *report, const struct report_style *style, struct buffer *out)
{
	(void)style;
	json_t *root = json_object();
	set(root, "schema", json_integer(1));
	set(root, "verdict", json_string(verdict_names[report->verdict]));
	set(root, "reason", json_text(report->reason));
	set(root, "branch", branch_object(report));
	set(root, "branch_kept", json_boolean(report->branch_kept));
	json_t *migrations = json_array();
	for (size_t i = 0; i < report->migration_count; i++)
		(void)json_array_append_new(migrations, migration_object(&report->migrations[i]));
	set(root, "migrations", migrations);
	json_t *checks = json_array();
	for (size_t i = 0; i < report->check_count; i++)
		(void)json_array_append_new(checks, check_object(&report->checks[i]));
	set(root, "checks", checks);
	set(root, "timings_ms", timings_object(report));
	set(root, "storage", storage_object(report));
	(void)json_dump_callback(root, add_chunk, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	buffer_add_char(out, '\n');
	json_decref(root);
}
