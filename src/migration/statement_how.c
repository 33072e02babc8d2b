/* Which statements go into a transaction of their own. Only the first words count: the server has the last word. */
#include <strings.h>

#include "migration/statement.h"

enum { WORD_MAX = 16 };

static const struct {
	const char *first, *second; /* second NULL: whatever follows */
	enum statement_how how;
} rows[] = {
	/* The first that fits counts. */
	{"begin", NULL, STATEMENT_BEGIN},       {"start", NULL, STATEMENT_BEGIN},
	{"commit", "prepared", STATEMENT_BARE}, {"commit", NULL, STATEMENT_COMMIT},
	{"end", NULL, STATEMENT_COMMIT},        {"prepare", "transaction", STATEMENT_COMMIT},
	{"prepare", NULL, STATEMENT_PLAIN},     {"rollback", "prepared", STATEMENT_BARE},
	{"rollback", "to", STATEMENT_BARE},     {"rollback", NULL, STATEMENT_ROLLBACK},
	{"abort", NULL, STATEMENT_ROLLBACK},    {"savepoint", NULL, STATEMENT_PLAIN},
	{"release", NULL, STATEMENT_PLAIN},     {"set", "constraints", STATEMENT_BARE}, /* it runs what was deferred */
	{"set", NULL, STATEMENT_PLAIN},         {"reset", NULL, STATEMENT_PLAIN},
	{"show", NULL, STATEMENT_PLAIN},        {"discard", NULL, STATEMENT_PLAIN},
	{"deallocate", NULL, STATEMENT_PLAIN},  {"listen", NULL, STATEMENT_PLAIN},
	{"unlisten", NULL, STATEMENT_PLAIN},    {"notify", NULL, STATEMENT_PLAIN},
	{"declare", NULL, STATEMENT_BARE}, /* these need a transaction of the file's own, or are refused */
	{"fetch", NULL, STATEMENT_BARE},        {"move", NULL, STATEMENT_BARE},
	{"close", NULL, STATEMENT_BARE},        {"lock", NULL, STATEMENT_BARE},
	{"vacuum", NULL, STATEMENT_BARE},
};

/* The next word behind blanks and comments, cut to WORD_MAX; returns where it ended, 0 if there is none. */
static size_t next_word(const char *text, size_t at, size_t end, char word[WORD_MAX + 1])
{
	struct sql_scanner scanner;
	struct sql_statement statement;
	sql_scanner_init(&scanner, text + at, end - at);
	if (!sql_scanner_next(&scanner, &statement))
		return 0;
	at += statement.start;
	size_t length = strspn(text + at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	if (length == 0 || length > WORD_MAX || at + length > end)
		return 0;
	memcpy(word, text + at, length);
	word[length] = '\0';
	return at + length;
}

/* Without a transaction around it, a DO may end and begin transactions. */
static bool ends_transactions(const char *text, size_t length)
{
	static const char *const words[] = {"commit", "rollback"};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (size_t at = 0; at + strlen(words[i]) <= length; at++)
			if (strncasecmp(text + at, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

enum statement_how statement_how(const char *text, const struct sql_statement *statement)
{
	char first[WORD_MAX + 1], second[WORD_MAX + 1] = "";
	size_t end = statement->start + statement->length;
	size_t at = next_word(text, statement->start, end, first);
	if (at == 0)
		return STATEMENT_WRAPPED;
	if (strcasecmp(first, "do") == 0 && ends_transactions(text + at, end - at))
		return STATEMENT_BARE;
	bool has_second = false;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcasecmp(rows[i].first, first) != 0)
			continue;
		if (!has_second && rows[i].second && next_word(text, at, end, second) == 0)
			second[0] = '\0';
		has_second |= rows[i].second != NULL;
		if (!rows[i].second || strcasecmp(rows[i].second, second) == 0)
			return rows[i].how;
	}
	return STATEMENT_WRAPPED;
}
