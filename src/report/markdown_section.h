/*
 * A document in sections that can be shortened. A section is a beginning, items that are whole constructs each (rows of
 * a table, points of a list, blocks), what closes what the beginning opened, and an end. What is taken away to keep the
 * document within its budget are items, from the end of the least important section; that they are missing is said.
 */
#ifndef VELA_REPORT_MARKDOWN_SECTION_H
#define VELA_REPORT_MARKDOWN_SECTION_H

#include <stdbool.h>

#include "base/buffer.h"

struct section {
	int importance;   /* the largest number is shortened first; 0: never */
	const char *noun; /* of many items: "statements" */
	struct buffer begin;
	struct string_list items; /* without any, nothing of the section is written */
	struct buffer close;      /* right after the last item: a fence, say */
	struct buffer end;        /* after the word on what is missing */
	size_t kept;              /* for document_write() */
};

struct document {
	struct section *sections;
	size_t count;
};

/* The result is good until the next one is added. */
struct section *document_add(struct document *document, int importance, const char *noun);
/* One that is shown on demand. To be called last: its title says how many items there are, unless it is no `counted`.
 */
void section_fold(struct section *section, const char *title, bool counted);
void document_write(struct document *document, size_t budget, struct buffer *out);
void document_free(struct document *document);

#endif
