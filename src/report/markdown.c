#include "report/markdown.h"

#include "base/clock.h"
#include "base/quantity.h"
#include "report/describe.h"
#include "report/formats.h"
#include "report/markdown_parts.h"

/* Of the 65,536 characters that GitHub takes; the rest is for who posts it. */
enum { BUDGET_DEFAULT = 65000 };

/* --- the beginning --- */

static void add_subject(struct buffer *out, const struct report *report)
{
	if (report->branch_name) {
		buffer_add_text(out, "Branch ");
		markdown_add_code(out, report->branch_name, SHOW_NAME);
	}
	if (report->project) {
		buffer_add_text(out, " of ");
		markdown_add_code(out, report->project, SHOW_NAME);
	}
	if (report->baseline) {
		buffer_addf(out, "%s ", report->branch_name ? ", cloned from" : "Cloned from");
		markdown_add_code(out, report->baseline, SHOW_NAME);
	}
	if (report->baseline_taken_at && report->checked_at) {
		_cleanup_free_ char *age = clock_format_age(report->baseline_taken_at, report->checked_at);
		buffer_addf(out, ", taken %s", age);
	}
	_cleanup_buffer_ struct buffer lineage = {0};
	describe_lineage(&lineage, report);
	if (lineage.length > 0) {
		buffer_add_text(out, out->length ? "; built from " : "Built from ");
		markdown_add_text(out, buffer_text(&lineage), SHOW_TEXT);
	}
}

/* The longest that a relation was closed, and what else it cost; nothing where nothing was watched. */
static void add_key_figures(struct buffer *out, const struct report *report)
{
	double reads = 0, writes = 0;
	for (size_t i = 0; i < report->relation_count; i++) {
		const struct report_relation *relation = &report->relations[i];
		reads = relation->longest_reads_ms > reads ? relation->longest_reads_ms : reads;
		writes = relation->longest_writes_ms > writes ? relation->longest_writes_ms : writes;
	}
	if (!report->has_evidence)
		return;
	_cleanup_free_ char *reads_text = quantity_format_milliseconds(reads);
	_cleanup_free_ char *writes_text = quantity_format_milliseconds(writes);
	_cleanup_free_ char *wal = quantity_format_size(report->wal_bytes);
	if (writes <= 0)
		buffer_add_text(out, "Nobody was blocked");
	else
		buffer_addf(out, "Longest block: reads **%s**, writes **%s**", reads > 0 ? reads_text : "none",
			    writes_text);
	buffer_addf(out, " · WAL %s", wal);
}

static void add_beginning(struct document *document, const struct report *report)
{
	static const char *const verdicts[] = {
		[VERDICT_PASSED] = "✅ Passed", [VERDICT_FAILED] = "❌ Failed", [VERDICT_ERROR] = "⚠️ Error"};
	struct section *section = document_add(document, ALWAYS, "");
	_cleanup_free_ char *marker = report_markdown_marker(report->project, report->branch_name);
	_cleanup_free_ char *status = report_markdown_status(report);
	_cleanup_buffer_ struct buffer text = {0}, verdict = {0};
	describe_verdict(&verdict, report);
	buffer_addf(&text, "%s\n%s\n### %s%s", marker, status, verdicts[report->verdict], verdict.length ? ": " : "");
	markdown_add_text(&text, buffer_text(&verdict), SHOW_TEXT);
	buffer_add_char(&text, '\n');
	if (report->reason) {
		buffer_add_text(&text, "\n> ");
		markdown_add_lines(&text, report->reason, SHOW_TEXT);
		buffer_add_char(&text, '\n');
	}
	_cleanup_buffer_ struct buffer subject = {0}, figures = {0};
	add_subject(&subject, report);
	add_key_figures(&figures, report);
	if (figures.length > 0)
		buffer_addf(&text, "\n%s\n", buffer_text(&figures));
	if (subject.length > 0)
		buffer_addf(&text, "\n%s\n", buffer_text(&subject));
	string_list_take(&section->items, buffer_steal(&text));
}

/* --- the end --- */

static void add_end(struct document *document, const struct report *report)
{
	if (report->total_ms <= 0)
		return;
	struct section *section = document_add(document, ALWAYS, "");
	_cleanup_free_ char *own = quantity_format_size(report->exclusive_bytes);
	_cleanup_free_ char *shared = quantity_format_size(report->shared_bytes);
	struct buffer text = {0};
	buffer_add_text(&text, "\n<sub>vela took ");
	describe_timings(&text, report);
	buffer_addf(&text, ". The branch took %s of its own, and shared %s with the baseline", own, shared);
	if (report->peak_bytes > 0) {
		_cleanup_free_ char *peak = quantity_format_size(report->peak_bytes);
		buffer_addf(&text, "; it grew by %s at the most", peak);
	}
	buffer_add_text(&text, ".</sub>\n");
	string_list_take(&section->items, buffer_steal(&text));
}

void report_render_markdown(const struct report *report, const struct report_style *style, struct buffer *out)
{
	static void (*const parts[])(struct document *, const struct report *) = {
		add_beginning,
		markdown_add_failures,
		markdown_add_hazards,
		markdown_add_checks,
		markdown_add_plans,
		markdown_add_reversal,
		markdown_add_statements,
		markdown_add_workload,
		markdown_add_blind,
		markdown_add_ledger,
		markdown_add_all_checks,
		markdown_add_schema,
		markdown_add_accepted,
		markdown_add_migrations,
		markdown_add_plan_trees,
		markdown_add_all_statements,
		add_end,
	};
	struct document document = {0};
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](&document, report);
	document_write(&document, style->budget ? style->budget : BUDGET_DEFAULT, out);
	document_free(&document);
}
