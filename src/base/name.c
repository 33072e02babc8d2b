#include "base/name.h"

#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool name_is_valid(const char *name)
{
	size_t length = strlen(name);
	if (length == 0 || length > NAME_MAX_LENGTH || !is_alphanumeric(name[0]))
		return false;
	for (const char *c = name; *c; c++)
		if (!is_alphanumeric(*c) && *c != '-' && *c != '_' && *c != '.')
			return false;
	return !strstr(name, "..") && !string_ends_with(name, ".") && !string_ends_with(name, ".lock");
}

/* FNV-1a, 64 bits: not a defence by itself; the branch record keeps the original and tells impostors apart. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ULL;
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		hash = (hash ^ *c) * 0x100000001b3ULL;
	return hash;
}

static char *squeeze(const char *text)
{
	enum { HASH_LENGTH = 8 };
	struct buffer slug = {0};
	for (const char *c = text; *c && slug.length < NAME_MAX_LENGTH - HASH_LENGTH - 1; c++) {
		char lower = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
		if (is_alphanumeric(lower) || (lower == '_' && slug.length > 0))
			buffer_add_char(&slug, lower);
		else if (slug.length > 0 && slug.data[slug.length - 1] != '-')
			buffer_add_char(&slug, '-');
	}
	while (slug.length > 0 && slug.data[slug.length - 1] == '-')
		buffer_truncate(&slug, slug.length - 1);
	if (slug.length == 0)
		buffer_add_char(&slug, 'b');
	uint64_t hash = hash_of(text);
	buffer_addf(&slug, "-%08x", (unsigned)(uint32_t)(hash ^ (hash >> 32)));
	return buffer_steal(&slug);
}

int name_from_text(const char *text, const char *what, char **ret, struct error **err)
{
	if (!*text)
		return error_set(err, ERROR_USAGE, "the name of the %s is empty", what);
	if (strlen(text) > NAME_MAX_INPUT)
		return error_set(err, ERROR_USAGE, "the name of the %s is longer than %d bytes", what, NAME_MAX_INPUT);
	if (!text_is_printable(text))
		return error_set(err, ERROR_USAGE, "the name of the %s has control characters or is not UTF-8", what);
	*ret = name_is_valid(text) ? string_copy(text) : squeeze(text);
	return 0;
}
