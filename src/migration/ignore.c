#include "migration/ignore.h"

static const char MARK[] = "vela:ignore";

struct span {
	const char *at, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(struct span *span)
{
	while (span->at < span->end && is_blank(*span->at))
		span->at++;
	while (span->at < span->end && is_blank(span->end[-1]))
		span->end--;
}

/* Takes the text in front of it; false if it does not begin so. */
static bool take(struct span *span, const char *text)
{
	size_t length = strlen(text);
	if ((size_t)(span->end - span->at) < length || memcmp(span->at, text, length) != 0)
		return false;
	span->at += length;
	return true;
}

static void add_mark(struct report_statement *statement, struct span *line)
{
	trim(line);
	const char *word = line->at;
	while (line->at < line->end && !is_blank(*line->at))
		line->at++;
	char *hazard = string_copy_n(word, (size_t)(line->at - word));
	trim(line);
	char *reason = line->at < line->end ? string_copy_n(line->at, (size_t)(line->end - line->at)) : NULL;
	if (!statement->ignored_hazard) {
		statement->ignored_hazard = hazard;
		statement->ignored_reason = reason;
		return;
	}
	statement->ignores =
		memory_resize(statement->ignores, statement->ignore_count + 1, sizeof(*statement->ignores));
	statement->ignores[statement->ignore_count++] = (struct report_ignore){hazard, reason};
}

void ignore_read(const struct sql_text *sql, size_t from, size_t start, struct report_statement *statement)
{
	const char *newline = memrchr(sql->text + from, '\n', start - from);
	while (newline) {
		size_t end = (size_t)(newline - sql->text);
		newline = memrchr(sql->text + from, '\n', end - from);
		/* The first line may have the end of the statement before on it: then it is no line of comment. */
		const char *line = newline ? newline + 1 : sql->text + from;
		if (!newline && from > 0 && sql->text[from - 1] != '\n')
			return;
		struct span span = {line, sql->text + end};
		trim(&span);
		if (!take(&span, "--"))
			return;
		trim(&span);
		if (take(&span, MARK) && (span.at == span.end || is_blank(*span.at)))
			add_mark(statement, &span);
	}
}
