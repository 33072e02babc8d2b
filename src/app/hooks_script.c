#include "app/hooks_script.h"

#include "base/file.h"
#include "base/template.h"

#define BEGIN "# >>> vela >>>"
#define END "# <<< vela <<<\n"
#define SHEBANG "#!/bin/sh\n"

const char *const hook_names[] = {"post-checkout", "post-merge", "pre-push", "reference-transaction", NULL};

static const char *const origins[] = {
	[HOOK_WAS_THERE] = BEGIN " (vela hooks uninstall takes this out)\n",
	[HOOK_MADE] = BEGIN " (vela hooks uninstall removes this file)\n",
	[HOOK_MADE_WITH_DIRECTORY] = BEGIN " (vela hooks uninstall removes this file, and its directory)\n",
};

/* In single quotes, in which only a single quote needs care. */
static char *quoted(const char *text)
{
	struct buffer out = {0};
	buffer_add_char(&out, '\'');
	for (const char *c = text; *c; c++)
		if (*c == '\'')
			buffer_add_text(&out, "'\\''");
		else
			buffer_add_char(&out, *c);
	buffer_add_char(&out, '\'');
	return buffer_steal(&out);
}

static void add_template(const char *name, const struct template_value *values, struct buffer *out)
{
	_cleanup_free_ char *file = string_format("hooks/%s.sh", name);
	_cleanup_free_ char *text = template_fill(file, values);
	buffer_add_text(out, text);
}

static void add_block(const struct hook_call *call, enum hook_origin origin, bool wraps, struct buffer *out)
{
	_cleanup_free_ char *program = quoted(call->program);
	_cleanup_free_ char *directory = quoted(call->directory ? call->directory : "");
	_cleanup_free_ char *options = call->directory ? string_format("--below %s ", directory) : string_copy("");
	_cleanup_free_ char *file =
		call->directory ? path_join(call->directory, "vela.yml", NULL) : string_copy("vela.yml");
	_cleanup_free_ char *config = quoted(file);
	_cleanup_free_ char *original = string_format("%s" HOOK_ORIGINAL, call->name);
	const struct template_value values[] = {
		{"program", program}, {"options", options}, {"config", config}, {"original", original}, {NULL, NULL}};
	buffer_add_text(out, origins[origin]);
	add_template("run", values, out);
	add_template(call->name, values, out);
	buffer_add_text(out, "unset -f vela_hook\n");
	if (wraps)
		add_template("original", values, out);
	buffer_add_text(out, END);
}

void hook_make(const struct hook_call *call, enum hook_origin origin, bool wraps, struct buffer *out)
{
	buffer_add_text(out, SHEBANG);
	add_block(call, origin, wraps, out);
}

/* The interpreter's name in "#!/usr/bin/env -S bash -e": the first word that is neither env nor an option of it. */
static char *interpreter_of(const char *text, size_t length)
{
	const char *end = length > 2 && memcmp(text, "#!", 2) == 0 ? memchr(text, '\n', length) : NULL;
	if (!end)
		return NULL;
	_cleanup_free_ char *line = string_copy_n(text + 2, (size_t)(end - text - 2));
	char *rest = line, *word;
	while ((word = strsep(&rest, " \t"))) {
		const char *name = path_basename(word);
		if (*name && *name != '-' && !string_equal(name, "env"))
			return string_copy(name);
	}
	return NULL;
}

static bool is_shell(const char *text, size_t length)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"};
	_cleanup_free_ char *interpreter = interpreter_of(text, length);
	for (size_t i = 0; interpreter && i < ARRAY_SIZE(shells); i++)
		if (string_equal(interpreter, shells[i]))
			return true;
	return false;
}

/* Where a block begins, and behind its end; false if there is no whole one. */
static bool find_block(const char *text, size_t length, size_t *ret_begin, size_t *ret_end)
{
	const char *begin = memmem(text, length, "\n" BEGIN, strlen("\n" BEGIN));
	if (!begin)
		return false;
	const char *end = memmem(begin, length - (size_t)(begin - text), "\n" END, strlen("\n" END));
	if (!end)
		return false;
	*ret_begin = (size_t)(begin + 1 - text);
	*ret_end = (size_t)(end - text) + strlen("\n" END);
	return true;
}

bool hook_has_block(const char *text, size_t length)
{
	size_t begin, end;
	return find_block(text, length, &begin, &end);
}

static enum hook_origin origin_of(const char *block)
{
	for (size_t i = 0; i < ARRAY_SIZE(origins); i++)
		if (string_starts_with(block, origins[i]))
			return (enum hook_origin)i;
	return HOOK_WAS_THERE;
}

bool hook_remove(const char *text, size_t length, struct buffer *out, enum hook_origin *ret_origin)
{
	size_t begin, end;
	if (!find_block(text, length, &begin, &end))
		return false;
	*ret_origin = origin_of(text + begin);
	buffer_add(out, text, begin);
	buffer_add(out, text + end, length - end);
	/* What somebody wrote into vela's file since is theirs. */
	if (*ret_origin != HOOK_WAS_THERE && !string_equal(buffer_text(out), SHEBANG))
		*ret_origin = HOOK_WAS_THERE;
	return true;
}

bool hook_insert(const struct hook_call *call, const char *text, size_t length, struct buffer *out)
{
	if (!is_shell(text, length))
		return false;
	size_t first = (size_t)((const char *)memchr(text, '\n', length) + 1 - text);
	buffer_add(out, text, first);
	add_block(call, HOOK_WAS_THERE, false, out);
	buffer_add(out, text + first, length - first);
	return true;
}
