#include "app/env_file.h"
#include "base/text.h"

#define MARK "# vela:"
#define BEGIN MARK " begin (written by vela hooks, anew with each checkout)"
#define END MARK " end"
#define MADE MARK " made this file"
#define JOINED MARK " ended the line before"
#define BRANCH MARK " branch "
#define VARIABLE "DATABASE_URL="

struct line {
	const char *text;
	size_t length; /* with its end */
};

static bool next_line(const char **at, const char *end, struct line *ret)
{
	if (*at == end)
		return false;
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	*ret = (struct line){*at, newline ? (size_t)(newline + 1 - *at) : (size_t)(end - *at)};
	*at += ret->length;
	return true;
}

/* Without its end, which may be CRLF. */
static bool line_is(const struct line *line, const char *text)
{
	size_t length = line->length;
	while (length > 0 && (line->text[length - 1] == '\n' || line->text[length - 1] == '\r'))
		length--;
	return length == strlen(text) && memcmp(line->text, text, length) == 0;
}

static bool line_begins(const struct line *line, const char *text)
{
	return line->length >= strlen(text) && memcmp(line->text, text, strlen(text)) == 0;
}

static bool is_ours(const struct line *line)
{
	return line_begins(line, MARK) || line_begins(line, VARIABLE);
}

/* Somebody may have cut a block, or written into it: what counts as vela's are its lines up to the end, and without an
 * end those that follow the beginning immediately. */
static bool has_end(const char *at, const char *end)
{
	struct line line;
	while (next_line(&at, end, &line) && !line_is(&line, BEGIN))
		if (line_is(&line, END))
			return true;
	return false;
}

/* The one that the block brought along, of the same kind as its own. */
static void drop_line_end(struct buffer *out, const struct line *line)
{
	if (out->length > 0 && out->data[out->length - 1] == '\n')
		buffer_truncate(out, out->length - 1);
	bool crlf = line->length > 1 && line->text[line->length - 2] == '\r';
	if (crlf && out->length > 0 && out->data[out->length - 1] == '\r')
		buffer_truncate(out, out->length - 1);
}

bool env_file_remove_block(const char *text, size_t length, struct buffer *out, bool *ret_made)
{
	const char *at = text, *end = text + length;
	bool found = false, inside = false, closed = false;
	struct line line;
	*ret_made = false;
	while (next_line(&at, end, &line)) {
		if (line_is(&line, BEGIN)) {
			found = inside = true;
			closed = has_end(at, end);
		} else if (!inside || !is_ours(&line)) {
			inside = inside && closed;
			buffer_add(out, line.text, line.length);
		} else if (line_is(&line, END)) {
			inside = false;
		} else if (line_is(&line, MADE)) {
			*ret_made = true;
		} else if (line_is(&line, JOINED)) {
			drop_line_end(out, &line);
		}
	}
	return found;
}

void env_file_add_block(const char *text, size_t length, bool made, const char *branch, const char *uri,
			struct buffer *out)
{
	bool was_made;
	size_t start = out->length;
	(void)env_file_remove_block(text, length, out, &was_made);
	size_t rest = out->length - start;
	const char *crlf = rest > 0 ? memchr(out->data + start, '\n', rest) : NULL;
	const char *line_end = crlf && crlf > out->data + start && crlf[-1] == '\r' ? "\r\n" : "\n";
	bool joined = rest > 0 && out->data[out->length - 1] != '\n';
	_cleanup_free_ char *safe = text_safe(branch);
	buffer_addf(out, "%s" BEGIN "%s", joined ? line_end : "", line_end);
	if (made || was_made)
		buffer_addf(out, MADE "%s", line_end);
	if (joined)
		buffer_addf(out, JOINED "%s", line_end);
	buffer_addf(out, BRANCH "%s%s" VARIABLE "%s%s" END "%s", safe, line_end, uri, line_end, line_end);
}

bool env_file_is_of_another(const char *text, size_t length, const char *branch)
{
	const char *at = text, *end = text + length;
	_cleanup_free_ char *safe = text_safe(branch);
	_cleanup_free_ char *own = string_format(BRANCH "%s", safe);
	struct line line;
	while (next_line(&at, end, &line))
		if (line_begins(&line, BRANCH))
			return !line_is(&line, own);
	return false;
}
