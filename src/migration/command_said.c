/* What a command said, without the password that it was given. */
#include "base/text.h"
#include "migration/command_parts.h"

enum { OUTPUT_MAX = 16 << 10 };

static void replace_all(char **text, const char *needle)
{
	static const char blank[] = "********";
	size_t length = strlen(needle);
	struct buffer out = {0};
	const char *at = *text, *found;
	while (length > 0 && (found = strstr(at, needle))) {
		buffer_add(&out, at, (size_t)(found - at));
		buffer_add_text(&out, blank);
		at = found + length;
	}
	buffer_add_text(&out, at);
	string_replace(text, buffer_steal(&out));
}

/* As it stands in a URL; owned. */
static char *encode(const char *secret)
{
	struct buffer out = {0};
	text_add_encoded(&out, secret, "");
	return buffer_steal(&out);
}

char *command_blank(const char *text, const char *secret)
{
	char *blanked = string_copy(text);
	if (!secret || !*secret || !text)
		return blanked;
	_cleanup_free_ char *encoded = encode(secret);
	replace_all(&blanked, secret);
	replace_all(&blanked, encoded);
	return blanked;
}

/* Where text was cut in the middle of it, its end is what is left. */
static size_t cut_part(const char *text, const char *needle)
{
	for (const char *end = needle; *end; end++)
		if (string_starts_with(text, end))
			return strlen(end);
	return 0;
}

/* Behind what the start of the text may have of it. */
static const char *skip_cut_part(const char *text, const char *secret)
{
	_cleanup_free_ char *encoded = encode(secret);
	size_t plain = cut_part(text, secret), other = cut_part(text, encoded);
	return text + (plain > other ? plain : other);
}

char *command_group_said(const struct command_group *group, const char *secret)
{
	if (group->said.length == 0)
		return NULL;
	struct buffer safe = {0};
	_cleanup_free_ char *raw = memory_allocate(group->said.length + 1);
	for (size_t i = 0, kept = 0; i < group->said.length; i++)
		if (group->said.data[i] != '\0')
			raw[kept++] = group->said.data[i];
	bool cut = group->said.length >= COMMAND_SAID_MAX;
	_cleanup_free_ char *blanked = command_blank(cut && secret ? skip_cut_part(raw, secret) : raw, secret);
	size_t length = strlen(blanked);
	const char *tail = blanked + (length > OUTPUT_MAX ? length - OUTPUT_MAX : 0);
	while ((*tail & 0xc0) == 0x80)
		tail++;
	text_add_safe(&safe, tail, true);
	return buffer_steal(&safe);
}
