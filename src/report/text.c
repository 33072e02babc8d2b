/* The report for a person: the verdict, what to act on, what was run, and where it ran. */
#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "report/formats.h"
#include "report/layout.h"
#include "report/table.h"

enum {
	WIDTH_DEFAULT = 80,
	WIDTH_MIN = 40,
	MESSAGE_LINES = 12,
};

/* --- the verdict --- */

static size_t count_migrations(const struct report *report, enum report_outcome outcome, size_t *ret_last)
{
	size_t count = 0;
	for (size_t i = 0; i < report->migration_count; i++)
		if (report->migrations[i].outcome == outcome) {
			count++;
			*ret_last = i;
		}
	return count;
}

static size_t count_checks(const struct report *report, enum report_outcome outcome)
{
	size_t count = 0;
	for (size_t i = 0; i < report->check_count; i++)
		count += report->checks[i].outcome == outcome;
	return count;
}

/* Takes `part` over. */
static void add_part(struct buffer *line, char *part)
{
	_cleanup_free_ char *owned = part;
	buffer_addf(line, "%s%s", line->length ? ", " : "", owned);
}

static void summarize_passed(const struct report *report, struct buffer *line)
{
	size_t migrations = report->migration_count, checks = report->check_count;
	if (migrations)
		add_part(line, string_format("%zu migration%s", migrations, migrations == 1 ? " applies" : "s apply"));
	if (checks)
		add_part(line, string_format("%zu check%s", checks, checks == 1 ? " holds" : "s hold"));
	if (!migrations && !checks)
		buffer_add_text(line, "there was nothing to run");
}

static void summarize_failed(const struct report *report, struct buffer *line)
{
	size_t last = 0;
	size_t migrations = count_migrations(report, OUTCOME_FAILED, &last);
	size_t checks = count_checks(report, OUTCOME_FAILED);
	if (migrations == 1)
		add_part(line, string_format("migration %zu of %zu does not apply", last + 1, report->migration_count));
	else if (migrations)
		add_part(line,
			 string_format("%zu of %zu migrations do not apply", migrations, report->migration_count));
	if (checks)
		add_part(line, string_format("%zu of %zu checks %s not hold", checks, report->check_count,
					     checks == 1 ? "does" : "do"));
}

static void add_verdict(const struct page *page, const struct report *report)
{
	static const struct {
		const char *word;
		enum tint tint;
	} verdicts[] = {
		[VERDICT_PASSED] = {"✓ Passed", TINT_GREEN},
		[VERDICT_FAILED] = {"✗ Failed", TINT_RED},
		[VERDICT_ERROR] = {"! Error", TINT_YELLOW},
	};
	_cleanup_buffer_ struct buffer line = {0};
	if (report->verdict == VERDICT_PASSED)
		summarize_passed(report, &line);
	else if (report->verdict == VERDICT_FAILED)
		summarize_failed(report, &line);
	else
		buffer_add_text(&line, "the check could not be carried out");
	_cleanup_free_ char *word = string_format("%s%s", verdicts[report->verdict].word, line.length ? ": " : "");
	page_paint(page, verdicts[report->verdict].tint, word);
	page_wrap(page, TINT_BOLD, buffer_text(&line), text_width(word), 2, MESSAGE_LINES);
	if (report->reason) {
		buffer_add_text(page->out, "\n  ");
		page_wrap(page, TINT_PLAIN, report->reason, 2, 2, MESSAGE_LINES);
	}
}

/* --- what to act on --- */

static void add_place(const struct page *page, const char *file, int line, int column)
{
	_cleanup_buffer_ struct buffer place = {0};
	if (line > 0)
		buffer_addf(&place, ":%d", line);
	if (line > 0 && column > 0)
		buffer_addf(&place, ":%d", column);
	_cleanup_free_ char *name = layout_keep_end(file, page->width - 2 - place.length);
	_cleanup_free_ char *whole = string_format("%s%s", name, buffer_text(&place));
	buffer_add_text(page->out, "\n  ");
	page_paint(page, TINT_BOLD, whole);
	buffer_add_char(page->out, '\n');
}

static void add_message(const struct page *page, const char *message, const char *sqlstate)
{
	_cleanup_free_ char *text =
		sqlstate ? string_format("%s (SQLSTATE %s)", message, sqlstate) : string_copy(message);
	buffer_add_text(page->out, "  ");
	page_wrap(page, TINT_RED, text, 2, 2, MESSAGE_LINES);
}

static void add_advice(const struct page *page, const struct report_failure *failure)
{
	const struct {
		const char *label, *text;
	} fields[] = {{"detail", failure->detail}, {"hint", failure->hint}, {"context", failure->context}};
	bool first = true;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!fields[i].text)
			continue;
		if (first)
			buffer_add_char(page->out, '\n');
		first = false;
		page_labelled(page, fields[i].label, TINT_PLAIN, fields[i].text);
	}
}

static void add_source(const struct page *page, const struct report_failure *failure, int number)
{
	if (!failure->source_line)
		return;
	buffer_add_char(page->out, '\n');
	page_excerpt(page, failure->source_line, number, failure->column, failure->has_caret);
}

static void add_migration_failure(const struct page *page, const struct report_migration *migration)
{
	const struct report_failure *failure = migration->failure;
	add_place(page, migration->file, failure ? failure->line : 0, failure ? failure->column : 0);
	if (!failure)
		return;
	add_message(page, failure->message, failure->sqlstate);
	add_source(page, failure, failure->line);
	add_advice(page, failure);
}

static void add_check_failure(const struct page *page, const struct report_check *check)
{
	const struct report_failure *failure = check->failure;
	add_place(page, "vela.yml", check->line, 0);
	_cleanup_free_ char *name = text_safe(check->name); /* on one line, so that it is seen to be one name */
	_cleanup_free_ char *headline = failure ? string_format("\"%s\": %s", name, failure->message)
						: string_format("\"%s\" does not hold", name);
	add_message(page, headline, failure ? failure->sqlstate : NULL);
	if (failure && failure->source_line) {
		add_source(page, failure, 0);
	} else {
		buffer_add_text(page->out, "\n    ");
		page_wrap(page, TINT_PLAIN, check->sql, 4, 4, MESSAGE_LINES);
	}
	if (failure) {
		add_advice(page, failure);
		return;
	}
	buffer_add_char(page->out, '\n');
	page_labelled(page, "expected", TINT_GREEN, check->expected ? check->expected : "that it runs");
	page_labelled(page, "actual", TINT_RED, check->actual ? check->actual : "NULL");
}

static void add_failures(const struct page *page, const struct report *report)
{
	for (size_t i = 0; i < report->migration_count; i++)
		if (report->migrations[i].outcome == OUTCOME_FAILED)
			add_migration_failure(page, &report->migrations[i]);
	for (size_t i = 0; i < report->check_count; i++)
		if (report->checks[i].outcome == OUTCOME_FAILED)
			add_check_failure(page, &report->checks[i]);
}

/* --- where it ran --- */

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

static void add_storage(const struct page *page, const struct report *report)
{
	_cleanup_free_ char *own = quantity_format_size(report->exclusive_bytes);
	_cleanup_free_ char *shared = quantity_format_size(report->shared_bytes);
	_cleanup_free_ char *line = string_format("%s of its own, %s shared with the baseline", own, shared);
	page_labelled(page, "storage", TINT_PLAIN, line);
}

static void add_timings(const struct page *page, const struct report *report)
{
	const struct {
		const char *name;
		double milliseconds;
	} steps[] = {
		{"clone", report->clone_ms},  {"start", report->start_ms},       {"migrate", report->migrate_ms},
		{"checks", report->check_ms}, {"teardown", report->teardown_ms},
	};
	_cleanup_buffer_ struct buffer line = {0};
	_cleanup_free_ char *total = quantity_format_milliseconds(report->total_ms);
	buffer_add_text(&line, total);
	const char *separator = ": ";
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].milliseconds <= 0)
			continue;
		_cleanup_free_ char *time = quantity_format_milliseconds(steps[i].milliseconds);
		buffer_addf(&line, "%s%s %s", separator, steps[i].name, time);
		separator = ", ";
	}
	page_labelled(page, "time", TINT_PLAIN, buffer_text(&line));
}

static void add_branch(const struct page *page, const struct report *report)
{
	_cleanup_free_ char *line =
		string_format("%s%s%s, %s and %s", report->branch_name, report->project ? " of " : "",
			      report->project ? report->project : "", report->branch_created ? "created" : "reused",
			      report->branch_kept ? "kept" : "removed");
	page_labelled(page, "branch", TINT_PLAIN, line);
}

static void add_footer(const struct page *page, const struct report *report)
{
	if (report->branch_name || report->baseline || report->database || report->total_ms > 0)
		buffer_add_char(page->out, '\n');
	if (report->branch_name)
		add_branch(page, report);
	if (report->baseline)
		add_baseline(page, report);
	if (report->database) {
		_cleanup_free_ char *database = text_safe(report->database);
		page_labelled(page, "database", TINT_PLAIN, database);
	}
	if (report->exclusive_bytes || report->shared_bytes)
		add_storage(page, report);
	if (report->total_ms > 0)
		add_timings(page, report);
	if (!report->branch_name || !report->branch_kept)
		return;
	_cleanup_free_ char *psql = string_format("vela psql %s", report->branch_name);
	_cleanup_free_ char *delete = string_format("vela branch delete %s", report->branch_name);
	buffer_add_char(page->out, '\n');
	page_labelled(page, "inspect", TINT_BOLD, psql);
	page_labelled(page, "remove", TINT_BOLD, delete);
}

void report_render_text(const struct report *report, const struct report_style *style, struct buffer *out)
{
	int width = style->width > 0 ? style->width : WIDTH_DEFAULT;
	struct page page = {out, (size_t)(width < WIDTH_MIN ? WIDTH_MIN : width), style->color};
	add_verdict(&page, report);
	add_failures(&page, report);
	report_add_tables(&page, report);
	add_footer(&page, report);
}
