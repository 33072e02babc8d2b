#include "report/text_parts.h"

enum { DETAIL_LINES = 8, OBJECTS = 12 };

static enum tint tint_of(char action)
{
	return action == '+' ? TINT_GREEN : action == '-' ? TINT_RED : TINT_YELLOW;
}

/* What changed within an object; an object that came or went as a whole is only named. */
static void add_detail(const struct page *page, const char *detail)
{
	size_t lines = 0;
	for (const char *at = detail; *at; lines++) {
		size_t length = strcspn(at, "\n");
		_cleanup_free_ char *line = string_copy_n(at, length);
		at += length + (at[length] == '\n');
		if (lines >= DETAIL_LINES)
			continue;
		buffer_add_repeat(page->out, ' ', 6);
		page_wrap(page, tint_of(*line), line, 6, 8, 2);
	}
	if (lines > DETAIL_LINES) {
		buffer_add_repeat(page->out, ' ', 4);
		text_add_more(page, lines - DETAIL_LINES, "lines");
	}
}

void text_add_schema_changes(const struct page *page, const struct report_schema_change *changes, size_t count)
{
	for (size_t i = 0; i < count && i < OBJECTS; i++) {
		const struct report_schema_change *change = &changes[i];
		const char mark[] = {change->action, '\0'};
		text_add_item(page, tint_of(change->action), mark, change->object);
		if (change->action == '~' && change->detail)
			add_detail(page, change->detail);
	}
	text_add_more(page, count > OBJECTS ? count - OBJECTS : 0, "objects (-o json has them)");
}

void text_add_schema(const struct page *page, const struct report *report)
{
	if (report->schema_count == 0)
		return;
	text_add_heading(page, "Schema");
	text_add_schema_changes(page, report->schema, report->schema_count);
}
