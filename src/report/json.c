/* Keys are always there: what is not known is null. */
#include "base/clock.h"
#include "report/describe.h"
#include "report/formats.h"
#include "report/json_parts.h"
#include "report/schema_text.h"

static json_t *json_time(time_t when)
{
	_cleanup_free_ char *text = when ? clock_format_utc(when) : NULL;
	return json_text(text);
}

static json_t *check_object(const struct report_check *check)
{
	json_t *object = json_object();
	json_add(object, "name", json_text(check->name));
	json_add(object, "sql", json_text(check->sql));
	json_add(object, "line", json_known(check->line));
	json_add(object, "severity", json_severity(check->severity));
	json_add(object, "outcome", json_outcome(check->outcome));
	json_add(object, "expected", json_text(check->expected));
	json_add(object, "actual", json_text(check->actual));
	json_add(object, "before", json_text(check->before));
	json_add(object, "milliseconds", json_milliseconds(check->milliseconds));
	json_add(object, "failure", json_failure(check->failure));
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
	json_add(object, "name", json_text(name));
	json_add(object, "revision", json_text(at ? at + 1 : NULL));
	json_add(object, "taken_at", json_time(report->baseline_taken_at));
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
	json_add(object, "project", json_text(report->project));
	json_add(object, "name", json_text(report->branch_name));
	json_add(object, "created", json_boolean(report->branch_created));
	json_add(object, "baseline", baseline_object(report));
	json_add(object, "database", json_text(report->database));
	return object;
}

static json_t *lineage_object(const struct report *report)
{
	const struct report_lineage *lineage = &report->lineage;
	json_t *object = json_object();
	json_add(object, "commit", json_text(lineage->commit));
	json_add(object, "baseline", baseline_object(report));
	json_add(object, "rebased", lineage->is_known ? json_boolean(lineage->is_rebased) : json_null());
	json_add(object, "differences", json_texts(lineage->differences));
	json_add(object, "rebuilt", json_boolean(lineage->is_rebuilt));
	return object;
}

static json_t *error_object(const struct report *report)
{
	json_t *object = json_object();
	json_add(object, "kind", json_string(report->error_kind));
	json_add(object, "message", json_text(report->error_message));
	json_add(object, "hint", json_text(report->error_hint));
	return object;
}

static json_t *timings_object(const struct report *report)
{
	json_t *object = json_object();
	json_add(object, "clone", json_milliseconds(report->clone_ms));
	json_add(object, "start", json_milliseconds(report->start_ms));
	json_add(object, "migrate", json_milliseconds(report->migrate_ms));
	json_add(object, "checks", json_milliseconds(report->check_ms));
	json_add(object, "plans", json_milliseconds(report->plan_ms));
	json_add(object, "teardown", json_milliseconds(report->teardown_ms));
	json_add(object, "total", json_milliseconds(report->total_ms));
	return object;
}

static json_t *storage_object(const struct report *report)
{
	json_t *object = json_object();
	json_add(object, "exclusive_bytes", json_bytes(report->exclusive_bytes));
	json_add(object, "shared_bytes", json_bytes(report->shared_bytes));
	json_add(object, "peak_bytes", json_bytes(report->peak_bytes));
	json_add(object, "wal_bytes", json_bytes(report->wal_bytes));
	return object;
}

/* Those that are set. */
static json_t *limits_object(const struct report_limits *limits)
{
	json_t *object = json_object();
	json_add(object, "blocking_ms", limits->blocking_ms > 0 ? json_milliseconds(limits->blocking_ms) : json_null());
	json_add(object, "statement_ms",
		 limits->statement_ms > 0 ? json_milliseconds(limits->statement_ms) : json_null());
	json_add(object, "wal_bytes", limits->wal_bytes ? json_bytes(limits->wal_bytes) : json_null());
	json_add(object, "rewrite_bytes", limits->rewrite_bytes ? json_bytes(limits->rewrite_bytes) : json_null());
	return object;
}

static json_t *schema_text(const struct report *report)
{
	_cleanup_buffer_ struct buffer text = {0};
	schema_changes_add_text(&text, report->schema, report->schema_count, false);
	return report->has_schema ? json_text(buffer_text(&text)) : json_null();
}

/* What was seen of the migrations. Without evidence there is no ledger, which is not the same as an empty one. */
static void add_evidence(json_t *root, const struct report *report)
{
	json_t *relations = report->has_evidence ? json_array() : json_null(), *hazards = json_array();
	for (size_t i = 0; report->has_evidence && i < report->relation_count; i++)
		json_append(relations, json_relation(&report->relations[i]));
	for (size_t i = 0; i < report->hazard_count; i++)
		json_append(hazards, json_hazard(&report->hazards[i]));
	json_add(root, "hazards", hazards);
	json_add(root, "relations", relations);
	json_add(root, "limits", limits_object(&report->limits));
	json_add(root, "blind", json_texts(report->blind.items));
	json_add(root, "schema_diff", schema_text(report));
	json_add(root, "schema_changes",
		 report->has_schema ? json_schema_changes(report->schema, report->schema_count) : json_null());
	json_add(root, "reversal", json_reversal(&report->reversal));
}

void report_render_json(const struct report *report, const struct report_style *style, struct buffer *out)
{
	(void)style;
	json_t *root = json_object(), *migrations = json_array(), *checks = json_array(), *plans = json_array();
	for (size_t i = 0; i < report->migration_count; i++)
		json_append(migrations, json_migration(&report->migrations[i]));
	for (size_t i = 0; i < report->check_count; i++)
		json_append(checks, check_object(&report->checks[i]));
	for (size_t i = 0; i < report->plan_count; i++)
		json_append(plans, json_plan(&report->plans[i]));
	json_add(root, "schema", json_integer(1));
	json_add(root, "verdict", json_string(verdict_name(report->verdict)));
	json_add(root, "reason", json_text(report->reason));
	if (report->error_kind) /* as every command says it, and only then */
		json_add(root, "error", error_object(report));
	json_add(root, "branch", branch_object(report));
	json_add(root, "built_from", lineage_object(report));
	json_add(root, "branch_kept", json_boolean(report->branch_kept));
	json_add(root, "migrations", migrations);
	add_evidence(root, report);
	json_add(root, "checks", checks);
	json_add(root, "plans", plans);
	json_add(root, "workload", json_workload(&report->workload));
	json_add(root, "timings_ms", timings_object(report));
	json_add(root, "storage", storage_object(report));
	json_write(root, out);
}
