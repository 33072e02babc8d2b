#include <fcntl.h>

#include "migration/format_row.h"
#include "sql/tree.h"

enum { CONFIGURATION_MAX = 1 << 20 };

bool format_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t format_skip_spaces(const char *line, size_t length)
{
	size_t at = 0;
	while (at < length && format_is_space(line[at]))
		at++;
	return at;
}

char *format_trimmed(const char *text, size_t length)
{
	while (length > 0 && format_is_space(*text)) {
		text++;
		length--;
	}
	while (length > 0 && format_is_space(text[length - 1]))
		length--;
	return string_copy_n(text, length);
}

bool format_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

size_t format_count_digits(const char *text)
{
	size_t count = 0;
	while (format_is_digit(text[count]))
		count++;
	return count;
}

size_t format_stem_length(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);
	return length > tail && strcmp(name + length - tail, suffix) == 0 ? length - tail : 0;
}

bool format_next_line(const struct buffer *text, size_t position, struct format_line *ret)
{
	if (position >= text->length)
		return false;
	const char *found = memchr(text->data + position, '\n', text->length - position);
	size_t end = found ? (size_t)(found - text->data) : text->length;
	*ret = (struct format_line){.start = position, .end = end, .next = found ? end + 1 : end};
	if (end > position && text->data[end - 1] == '\r')
		ret->end--;
	return true;
}

char *format_setting(const struct buffer *text, const char *key)
{
	struct format_line line = {0};
	while (format_next_line(text, line.next, &line)) {
		const char *start = text->data + line.start;
		size_t length = line.end - line.start, at = format_skip_spaces(start, length), key_length = strlen(key);
		if (length - at < key_length || strncmp(start + at, key, key_length) != 0)
			continue;
		at += key_length;
		at += format_skip_spaces(start + at, length - at);
		if (at == length || start[at] != '=')
			continue;
		at++;
		at += format_skip_spaces(start + at, length - at);
		size_t end = at;
		while (end < length && !format_is_space(start[end]) && start[end] != '#')
			end++;
		return string_copy_n(start + at, end - at);
	}
	return NULL;
}

bool format_exists(const char *repository, const char *path)
{
	_cleanup_close_ int fd = -1;
	return tree_open(repository, path, O_RDONLY, &fd, NULL) == 0;
}

bool format_has_directory(const char *repository, const char *path)
{
	_cleanup_close_ int fd = -1;
	return tree_open(repository, path, O_RDONLY | O_DIRECTORY, &fd, NULL) == 0;
}

bool format_mentions(const char *repository, const char *path, const char *word)
{
	_cleanup_buffer_ struct buffer text = {0};
	return tree_read(repository, path, CONFIGURATION_MAX, &text, NULL) == 0 &&
	       memmem(buffer_text(&text), text.length, word, strlen(word));
}
