#include "schema/line_diff.h"

#include <stdbool.h>
#include <stdint.h>

enum { TABLE_CELLS_MAX = 4 << 20 }; /* more than 2,000 lines against as many */

struct line {
	const char *start;
	size_t length;
};

struct lines {
	struct line *items;
	size_t count;
};

struct diff {
	struct buffer *out;
	size_t added, max;
};

void line_add_escaped(struct buffer *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			buffer_add_text(out, "\\n");
		else if (text[i] == '\r')
			buffer_add_text(out, "\\r");
		else
			buffer_add_char(out, text[i]);
	}
}

static struct lines split(const char *text)
{
	struct lines lines = {0};
	size_t room = 1;
	for (const char *at = text; *at; at++)
		room += *at == '\n';
	lines.items = memory_allocate(room * sizeof(*lines.items));
	while (*text) {
		size_t length = strcspn(text, "\n");
		size_t shown = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
		lines.items[lines.count++] = (struct line){text, shown};
		text += length + (text[length] == '\n');
	}
	return lines;
}

static bool same(const struct line *a, const struct line *b)
{
	return a->length == b->length && memcmp(a->start, b->start, a->length) == 0;
}

static void add_line(struct diff *diff, char sign, const struct line *line)
{
	if (diff->added++ >= diff->max)
		return;
	buffer_add_char(diff->out, sign);
	buffer_add_char(diff->out, ' ');
	line_add_escaped(diff->out, line->start, line->length);
	buffer_add_char(diff->out, '\n');
}

static void add_lines(struct diff *diff, char sign, const struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		add_line(diff, sign, &lines->items[i]);
}

/* Lengths of the longest common subsequence of what follows each pair of places. */
static uint32_t *measure(const struct lines *a, const struct lines *b)
{
	size_t width = b->count + 1;
	uint32_t *table = memory_allocate((a->count + 1) * width * sizeof(*table));
	for (size_t i = a->count; i-- > 0;)
		for (size_t j = b->count; j-- > 0;) {
			uint32_t down = table[(i + 1) * width + j], right = table[i * width + j + 1];
			if (same(&a->items[i], &b->items[j]))
				table[i * width + j] = table[(i + 1) * width + j + 1] + 1;
			else
				table[i * width + j] = down >= right ? down : right;
		}
	return table;
}

static void add_shortest(struct diff *diff, const struct lines *a, const struct lines *b)
{
	_cleanup_free_ uint32_t *table = measure(a, b);
	size_t width = b->count + 1, i = 0, j = 0;
	while (i < a->count || j < b->count) {
		if (i < a->count && j < b->count && same(&a->items[i], &b->items[j])) {
			i++;
			j++;
		} else if (j == b->count || (i < a->count && table[(i + 1) * width + j] >= table[i * width + j + 1])) {
			add_line(diff, '-', &a->items[i++]);
		} else {
			add_line(diff, '+', &b->items[j++]);
		}
	}
}

/* Without the lines at both ends that are the same. */
static void trim(struct lines *a, struct lines *b)
{
	while (a->count > 0 && b->count > 0 && same(&a->items[0], &b->items[0])) {
		a->items++, a->count--;
		b->items++, b->count--;
	}
	while (a->count > 0 && b->count > 0 && same(&a->items[a->count - 1], &b->items[b->count - 1])) {
		a->count--;
		b->count--;
	}
}

void line_diff_add(struct buffer *out, const char *before, const char *after, size_t max)
{
	struct diff diff = {.out = out, .max = max};
	const struct lines all_a = split(before), all_b = split(after);
	struct lines a = all_a, b = all_b;
	trim(&a, &b);
	if ((a.count + 1) * (b.count + 1) <= TABLE_CELLS_MAX) {
		add_shortest(&diff, &a, &b);
	} else {
		add_lines(&diff, '-', &a);
		add_lines(&diff, '+', &b);
	}
	free(all_a.items);
	free(all_b.items);
	if (diff.added > max)
		buffer_addf(out, "~ … %zu more lines\n", diff.added - max);
}
