#include "report/markdown_text.h"

#include <ctype.h>
#include <strings.h>

#include "report/cut.h"

/* What people do not see, and what keeps a forge from seeing a name or a link: a space of no width. */
#define BREAK "&#8203;"

/* A forge makes something of these where a name or a number follows: @user #12 !34 :tada: ~label %milestone … */
static bool begins_reference(const char *at)
{
	return strchr("@#!:~%^$&", *at) && (isalnum((unsigned char)at[1]) || strchr("\"/_+-", at[1])) && at[1];
}

static bool begins_number_of_github(const char *text, const char *at)
{
	return *at == '-' && at - text >= 2 && strncasecmp(at - 2, "GH", 2) == 0 && isdigit((unsigned char)at[1]);
}

static bool ends_www(const char *text, const char *at)
{
	return *at == '.' && at - text >= 3 && strncasecmp(at - 3, "www", 3) == 0;
}

static void add_character(struct buffer *out, char c)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'|', "&#124;"}, {'$', "&#36;"}};
	for (size_t i = 0; i < ARRAY_SIZE(entities); i++)
		if (c == entities[i].c) {
			buffer_add_text(out, entities[i].entity);
			return;
		}
	if (strchr("\\`*_[]~", c))
		buffer_add_char(out, '\\');
	buffer_add_char(out, c);
}

static void add_safe(struct buffer *out, const char *safe)
{
	for (const char *at = safe; *at; at++) {
		if (*at == '\n')
			buffer_add_text(out, "<br>");
		else
			add_character(out, *at);
		if (*at == '@' || begins_reference(at) || begins_number_of_github(safe, at) || ends_www(safe, at))
			buffer_add_text(out, BREAK);
	}
}

void markdown_add_text(struct buffer *out, const char *text, size_t max)
{
	_cleanup_free_ char *safe = report_cut(text, false, max);
	add_safe(out, safe);
}

void markdown_add_lines(struct buffer *out, const char *text, size_t max)
{
	_cleanup_free_ char *safe = report_cut(text, true, max);
	add_safe(out, safe);
}

static size_t longest_run(const char *text, char c)
{
	size_t longest = 0, run = 0;
	for (; *text; text++) {
		run = *text == c ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* A code span, in which nothing means anything; but not with a '|', on which parsers of tables disagree. */
void markdown_add_code(struct buffer *out, const char *text, size_t max)
{
	_cleanup_free_ char *safe = report_cut(text, false, max);
	size_t length = strlen(safe);
	if (strchr(safe, '|') || length == 0 || strspn(safe, " ") == length) {
		buffer_add_text(out, "<code>");
		add_safe(out, safe);
		buffer_add_text(out, "</code>");
		return;
	}
	bool pads = safe[0] == '`' || safe[length - 1] == '`' || (safe[0] == ' ' && safe[length - 1] == ' ');
	size_t fence = longest_run(safe, '`') + 1;
	buffer_add_repeat(out, '`', fence);
	buffer_addf(out, "%s%s%s", pads ? " " : "", safe, pads ? " " : "");
	buffer_add_repeat(out, '`', fence);
}

static size_t fence_around(const char *text)
{
	size_t run = longest_run(text, '`');
	return run < 3 ? 3 : run + 1;
}

static void add_fences(size_t fence, const char *language, struct buffer *open, struct buffer *close)
{
	buffer_add_repeat(open, '`', fence);
	buffer_addf(open, "%s\n", language);
	buffer_add_repeat(close, '`', fence);
	buffer_add_char(close, '\n');
}

void markdown_add_fences(const struct string_list *lines, const char *language, struct buffer *open,
			 struct buffer *close)
{
	size_t fence = 0;
	for (size_t i = 0; i < lines->count; i++) {
		size_t needed = fence_around(lines->items[i]);
		fence = needed > fence ? needed : fence;
	}
	add_fences(fence, language, open, close);
}

void markdown_add_block(struct buffer *out, const char *language, const char *text, size_t max)
{
	_cleanup_free_ char *safe = report_cut(text, true, max);
	_cleanup_buffer_ struct buffer close = {0};
	size_t length = strlen(safe);
	add_fences(fence_around(safe), language, out, &close);
	buffer_addf(out, "%s%s%s", safe, length && safe[length - 1] == '\n' ? "" : "\n", buffer_text(&close));
}
