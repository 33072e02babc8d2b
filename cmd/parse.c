#include <errno.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/command.h"

static const struct option no_options[] = {{NULL, 0, NULL, NULL}};

/* --- which command --- */

static const struct command *find_command(const char *first, const char *second)
{
	_cleanup_free_ char *both = second ? string_format("%s %s", first, second) : NULL;
	for (size_t i = 0; commands[i]; i++)
		if (string_equal(commands[i]->name, first) || string_equal(commands[i]->name, both))
			return commands[i];
	return NULL;
}

static bool is_group(const char *word)
{
	size_t length = strlen(word);
	for (size_t i = 0; commands[i]; i++)
		if (strncmp(commands[i]->name, word, length) == 0 && commands[i]->name[length] == ' ')
			return true;
	return false;
}

static const char *list_item(const void *context, size_t index)
{
	const struct string_list *list = context;
	return index < list->count ? list->items[index] : NULL;
}

char *command_suggest(const char *typed)
{
	_cleanup_(string_list_free) struct string_list candidates = {0};
	for (size_t i = 0; commands[i]; i++) {
		const char *space = strchr(commands[i]->name, ' ');
		string_list_add(&candidates, commands[i]->name);
		if (space)
			string_list_take(&candidates,
					 string_copy_n(commands[i]->name, (size_t)(space - commands[i]->name)));
	}
	const char *near = text_suggest(typed, list_item, &candidates);
	return near ? string_copy(near) : NULL;
}

static int unknown_command(const char *first, const char *second, struct error **err)
{
	bool group = is_group(first);
	if (group && !second) {
		error_set(err, ERROR_USAGE, "vela %s: which of its commands?", first);
		return error_hint(err, "vela %s -h lists them", first);
	}
	_cleanup_free_ char *both = second ? string_format("%s %s", first, second) : NULL;
	_cleanup_free_ char *near = both ? command_suggest(both) : NULL;
	_cleanup_free_ char *safe = text_safe(group || near ? both : first);
	if (!near && !group)
		near = command_suggest(first);
	error_set(err, ERROR_USAGE, "there is no command \"%s\"", safe);
	if (near)
		return error_hint(err, "did you mean: vela %s?", near);
	return error_hint(err, "vela %s%s-h lists the commands", group ? first : "", group ? " " : "");
}

/* --- options --- */

static const char *option_name(const void *context, size_t index)
{
	const struct command *command = context;
	const struct option *own = command ? command->options : no_options;
	size_t count = 0;
	while (own[count].name)
		count++;
	return index < count ? own[index].name : global_options[index - count].name;
}

static const struct option *find_in(const struct option *table, const char *name, size_t length, char letter)
{
	for (; table->name; table++)
		if (letter ? table->letter == letter
			   : strlen(table->name) == length && strncmp(table->name, name, length) == 0)
			return table;
	return NULL;
}

static const struct option *find_option(const struct command *command, const char *name, size_t length, char letter)
{
	const struct option *own = command ? find_in(command->options, name, length, letter) : NULL;
	return own ? own : find_in(global_options, name, length, letter);
}

static int unknown_option(const struct command *command, const char *word, struct error **err)
{
	_cleanup_free_ char *safe = text_safe(word);
	_cleanup_free_ char *name = string_copy(word + strspn(word, "-"));
	name[strcspn(name, "=")] = '\0';
	const char *near = text_suggest(name, option_name, command);
	error_set(err, ERROR_USAGE, "there is no option %s", safe);
	if (near && word[1] == '-')
		return error_hint(err, "did you mean --%s?", near);
	return error_hint(err, "vela %s%s-h lists the options; a name that begins with a dash goes after --",
			  command ? command->name : "", command ? " " : "");
}

/* Takes one option word, and the next one where it is its value. Returns how many words were used, or -1. */
static int take_option(struct invocation *invocation, char **words, struct error **err)
{
	const char *word = words[0];
	bool is_long = word[1] == '-';
	const char *name = word + (is_long ? 2 : 1);
	size_t length = is_long ? strcspn(name, "=") : 1;
	const struct option *option = find_option(invocation->command, name, length, is_long ? 0 : name[0]);
	if (!option)
		return unknown_option(invocation->command, word, err);
	const char *value = NULL;
	int used = 1;
	if (option->value) {
		const char *attached =
			is_long ? (name[length] == '=' ? name + length + 1 : NULL) : (name[1] ? name + 1 : NULL);
		value = attached ? attached : words[1];
		used = attached ? 1 : 2;
		if (!value)
			return error_set(err, ERROR_USAGE, "--%s needs a value: %s", option->name, option->value);
	} else if (name[length]) {
		if (is_long)
			return error_set(err, ERROR_USAGE, "--%s takes no value", option->name);
		return unknown_option(invocation->command, word, err);
	}
	invocation->given = memory_resize(invocation->given, invocation->given_count + 1, sizeof(*invocation->given));
	invocation->given[invocation->given_count++] = (struct given_option){option, value};
	return used;
}

bool option_given(const struct invocation *invocation, const char *name)
{
	for (size_t i = 0; i < invocation->given_count; i++)
		if (string_equal(invocation->given[i].option->name, name))
			return true;
	return false;
}

const char *option_value(const struct invocation *invocation, const char *name)
{
	const char *value = NULL;
	for (size_t i = 0; i < invocation->given_count; i++)
		if (string_equal(invocation->given[i].option->name, name))
			value = invocation->given[i].value;
	return value;
}

int option_count(const struct invocation *invocation, const char *name, long least, long *ret, struct error **err)
{
	const char *text = option_value(invocation, name);
	if (!text)
		return 0;
	char *end;
	errno = 0;
	long count = strtol(text, &end, 10);
	if (errno || end == text || *end || count < least)
		return error_set(err, ERROR_USAGE, "--%s takes a number of at least %ld, not \"%s\"", name, least,
				 text);
	*ret = count;
	return 0;
}

/* --- the whole line --- */

static void add_argument(struct invocation *invocation, const char *word)
{
	size_t count = (size_t)invocation->argument_count;
	invocation->arguments = memory_resize(invocation->arguments, count + 2, sizeof(*invocation->arguments));
	invocation->arguments[invocation->argument_count++] = word;
	invocation->arguments[invocation->argument_count] = NULL;
}

/* The command's words may stand behind global options; what is found becomes invocation->command. */
static int take_word(struct invocation *invocation, char **words, struct error **err)
{
	if (invocation->command) {
		add_argument(invocation, words[0]);
		return 1;
	}
	const char *second = words[1] && words[1][0] && words[1][0] != '-' ? words[1] : NULL;
	invocation->command = find_command(words[0], second);
	if (invocation->command)
		return strchr(invocation->command->name, ' ') ? 2 : 1;
	bool wants_help = words[1] && (string_equal(words[1], "-h") || string_equal(words[1], "--help"));
	if (is_group(words[0]) && wants_help) {
		add_argument(invocation, words[0]); /* help about the group */
		return 1;
	}
	return unknown_command(words[0], second, err);
}

static int apply_globals(struct invocation *invocation, struct error **err)
{
	const char *output = option_value(invocation, "output");
	if (output && !string_equal(output, "text") && !string_equal(output, "json"))
		return error_set(err, ERROR_USAGE, "-o knows text and json, not \"%s\"", output);
	invocation->json = string_equal(output, "json");
	invocation->quiet = option_given(invocation, "quiet");
	invocation->verbose = option_given(invocation, "verbose");
	invocation->help = option_given(invocation, "help");
	invocation->version = option_given(invocation, "version");
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");
	invocation->color = isatty(STDOUT_FILENO) && !(no_color && *no_color) && !string_equal(term, "dumb") &&
			    !option_given(invocation, "no-color");
	invocation->app.config_path = option_value(invocation, "config");
	invocation->app.pool_option = option_value(invocation, "pool");
	for (size_t i = 0; i < invocation->given_count; i++) {
		const struct given_option *given = &invocation->given[i];
		if (given->option == find_in(global_options, "directory", 9, 0) && given->value &&
		    chdir(given->value) < 0)
			return error_set(err, ERROR_USAGE, "cannot change to %s: %m", given->value);
	}
	return 0;
}

static int check_counts(const struct invocation *invocation, struct error **err)
{
	const struct command *command = invocation->command;
	if (!command || invocation->help)
		return 0;
	if (invocation->argument_count < command->least)
		error_set(err, ERROR_USAGE, "vela %s needs %s", command->name, command->arguments);
	else if (command->most >= 0 && invocation->argument_count > command->most)
		error_set(err, ERROR_USAGE, "vela %s does not take \"%s\"", command->name,
			  invocation->arguments[command->most]);
	else
		return 0;
	_cleanup_buffer_ struct buffer usage = {0};
	help_write_usage(command, &usage);
	return error_hint(err, "usage: %s", buffer_text(&usage));
}

static int walk_words(struct invocation *invocation, char **words, struct error **err)
{
	while (*words) {
		int used = 1;
		if (string_equal(*words, "--")) {
			words++;
			if (invocation->command && invocation->command->takes_rest)
				invocation->rest = words;
			else
				for (; *words; words++)
					add_argument(invocation, *words);
			break;
		}
		if ((*words)[0] == '-' && (*words)[1])
			used = take_option(invocation, words, err);
		else
			used = take_word(invocation, words, err);
		if (used < 0)
			return -1;
		words += used;
	}
	return 0;
}

/* Even a line that is wrong is answered in JSON where that was asked for: looked at before anything can go wrong. */
static bool asks_for_json(char **words)
{
	for (; *words && !string_equal(*words, "--"); words++)
		if (string_equal(*words, "-ojson") || string_equal(*words, "--output=json") ||
		    ((string_equal(*words, "-o") || string_equal(*words, "--output")) &&
		     string_equal(words[1], "json")))
			return true;
	return false;
}

int command_parse(int argc, char **argv, struct invocation *ret, struct error **err)
{
	*ret = (struct invocation){.json = asks_for_json(argv + (argc > 0))};
	if (walk_words(ret, argv + (argc > 0), err) < 0 || apply_globals(ret, err) < 0)
		return -1;
	return check_counts(ret, err);
}

void invocation_free(struct invocation *invocation)
{
	free(invocation->arguments);
	free(invocation->given);
	app_free(&invocation->app);
}
