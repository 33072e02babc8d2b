/* What was seen besides, most of it folded. */
#include "base/quantity.h"
#include "report/cut.h"
#include "report/describe.h"
#include "report/describe_plan.h"
#include "report/markdown_parts.h"

/* --- what an application would have felt --- */

static void add_phase(struct buffer *out, const struct workload_phase *phase)
{
	buffer_add_text(out, " | ");
	if (phase->count == 0) {
		buffer_add_text(out, "–");
		return;
	}
	markdown_add_duration(out, phase->p50_ms);
	buffer_add_text(out, " / ");
	markdown_add_duration(out, phase->p99_ms);
	buffer_add_text(out, " / ");
	markdown_add_duration(out, phase->max_ms);
	if (phase->errors > 0)
		buffer_addf(out, "<br>**%zu failed**", phase->errors);
}

static void add_stall(struct buffer *out, const struct report *report, const struct report_workload_query *query)
{
	const struct report_statement *cause =
		report_find_statement(report, query->stall_migration, query->stall_statement);
	double limit = report->workload.max_stall_ms;
	bool is_over = limit > 0 && query->longest_stall_ms > limit;
	buffer_add_text(out, is_over ? " | ❌ **" : " | ");
	markdown_add_duration(out, query->longest_stall_ms);
	buffer_add_text(out, is_over ? "** | " : " | ");
	_cleanup_free_ char *sql = cause ? statement_on_one_line(cause) : NULL;
	if (sql)
		markdown_add_code(out, sql, SHOW_CODE);
	if (query->error) {
		buffer_add_text(out, cause ? "<br>error: " : "error: ");
		markdown_add_text(out, query->error, SHOW_TEXT);
	}
}

void markdown_add_workload(struct document *document, const struct report *report)
{
	const struct report_workload *workload = &report->workload;
	struct section *section =
		document_add(document, workload->outcome == OUTCOME_FAILED ? STALLS : WORKLOAD, "queries");
	buffer_add_text(&section->begin, "\n#### What the application would have felt\n\n");
	buffer_add_text(&section->begin, "| Query (p50 / p99 / max) | before | during | after | longest stall | "
					 "while this ran |\n|---|--:|--:|--:|--:|---|\n");
	for (size_t i = 0; workload->ran && i < workload->query_count; i++) {
		const struct report_workload_query *query = &workload->queries[i];
		struct buffer row = {0};
		buffer_add_text(&row, "| ");
		markdown_add_text(&row, query->name, SHOW_NAME);
		add_phase(&row, &query->before);
		add_phase(&row, &query->during);
		add_phase(&row, &query->after);
		add_stall(&row, report, query);
		buffer_add_text(&row, " |\n");
		string_list_take(&section->items, buffer_steal(&row));
	}
}

void markdown_add_blind(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, BLIND, "blind spots");
	buffer_add_text(&section->begin, "\n#### Could not be seen\n\n");
	for (size_t i = 0; i < report->blind.count; i++) {
		struct buffer item = {0};
		buffer_add_text(&item, "- ➖ ");
		markdown_add_lines(&item, report->blind.items[i], SHOW_TEXT);
		buffer_add_char(&item, '\n');
		string_list_take(&section->items, buffer_steal(&item));
	}
}

/* --- folded --- */

void markdown_add_all_checks(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, ALL_CHECKS, "checks");
	buffer_add_text(&section->begin, "| | Check | Expected | Actual | Took |\n|---|---|---|---|--:|\n");
	for (size_t i = 0; i < report->check_count; i++) {
		const struct report_check *check = &report->checks[i];
		struct buffer row = {0};
		bool warns = check->outcome == OUTCOME_FAILED && check->severity == SEVERITY_WARNING;
		buffer_addf(&row, "| %s | ", warns ? "⚠️" : markdown_outcomes[check->outcome]);
		markdown_add_text(&row, check->name, SHOW_NAME);
		buffer_add_text(&row, " | ");
		if (check->expected)
			markdown_add_code(&row, check->expected, SHOW_CODE);
		buffer_add_text(&row, " | ");
		if (check->actual)
			markdown_add_code(&row, check->actual, SHOW_CODE);
		buffer_add_text(&row, " | ");
		if (check->outcome == OUTCOME_NOT_RUN)
			buffer_add_text(&row, "not run");
		else
			markdown_add_duration(&row, check->milliseconds);
		buffer_add_text(&row, " |\n");
		string_list_take(&section->items, buffer_steal(&row));
	}
	section_fold(section, "All checks", true);
}

/* The signs that colour a line of a diff; its detail is indented behind them. */
static void add_diff_line(struct buffer *out, char action, const char *indent, const char *text, size_t length)
{
	buffer_addf(out, "%c %s%.*s\n", action == '~' ? '!' : action, indent, (int)length, text);
}

static void add_schema_change(struct buffer *out, const struct report_schema_change *change)
{
	_cleanup_free_ char *object = report_cut(change->object, false, SHOW_TEXT);
	_cleanup_free_ char *detail = report_cut(change->detail ? change->detail : "", true, SHOW_BLOCK);
	add_diff_line(out, change->action, "", object, strlen(object));
	for (const char *at = detail; *at;) {
		size_t length = strcspn(at, "\n");
		bool signed_line = length > 2 && strchr("+-~", *at) && at[1] == ' ';
		if (signed_line)
			add_diff_line(out, *at, "    ", at + 2, length - 2);
		else
			add_diff_line(out, ' ', "    ", at, length);
		at += length + (at[length] == '\n');
	}
}

void markdown_add_schema(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, SCHEMA, "changes of the schema");
	if (!report->has_schema)
		return;
	for (size_t i = 0; i < report->schema_count; i++) {
		struct buffer item = {0};
		add_schema_change(&item, &report->schema[i]);
		string_list_take(&section->items, buffer_steal(&item));
	}
	markdown_add_fences(&section->items, "diff", &section->begin, &section->close);
	section_fold(section, "Schema: what changed", true);
}

void markdown_add_accepted(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, ACCEPTED, "accepted hazards");
	for (size_t i = 0; i < report->hazard_count; i++) {
		const struct report_hazard *hazard = &report->hazards[i];
		if (!hazard->accepted)
			continue;
		struct buffer item = {0};
		buffer_add_text(&item, "- **");
		markdown_add_text(&item, hazard->id, SHOW_NAME);
		buffer_add_text(&item, "**");
		if (hazard->file) {
			buffer_add_text(&item, " at ");
			markdown_add_place(&item, hazard->file, hazard->line);
		}
		buffer_add_text(&item, ": ");
		markdown_add_text(&item, hazard->accepted, SHOW_TEXT);
		if (hazard->measured) {
			buffer_add_text(&item, "<br>");
			markdown_add_text(&item, hazard->measured, SHOW_TEXT);
		}
		buffer_add_char(&item, '\n');
		string_list_take(&section->items, buffer_steal(&item));
	}
	section_fold(section, "Accepted hazards", true);
}

/* --- plans --- */

enum { TREE_DEPTH = 24 };

static void add_node(struct buffer *out, const struct plan_node *node, size_t depth)
{
	_cleanup_free_ char *label = report_cut(node->label, false, SHOW_CODE);
	buffer_add_text(out, node->differs ? "! " : "  ");
	buffer_add_repeat(out, ' ', 2 * (depth < TREE_DEPTH ? depth : TREE_DEPTH));
	buffer_addf(out, "%s (", label);
	describe_plan_node(out, node);
	buffer_add_text(out, ")\n");
	for (size_t i = 0; i < node->child_count; i++)
		add_node(out, &node->children[i], depth + 1);
}

static void add_tree(struct buffer *out, const char *title, const struct report_plan_side *side)
{
	if (!side->root)
		return;
	_cleanup_buffer_ struct buffer tree = {0};
	buffer_addf(out, "%s: ", title);
	describe_plan_side(out, side);
	buffer_add_text(out, "\n\n");
	add_node(&tree, side->root, 0);
	markdown_add_block(out, "diff", buffer_text(&tree), SHOW_BLOCK);
	buffer_add_char(out, '\n');
}

void markdown_add_plan_trees(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, PLAN_TREES, "plans");
	for (size_t i = 0; i < report->plan_count; i++) {
		const struct report_plan *plan = &report->plans[i];
		if (!plan->changed)
			continue;
		struct buffer item = {0};
		buffer_add_text(&item, "Plan ");
		markdown_add_text(&item, plan->name, SHOW_NAME);
		buffer_add_text(&item, "\n\n");
		markdown_add_block(&item, "sql", plan->sql, SHOW_TEXT);
		buffer_add_char(&item, '\n');
		add_tree(&item, "Before", &plan->before);
		add_tree(&item, "After", &plan->after);
		string_list_take(&section->items, buffer_steal(&item));
	}
	section_fold(section, "Plans, node by node", true);
}
