/* The report as a page of its own: nothing is fetched, nothing runs in it. It is well-formed as XML, too. */
#include "base/clock.h"
#include "base/quantity.h"
#include "base/template.h"
#include "report/describe.h"
#include "report/formats.h"
#include "report/html_parts.h"

static const struct {
	const char *class, *word;
} verdicts[] = {
	[VERDICT_PASSED] = {"passed", "✓ Passed"},
	[VERDICT_FAILED] = {"failed", "✗ Failed"},
	[VERDICT_ERROR] = {"error", "! Error"},
};

/* --- the verdict --- */

static void add_tile(struct buffer *out, const char *value, const char *label)
{
	buffer_addf(out, "<li><b>%s</b><span>", value);
	html_add(out, label);
	buffer_add_text(out, "</span></li>\n");
}

static void add_tile_of_time(struct buffer *out, double milliseconds, const char *label)
{
	_cleanup_free_ char *text = quantity_format_milliseconds(milliseconds);
	add_tile(out, milliseconds > 0 ? text : "none", label);
}

static void add_tile_of_size(struct buffer *out, uint64_t bytes, const char *label)
{
	_cleanup_free_ char *text = quantity_format_size(bytes);
	add_tile(out, text, label);
}

static void add_evidence_tiles(struct buffer *out, const struct report *report)
{
	const struct report_relation *reads = NULL, *writes = NULL;
	for (size_t i = 0; i < report->relation_count; i++) {
		const struct report_relation *relation = &report->relations[i];
		if (relation->longest_reads_ms > (reads ? reads->longest_reads_ms : 0))
			reads = relation;
		if (relation->longest_writes_ms > (writes ? writes->longest_writes_ms : 0))
			writes = relation;
	}
	_cleanup_free_ char *reads_label =
		string_format("longest block of reads%s%s", reads ? ": " : "", reads ? reads->name : "");
	_cleanup_free_ char *writes_label =
		string_format("longest block of writes%s%s", writes ? ": " : "", writes ? writes->name : "");
	add_tile_of_time(out, reads ? reads->longest_reads_ms : 0, reads_label);
	add_tile_of_time(out, writes ? writes->longest_writes_ms : 0, writes_label);
	if (report->wal_bytes > 0)
		add_tile_of_size(out, report->wal_bytes, "of WAL written");
	if (report->peak_bytes > 0)
		add_tile_of_size(out, report->peak_bytes, "more storage at the peak");
}

static void add_tiles(struct buffer *out, const struct report *report)
{
	double stall = 0;
	const char *query = "";
	for (size_t i = 0; i < report->workload.query_count; i++)
		if (report->workload.queries[i].longest_stall_ms > stall) {
			stall = report->workload.queries[i].longest_stall_ms;
			query = report->workload.queries[i].name;
		}
	if (!report->has_evidence && !report->workload.ran)
		return;
	buffer_add_text(out, "<ul class=\"tiles\">\n");
	if (report->has_evidence)
		add_evidence_tiles(out, report);
	if (report->workload.ran) {
		_cleanup_free_ char *label = string_format("longest stall of the workload: %s", query);
		add_tile_of_time(out, stall, label);
	}
	buffer_add_text(out, "</ul>\n");
}

static void add_subject(struct buffer *out, const struct report *report)
{
	buffer_add_text(out, "<p class=\"of\">vela check");
	if (report->branch_name) {
		buffer_add_text(out, " of ");
		html_add(out, report->project ? report->project : "");
		buffer_add_text(out, report->project ? " / " : "");
		html_add(out, report->branch_name);
	}
	if (report->baseline) {
		buffer_add_text(out, " · cloned from ");
		html_add(out, report->baseline);
	}
	if (report->baseline_taken_at && report->checked_at) {
		_cleanup_free_ char *age = clock_format_age(report->baseline_taken_at, report->checked_at);
		_cleanup_free_ char *when = clock_format_utc(report->checked_at);
		buffer_addf(out, ", taken %s · %s", age, when);
	}
	buffer_add_text(out, "</p>\n");
}

static void add_verdict(struct buffer *out, const struct report *report)
{
	_cleanup_buffer_ struct buffer sentence = {0};
	describe_verdict(&sentence, report);
	buffer_add_text(out, "<header class=\"top\">\n");
	add_subject(out, report);
	buffer_addf(out, "<div class=\"verdict %s\">\n<h1>%s</h1>\n", verdicts[report->verdict].class,
		    verdicts[report->verdict].word);
	if (sentence.length > 0) {
		buffer_add_text(out, "<p>");
		html_add(out, buffer_text(&sentence));
		buffer_add_text(out, "</p>\n");
	}
	if (report->reason) {
		buffer_add_text(out, "<p class=\"lines\">");
		html_add(out, report->reason);
		buffer_add_text(out, "</p>\n");
	}
	buffer_add_text(out, "</div>\n");
	add_tiles(out, report);
	buffer_add_text(out, "</header>\n");
}

/* --- the page --- */

static void add_head(struct buffer *out, const struct report *report)
{
	buffer_add_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
			     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
			     "'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n"
			     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
			     "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>");
	buffer_add_text(out, verdicts[report->verdict].word);
	if (report->branch_name) {
		buffer_add_text(out, ": ");
		html_add(out, report->branch_name);
	}
	buffer_addf(out, " · vela check</title>\n<style>\n%s</style>\n</head>\n<body>\n",
		    template_text("report/page.css"));
}

void report_render_html(const struct report *report, const struct report_style *style, struct buffer *out)
{
	static void (*const parts[])(struct buffer *, const struct report *) = {
		html_add_findings,   html_add_lanes,    html_add_ledger, html_add_workload,
		html_add_migrations, html_add_checks,   html_add_plans,  html_add_schema,
		html_add_reversal,   html_add_accepted, html_add_blind,  html_add_run,
	};
	(void)style;
	add_head(out, report);
	add_verdict(out, report);
	buffer_add_text(out, "<main>\n");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](out, report);
	buffer_add_text(out, "</main>\n<footer>Made by vela " VELA_VERSION ".</footer>\n</body>\n</html>\n");
}
