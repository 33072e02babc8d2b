/* Several statements that a tool sends as one text: the triggers tell when one of them begins and ends. */
#include <strings.h>

#include "migration/command_parts.h"
#include "sql/scanner.h"

void command_split_begin(struct command_session *session, const char *sql)
{
	struct sql_scanner scanner;
	struct sql_statement first, second;
	session->position = 0;
	session->part_ended = false;
	string_replace(&session->text, NULL);
	sql_scanner_init(&scanner, sql, strlen(sql));
	if (sql_scanner_next(&scanner, &first) && sql_scanner_next(&scanner, &second))
		session->text = string_copy(sql);
}

/* Whether both begin with the same word: of a CREATE TABLE … AS, the tag may be another than one thinks. */
static bool fits(const char *sql, const char *tag)
{
	bool blind;
	_cleanup_free_ char *guess = command_tag(sql, &blind);
	size_t length = strcspn(tag, " ");
	return guess && strncmp(guess, tag, length) == 0 && (guess[length] == '\0' || guess[length] == ' ');
}

/* The next statement that a command with that tag can be. */
static bool find_part(const struct command_session *session, const char *tag, struct sql_statement *ret)
{
	struct sql_scanner scanner;
	const char *rest = session->text + session->position;
	sql_scanner_init(&scanner, rest, strlen(rest));
	while (sql_scanner_next(&scanner, ret)) {
		_cleanup_free_ char *sql = string_copy_n(rest + ret->start, ret->length);
		if (fits(sql, tag))
			return true;
	}
	return false;
}

static bool has_rest(const struct command_session *session)
{
	struct sql_scanner scanner;
	struct sql_statement next;
	if (!session->text)
		return false;
	sql_scanner_init(&scanner, session->text + session->position, strlen(session->text + session->position));
	return sql_scanner_next(&scanner, &next);
}

void command_split_rest(struct command_trace *trace, struct command_session *session)
{
	if (!session->part_ended || !has_rest(session))
		return;
	session->part_ended = false;
	command_trace_next(trace, session, session->text + session->position,
			   command_trace_statement(trace, session->open)->to_ms);
}

void command_split_start(struct command_trace *trace, struct command_session *session, double at_ms, const char *tag)
{
	struct sql_statement part, before;
	struct sql_scanner scanner;
	if (!session->text || !tag || !find_part(session, tag, &part))
		return;
	command_split_rest(trace, session);
	const char *rest = session->text + session->position;
	_cleanup_free_ char *sql = string_copy_n(rest + part.start, part.length);
	sql_scanner_init(&scanner, rest, part.start);
	if (sql_scanner_next(&scanner, &before)) {
		_cleanup_free_ char *earlier = string_copy_n(rest, part.start);
		command_trace_retell(trace, session, earlier);
		command_trace_next(trace, session, sql, at_ms);
	} else {
		command_trace_retell(trace, session, sql);
	}
	session->position += part.start + part.length;
	session->position += session->text[session->position] == ';';
}
