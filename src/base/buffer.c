#include "base/buffer.h"

#include <stdio.h>

static void reserve(struct buffer *buffer, size_t extra)
{
	size_t needed = buffer->length + extra + 1;
	if (needed <= buffer->capacity)
		return;
	size_t capacity = buffer->capacity ? buffer->capacity : 64;
	while (capacity < needed)
		capacity *= 2;
	buffer->data = memory_resize(buffer->data, capacity, 1);
	buffer->capacity = capacity;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
	reserve(buffer, length);
	if (length)
		memcpy(buffer->data + buffer->length, bytes, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char c)
{
	buffer_add(buffer, &c, 1);
}

void buffer_add_repeat(struct buffer *buffer, char c, size_t times)
{
	reserve(buffer, times);
	memset(buffer->data + buffer->length, c, times);
	buffer->length += times;
	buffer->data[buffer->length] = '\0';
}

void buffer_addf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	_cleanup_free_ char *text = string_format_v(format, arguments);
	va_end(arguments);
	buffer_add_text(buffer, text);
}

bool buffer_equal(const struct buffer *a, const struct buffer *b)
{
	return a->length == b->length && memcmp(buffer_text(a), buffer_text(b), a->length) == 0;
}

const char *buffer_text(const struct buffer *buffer)
{
	return buffer->data ? buffer->data : "";
}

char *buffer_steal(struct buffer *buffer)
{
	char *text = buffer->data ? buffer->data : string_copy("");
	*buffer = (struct buffer){0};
	return text;
}

void buffer_truncate(struct buffer *buffer, size_t length)
{
	if (length < buffer->length) {
		buffer->length = length;
		buffer->data[length] = '\0';
	}
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}
