#include "config/problem.h"

#include <stdbool.h>

#include "base/text.h"

void problems_add(struct problems *problems, int line, int column, const char *format, ...)
{
	if (problems->count++ >= PROBLEMS_SHOWN)
		return;
	struct problem *problem = &problems->items[problems->count - 1];
	problem->line = line;
	problem->column = column;
	va_list arguments;
	va_start(arguments, format);
	problem->message = string_format_v(format, arguments);
	va_end(arguments);
}

static bool is_before(const struct problem *a, const struct problem *b)
{
	return a->line < b->line || (a->line == b->line && a->column < b->column);
}

/* By position; of two at the same place the one found first stays first. */
static void sort_by_position(const struct problem **sorted, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && is_before(sorted[j], sorted[j - 1]); j--) {
			const struct problem *moved = sorted[j];
			sorted[j] = sorted[j - 1];
			sorted[j - 1] = moved;
		}
}

int problems_result(const struct problems *problems, const char *name, struct error **err)
{
	if (problems->count == 0)
		return 0;
	const struct problem *sorted[PROBLEMS_SHOWN];
	size_t shown = problems->count < PROBLEMS_SHOWN ? problems->count : PROBLEMS_SHOWN;
	for (size_t i = 0; i < shown; i++)
		sorted[i] = &problems->items[i];
	sort_by_position(sorted, shown);

	_cleanup_free_ char *safe_name = text_safe(name);
	_cleanup_buffer_ struct buffer lines = {0};
	for (size_t i = 0; i < shown; i++)
		buffer_addf(&lines, "%s%s:%d:%d: %s", i ? "\n" : "", safe_name, sorted[i]->line, sorted[i]->column,
			    sorted[i]->message);
	if (problems->count > shown)
		buffer_addf(&lines, "\n… and %zu more", problems->count - shown);
	error_set(err, ERROR_CONFIG, "%s", buffer_text(&lines));
	return error_hint(err, "`vela schema` and docs/config.md describe every key");
}

char *problem_quote(const char *word)
{
	enum { COLUMNS = 48 };
	_cleanup_free_ char *safe = text_safe(word);
	_cleanup_free_ char *shortened = text_shorten(safe, COLUMNS);
	return string_format("\"%s\"", shortened);
}

void problems_free(struct problems *problems)
{
	for (size_t i = 0; i < PROBLEMS_SHOWN; i++)
		free(problems->items[i].message);
	*problems = (struct problems){0};
}
