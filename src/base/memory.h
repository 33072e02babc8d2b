/* Allocation that aborts when memory runs out, and release at the end of a scope. */
#ifndef VELA_BASE_MEMORY_H
#define VELA_BASE_MEMORY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _cleanup_free_ _cleanup_(free_pointer)
#define _cleanup_close_ _cleanup_(close_descriptor)

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Hands a value on and leaves NULL (or -1) behind, so that the scope's cleanup does not release it. */
#define TAKE_POINTER(pointer)                                                                                          \
	({                                                                                                             \
		__typeof__(pointer) *take_from = &(pointer);                                                           \
		__typeof__(pointer) take_value = *take_from;                                                           \
		*take_from = NULL;                                                                                     \
		take_value;                                                                                            \
	})
#define TAKE_FD(fd)                                                                                                    \
	({                                                                                                             \
		int *take_from = &(fd);                                                                                \
		int take_value = *take_from;                                                                           \
		*take_from = -1;                                                                                       \
		take_value;                                                                                            \
	})

void *memory_allocate(size_t size); /* zeroed; aborts when memory runs out */
void *memory_resize(void *pointer, size_t count, size_t size);
char *string_copy(const char *text); /* NULL gives NULL */
char *string_copy_n(const char *text, size_t length);
char *string_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *string_format_v(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

static inline int string_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static inline int string_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool string_ends_with(const char *text, const char *end);
/* Replaces an owned string: frees the old one. `value` is taken over. */
void string_replace(char **target, char *value);

void free_pointer(void *pointer_to_pointer);
void close_descriptor(const int *fd); /* ignores values below 0; keeps errno */

/* A list of owned strings that ends with NULL, so that it can serve as argv or environment. */
struct string_list {
	char **items;
	size_t count;
};

void string_list_add(struct string_list *list, const char *text);
void string_list_take(struct string_list *list, char *text);
void string_list_addf(struct string_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
void string_list_free(struct string_list *list);
bool string_list_has(const struct string_list *list, const char *text);
/* Its strings as an array that ends with NULL; NULL if there are none. Owned; the list is empty afterwards. */
char **string_list_steal(struct string_list *list);
void strings_free(char **strings); /* such an array; NULL is allowed */

#endif
