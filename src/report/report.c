#include "report/report.h"

#include "report/formats.h"

const struct report_format report_formats[] = {
	{"text", "for a person at a terminal", report_render_text},
	{"json", "for programs; schema version 1", report_render_json},
	{"markdown", "a pull request's comment", report_render_markdown},
	{"junit", "JUnit's XML, which every CI system reads", report_render_junit},
	{"github", "annotations of a GitHub workflow", report_render_github},
	{"codequality", "GitLab's Code Quality, beside the changed lines", report_render_codequality},
	{"sarif", "SARIF 2.1.0, for code scanning", report_render_sarif},
	{"html", "a page of its own, for a browser", report_render_html},
	{NULL, NULL, NULL},
};

const struct report_format *report_format_find(const char *name)
{
	for (const struct report_format *format = report_formats; format->name; format++)
		if (string_equal(format->name, name))
			return format;
	return NULL;
}

void report_failure_free(struct report_failure *failure)
{
	if (!failure)
		return;
	free(failure->message);
	free(failure->sqlstate);
	free(failure->detail);
	free(failure->hint);
	free(failure->context);
	free(failure->rows);
	free(failure->source_line);
	free(failure);
}

void report_migration_clear(struct report_migration *migration)
{
	free(migration->file);
	free(migration->version);
	free(migration->output);
	for (size_t i = 0; i < migration->list_count; i++)
		report_statement_clear(&migration->list[i]);
	free(migration->list);
	report_failure_free(migration->failure);
	*migration = (struct report_migration){0};
}

void report_check_clear(struct report_check *check)
{
	free(check->name);
	free(check->sql);
	free(check->expected);
	free(check->actual);
	free(check->before);
	report_failure_free(check->failure);
	*check = (struct report_check){0};
}

void report_hazard_clear(struct report_hazard *hazard)
{
	free(hazard->id);
	free(hazard->accepted);
	free(hazard->file);
	free(hazard->measured);
	free(hazard->why);
	free(hazard->instead);
	*hazard = (struct report_hazard){0};
}

void report_schema_change_clear(struct report_schema_change *change)
{
	free(change->object);
	free(change->detail);
	*change = (struct report_schema_change){0};
}

void report_reversal_clear(struct report_reversal *reversal)
{
	for (size_t i = 0; i < reversal->schema_count; i++)
		report_schema_change_clear(&reversal->schema[i]);
	free(reversal->schema);
	strings_free(reversal->tables);
	strings_free(reversal->skipped);
	for (size_t i = 0; i < reversal->step_count; i++)
		report_migration_clear(&reversal->steps[i]);
	free(reversal->steps);
	*reversal = (struct report_reversal){0};
}

static void clear_node(struct plan_node *node)
{
	for (size_t i = 0; i < node->child_count; i++)
		clear_node(&node->children[i]);
	free(node->children);
	free(node->label);
	free(node->detail);
}

void plan_node_free(struct plan_node *node)
{
	if (!node)
		return;
	clear_node(node);
	free(node);
}

void report_plan_clear(struct report_plan *plan)
{
	free(plan->name);
	free(plan->sql);
	plan_node_free(plan->before.root);
	plan_node_free(plan->after.root);
	strings_free(plan->differences);
	strings_free(plan->violations);
	report_failure_free(plan->failure);
	free(plan->before_failure);
	*plan = (struct report_plan){0};
}

void report_workload_clear(struct report_workload *workload)
{
	for (size_t i = 0; i < workload->query_count; i++) {
		free(workload->queries[i].name);
		free(workload->queries[i].error);
		free(workload->queries[i].timeline);
	}
	free(workload->queries);
	*workload = (struct report_workload){0};
}

static void free_evidence(struct report *report)
{
	string_list_free(&report->blind);
	for (size_t i = 0; i < report->relation_count; i++)
		report_relation_clear(&report->relations[i]);
	free(report->relations);
	for (size_t i = 0; i < report->hazard_count; i++)
		report_hazard_clear(&report->hazards[i]);
	free(report->hazards);
	for (size_t i = 0; i < report->schema_count; i++)
		report_schema_change_clear(&report->schema[i]);
	free(report->schema);
	report_reversal_clear(&report->reversal);
}

void report_note_error(struct report *report, const struct error *error)
{
	report->error_kind = error_kinds[error->kind].name;
	string_replace(&report->error_message, string_copy(error->message));
	string_replace(&report->error_hint, string_copy(error->hint));
	if (report->verdict == VERDICT_ERROR)
		string_replace(&report->reason, string_copy(error->message));
}

void report_free(struct report *report)
{
	if (!report)
		return;
	free(report->reason);
	free(report->error_message);
	free(report->error_hint);
	free(report->branch_name);
	free(report->project);
	free(report->baseline);
	free(report->database);
	free(report->lineage.commit);
	strings_free(report->lineage.differences);
	json_decref(report->branch);
	for (size_t i = 0; i < report->migration_count; i++)
		report_migration_clear(&report->migrations[i]);
	free(report->migrations);
	free_evidence(report);
	for (size_t i = 0; i < report->check_count; i++)
		report_check_clear(&report->checks[i]);
	free(report->checks);
	for (size_t i = 0; i < report->plan_count; i++)
		report_plan_clear(&report->plans[i]);
	free(report->plans);
	report_workload_clear(&report->workload);
	*report = (struct report){0};
}
