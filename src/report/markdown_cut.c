/* A comment that is too long, cut so that what is left is still a document. */
#include "report/markdown.h"

static const char note[] = "\n_The rest was left out: it is longer than a comment may be._\n";

/* What is open at a place: a fence of so many backticks, and folded parts. */
struct open_parts {
	size_t fence; /* 0: none */
	size_t folds;
};

static void read_line(const char *line, size_t length, struct open_parts *open)
{
	static const char begin[] = "<details>", end[] = "</details>";
	size_t ticks = strspn(line, "`");
	if (open->fence > 0) {
		if (ticks >= open->fence && strspn(line + ticks, " ") == length - ticks)
			open->fence = 0;
	} else if (ticks >= 3) {
		open->fence = ticks;
	} else if (length >= strlen(begin) && string_starts_with(line, begin)) {
		open->folds++;
	} else if (length >= strlen(end) && string_starts_with(line, end) && open->folds > 0) {
		open->folds--;
	}
}

/* What closes them again. */
static void add_end(struct buffer *out, const struct open_parts *open)
{
	static const char fold[] = "\n</details>\n";
	if (open->fence > 0) {
		buffer_add_repeat(out, '`', open->fence);
		buffer_add_char(out, '\n');
	}
	for (size_t i = 0; i < open->folds; i++)
		buffer_add_text(out, fold);
	buffer_add_text(out, note);
}

static size_t end_length(const struct open_parts *open)
{
	_cleanup_buffer_ struct buffer end = {0};
	add_end(&end, open);
	return end.length;
}

char *report_markdown_cut(const char *text, size_t max)
{
	if (strlen(text) <= max)
		return string_copy(text);
	struct open_parts open = {0}, kept = {0};
	size_t at = 0, cut = 0;
	while (text[at]) {
		size_t length = strcspn(text + at, "\n");
		read_line(text + at, length, &open);
		at += length + (text[at + length] == '\n');
		if (at + end_length(&open) > max)
			break;
		cut = at;
		kept = open;
	}
	struct buffer out = {0};
	buffer_add(&out, text, cut);
	add_end(&out, &kept);
	return buffer_steal(&out);
}
