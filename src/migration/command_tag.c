/* What a statement is, by its first words. */
#include <ctype.h>
#include <strings.h>

#include "migration/command_parts.h"
#include "sql/scanner.h"

enum { WORD_MAX = 24 };

/* The first that fits counts. Any other statement's tag is its first word. */
static const struct {
	const char *first, *second; /* second NULL: whatever follows */
	const char *tag;            /* NULL: both words */
	bool blind; /* it takes locks, or changes what relations are made of, behind the triggers' backs */
} rows[] = {
	{"truncate", NULL, "TRUNCATE TABLE", true},
	{"lock", NULL, "LOCK TABLE", true},
	{"cluster", NULL, "CLUSTER", true},
	{"vacuum", NULL, "VACUUM", true},
	{"repack", NULL, "REPACK", true},
	{"reindex", NULL, "REINDEX", true},
	{"end", NULL, "COMMIT", false},
	{"abort", NULL, "ROLLBACK", false},
	{"start", NULL, "START TRANSACTION", false},
	{"prepare", "transaction", "PREPARE TRANSACTION", false},
	{"commit", "prepared", "COMMIT PREPARED", false},
	{"rollback", "prepared", "ROLLBACK PREPARED", false},
	{"set", "constraints", "SET CONSTRAINTS", false},
	{"refresh", NULL, "REFRESH MATERIALIZED VIEW", false},
	{"with", NULL, "SELECT", false},
	{"values", NULL, "SELECT", false},
	{"table", NULL, "SELECT", false},
	{"(", NULL, "SELECT", false},
	{"create", NULL, NULL, false},
	{"alter", NULL, NULL, false},
	{"drop", NULL, NULL, false},
};

struct words {
	char first[WORD_MAX + 1], second[WORD_MAX + 1];
};

/* Returns where the word ended; 0: there is none. */
static size_t next_word(const char *sql, size_t at, char word[WORD_MAX + 1])
{
	struct sql_scanner scanner;
	struct sql_statement statement;
	word[0] = '\0';
	sql_scanner_init(&scanner, sql + at, strlen(sql + at));
	if (!sql_scanner_next(&scanner, &statement))
		return 0;
	at += statement.start;
	size_t length = 0;
	while (length < WORD_MAX && (isalpha((unsigned char)sql[at + length]) || sql[at + length] == '_'))
		length++;
	if (length == 0)
		length = sql[at] == '(';
	memcpy(word, sql + at, length);
	word[length] = '\0';
	return at + length;
}

static char *upper(const char *a, const char *b)
{
	char *text = string_format("%s%s%s", a, *b ? " " : "", b);
	for (char *c = text; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return text;
}

char *command_tag(const char *sql, bool *ret_blind)
{
	struct words words;
	size_t at = next_word(sql, 0, words.first);
	*ret_blind = false;
	if (at == 0 || !*words.first)
		return NULL;
	(void)next_word(sql, at, words.second);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcasecmp(rows[i].first, words.first) != 0 ||
		    (rows[i].second && strcasecmp(rows[i].second, words.second) != 0))
			continue;
		*ret_blind = rows[i].blind;
		return rows[i].tag ? string_copy(rows[i].tag) : upper(words.first, words.second);
	}
	return upper(words.first, "");
}

bool command_is_code(const char *tag)
{
	static const char *const tags[] = {"DO", "CALL", "SELECT", "EXECUTE"};
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (string_equal(tag, tags[i]))
			return true;
	return false;
}
