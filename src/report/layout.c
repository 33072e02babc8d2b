#include "report/layout.h"

#include "base/text.h"

enum { TAB_WIDTH = 4 };

void page_paint(const struct page *page, enum tint tint, const char *text)
{
	static const char *const codes[TINT_COUNT] = {
		[TINT_BOLD] = "1", [TINT_DIM] = "2", [TINT_GREEN] = "1;32", [TINT_RED] = "1;31", [TINT_YELLOW] = "1;33",
	};
	if (page->color && codes[tint])
		buffer_addf(page->out, "\033[%sm%s\033[0m", codes[tint], text);
	else
		buffer_add_text(page->out, text);
}

/* --- characters of text that was made safe, hence is valid UTF-8 --- */

static size_t character_length(const char *text)
{
	size_t length = 1;
	while ((text[length] & 0xc0) == 0x80)
		length++;
	return length;
}

static size_t character_columns(const char *text, size_t length)
{
	char character[8] = {0};
	memcpy(character, text, length < sizeof(character) ? length : sizeof(character) - 1);
	return text_width(character);
}

static size_t columns_of(const char *text, size_t length)
{
	_cleanup_free_ char *part = string_copy_n(text, length);
	return text_width(part);
}

/* The bytes of as many characters as fit into `columns`; at least one. */
static size_t fit(const char *text, size_t length, size_t columns)
{
	size_t taken = 0, width = 0;
	while (taken < length) {
		size_t next = character_length(text + taken);
		width += character_columns(text + taken, next);
		if (width > columns && taken > 0)
			break;
		taken += next;
	}
	return taken;
}

char *layout_keep_end(const char *text, size_t columns)
{
	_cleanup_free_ char *safe = text_safe(text);
	size_t width = text_width(safe);
	if (width <= columns)
		return TAKE_POINTER(safe);
	const char *at = safe;
	while (*at && width + 1 > columns) {
		size_t length = character_length(at);
		width -= character_columns(at, length);
		at += length;
	}
	return string_format("…%s", at);
}

/* --- wrapping --- */

struct wrapping {
	const struct page *page;
	enum tint tint;
	size_t column, indent; /* where the page stands; where a new line begins */
	size_t lines_left;
	bool cut; /* there was more than fits into them */
	struct buffer line;
};

static void end_line(struct wrapping *wrapping)
{
	if (wrapping->line.length > 0)
		page_paint(wrapping->page, wrapping->tint, buffer_text(&wrapping->line));
	buffer_add_char(wrapping->page->out, '\n');
	buffer_truncate(&wrapping->line, 0);
	wrapping->column = 0;
	wrapping->lines_left--;
}

static size_t room(const struct wrapping *wrapping)
{
	return wrapping->column < wrapping->page->width ? wrapping->page->width - wrapping->column : 0;
}

static void add_piece(struct wrapping *wrapping, const char *text, size_t length, size_t columns)
{
	if (wrapping->column == 0) {
		buffer_add_repeat(wrapping->page->out, ' ', wrapping->indent);
		wrapping->column = wrapping->indent;
	}
	buffer_add(&wrapping->line, text, length);
	wrapping->column += columns;
}

/* A word that fits on no line is broken anywhere. */
static void add_word(struct wrapping *wrapping, const char *word, size_t length)
{
	size_t columns = columns_of(word, length);
	bool needs_space = wrapping->line.length > 0;
	if (needs_space && columns + 1 > room(wrapping)) {
		end_line(wrapping);
		needs_space = false;
	}
	if (needs_space)
		add_piece(wrapping, " ", 1, 1);
	while (length > 0 && wrapping->lines_left > 0) {
		size_t start = wrapping->column ? wrapping->column : wrapping->indent;
		size_t taken = fit(word, length, start < wrapping->page->width ? wrapping->page->width - start : 1);
		add_piece(wrapping, word, taken, columns_of(word, taken));
		word += taken;
		length -= taken;
		if (length > 0)
			end_line(wrapping);
	}
	wrapping->cut |= length > 0;
}

static void add_line(struct wrapping *wrapping, const char *text, size_t length)
{
	size_t at = 0;
	while (at < length && wrapping->lines_left > 0) {
		size_t word = at;
		while (word < length && text[word] == ' ')
			word++;
		size_t end = word;
		while (end < length && text[end] != ' ')
			end++;
		if (end > word)
			add_word(wrapping, text + word, end - word);
		at = end;
	}
	wrapping->cut |= at < length;
	if (wrapping->lines_left > 0)
		end_line(wrapping);
}

void page_wrap(const struct page *page, enum tint tint, const char *text, size_t column, size_t indent,
	       size_t max_lines)
{
	_cleanup_buffer_ struct buffer safe = {0};
	text_add_safe(&safe, text, true);
	while (safe.length > 0 && (safe.data[safe.length - 1] == '\n' || safe.data[safe.length - 1] == ' '))
		buffer_truncate(&safe, safe.length - 1);
	struct wrapping wrapping = {
		.page = page, .tint = tint, .column = column, .indent = indent, .lines_left = max_lines};
	const char *at = buffer_text(&safe);
	bool more = true;
	while (more && wrapping.lines_left > 0) {
		size_t length = strcspn(at, "\n");
		more = at[length] == '\n';
		add_line(&wrapping, at, length);
		at += length + more;
	}
	if (more || wrapping.cut) {
		buffer_add_repeat(page->out, ' ', indent);
		buffer_add_text(page->out, "…\n");
	}
	buffer_free(&wrapping.line);
}

void page_labelled(const struct page *page, const char *label, enum tint tint, const char *text)
{
	enum { START = 2 + PAGE_LABEL_WIDTH, LINES = 12 };
	buffer_add_text(page->out, "  ");
	page_paint(page, TINT_DIM, label);
	buffer_add_repeat(page->out, ' ', PAGE_LABEL_WIDTH - strlen(label));
	page_wrap(page, tint, text, START, START, LINES);
}

/* --- excerpts --- */

/* `length` bytes of a source line, safe and with tabs up to the next stop; `column` is where they begin. */
static char *expand(const char *line, size_t length, size_t column)
{
	struct buffer out = {0};
	size_t at = 0;
	while (at < length) {
		size_t run = 0;
		while (at + run < length && line[at + run] != '\t')
			run++;
		size_t before = out.length;
		_cleanup_free_ char *part = string_copy_n(line + at, run);
		text_add_safe(&out, part, false);
		column += text_width(buffer_text(&out) + before);
		at += run;
		if (at < length) {
			size_t spaces = TAB_WIDTH - column % TAB_WIDTH;
			buffer_add_repeat(&out, ' ', spaces);
			column += spaces;
			at++;
		}
	}
	return buffer_steal(&out);
}

/* A file that is not UTF-8 is shown up to where it goes wrong: no character has more bytes than its first one says. */
static size_t source_character_length(const char *text)
{
	unsigned char first = (unsigned char)*text;
	size_t most = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	size_t length = 1;
	while (length < most && (text[length] & 0xc0) == 0x80)
		length++;
	return length;
}

static size_t offset_of_column(const char *line, int column)
{
	size_t offset = 0;
	for (int at = 1; at < column && line[offset]; at++)
		offset += source_character_length(line + offset);
	return offset;
}

static void add_gutter(const struct page *page, const char *number, size_t digits)
{
	_cleanup_free_ char *gutter = string_format("    %*s │ ", (int)digits, number);
	page_paint(page, TINT_DIM, gutter);
}

void page_excerpt(const struct page *page, const char *line, int number, int column, bool caret)
{
	_cleanup_free_ char *digits = number > 0 ? string_format("%d", number) : string_copy("");
	size_t gutter = 4 + strlen(digits) + 3;
	size_t available = page->width > gutter + 10 ? page->width - gutter : 10;
	size_t split = offset_of_column(line, column);
	_cleanup_free_ char *before = expand(line, split, 0);
	_cleanup_free_ char *after = expand(line + split, strlen(line) - split, text_width(before));
	if (text_width(before) + text_width(after) > available && text_width(before) > available * 2 / 3)
		string_replace(&before, layout_keep_end(before, available * 2 / 3));
	size_t caret_column = text_width(before);
	string_replace(&after, text_shorten(after, available - caret_column));
	add_gutter(page, digits, strlen(digits));
	buffer_addf(page->out, "%s%s\n", before, after);
	if (!caret)
		return;
	add_gutter(page, "", strlen(digits));
	buffer_add_repeat(page->out, ' ', caret_column);
	page_paint(page, TINT_RED, "^");
	buffer_add_char(page->out, '\n');
}
