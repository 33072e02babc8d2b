#include "report/markdown_section.h"

#include "base/quantity.h"

struct section *document_add(struct document *document, int importance, const char *noun)
{
	document->sections = memory_resize(document->sections, document->count + 1, sizeof(*document->sections));
	struct section *section = &document->sections[document->count++];
	*section = (struct section){.importance = importance, .noun = noun};
	return section;
}

void section_fold(struct section *section, const char *title, bool counted)
{
	_cleanup_buffer_ struct buffer inner = section->begin;
	_cleanup_free_ char *count = quantity_format_count(section->items.count);
	section->begin = (struct buffer){0};
	buffer_addf(&section->begin, "\n<details>\n<summary>%s", title);
	if (counted)
		buffer_addf(&section->begin, " (%s)", count);
	buffer_addf(&section->begin, "</summary>\n\n%s", buffer_text(&inner));
	buffer_add_text(&section->end, "\n</details>\n");
}

static void add_missing(const struct section *section, struct buffer *out)
{
	_cleanup_free_ char *missing = quantity_format_count(section->items.count - section->kept);
	_cleanup_free_ char *all = quantity_format_count(section->items.count);
	if (section->kept < section->items.count)
		buffer_addf(out, "\n_Left out, to keep this short: %s of %s %s._\n", missing, all, section->noun);
}

static void add_section(const struct section *section, struct buffer *out)
{
	if (section->items.count == 0)
		return;
	if (section->kept == 0) {
		add_missing(section, out);
		return;
	}
	buffer_add(out, buffer_text(&section->begin), section->begin.length);
	for (size_t i = 0; i < section->kept; i++)
		buffer_add_text(out, section->items.items[i]);
	buffer_add(out, buffer_text(&section->close), section->close.length);
	add_missing(section, out);
	buffer_add(out, buffer_text(&section->end), section->end.length);
}

static size_t document_size(const struct document *document)
{
	_cleanup_buffer_ struct buffer text = {0};
	for (size_t i = 0; i < document->count; i++)
		add_section(&document->sections[i], &text);
	return text.length;
}

/* NULL: nothing more can be taken away. */
static struct section *least_important(struct document *document)
{
	struct section *least = NULL;
	for (size_t i = 0; i < document->count; i++) {
		struct section *section = &document->sections[i];
		if (section->importance > 0 && section->kept > 0 &&
		    (!least || section->importance >= least->importance))
			least = section;
	}
	return least;
}

/* Takes away as many items as it needs to get `excess` bytes smaller, and to say so; or all. */
static void shorten(struct section *section, size_t excess)
{
	enum { MISSING_MAX = 128 };
	size_t freed = 0;
	while (section->kept > 0 && freed < excess + MISSING_MAX)
		freed += strlen(section->items.items[--section->kept]);
}

void document_write(struct document *document, size_t budget, struct buffer *out)
{
	for (size_t i = 0; i < document->count; i++)
		document->sections[i].kept = document->sections[i].items.count;
	struct section *least;
	size_t size;
	while ((size = document_size(document)) > budget && (least = least_important(document)))
		shorten(least, size - budget);
	for (size_t i = 0; i < document->count; i++)
		add_section(&document->sections[i], out);
}

void document_free(struct document *document)
{
	for (size_t i = 0; i < document->count; i++) {
		buffer_free(&document->sections[i].begin);
		string_list_free(&document->sections[i].items);
		buffer_free(&document->sections[i].close);
		buffer_free(&document->sections[i].end);
	}
	free(document->sections);
	*document = (struct document){0};
}
