/* What to act on, the worst first. */
#include "base/quantity.h"
#include "report/describe.h"
#include "report/html_parts.h"

static void begin_finding(struct buffer *out, bool is_error, const char *title)
{
	buffer_addf(out, "<article class=\"finding %s\">\n<header><span class=\"badge %s\">%s</span><h3>",
		    is_error ? "is-error" : "is-warning", is_error ? "is-error" : "is-warning",
		    is_error ? "error" : "warning");
	html_add(out, title);
	buffer_add_text(out, "</h3> ");
}

static void end_finding(struct buffer *out)
{
	buffer_add_text(out, "</article>\n");
}

static void add_line(struct buffer *out, const char *text)
{
	buffer_add_text(out, "<p class=\"lines\">");
	html_add(out, text);
	buffer_add_text(out, "</p>\n");
}

static void add_migrations(struct buffer *out, const struct report *report)
{
	for (size_t i = 0; i < report->migration_count; i++) {
		const struct report_migration *migration = &report->migrations[i];
		if (migration->outcome != OUTCOME_FAILED)
			continue;
		begin_finding(out, true, "migration does not apply");
		html_add_place(out, migration->file, migration->failure ? migration->failure->line : 0);
		buffer_add_text(out, "</header>\n");
		if (migration->failure)
			html_add_failure(out, migration->failure);
		end_finding(out);
	}
}

static void add_checks(struct buffer *out, const struct report *report, bool errors)
{
	for (size_t i = 0; i < report->check_count; i++) {
		const struct report_check *check = &report->checks[i];
		if (check->outcome != OUTCOME_FAILED || (check->severity == SEVERITY_ERROR) != errors)
			continue;
		begin_finding(out, errors, check->name);
		html_add_place(out, "vela.yml", check->line);
		buffer_add_text(out, "</header>\n");
		if (check->failure)
			html_add_failure(out, check->failure);
		else
			buffer_add_text(out, "<p>The check does not hold.</p>\n");
		buffer_add_text(out, "<pre>");
		html_add(out, check->sql);
		buffer_add_text(out, "</pre>\n");
		if (!check->failure) {
			buffer_add_text(out, "<dl class=\"facts\"><dt>Expected</dt><dd>");
			html_add_code(out, check->expected ? check->expected : "that it runs");
			buffer_add_text(out, "</dd><dt>Actual</dt><dd>");
			html_add_code(out, check->actual ? check->actual : "NULL");
			buffer_add_text(out, "</dd>");
			if (check->before) {
				buffer_add_text(out, "<dt>Before</dt><dd>");
				html_add_code(out, check->before);
				buffer_add_text(out, "</dd>");
			}
			buffer_add_text(out, "</dl>\n");
		}
		end_finding(out);
	}
}

static void add_plans(struct buffer *out, const struct report *report, bool errors)
{
	for (size_t i = 0; i < report->plan_count; i++) {
		const struct report_plan *plan = &report->plans[i];
		if (plan->outcome != OUTCOME_FAILED || plan->is_warning == errors)
			continue;
		begin_finding(out, errors, plan->name);
		html_add_place(out, "vela.yml", plan->line);
		buffer_addf(out, "<a href=\"#plan-%zu\">the plan</a></header>\n", i + 1);
		if (plan->failure)
			html_add_failure(out, plan->failure);
		html_add_sentences(out, plan->violations);
		end_finding(out);
	}
}

static void add_stalls(struct buffer *out, const struct report *report)
{
	const struct report_workload *workload = &report->workload;
	if (!workload->ran || workload->outcome != OUTCOME_FAILED)
		return;
	begin_finding(out, true, "the application would have stalled");
	buffer_add_text(out, "<a href=\"#workload\">the workload</a></header>\n<ul class=\"plain\">");
	for (size_t i = 0; i < workload->query_count; i++) {
		const struct report_workload_query *query = &workload->queries[i];
		if (workload->max_stall_ms <= 0 || query->longest_stall_ms <= workload->max_stall_ms)
			continue;
		_cleanup_free_ char *limit = quantity_format_milliseconds(workload->max_stall_ms);
		buffer_add_text(out, "<li>No call of “");
		html_add(out, query->name);
		buffer_add_text(out, "” came back for ");
		html_add_duration(out, query->longest_stall_ms);
		buffer_addf(out, "; the limit is %s.</li>", limit);
	}
	buffer_add_text(out, "</ul>\n");
	end_finding(out);
}

static void add_query_errors(struct buffer *out, const struct report *report)
{
	const struct report_workload *workload = &report->workload;
	for (size_t i = 0; workload->ran && i < workload->query_count; i++) {
		const struct report_workload_query *query = &workload->queries[i];
		if (!query->error)
			continue;
		begin_finding(out, false, "calls of the workload failed");
		html_add_code(out, query->name);
		buffer_add_text(out, " <a href=\"#workload\">the workload</a></header>\n");
		add_line(out, query->error);
		end_finding(out);
	}
}

static void add_reversal(struct buffer *out, const struct report *report)
{
	if (!report->reversal.ran || report->reversal.outcome != OUTCOME_FAILED)
		return;
	begin_finding(out, true, "it cannot be taken back");
	buffer_add_text(out, "<a href=\"#reversal\">down and up again</a></header>\n");
	add_line(out, describe_reversal(&report->reversal));
	end_finding(out);
}

/* --- hazards --- */

static bool is_alike(const struct report_hazard *a, const struct report_hazard *b)
{
	return !a->accepted && !b->accepted && a->severity == b->severity && string_equal(a->id, b->id) &&
	       string_equal(a->why, b->why) && string_equal(a->instead, b->instead);
}

static bool is_first_of_its_kind(const struct report *report, const struct report_hazard *hazard)
{
	for (const struct report_hazard *other = report->hazards; other < hazard; other++)
		if (is_alike(other, hazard))
			return false;
	return true;
}

static void add_advice(struct buffer *out, const struct report_hazard *hazard)
{
	if (!hazard->why && !hazard->instead)
		return;
	buffer_add_text(out, "<dl class=\"facts\">");
	if (hazard->why) {
		buffer_add_text(out, "<dt>Why it hurts</dt><dd>");
		html_add(out, hazard->why);
		buffer_add_text(out, "</dd>");
	}
	if (hazard->instead) {
		buffer_add_text(out, "<dt>Instead</dt><dd>");
		html_add(out, hazard->instead);
		buffer_add_text(out, "</dd>");
	}
	buffer_add_text(out, "</dl>\n");
}

static void add_hazard_place(struct buffer *out, const struct report *report, const struct report_hazard *hazard)
{
	if (hazard->file)
		html_add_place(out, hazard->file, hazard->line);
	if (report_find_statement(report, hazard->migration, hazard->statement))
		buffer_addf(out, " <a href=\"#s-%zu-%zu\">the statement</a>", hazard->migration + 1,
			    hazard->statement + 1);
}

/* The others of its kind, for which the same is to be done: in view if they are few. */
static void add_others(struct buffer *out, const struct report *report, const struct report_hazard *first)
{
	enum { IN_VIEW = 5 };
	const struct report_hazard *end = report->hazards + report->hazard_count;
	size_t count = 0;
	for (const struct report_hazard *other = first + 1; other < end; other++)
		count += is_alike(first, other);
	if (count == 0)
		return;
	buffer_addf(out, "<details%s><summary>%zu more like it</summary>\n<ul class=\"plain\">\n",
		    count <= IN_VIEW ? " open=\"open\"" : "", count);
	for (const struct report_hazard *other = first + 1; other < end; other++) {
		if (!is_alike(first, other))
			continue;
		buffer_add_text(out, "<li>");
		add_hazard_place(out, report, other);
		buffer_add_char(out, ' ');
		html_add(out, other->measured ? other->measured : "");
		buffer_add_text(out, "</li>\n");
	}
	buffer_add_text(out, "</ul></details>\n");
}

static void add_hazards(struct buffer *out, const struct report *report, enum report_severity severity)
{
	for (size_t i = 0; i < report->hazard_count; i++) {
		const struct report_hazard *hazard = &report->hazards[i];
		if (hazard->accepted || hazard->severity != severity || !is_first_of_its_kind(report, hazard))
			continue;
		begin_finding(out, severity == SEVERITY_ERROR, hazard->id);
		add_hazard_place(out, report, hazard);
		buffer_add_text(out, "</header>\n");
		if (hazard->measured)
			add_line(out, hazard->measured);
		add_advice(out, hazard);
		add_others(out, report, hazard);
		end_finding(out);
	}
}

void html_add_findings(struct buffer *out, const struct report *report)
{
	_cleanup_buffer_ struct buffer findings = {0};
	add_migrations(&findings, report);
	add_stalls(&findings, report);
	add_hazards(&findings, report, SEVERITY_ERROR);
	add_checks(&findings, report, true);
	add_plans(&findings, report, true);
	add_reversal(&findings, report);
	add_hazards(&findings, report, SEVERITY_WARNING);
	add_query_errors(&findings, report);
	add_checks(&findings, report, false);
	add_plans(&findings, report, false);
	if (findings.length == 0)
		return;
	html_begin(out, "findings", "What to act on");
	buffer_add(out, findings.data, findings.length);
	html_end(out);
}

void html_add_accepted(struct buffer *out, const struct report *report)
{
	bool any = false;
	for (size_t i = 0; i < report->hazard_count; i++) {
		const struct report_hazard *hazard = &report->hazards[i];
		if (!hazard->accepted)
			continue;
		if (!any)
			html_begin(out, "accepted", "Accepted hazards");
		any = true;
		buffer_add_text(
			out, "<article class=\"finding\">\n<header><span class=\"badge is-none\">accepted</span><h3>");
		html_add(out, hazard->id);
		buffer_add_text(out, "</h3> ");
		if (hazard->file)
			html_add_place(out, hazard->file, hazard->line);
		buffer_add_text(out, "</header>\n");
		if (hazard->measured)
			add_line(out, hazard->measured);
		buffer_add_text(out, "<dl class=\"facts\"><dt>Accepted for</dt><dd>");
		html_add(out, hazard->accepted);
		buffer_add_text(out, "</dd></dl>\n");
		end_finding(out);
	}
	if (any)
		html_end(out);
}
