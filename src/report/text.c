/* The report for a person: the verdict, what to act on, what was seen, and where it ran. */
#include "base/text.h"
#include "report/describe.h"
#include "report/formats.h"
#include "report/text_parts.h"

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 40 };

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
	describe_verdict(&line, report);
	_cleanup_free_ char *word = string_format("%s%s", verdicts[report->verdict].word, line.length ? ": " : "");
	page_paint(page, verdicts[report->verdict].tint, word);
	page_wrap(page, TINT_BOLD, buffer_text(&line), text_width(word), 2, TEXT_MESSAGE_LINES);
	if (report->reason) {
		buffer_add_text(page->out, "\n  ");
		page_wrap(page, TINT_PLAIN, report->reason, 2, 2, TEXT_MESSAGE_LINES);
	}
}

void report_render_text(const struct report *report, const struct report_style *style, struct buffer *out)
{
	int width = style->width > 0 ? style->width : WIDTH_DEFAULT;
	struct page page = {out, (size_t)(width < WIDTH_MIN ? WIDTH_MIN : width), style->color};
	add_verdict(&page, report);
	text_add_failures(&page, report, SEVERITY_ERROR);
	text_add_hazards(&page, report, SEVERITY_ERROR);
	text_add_plan_failures(&page, report, SEVERITY_ERROR);
	text_add_stalls(&page, report, SEVERITY_ERROR);
	text_add_reversal(&page, report);
	text_add_failures(&page, report, SEVERITY_WARNING);
	text_add_plan_failures(&page, report, SEVERITY_WARNING);
	text_add_stalls(&page, report, SEVERITY_WARNING);
	text_add_hazards(&page, report, SEVERITY_WARNING);
	text_add_tables(&page, report);
	text_add_ledger(&page, report);
	text_add_workload(&page, report);
	text_add_schema(&page, report);
	text_add_accepted(&page, report);
	text_add_blind(&page, report);
	text_add_footer(&page, report);
}
