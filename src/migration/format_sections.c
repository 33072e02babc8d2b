#include <strings.h>

#include "migration/format_row.h"

/* Markers within files, as dbmate, sqlx and diesel read them. */

struct marker {
	bool found;
	struct format_line line;
};

/* "-- migrate:up" at the very start of a line, alone or with options after it. */
static bool is_dbmate_marker(const char *line, size_t length, const char *name, bool any_case)
{
	size_t at = 2, name_length = strlen(name);
	if (length < at || line[0] != '-' || line[1] != '-')
		return false;
	while (at < length && format_is_space(line[at]))
		at++;
	if (length - at < name_length)
		return false;
	if (any_case ? strncasecmp(line + at, name, name_length) != 0 : strncmp(line + at, name, name_length) != 0)
		return false;
	return length == at + name_length || format_is_space(line[at + name_length]);
}

static bool is_comment_or_empty(const char *line, size_t length)
{
	size_t at = format_skip_spaces(line, length);
	return at == length || (length - at >= 2 && line[at] == '-' && line[at + 1] == '-');
}

/* The option is the last of its name, and words that are no pair are passed over. */
static bool makes_no_transaction(const char *line, size_t length)
{
	_cleanup_free_ char *copy = string_copy_n(line, length);
	bool result = false;
	for (char *rest = copy, *word; (word = strsep(&rest, " \t\v\f\r"));)
		if (string_starts_with(word, "transaction:") && !strchr(word + strlen("transaction:"), ':'))
			result = string_equal(word, "transaction:false");
	return result;
}

static struct report_failure *take_marker(const struct migration_script *script, struct marker *marker,
					  const struct format_line *line, const char *message)
{
	if (marker->found)
		return format_failure(script, line->start, message, "put each migration into a file of its own");
	*marker = (struct marker){.found = true, .line = *line};
	return NULL;
}

/* Finds both markers; what stands before the first may only be comments. */
static struct report_failure *find_dbmate_markers(const struct migration_script *script, struct marker *up,
						  struct marker *down)
{
	struct format_line line = {0};
	struct report_failure *failure = NULL;
	while (!failure && format_next_line(&script->text, line.next, &line)) {
		const char *text = script->text.data + line.start;
		size_t length = line.end - line.start;
		if (is_dbmate_marker(text, length, "migrate:up", false))
			failure = take_marker(script, up, &line, "a second -- migrate:up in one file");
		else if (is_dbmate_marker(text, length, "migrate:down", false))
			failure = take_marker(script, down, &line, "a second -- migrate:down in one file");
		else if (is_dbmate_marker(text, length, "migrate:up", true) ||
			 is_dbmate_marker(text, length, "migrate:down", true))
			failure = format_failure(script, line.start, "dbmate's markers are written in lower case",
						 "write -- migrate:up and -- migrate:down");
		else if (!up->found && !down->found && !is_comment_or_empty(text, length))
			failure = format_failure(script, line.start, "a statement before -- migrate:up",
						 "begin the file with -- migrate:up");
	}
	return failure;
}

struct report_failure *format_cut_dbmate(struct migration_script *script, enum migration_direction direction,
					 const struct format_settings *settings)
{
	(void)settings;
	struct marker up = {0}, down = {0};
	struct report_failure *failure = find_dbmate_markers(script, &up, &down);
	if (failure)
		return failure;
	if (!up.found)
		return format_failure(script, 0, "the file has no -- migrate:up",
				      "begin it with -- migrate:up, at the start of a line");
	if (!down.found)
		return format_failure(script, script->text.length, "the file has no -- migrate:down",
				      "dbmate wants it in every file, be it with nothing after it");
	if (down.line.start < up.line.start)
		return format_failure(script, down.line.start, "-- migrate:down stands before -- migrate:up",
				      "put -- migrate:up first");
	const struct format_line *marker = direction == MIGRATION_UP ? &up.line : &down.line;
	size_t end = direction == MIGRATION_UP ? down.line.start : script->text.length;
	if (makes_no_transaction(script->text.data + marker->start, marker->end - marker->start))
		script->transaction = TRANSACTION_STATEMENT;
	format_add_segment(script, marker->next, end, false);
	return NULL;
}

struct report_failure *format_cut_sqlx(struct migration_script *script, enum migration_direction direction,
				       const struct format_settings *settings)
{
	(void)direction;
	(void)settings;
	if (string_starts_with(buffer_text(&script->text), "-- no-transaction"))
		script->transaction = TRANSACTION_STATEMENT;
	format_add_segment(script, 0, script->text.length, false);
	return NULL;
}

struct report_failure *format_cut_diesel(struct migration_script *script, enum migration_direction direction,
					 const struct format_settings *settings)
{
	(void)direction;
	(void)settings;
	if (script->text.length == 0)
		return format_failure(script, 0, "the file is empty, which diesel refuses",
				      "write at least a comment into it");
	format_add_segment(script, 0, script->text.length, false);
	return NULL;
}

/* The tool takes a file that does not say it for "no". */
void format_settings_diesel(const struct buffer *text, struct format_settings *ret)
{
	_cleanup_free_ char *value = format_setting(text, "run_in_transaction");
	*ret = (struct format_settings){.decides = true, .in_transaction = string_equal(value, "true")};
}
