/* Checks, the schema, the way back, and where it all ran. */
#include "base/clock.h"
#include "base/quantity.h"
#include "report/describe.h"
#include "report/html_parts.h"

/* --- checks --- */

static void add_check(struct buffer *out, const struct report_check *check)
{
	buffer_add_text(out, "<tr><td class=\"mark\">");
	html_add_mark(out, check->outcome, check->severity == SEVERITY_WARNING);
	buffer_add_text(out, "</td><th scope=\"row\">");
	html_add(out, check->name);
	if (check->line > 0)
		buffer_addf(out, " <span class=\"dim\">vela.yml:%d</span>", check->line);
	buffer_add_text(out, "</th><td>");
	if (check->expected)
		html_add_code(out, check->expected);
	buffer_add_text(out, "</td><td>");
	if (check->failure)
		html_add(out, check->failure->message);
	else if (check->actual)
		html_add_code(out, check->actual);
	else if (check->outcome != OUTCOME_NOT_RUN && check->expected)
		html_add_code(out, "NULL");
	if (check->before) {
		buffer_add_text(out, "<span class=\"dim\">before: ");
		html_add(out, check->before);
		buffer_add_text(out, "</span>");
	}
	buffer_add_text(out, "</td><td class=\"num\">");
	if (check->outcome == OUTCOME_NOT_RUN)
		buffer_add_text(out, "not run");
	else
		html_add_duration(out, check->milliseconds);
	buffer_add_text(out, "</td></tr>\n");
}

void html_add_checks(struct buffer *out, const struct report *report)
{
	if (report->check_count == 0)
		return;
	html_begin(out, "checks", "Checks");
	buffer_add_text(
		out, "<div class=\"card\"><table>\n<thead><tr><th scope=\"col\"><span class=\"hidden\">Outcome</span>"
		     "</th><th scope=\"col\">Check</th><th scope=\"col\">Expected</th><th scope=\"col\">Actual</th>"
		     "<th scope=\"col\" class=\"num\">Took</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < report->check_count; i++)
		add_check(out, &report->checks[i]);
	buffer_add_text(out, "</tbody></table></div>\n");
	html_end(out);
}

/* --- the schema --- */

static const char *class_of(char action)
{
	return action == '+' ? "added" : action == '-' ? "removed" : "changed";
}

static void add_change(struct buffer *out, const struct report_schema_change *change)
{
	buffer_addf(out, "<li><b class=\"%s\">%s</b> ", class_of(change->action), class_of(change->action));
	html_add_code(out, change->object);
	const char *at = change->detail ? change->detail : "";
	buffer_add_text(out, *at ? "<pre>" : "");
	while (*at) {
		size_t length = strcspn(at, "\n");
		_cleanup_free_ char *line = string_copy_n(at, length);
		bool has_action = length > 1 && strchr("+-~", *at) && at[1] == ' ';
		buffer_addf(out, "<span class=\"%s\">", has_action ? class_of(*at) : "same");
		html_add(out, line);
		at += length + (at[length] == '\n');
		buffer_add_text(out, *at ? "</span>\n" : "</span></pre>");
	}
	buffer_add_text(out, "</li>\n");
}

static void add_changes(struct buffer *out, const struct report_schema_change *changes, size_t count)
{
	enum { IN_VIEW = 30 };
	buffer_add_text(out, "<ul class=\"diff\">\n");
	for (size_t i = 0; i < count && i < IN_VIEW; i++)
		add_change(out, &changes[i]);
	buffer_add_text(out, "</ul>\n");
	if (count <= IN_VIEW)
		return;
	buffer_addf(out, "<details><summary>%zu more</summary>\n<ul class=\"diff\">\n", count - IN_VIEW);
	for (size_t i = IN_VIEW; i < count; i++)
		add_change(out, &changes[i]);
	buffer_add_text(out, "</ul></details>\n");
}

void html_add_schema(struct buffer *out, const struct report *report)
{
	if (!report->has_schema)
		return;
	html_begin(out, "schema", "What changed in the schema");
	if (report->schema_count == 0) {
		buffer_add_text(out, "<p class=\"dim\">Nothing.</p>\n");
	} else {
		buffer_add_text(out, "<div class=\"card\">");
		add_changes(out, report->schema, report->schema_count);
		buffer_add_text(out, "</div>\n");
	}
	html_end(out);
}

/* --- the way back --- */

static void add_step(struct buffer *out, const struct report_migration *step)
{
	buffer_add_text(out, "<li>");
	html_add_mark(out, step->outcome, false);
	buffer_add_char(out, ' ');
	html_add_code(out, step->file);
	if (step->outcome == OUTCOME_NOT_RUN) {
		buffer_add_text(out, " <span class=\"dim\">not run</span>");
	} else {
		buffer_add_text(out, " <span class=\"dim\">");
		html_add_duration(out, step->milliseconds);
		buffer_add_text(out, "</span>");
	}
	if (step->failure)
		html_add_failure(out, step->failure);
	buffer_add_text(out, "</li>\n");
}

void html_add_reversal(struct buffer *out, const struct report *report)
{
	const struct report_reversal *reversal = &report->reversal;
	if (!reversal->ran)
		return;
	html_begin(out, "reversal", "Down and up again");
	buffer_addf(out, "<div class=\"card\"><p class=\"%s\">%s</p>\n",
		    reversal->outcome == OUTCOME_FAILED ? "bad" : "good", describe_reversal(reversal));
	if (reversal->step_count > 0) {
		buffer_add_text(out, "<ul class=\"diff\">\n");
		for (size_t i = 0; i < reversal->step_count; i++)
			add_step(out, &reversal->steps[i]);
		buffer_add_text(out, "</ul>\n");
	}
	if (reversal->schema_count > 0) {
		buffer_add_text(out, "<h4>What differs in the schema</h4>\n");
		add_changes(out, reversal->schema, reversal->schema_count);
	}
	if (reversal->tables)
		buffer_add_text(out, "<h4>What differs in the rows</h4>\n");
	html_add_sentences(out, reversal->tables);
	if (reversal->skipped)
		buffer_add_text(out, "<h4>What was not tried</h4>\n");
	html_add_sentences(out, reversal->skipped);
	buffer_add_text(out, "</div>\n");
	html_end(out);
}

void html_add_blind(struct buffer *out, const struct report *report)
{
	if (report->blind.count == 0)
		return;
	html_begin(out, "blind", "What could not be seen");
	buffer_add_text(out, "<div class=\"card\">");
	html_add_sentences(out, report->blind.items);
	buffer_add_text(out, "</div>\n");
	html_end(out);
}

/* --- where it ran --- */

static void add_fact(struct buffer *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	buffer_addf(out, "<dt>%s</dt><dd>", name);
	html_add(out, value);
	buffer_add_text(out, "</dd>\n");
}

static void add_timings(struct buffer *out, const struct report *report)
{
	_cleanup_buffer_ struct buffer line = {0};
	describe_timings(&line, report);
	add_fact(out, "Time", buffer_text(&line));
}

static void add_storage(struct buffer *out, const struct report *report)
{
	_cleanup_free_ char *own = quantity_format_size(report->exclusive_bytes);
	_cleanup_free_ char *shared = quantity_format_size(report->shared_bytes);
	_cleanup_free_ char *line = string_format("%s of its own, %s shared with the baseline", own, shared);
	if (report->exclusive_bytes || report->shared_bytes)
		add_fact(out, "Storage", line);
}

void html_add_run(struct buffer *out, const struct report *report)
{
	if (!report->branch_name && report->total_ms <= 0)
		return;
	_cleanup_free_ char *taken = report->baseline_taken_at ? clock_format_utc(report->baseline_taken_at) : NULL;
	html_begin(out, "run", "Where it ran");
	buffer_add_text(out, "<div class=\"card\"><dl class=\"facts\">\n");
	add_fact(out, "Project", report->project);
	add_fact(out, "Branch", report->branch_name);
	if (report->branch_name)
		add_fact(out, "It was",
			 report->branch_created
				 ? report->branch_kept ? "created, and kept" : "created, and removed again"
			 : report->branch_kept ? "there before, and kept"
					       : "there before, and removed");
	add_fact(out, "Baseline", report->baseline);
	add_fact(out, "Taken at", taken);
	add_fact(out, "Database", report->database);
	add_storage(out, report);
	if (report->total_ms > 0)
		add_timings(out, report);
	buffer_add_text(out, "</dl></div>\n");
	html_end(out);
}
