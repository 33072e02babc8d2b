#include <strings.h>

#include "migration/format_row.h"

/* goose splits files by itself, at lines that end with a semicolon. */

enum state { STATE_START, STATE_UP, STATE_UP_WHOLE, STATE_DOWN, STATE_DOWN_WHOLE };
enum marker {
	MARKER_UP,
	MARKER_DOWN,
	MARKER_BEGIN,
	MARKER_END,
	MARKER_NO_TRANSACTION,
	MARKER_ENVSUB_ON,
	MARKER_ENVSUB_OFF,
	MARKER_COUNT,
	MARKER_NONE
};
static const char *const marker_names[MARKER_COUNT] = {
	[MARKER_UP] = "Up",
	[MARKER_DOWN] = "Down",
	[MARKER_BEGIN] = "StatementBegin",
	[MARKER_END] = "StatementEnd",
	[MARKER_NO_TRANSACTION] = "NO TRANSACTION",
	[MARKER_ENVSUB_ON] = "ENVSUB ON",
	[MARKER_ENVSUB_OFF] = "ENVSUB OFF",
};

struct cutting {
	struct migration_script *script;
	enum migration_direction direction;
	enum state state;
	bool pending; /* a piece has begun and is not ended yet */
	size_t piece;
};

/* What stands after "-- +goose", in any case; MARKER_COUNT is something unknown. */
static enum marker read_marker(const char *trimmed_line)
{
	const char *at = strstr(trimmed_line, "+goose");
	if (!string_starts_with(trimmed_line, "--") || !at)
		return MARKER_NONE;
	_cleanup_free_ char *word = format_trimmed(at + strlen("+goose"), strlen(at + strlen("+goose")));
	for (size_t i = 0; i < MARKER_COUNT; i++)
		if (strcasecmp(word, marker_names[i]) == 0)
			return (enum marker)i;
	return MARKER_COUNT;
}

static bool is_wanted(const struct cutting *cutting)
{
	bool up = cutting->state == STATE_UP || cutting->state == STATE_UP_WHOLE;
	return up == (cutting->direction == MIGRATION_UP);
}

static void end_piece(struct cutting *cutting, size_t end, bool whole)
{
	if (is_wanted(cutting) && cutting->pending)
		format_add_segment(cutting->script, cutting->piece, end, whole);
	cutting->pending = false;
}

static struct report_failure *fail_unfinished(const struct cutting *cutting)
{
	return format_failure(cutting->script, cutting->piece, "goose finds no end of this statement",
			      "end it with a semicolon at the end of a line, or put it between -- +goose "
			      "StatementBegin and -- +goose StatementEnd");
}

static struct report_failure *take_down(struct cutting *cutting, const struct format_line *line)
{
	if (cutting->state != STATE_UP)
		return format_failure(cutting->script, line->start, "-- +goose Down is out of place",
				      "the file begins with -- +goose Up, then comes one -- +goose Down");
	if (cutting->pending && is_wanted(cutting))
		return fail_unfinished(cutting);
	cutting->pending = false;
	cutting->state = STATE_DOWN;
	return NULL;
}

static struct report_failure *take_begin(struct cutting *cutting, const struct format_line *line)
{
	if (cutting->state != STATE_UP && cutting->state != STATE_DOWN)
		return format_failure(cutting->script, line->start, "-- +goose StatementBegin is out of place",
				      "it stands after -- +goose Up or -- +goose Down, and not within itself");
	cutting->state = cutting->state == STATE_UP ? STATE_UP_WHOLE : STATE_DOWN_WHOLE;
	return NULL;
}

static struct report_failure *take_end(struct cutting *cutting, const struct format_line *line)
{
	if (cutting->state != STATE_UP_WHOLE && cutting->state != STATE_DOWN_WHOLE)
		return format_failure(cutting->script, line->start, "-- +goose StatementEnd without its beginning",
				      "put -- +goose StatementBegin before the statement");
	end_piece(cutting, line->start, true);
	cutting->state = cutting->state == STATE_UP_WHOLE ? STATE_UP : STATE_DOWN;
	return NULL;
}

static struct report_failure *take_marker(struct cutting *cutting, enum marker marker, const struct format_line *line)
{
	switch (marker) {
	case MARKER_UP:
		if (cutting->state != STATE_START)
			return format_failure(cutting->script, line->start, "a second -- +goose Up in one file",
					      "put each migration into a file of its own");
		cutting->state = STATE_UP;
		return NULL;
	case MARKER_DOWN:
		return take_down(cutting, line);
	case MARKER_BEGIN:
		return take_begin(cutting, line);
	case MARKER_END:
		return take_end(cutting, line);
	case MARKER_NO_TRANSACTION:
		cutting->script->transaction = TRANSACTION_STATEMENT;
		return NULL;
	case MARKER_ENVSUB_ON:
		return format_failure(cutting->script, line->start,
				      "-- +goose ENVSUB ON: the environment of production is not known here",
				      "run goose itself: migrations.command in vela.yml");
	case MARKER_ENVSUB_OFF:
		return NULL;
	default:
		return format_failure(cutting->script, line->start, "goose knows no such marker",
				      "Up, Down, StatementBegin, StatementEnd and NO TRANSACTION are known");
	}
}

/* The last word before a comment ends with a semicolon. */
static bool ends_statement(const char *trimmed_line)
{
	char last = '\0';
	for (const char *c = trimmed_line; *c; c++) {
		bool begins_word = c == trimmed_line || format_is_space(c[-1]);
		if (begins_word && c[0] == '-' && c[1] == '-')
			break;
		if (!format_is_space(*c))
			last = *c;
	}
	return last == ';';
}

static struct report_failure *take_text(struct cutting *cutting, const char *trimmed_line,
					const struct format_line *line)
{
	bool is_comment = string_starts_with(trimmed_line, "--") || *trimmed_line == '\0';
	if (!cutting->pending && is_comment)
		return NULL;
	if (cutting->state == STATE_START)
		return format_failure(cutting->script, line->start, "a statement before -- +goose Up",
				      "begin the file with -- +goose Up");
	if (!cutting->pending)
		cutting->piece = line->start;
	cutting->pending = true;
	if ((cutting->state == STATE_UP || cutting->state == STATE_DOWN) && ends_statement(trimmed_line))
		end_piece(cutting, line->end, false);
	return NULL;
}

static struct report_failure *take_line(struct cutting *cutting, const struct format_line *line)
{
	const char *text = cutting->script->text.data + line->start;
	_cleanup_free_ char *content = format_trimmed(text, line->end - line->start);
	enum marker marker = read_marker(content);
	if (marker == MARKER_NONE)
		return take_text(cutting, content, line);
	if (*text == ' ' || *text == '\t')
		return format_failure(cutting->script, line->start, "goose wants its markers at the start of a line",
				      "remove the space before it");
	return take_marker(cutting, marker, line);
}

struct report_failure *format_cut_goose(struct migration_script *script, enum migration_direction direction,
					const struct format_settings *settings)
{
	(void)settings;
	struct cutting cutting = {.script = script, .direction = direction};
	struct format_line line = {0};
	while (format_next_line(&script->text, line.next, &line)) {
		struct report_failure *failure = take_line(&cutting, &line);
		if (failure)
			return failure;
	}
	if (cutting.state == STATE_START)
		return format_failure(script, 0, "the file has no -- +goose Up",
				      "begin it with -- +goose Up, at the start of a line");
	if (cutting.state == STATE_UP_WHOLE || cutting.state == STATE_DOWN_WHOLE)
		return format_failure(script, script->text.length, "-- +goose StatementEnd is missing",
				      "put it after the statement, on a line of its own");
	return cutting.pending && is_wanted(&cutting) ? fail_unfinished(&cutting) : NULL;
}
