#include "base/text.h"
#include "cmd/output.h"

static void add_options(struct buffer *out, const struct option *options)
{
	for (; options->name; options++) {
		buffer_addf(out, " --%s", options->name);
		if (options->letter)
			buffer_addf(out, " -%c", options->letter);
	}
}

/* "branch create" and "doctor" as a case pattern: what the first words are. */
static void write_bash(struct buffer *out)
{
	buffer_add_text(out, "_vela() {\n\tlocal current=${COMP_WORDS[COMP_CWORD]} words=\n\tcase "
			     "\"${COMP_WORDS[*]:1:COMP_CWORD}\" in\n");
	for (size_t i = 0; commands[i]; i++) {
		buffer_addf(out, "\t\"%s \"*) words=\"%s", commands[i]->name,
			    commands[i]->words ? commands[i]->words : "");
		add_options(out, commands[i]->options);
		add_options(out, global_options);
		buffer_add_text(out, "\" ;;\n");
	}
	buffer_add_text(out,
			"\t*)\n\t\tlocal typed=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\" name\n\t\twhile read -r name; do\n"
			"\t\t\t[[ -z $typed ]] && words+=\" ${name%% *}\"\n"
			"\t\t\t[[ -n $typed && $name == \"$typed \"* ]] && words+=\" ${name#\"$typed \"}\"\n\t\tdone "
			"<<'END'\n");
	for (size_t i = 0; commands[i]; i++)
		buffer_addf(out, "%s\n", commands[i]->name);
	buffer_add_text(
		out,
		"END\n\t\t;;\n\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\" | sort -u)\n}\n"
		"complete -o default -F _vela vela\n");
}

/* zsh can run bash's functions: one completion to keep right. */
static void write_zsh(struct buffer *out)
{
	buffer_add_text(out, "#compdef vela\nautoload -U +X bashcompinit && bashcompinit\n");
	write_bash(out);
}

static void write_fish_word(struct buffer *out, const struct command *command)
{
	const char *space = strchr(command->name, ' ');
	if (space)
		buffer_addf(out,
			    "complete -c vela -f -n '__fish_use_subcommand' -a '%.*s'\n"
			    "complete -c vela -f -n '__fish_seen_subcommand_from %.*s' -a '%s' -d '%s'\n",
			    (int)(space - command->name), command->name, (int)(space - command->name), command->name,
			    space + 1, command->summary);
	else
		buffer_addf(out, "complete -c vela -f -n '__fish_use_subcommand' -a '%s' -d '%s'\n", command->name,
			    command->summary);
	if (command->words)
		buffer_addf(out, "complete -c vela -f -n '__fish_seen_subcommand_from %s' -a '%s'\n",
			    space ? space + 1 : command->name, command->words);
	for (const struct option *option = command->options; option->name; option++)
		buffer_addf(out, "complete -c vela -n '__fish_seen_subcommand_from %s' -l %s%s\n",
			    space ? space + 1 : command->name, option->name, option->value ? " -r" : "");
}

static void write_fish(struct buffer *out)
{
	for (size_t i = 0; commands[i]; i++)
		write_fish_word(out, commands[i]);
	for (const struct option *option = global_options; option->name; option++)
		buffer_addf(out, "complete -c vela -l %s%s\n", option->name, option->value ? " -r" : "");
}

static const struct {
	const char *name;
	void (*write)(struct buffer *out);
} shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

int completion_write(const char *shell, struct buffer *out, struct error **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (string_equal(shells[i].name, shell)) {
			shells[i].write(out);
			return 0;
		}
	_cleanup_free_ char *safe = text_safe(shell);
	error_set(err, ERROR_USAGE, "there is no completion for \"%s\"", safe);
	return error_hint(err, "bash, zsh and fish have one");
}
