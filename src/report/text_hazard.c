#include "report/describe.h"
#include "report/text_parts.h"

enum { OF_A_KIND = 3 }; /* hazards with the same name that are shown */

static bool is_shown(const struct report_hazard *hazard, enum report_severity severity)
{
	return hazard->severity == severity && !hazard->accepted;
}

/* How many of the same kind stand before `hazard`; no more than `most` are counted. */
static size_t count_before(const struct report *report, const struct report_hazard *hazard, bool same_advice,
			   size_t most)
{
	size_t count = 0;
	for (const struct report_hazard *other = report->hazards; other < hazard && count < most; other++)
		count += is_shown(other, hazard->severity) && string_equal(other->id, hazard->id) &&
			 (!same_advice || string_equal(other->instead, hazard->instead));
	return count;
}

static void add_place(const struct page *page, const struct report_hazard *hazard)
{
	if (hazard->file)
		text_add_place(page, hazard->file, hazard->line, 0);
	else
		text_add_heading(page, "The run as a whole");
}

static void add_hazard(const struct page *page, const struct report *report, const struct report_hazard *hazard)
{
	bool is_error = hazard->severity == SEVERITY_ERROR;
	const struct report_statement *statement = report_find_statement(report, hazard->migration, hazard->statement);
	_cleanup_free_ char *headline = string_format("%s%s: %s", is_error ? "" : "warning: ", hazard->id,
						      hazard->measured ? hazard->measured : "seen");
	add_place(page, hazard);
	text_add_message(page, is_error ? TINT_RED : TINT_YELLOW, headline, NULL);
	if (is_error && statement)
		text_add_sql(page, statement->sql, 3);
	if (count_before(report, hazard, true, 1) > 0) /* what was said is not said again */
		return;
	if (is_error && (hazard->why || hazard->instead))
		buffer_add_char(page->out, '\n');
	if (is_error && hazard->why)
		page_labelled(page, "why", TINT_PLAIN, hazard->why);
	if (hazard->instead)
		page_labelled(page, "instead", TINT_GREEN, hazard->instead);
}

void text_add_hazards(const struct page *page, const struct report *report, enum report_severity severity)
{
	size_t shown = 0, more = 0;
	for (size_t i = 0; i < report->hazard_count; i++) {
		const struct report_hazard *hazard = &report->hazards[i];
		if (!is_shown(hazard, severity))
			continue;
		if (shown < TEXT_LIST_ROWS && count_before(report, hazard, false, OF_A_KIND) < OF_A_KIND) {
			add_hazard(page, report, hazard);
			shown++;
		} else {
			more++;
		}
	}
	if (more > 0)
		buffer_add_char(page->out, '\n');
	text_add_more(page, more, severity == SEVERITY_ERROR ? "hazards" : "warnings");
}

void text_add_accepted(const struct page *page, const struct report *report)
{
	size_t count = 0;
	for (size_t i = 0; i < report->hazard_count; i++) {
		const struct report_hazard *hazard = &report->hazards[i];
		if (!hazard->accepted)
			continue;
		if (count == 0)
			text_add_heading(page, "Accepted");
		if (count++ >= TEXT_LIST_ROWS)
			continue;
		_cleanup_free_ char *line = string_format(
			"%s: %s\n%s%s%s", hazard->id, hazard->measured ? hazard->measured : "seen", hazard->accepted,
			hazard->file ? ", says " : "", hazard->file ? hazard->file : "");
		text_add_item(page, TINT_DIM, "–", line);
	}
	text_add_more(page, count > TEXT_LIST_ROWS ? count - TEXT_LIST_ROWS : 0, "accepted hazards");
}
