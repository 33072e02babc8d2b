#include "base/text.h"

#include <stdint.h>
#include <wchar.h>

/* Decodes one UTF-8 character; returns its length, or 0 when the bytes are not valid UTF-8 (RFC 3629). */
static size_t decode(const unsigned char *s, uint32_t *ret)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
	if (length == 0)
		return 0;
	uint32_t point = length == 1 ? s[0] : s[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (length > 1 && (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)))
		return 0;
	*ret = point;
	return length;
}

static bool is_dangerous(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0x061c || point == 0x200e || point == 0x200f ||
	       point == 0x2028 || point == 0x2029 || point == 0xfeff;
}

bool text_is_printable(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	while (*s) {
		uint32_t point;
		size_t length = decode(s, &point);
		if (length == 0 || is_dangerous(point))
			return false;
		s += length;
	}
	return true;
}

void text_add_safe(struct buffer *buffer, const char *text, bool multiline)
{
	const unsigned char *s = (const unsigned char *)text;
	while (*s) {
		uint32_t point;
		size_t length = decode(s, &point);
		if (*s == '\n' && multiline)
			buffer_add_char(buffer, '\n');
		else if (*s == '\n' || *s == '\t')
			buffer_add_char(buffer, ' ');
		else if (*s == '\r' && s[1] == '\n')
			; /* a line end of Windows is a line end */
		else if (length == 0 || is_dangerous(point))
			buffer_add_char(buffer, '?');
		else
			buffer_add(buffer, s, length);
		s += length ? length : 1;
	}
}

char *text_safe(const char *text)
{
	struct buffer safe = {0};
	text_add_safe(&safe, text, false);
	return buffer_steal(&safe);
}

static size_t character_width(uint32_t point)
{
	int width = wcwidth((wchar_t)point);
	return width < 0 ? 1 : (size_t)width;
}

size_t text_width(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t width = 0;
	while (*s) {
		uint32_t point;
		size_t length = decode(s, &point);
		width += length ? character_width(point) : 1;
		s += length ? length : 1;
	}
	return width;
}

char *text_shorten(const char *text, size_t columns)
{
	if (text_width(text) <= columns)
		return string_copy(text);
	if (columns == 0)
		return string_copy("");
	const unsigned char *s = (const unsigned char *)text;
	struct buffer out = {0};
	size_t width = 0;
	while (*s) {
		uint32_t point = '?';
		size_t length = decode(s, &point);
		size_t next = length ? character_width(point) : 1;
		if (width + next + 1 > columns)
			break;
		buffer_add(&out, s, length ? length : 1);
		width += next;
		s += length ? length : 1;
	}
	buffer_add_text(&out, "…");
	return buffer_steal(&out);
}

char *text_cut(const char *text, size_t length, size_t max)
{
	if (length <= max)
		return string_copy_n(text, length);
	while (max > 0 && (text[max] & 0xc0) == 0x80)
		max--;
	return string_format("%.*s…", (int)max, text);
}

void text_add_encoded(struct buffer *buffer, const char *text, const char *plain)
{
	static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	for (; *text; text++)
		if (strchr(unreserved, *text) || strchr(plain, *text))
			buffer_add_char(buffer, *text);
		else
			buffer_addf(buffer, "%%%02X", (unsigned)(unsigned char)*text);
}

/* Edit distance with transpositions; of long words, which nobody misspells by a letter, none. */
static size_t distance(const char *a, const char *b)
{
	enum { LIMIT = 32 };
	size_t rows = strlen(a), columns = strlen(b);
	if (rows > LIMIT || columns > LIMIT)
		return SIZE_MAX;
	size_t table[LIMIT + 1][LIMIT + 1];
	for (size_t i = 0; i <= rows; i++)
		table[i][0] = i;
	for (size_t j = 0; j <= columns; j++)
		table[0][j] = j;
	for (size_t i = 1; i <= rows; i++)
		for (size_t j = 1; j <= columns; j++) {
			size_t best = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (table[i - 1][j] + 1 < best)
				best = table[i - 1][j] + 1;
			if (table[i][j - 1] + 1 < best)
				best = table[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    table[i - 2][j - 2] + 1 < best)
				best = table[i - 2][j - 2] + 1;
			table[i][j] = best;
		}
	return table[rows][columns];
}

const char *text_suggest(const char *word, const char *(*next)(const void *context, size_t index), const void *context)
{
	const char *best = NULL;
	size_t best_distance = (strlen(word) + 1) / 3 + 1; /* as far as this is another word */
	const char *candidate;
	for (size_t i = 0; (candidate = next(context, i)); i++) {
		size_t d = distance(word, candidate);
		if (d < best_distance) {
			best = candidate;
			best_distance = d;
		}
	}
	return best;
}
