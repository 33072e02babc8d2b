#include "migration/psql_meta.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"

/* What may stand behind a command. None may have a backquote, which runs a program; a backslash begins the next one. */
enum arguments { ARGUMENTS_ANY, ARGUMENTS_NONE, ARGUMENTS_WORD, ARGUMENTS_SET, ARGUMENTS_UNSET, ARGUMENTS_ENCODING };

static const char RUNS[] = "it runs a program";
static const char FILES[] = "it reads or writes files outside the database";
static const char CONNECTS[] = "the migration has one connection, to its branch";
static const char ASKS[] = "it asks somebody at a terminal";
static const char LOOPS[] = "it runs until it is stopped";

static const struct {
	const char *name;
	enum meta_kind kind;
	enum arguments arguments;
	const char *why; /* it is refused */
} rows[] = {
	{"set", META_PLAIN, ARGUMENTS_SET, NULL},
	{"unset", META_PLAIN, ARGUMENTS_UNSET, NULL},
	{"echo", META_PLAIN, ARGUMENTS_ANY, NULL},
	{"qecho", META_PLAIN, ARGUMENTS_ANY, NULL},
	{"warn", META_PLAIN, ARGUMENTS_ANY, NULL},
	{"if", META_IF, ARGUMENTS_ANY, NULL},
	{"elif", META_BRANCH, ARGUMENTS_ANY, NULL},
	{"else", META_BRANCH, ARGUMENTS_NONE, NULL},
	{"endif", META_ENDIF, ARGUMENTS_NONE, NULL},
	{"pset", META_PLAIN, ARGUMENTS_ANY, NULL},
	{"timing", META_PLAIN, ARGUMENTS_ANY, NULL},
	{"x", META_PLAIN, ARGUMENTS_ANY, NULL},
	{"t", META_PLAIN, ARGUMENTS_ANY, NULL},
	{"a", META_PLAIN, ARGUMENTS_NONE, NULL},
	{"encoding", META_PLAIN, ARGUMENTS_ENCODING, NULL},
	{"l", META_PLAIN, ARGUMENTS_ANY, NULL},
	{"l+", META_PLAIN, ARGUMENTS_ANY, NULL},
	{"z", META_PLAIN, ARGUMENTS_ANY, NULL},
	{"conninfo", META_PLAIN, ARGUMENTS_NONE, NULL},
	{"errverbose", META_PLAIN, ARGUMENTS_NONE, NULL},
	{"q", META_PLAIN, ARGUMENTS_NONE, NULL},
	{"quit", META_PLAIN, ARGUMENTS_NONE, NULL},
	{"g", META_SENDS, ARGUMENTS_NONE, NULL},
	{"gx", META_SENDS, ARGUMENTS_NONE, NULL},
	{"gset", META_SENDS, ARGUMENTS_WORD, NULL},
	{"gexec", META_SENDS, ARGUMENTS_NONE, NULL},
	{"gdesc", META_SENDS, ARGUMENTS_NONE, NULL},
	{"i", META_INCLUDE, ARGUMENTS_ANY, NULL},
	{"include", META_INCLUDE, ARGUMENTS_ANY, NULL},
	{"ir", META_INCLUDE_RELATIVE, ARGUMENTS_ANY, NULL},
	{"include_relative", META_INCLUDE_RELATIVE, ARGUMENTS_ANY, NULL},

	{"!", META_REFUSED, ARGUMENTS_ANY, RUNS},
	{"setenv", META_REFUSED, ARGUMENTS_ANY, "it changes the environment of programs"},
	{"cd", META_REFUSED, ARGUMENTS_ANY, FILES},
	{"copy", META_REFUSED, ARGUMENTS_ANY,
	 "it reads or writes files outside the database; COPY … FROM STDIN with the data behind it is the way"},
	{"o", META_REFUSED, ARGUMENTS_ANY, FILES},
	{"out", META_REFUSED, ARGUMENTS_ANY, FILES},
	{"w", META_REFUSED, ARGUMENTS_ANY, FILES},
	{"write", META_REFUSED, ARGUMENTS_ANY, FILES},
	{"s", META_REFUSED, ARGUMENTS_ANY, FILES},
	{"lo_import", META_REFUSED, ARGUMENTS_ANY, FILES},
	{"lo_export", META_REFUSED, ARGUMENTS_ANY, FILES},
	{"e", META_REFUSED, ARGUMENTS_ANY, RUNS},
	{"edit", META_REFUSED, ARGUMENTS_ANY, RUNS},
	{"ef", META_REFUSED, ARGUMENTS_ANY, RUNS},
	{"ev", META_REFUSED, ARGUMENTS_ANY, RUNS},
	{"c", META_REFUSED, ARGUMENTS_ANY, CONNECTS},
	{"connect", META_REFUSED, ARGUMENTS_ANY, CONNECTS},
	{"prompt", META_REFUSED, ARGUMENTS_ANY, ASKS},
	{"password", META_REFUSED, ARGUMENTS_ANY, ASKS},
	{"watch", META_REFUSED, ARGUMENTS_ANY, LOOPS},
	{"restrict", META_REFUSED, ARGUMENTS_ANY, "the whole migration runs in restricted mode already"},
	{"unrestrict", META_REFUSED, ARGUMENTS_ANY, "the whole migration runs in restricted mode"},
};

/* Variables that would let psql go on after an error, or take its input for something else than it is. */
static const struct {
	const char *name, *value; /* NULL: no value at all */
} variables[] = {
	{"ON_ERROR_STOP", "on"}, {"ON_ERROR_STOP", "1"}, {"ON_ERROR_STOP", "true"},
	{"SINGLESTEP", NULL},    {"SINGLELINE", NULL},   {"VERBOSITY", "verbose"},
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct meta_command meta_read(const char *text, size_t length)
{
	struct meta_command command = {.name = text + 1};
	size_t at = 1;
	while (at < length && text[at] != '\\' && !is_blank(text[at]))
		at++;
	command.name_length = at - 1;
	command.arguments = text + at;
	while (at < length && text[at] != '\\' && text[at] != '\n')
		at++;
	command.arguments_length = (size_t)(text + at - command.arguments);
	while (command.arguments_length > 0 && is_blank(command.arguments[command.arguments_length - 1]))
		command.arguments_length--;
	while (command.arguments_length > 0 && is_blank(*command.arguments)) {
		command.arguments++;
		command.arguments_length--;
	}
	return command;
}

static size_t word_length(const char *text, size_t length)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t count = 0;
	while (count < length && strchr(letters, text[count]) && text[count])
		count++;
	return count;
}

static bool text_is(const char *text, size_t length, const char *expected)
{
	return strlen(expected) == length && strncasecmp(text, expected, length) == 0;
}

/* The name has to be there as it stands, and what psql itself looks at must not become something else. */
static const char *judge_variable(const struct meta_command *command)
{
	const char *value = command->arguments;
	size_t name_length = word_length(value, command->arguments_length);
	size_t length = command->arguments_length - name_length;
	value += name_length;
	if (length > 0 && !is_blank(*value))
		return "the name of a variable has to be letters, digits and underscores";
	while (length > 0 && is_blank(*value)) {
		value++;
		length--;
	}
	bool is_special = false;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		if (!text_is(command->arguments, name_length, variables[i].name))
			continue;
		is_special = true;
		if (variables[i].value && text_is(value, length, variables[i].value))
			return NULL;
	}
	return is_special ? "this variable decides how psql reads the migration" : NULL;
}

static const char *judge_arguments(const struct meta_command *command, enum arguments allowed)
{
	const char *text = command->arguments;
	size_t length = command->arguments_length;
	if (memchr(text, '`', length))
		return "a backquote runs a program";
	switch (allowed) {
	case ARGUMENTS_NONE:
		return length == 0 ? NULL : "it may have no arguments here";
	case ARGUMENTS_WORD:
		return word_length(text, length) == length ? NULL
							   : "its argument has to be letters, digits and underscores";
	case ARGUMENTS_SET:
	case ARGUMENTS_UNSET:
		return judge_variable(command);
	case ARGUMENTS_ENCODING:
		return length == 0 || text_is(text, length, "utf8") || text_is(text, length, "utf-8")
			       ? NULL
			       : "migrations are UTF-8";
	case ARGUMENTS_ANY:
		break;
	}
	return NULL;
}

enum meta_kind meta_judge(const struct meta_command *command, const char **ret_why)
{
	*ret_why = "it is not among those that a migration may use";
	/* psql's table of descriptions: \d, \dt+, \df, … */
	if (command->name_length > 0 && command->name[0] == 'd') {
		const char *why = judge_arguments(command, ARGUMENTS_ANY);
		*ret_why = why ? why : *ret_why;
		return why ? META_REFUSED : META_PLAIN;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strlen(rows[i].name) != command->name_length ||
		    memcmp(rows[i].name, command->name, command->name_length) != 0)
			continue;
		const char *why = rows[i].why ? rows[i].why : judge_arguments(command, rows[i].arguments);
		*ret_why = why ? why : *ret_why;
		return why ? META_REFUSED : rows[i].kind;
	}
	return META_REFUSED;
}
