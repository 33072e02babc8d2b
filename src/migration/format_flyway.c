#include <strings.h>

#include "migration/format_row.h"

/* flyway looks at a script's statements to see whether it can run in a transaction. */

enum { WORDS_MAX = 4 };

/* Statements that Postgres runs in no transaction, as flyway knows them: the words they begin with. */
static const char *const outside_transaction[][WORDS_MAX] = {
	{"CREATE", "DATABASE"},
	{"DROP", "DATABASE"},
	{"CREATE", "TABLESPACE"},
	{"DROP", "TABLESPACE"},
	{"CREATE", "SUBSCRIPTION"},
	{"DROP", "SUBSCRIPTION"},
	{"ALTER", "SYSTEM"},
	{"CREATE", "INDEX", "CONCURRENTLY"},
	{"CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"},
	{"DROP", "INDEX", "CONCURRENTLY"},
	{"REINDEX", "SCHEMA"},
	{"REINDEX", "DATABASE"},
	{"REINDEX", "SYSTEM"},
	{"REINDEX", "VERBOSE", "SCHEMA"},
	{"REINDEX", "VERBOSE", "DATABASE"},
	{"REINDEX", "VERBOSE", "SYSTEM"},
	{"VACUUM"},
	{"DISCARD", "ALL"},
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Past spaces and comments. */
static size_t skip_blank(const char *text, size_t length, size_t at)
{
	for (;;) {
		while (at < length && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')))
			at++;
		if (at + 1 < length && text[at] == '-' && text[at + 1] == '-') {
			while (at < length && text[at] != '\n')
				at++;
		} else if (at + 1 < length && text[at] == '/' && text[at + 1] == '*') {
			const char *end = memmem(text + at + 2, length - at - 2, "*/", 2);
			at = end ? (size_t)(end - text) + 2 : length;
		} else {
			return at;
		}
	}
}

/* The words a statement begins with; the list ends early where something else comes. */
static void read_words(const char *text, size_t length, char *words[WORDS_MAX])
{
	size_t at = 0;
	for (size_t i = 0; i < WORDS_MAX; i++) {
		at = skip_blank(text, length, at);
		size_t start = at;
		while (at < length && is_letter(text[at]))
			at++;
		if (at == start)
			return;
		words[i] = string_copy_n(text + start, at - start);
	}
}

static bool begins_with(char *const words[WORDS_MAX], const char *const pattern[WORDS_MAX])
{
	for (size_t i = 0; i < WORDS_MAX && pattern[i]; i++)
		if (!words[i] || strcasecmp(words[i], pattern[i]) != 0)
			return false;
	return true;
}

static bool is_outside_transaction(const char *text, size_t length)
{
	char *words[WORDS_MAX] = {0};
	read_words(text, length, words);
	bool found = false;
	for (size_t i = 0; i < ARRAY_SIZE(outside_transaction) && !found; i++)
		found = begins_with(words, outside_transaction[i]);
	for (size_t i = 0; i < WORDS_MAX; i++)
		free(words[i]);
	return found;
}

static struct report_failure *detect_transaction(struct migration_script *script)
{
	struct sql_scanner scanner;
	struct sql_statement statement;
	bool inside = false, outside = false;
	sql_scanner_init(&scanner, script->text.data, script->text.length);
	while (sql_scanner_next(&scanner, &statement)) {
		if (is_outside_transaction(script->text.data + statement.start, statement.length))
			outside = true;
		else
			inside = true;
		if (inside && outside)
			return format_failure(script, statement.start,
					      "statements that can and that cannot run in a transaction in one file, "
					      "which flyway refuses",
					      "put what cannot run in a transaction into a file of its own");
	}
	if (outside)
		script->transaction = TRANSACTION_STATEMENT;
	return NULL;
}

/* "${name}": flyway puts in what its configuration says, or fails. */
static struct report_failure *find_placeholder(const struct migration_script *script)
{
	const char *text = script->text.data, *end = text + script->text.length;
	for (const char *at = text; at && (at = memmem(at, (size_t)(end - at), "${", 2)); at += 2) {
		size_t length = strspn(at + 2, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:");
		if (length > 0 && at[2 + length] == '}')
			return format_failure(script, (size_t)(at - text),
					      "a placeholder of flyway, whose value is not known here",
					      "run flyway itself (migrations.command in vela.yml), or write "
					      "placeholderReplacement=false into a .conf file beside the script");
	}
	return NULL;
}

struct report_failure *format_cut_flyway(struct migration_script *script, enum migration_direction direction,
					 const struct format_settings *settings)
{
	(void)direction;
	if (script->text.length == 0)
		return NULL;
	struct report_failure *failure = settings->verbatim ? NULL : find_placeholder(script);
	if (!failure && !settings->decides)
		failure = detect_transaction(script);
	if (!failure)
		format_add_segment(script, 0, script->text.length, false);
	return failure;
}

void format_settings_flyway(const struct buffer *text, struct format_settings *ret)
{
	_cleanup_free_ char *transaction = format_setting(text, "executeInTransaction");
	_cleanup_free_ char *replacement = format_setting(text, "placeholderReplacement");
	*ret = (struct format_settings){
		.decides = transaction,
		.in_transaction = transaction && strcasecmp(transaction, "true") == 0,
		.verbatim = replacement && strcasecmp(replacement, "false") == 0,
	};
}
