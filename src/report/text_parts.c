#include "report/text_parts.h"

#include "base/text.h"

void text_add_heading(const struct page *page, const char *title)
{
	buffer_add_text(page->out, "\n  ");
	page_paint(page, TINT_BOLD, title);
	buffer_add_char(page->out, '\n');
}

void text_add_place(const struct page *page, const char *file, int line, int column)
{
	_cleanup_buffer_ struct buffer place = {0};
	if (line > 0)
		buffer_addf(&place, ":%d", line);
	if (line > 0 && column > 0)
		buffer_addf(&place, ":%d", column);
	_cleanup_free_ char *name = layout_keep_end(file, page->width - 2 - place.length);
	_cleanup_free_ char *whole = string_format("%s%s", name, buffer_text(&place));
	text_add_heading(page, whole);
}

void text_add_message(const struct page *page, enum tint tint, const char *message, const char *sqlstate)
{
	_cleanup_free_ char *text =
		sqlstate ? string_format("%s (SQLSTATE %s)", message, sqlstate) : string_copy(message);
	buffer_add_text(page->out, "  ");
	page_wrap(page, tint, text, 2, 2, TEXT_MESSAGE_LINES);
}

void text_add_sql(const struct page *page, const char *sql, size_t max_lines)
{
	buffer_add_text(page->out, "\n    ");
	page_wrap(page, TINT_PLAIN, sql, 4, 4, max_lines);
}

static void add_advice(const struct page *page, const struct report_failure *failure)
{
	const struct {
		const char *label, *text;
	} fields[] = {{"detail", failure->detail},
		      {"rows", failure->rows},
		      {"hint", failure->hint},
		      {"context", failure->context}};
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

void text_add_explanation(const struct page *page, const struct report_failure *failure, int number)
{
	if (failure->source_line && failure->source_line[strspn(failure->source_line, " \t")]) {
		buffer_add_char(page->out, '\n');
		page_excerpt(page, failure->source_line, number, failure->column, failure->has_caret);
	}
	add_advice(page, failure);
}

void text_add_item(const struct page *page, enum tint tint, const char *mark, const char *text)
{
	buffer_add_text(page->out, "  ");
	page_paint(page, tint, mark);
	buffer_add_char(page->out, ' ');
	page_wrap(page, TINT_PLAIN, text, 4, 4, TEXT_MESSAGE_LINES);
}

void text_add_row(const struct page *page, size_t indent, const char *name, size_t name_width, const char *value,
		  size_t value_width, enum tint value_tint)
{
	_cleanup_free_ char *safe = text_safe(name);
	string_replace(&safe, text_shorten(safe, name_width));
	buffer_add_repeat(page->out, ' ', indent);
	buffer_add_text(page->out, safe);
	size_t used = text_width(safe) + text_width(value), end = name_width + 2 + value_width;
	buffer_add_repeat(page->out, ' ', used < end ? end - used : 1);
	page_paint(page, value_tint, value);
	buffer_add_char(page->out, '\n');
}

void text_add_more(const struct page *page, size_t count, const char *what)
{
	if (count == 0)
		return;
	_cleanup_free_ char *line = string_format("… %zu more %s", count, what);
	buffer_add_text(page->out, "  ");
	page_paint(page, TINT_DIM, line);
	buffer_add_char(page->out, '\n');
}
