/* Pieces of a page for a terminal. What is hostile is made harmless here, and no line gets wider than the page. */
#ifndef VELA_REPORT_LAYOUT_H
#define VELA_REPORT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct page {
	struct buffer *out;
	size_t width;
	bool color;
};

enum tint { TINT_PLAIN, TINT_BOLD, TINT_DIM, TINT_GREEN, TINT_RED, TINT_YELLOW, TINT_COUNT };

/* Our own text, or text that was made safe, in a colour if the page has colours. */
void page_paint(const struct page *page, enum tint tint, const char *text);

/*
 * Writes hostile text broken into lines, and a newline. The first line begins where the page stands, which is at
 * `column`; the others are indented by `indent`. Newlines in the text stay. After `max_lines` comes "…".
 */
void page_wrap(const struct page *page, enum tint tint, const char *text, size_t column, size_t indent,
	       size_t max_lines);

/* "  LABEL     text", the text wrapped beside the label. */
enum { PAGE_LABEL_WIDTH = 10 };
void page_labelled(const struct page *page, const char *label, enum tint tint, const char *text);

/*
 * A line of source behind a gutter that shows its `number` (0: none), and with `caret` a '^' below its character
 * `column` (from 1; 0: the first). Of a line that is too wide, the part around that character is shown.
 */
void page_excerpt(const struct page *page, const char *line, int number, int column, bool caret);

/* The end of hostile `text`, at most `columns` wide, with "…" in front where something was cut; on one line; owned. */
char *layout_keep_end(const char *text, size_t columns);

#endif
