#include "report/schema_text.h"

#include "base/text.h"
#include "report/layout.h"

enum { INDENT = 4 };

static enum tint tint_of(char sign)
{
	switch (sign) {
	case '+':
		return TINT_GREEN;
	case '-':
		return TINT_RED;
	case '~':
		return TINT_YELLOW;
	default:
		return TINT_PLAIN;
	}
}

static void add_line(const struct page *page, const char *line, size_t length)
{
	_cleanup_free_ char *text = string_copy_n(line, length);
	_cleanup_free_ char *safe = text_safe(text);
	buffer_add_repeat(page->out, ' ', INDENT);
	page_paint(page, tint_of(*line), safe);
	buffer_add_char(page->out, '\n');
}

static void add_change(const struct page *page, const struct report_schema_change *change)
{
	_cleanup_free_ char *object = text_safe(change->object);
	_cleanup_free_ char *title = string_format("%c %s", change->action, object);
	page_paint(page, tint_of(change->action), title);
	buffer_add_char(page->out, '\n');
	for (const char *line = change->detail; line && *line;) {
		size_t length = strcspn(line, "\n");
		add_line(page, line, length);
		line += length + (line[length] == '\n');
	}
}

void schema_changes_add_text(struct buffer *out, const struct report_schema_change *changes, size_t count, bool color)
{
	const struct page page = {.out = out, .color = color};
	for (size_t i = 0; i < count; i++)
		add_change(&page, &changes[i]);
}
