/* A growing byte string, always NUL-terminated. {0} is a valid empty buffer. */
#ifndef VELA_BASE_BUFFER_H
#define VELA_BASE_BUFFER_H

#include "base/memory.h"

struct buffer {
	char *data; /* NULL while nothing was ever added: use buffer_text() to read */
	size_t length;
	size_t capacity;
};

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_add_repeat(struct buffer *buffer, char c, size_t times);
void buffer_addf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buffer_equal(const struct buffer *a, const struct buffer *b);
const char *buffer_text(const struct buffer *buffer); /* borrowed; "" when empty */
char *buffer_steal(struct buffer *buffer);            /* owned; the buffer is empty afterwards */
void buffer_truncate(struct buffer *buffer, size_t length);
void buffer_free(struct buffer *buffer);
#define _cleanup_buffer_ _cleanup_(buffer_free)

#endif
