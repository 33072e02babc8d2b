#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "report/describe.h"
#include "report/text_parts.h"

enum { NOTABLE_BYTES = 16 << 20 };

void text_add_blind(const struct page *page, const struct report *report)
{
	const struct string_list *blind = &report->blind;
	if (blind->count == 0)
		return;
	text_add_heading(page, "Could not be seen");
	for (size_t i = 0; i < blind->count && i < TEXT_LIST_ROWS; i++)
		text_add_item(page, TINT_DIM, "–", blind->items[i]);
	text_add_more(page, blind->count > TEXT_LIST_ROWS ? blind->count - TEXT_LIST_ROWS : 0, "blind spots");
}

static void add_branch(const struct page *page, const struct report *report)
{
	_cleanup_free_ char *line =
		string_format("%s%s%s, %s and %s", report->branch_name, report->project ? " of " : "",
			      report->project ? report->project : "", report->branch_created ? "created" : "reused",
			      report->branch_kept ? "kept" : "removed");
	page_labelled(page, "branch", TINT_PLAIN, line);
}

static void add_baseline(const struct page *page, const struct report *report)
{
	_cleanup_buffer_ struct buffer line = {0};
	buffer_add_text(&line, report->baseline);
	if (report->baseline_taken_at && report->checked_at) {
		_cleanup_free_ char *age = clock_format_age(report->baseline_taken_at, report->checked_at);
		buffer_addf(&line, ", taken %s", age);
	}
	if (report->baseline_taken_at) {
		_cleanup_free_ char *when = clock_format_utc(report->baseline_taken_at);
		buffer_addf(&line, " (%s)", when);
	}
	page_labelled(page, "baseline", TINT_PLAIN, buffer_text(&line));
}

/* One line where the ledger has nothing to tell: that somebody looked. */
static void add_locks(const struct page *page, const struct report *report)
{
	const struct report_relation *longest = NULL;
	for (size_t i = 0; i < report->relation_count; i++) {
		const struct report_relation *relation = &report->relations[i];
		if (relation_is_notable(report, relation))
			return;
		if (relation->writes_blocked_ms > (longest ? longest->writes_blocked_ms : 0))
			longest = relation;
	}
	if (!longest) {
		page_labelled(page, "locks", TINT_PLAIN, "nobody else was blocked");
		return;
	}
	_cleanup_free_ char *time = quantity_format_milliseconds(longest->writes_blocked_ms);
	_cleanup_free_ char *line = string_format("nobody was blocked for longer than %s (%s)", time, longest->name);
	page_labelled(page, "locks", TINT_PLAIN, line);
}

static void add_storage(const struct page *page, const struct report *report)
{
	_cleanup_buffer_ struct buffer line = {0};
	const struct {
		uint64_t bytes, from;
		const char *what;
	} amounts[] = {
		{report->exclusive_bytes, 0, "of its own"},
		{report->shared_bytes, 0, "shared with the baseline"},
		{report->peak_bytes, NOTABLE_BYTES, "more at the peak"},
		{report->wal_bytes, NOTABLE_BYTES, "of WAL"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(amounts); i++) {
		if (amounts[i].bytes < amounts[i].from)
			continue;
		_cleanup_free_ char *size = quantity_format_size(amounts[i].bytes);
		buffer_addf(&line, "%s%s %s", line.length ? ", " : "", size, amounts[i].what);
	}
	page_labelled(page, "storage", TINT_PLAIN, buffer_text(&line));
}

static void add_reversal(const struct page *page, const struct report *report)
{
	const struct report_reversal *reversal = &report->reversal;
	if (!reversal->ran)
		return;
	_cleanup_buffer_ struct buffer text = {0};
	if (reversal->outcome == OUTCOME_PASSED)
		buffer_add_text(&text, "taken back and applied again, nothing differs");
	/* Where nothing was tried for it, it stands among what to act on. */
	for (char **skipped = reversal->skipped; reversal->step_count > 0 && skipped && *skipped; skipped++)
		buffer_addf(&text, "%s%s", text.length ? "\n" : "", *skipped);
	if (text.length > 0)
		page_labelled(page, "reversal", TINT_PLAIN, buffer_text(&text));
}

static void add_timings(const struct page *page, const struct report *report)
{
	_cleanup_buffer_ struct buffer line = {0};
	describe_timings(&line, report);
	page_labelled(page, "time", TINT_PLAIN, buffer_text(&line));
}

static void add_next_steps(const struct page *page, const struct report *report)
{
	if (!report->branch_name || !report->branch_kept)
		return;
	_cleanup_free_ char *psql = string_format("vela psql %s", report->branch_name);
	_cleanup_free_ char *delete = string_format("vela branch delete %s", report->branch_name);
	buffer_add_char(page->out, '\n');
	page_labelled(page, "inspect", TINT_BOLD, psql);
	page_labelled(page, "remove", TINT_BOLD, delete);
}

void text_add_footer(const struct page *page, const struct report *report)
{
	if (report->branch_name || report->baseline || report->database || report->total_ms > 0)
		buffer_add_char(page->out, '\n');
	if (report->branch_name)
		add_branch(page, report);
	if (report->baseline)
		add_baseline(page, report);
	_cleanup_buffer_ struct buffer lineage = {0};
	describe_lineage(&lineage, report);
	if (lineage.length > 0)
		page_labelled(page, "commit", TINT_PLAIN, buffer_text(&lineage));
	if (report->database) {
		_cleanup_free_ char *database = text_safe(report->database);
		page_labelled(page, "database", TINT_PLAIN, database);
	}
	if (report->has_evidence && report->verdict != VERDICT_ERROR)
		add_locks(page, report);
	add_reversal(page, report);
	if (report->exclusive_bytes || report->shared_bytes)
		add_storage(page, report);
	if (report->total_ms > 0)
		add_timings(page, report);
	add_next_steps(page, report);
}
