/*
 * Hostile text in GitHub's and GitLab's Markdown: always on the line it is put on, safe in a table's cell, and nothing
 * in it is a mention, a reference, a link, an emoji, a formula or HTML. `max` is in bytes of the text; what is longer
 * ends with "…". Of prose, the caller writes something of his own before it on the line.
 */
#ifndef VELA_REPORT_MARKDOWN_TEXT_H
#define VELA_REPORT_MARKDOWN_TEXT_H

#include "base/buffer.h"

void markdown_add_text(struct buffer *out, const char *text, size_t max);
void markdown_add_lines(struct buffer *out, const char *text, size_t max); /* with a <br> where a new line begins */
void markdown_add_code(struct buffer *out, const char *text, size_t max);

/* Between fences that nothing in `text` can close. `language` is our own. */
void markdown_add_block(struct buffer *out, const char *language, const char *text, size_t max);
/* The same for lines that are put between them later: the fences only. */
void markdown_add_fences(const struct string_list *lines, const char *language, struct buffer *open,
			 struct buffer *close);

#endif
