#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void *abort_if_null(void *pointer)
{
	if (!pointer) {
		static const char message[] = "vela: out of memory\n";
		ssize_t ignored = write(STDERR_FILENO, message, sizeof(message) - 1);
		(void)ignored;
		abort();
	}
	return pointer;
}

void *memory_allocate(size_t size)
{
	return abort_if_null(calloc(1, size ? size : 1));
}

void *memory_resize(void *pointer, size_t count, size_t size)
{
	return abort_if_null(reallocarray(pointer, count ? count : 1, size));
}

char *string_copy(const char *text)
{
	return text ? abort_if_null(strdup(text)) : NULL;
}

char *string_copy_n(const char *text, size_t length)
{
	return abort_if_null(strndup(text, length));
}

char *string_format_v(const char *format, va_list arguments)
{
	char *text = NULL;
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	return abort_if_null(text);
}

char *string_format(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = string_format_v(format, arguments);
	va_end(arguments);
	return text;
}

bool string_ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);
	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

void string_replace(char **target, char *value)
{
	free(*target);
	*target = value;
}

void free_pointer(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

void close_descriptor(const int *fd)
{
	if (*fd >= 0) {
		int saved = errno;
		close(*fd);
		errno = saved;
	}
}

void string_list_take(struct string_list *list, char *text)
{
	list->items = memory_resize(list->items, list->count + 2, sizeof(*list->items));
	list->items[list->count++] = text;
	list->items[list->count] = NULL;
}

void string_list_add(struct string_list *list, const char *text)
{
	string_list_take(list, string_copy(text));
}

void string_list_addf(struct string_list *list, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	string_list_take(list, string_format_v(format, arguments));
	va_end(arguments);
}

void string_list_free(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct string_list){0};
}

bool string_list_has(const struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (string_equal(list->items[i], text))
			return true;
	return false;
}

char **string_list_steal(struct string_list *list)
{
	char **strings = list->items;
	*list = (struct string_list){0};
	return strings;
}

void strings_free(char **strings)
{
	for (char **string = strings; string && *string; string++)
		free(*string);
	free(strings);
}
