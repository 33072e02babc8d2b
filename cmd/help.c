#include "base/text.h"
#include "cmd/command.h"
#include "report/layout.h"

enum { WIDTH = 80 }; /* wherever help is read */

const struct option global_options[] = {
	{"directory", 'C', "DIR", "work as if started in DIR"},
	{"config", 0, "FILE", "the vela.yml to use (else the nearest one upward)"},
	{"pool", 0, "DIR", "the pool (else $VELA_POOL, vela.yml, " POOL_DEFAULT_PATH ")"},
	{"output", 'o', "text|json", "how data is printed"},
	{"quiet", 'q', NULL, "no progress and no notes"},
	{"verbose", 'v', NULL, "more detail"},
	{"no-color", 0, NULL, "no colour (nor with NO_COLOR or TERM=dumb)"},
	{"help", 'h', NULL, "this help"},
	{"version", 0, NULL, "the version"},
	{NULL, 0, NULL, NULL},
};

/* Continues a line that stands at `column`. */
static void write_wrapped(struct buffer *out, const char *text, size_t column)
{
	struct page page = {out, WIDTH, false};
	page_wrap(&page, TINT_PLAIN, text, column, column, SIZE_MAX);
}

static void write_options(struct buffer *out, const struct option *options)
{
	enum { COLUMN = 28 };
	for (; options->name; options++) {
		struct buffer left = {0};
		if (options->letter)
			buffer_addf(&left, "  -%c, ", options->letter);
		else
			buffer_add_text(&left, "      ");
		buffer_addf(&left, "--%s", options->name);
		if (options->value)
			buffer_addf(&left, " %s", options->value);
		buffer_addf(out, "%-*s", COLUMN, left.data);
		write_wrapped(out, options->help, COLUMN);
		buffer_free(&left);
	}
}

static void write_lines(struct buffer *out, const char *text, const char *indent)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');
		buffer_addf(out, "%s%.*s\n", indent, (int)(end - text), text);
		text = *end ? end + 1 : end;
	}
}

void help_write_usage(const struct command *command, struct buffer *out)
{
	buffer_addf(out, "vela %s", command->name);
	if (command->options[0].name)
		buffer_add_text(out, " [OPTIONS]");
	if (*command->arguments)
		buffer_addf(out, " %s", command->arguments);
}

static void write_command(struct buffer *out, const struct command *command)
{
	buffer_add_text(out, "usage: ");
	help_write_usage(command, out);
	buffer_add_text(out, "\n\n");
	write_wrapped(out, command->summary, 0);
	if (command->description) {
		buffer_add_char(out, '\n');
		write_wrapped(out, command->description, 0);
	}
	if (command->options[0].name) {
		buffer_add_text(out, "\nOptions:\n");
		write_options(out, command->options);
	}
	buffer_add_text(out, "\nGlobal options:\n");
	write_options(out, global_options);
	if (command->examples) {
		buffer_add_text(out, "\nExamples:\n");
		write_lines(out, command->examples, "  ");
	}
}

/* The commands whose name begins with `group` and a space, or all. */
static size_t write_list(struct buffer *out, const char *group)
{
	size_t length = group ? strlen(group) : 0;
	size_t written = 0;
	for (size_t i = 0; commands[i]; i++) {
		const char *name = commands[i]->name;
		if (group && (strncmp(name, group, length) != 0 || name[length] != ' '))
			continue;
		buffer_addf(out, "  %-18s %s\n", name, commands[i]->summary);
		written++;
	}
	return written;
}

static void write_overview(struct buffer *out)
{
	buffer_add_text(out, "vela gives every pull request its own PostgreSQL database: a copy-on-write clone\n"
			     "of production, on which its migrations and checks are run and proved.\n\n"
			     "usage: vela COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n");
	write_list(out, NULL);
	buffer_add_text(out, "\nGlobal options:\n");
	write_options(out, global_options);
	buffer_add_text(out, "\nWhere NAME is left out it is the pull request of this CI run (pr-123), else the\n"
			     "checked-out git branch.\n\nExit codes:\n"
			     "    0  done; the check passed\n"
			     "    1  the check failed\n");
	for (int i = 0; i < ERROR_KIND_COUNT; i++) {
		buffer_addf(out, "  %3d  ", error_kinds[i].exit_code);
		write_wrapped(out, error_kinds[i].meaning, 7);
	}
	buffer_add_text(out, "\nvela COMMAND -h tells about a command.\n");
}

int help_write(const char *topic, struct buffer *out, struct error **err)
{
	if (!topic) {
		write_overview(out);
		return 0;
	}
	for (size_t i = 0; commands[i]; i++)
		if (string_equal(commands[i]->name, topic)) {
			write_command(out, commands[i]);
			return 0;
		}
	struct buffer list = {0};
	size_t found = write_list(&list, topic);
	if (found > 0)
		buffer_addf(out,
			    "usage: vela %s COMMAND [OPTIONS] [ARGUMENTS]\n\n%s\nvela %s COMMAND -h tells about a "
			    "command.\n",
			    topic, list.data, topic);
	buffer_free(&list);
	if (found > 0)
		return 0;
	_cleanup_free_ char *safe = text_safe(topic);
	_cleanup_free_ char *near = command_suggest(topic);
	error_set(err, ERROR_USAGE, "there is no command \"%s\"", safe);
	return near ? error_hint(err, "did you mean: vela help %s?", near)
		    : error_hint(err, "vela -h lists the commands");
}

/* --- docs/commands.md --- */

static void write_cell(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buffer_add_char(out, '\\');
		buffer_add_char(out, *text);
	}
}

static void write_option_rows(struct buffer *out, const struct option *options)
{
	buffer_add_text(out, "| option | meaning |\n|---|---|\n");
	for (; options->name; options++) {
		buffer_add_text(out, "| `");
		if (options->letter)
			buffer_addf(out, "-%c, ", options->letter);
		buffer_addf(out, "--%s", options->name);
		if (options->value) {
			buffer_add_char(out, ' ');
			write_cell(out, options->value);
		}
		buffer_add_text(out, "` | ");
		write_cell(out, options->help);
		buffer_add_text(out, " |\n");
	}
	buffer_add_char(out, '\n');
}

void help_write_markdown(struct buffer *out)
{
	buffer_add_text(out, "# Commands\n\nMade from the tables in the code by `vela help --markdown`: do not "
			     "edit.\n\n## Global options\n\n");
	write_option_rows(out, global_options);
	buffer_add_text(out, "## Exit codes\n\n| code | meaning |\n|---|---|\n| 0 | done; the check passed |\n| 1 | "
			     "the check failed |\n");
	for (int i = 0; i < ERROR_KIND_COUNT; i++)
		buffer_addf(out, "| %d | %s |\n", error_kinds[i].exit_code, error_kinds[i].meaning);
	buffer_add_text(out, "\nWith `-o json` a failure prints `{\"error\":{\"kind\",\"message\",\"hint\"}}` and ends "
			     "with the same code.\n\n");
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];
		buffer_addf(out, "## vela %s\n\n```\n", command->name);
		help_write_usage(command, out);
		buffer_addf(out, "\n```\n\n%s.\n\n", command->summary);
		if (command->description)
			buffer_addf(out, "%s\n\n", command->description);
		if (command->options[0].name)
			write_option_rows(out, command->options);
		if (command->examples)
			buffer_addf(out, "```sh\n%s\n```\n\n", command->examples);
	}
	buffer_truncate(out, out->length - 1);
}

/* --- the manual page --- */

static void write_roff(struct buffer *out, const char *text)
{
	bool line_start = true;
	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			buffer_add_text(out, "\\&");
		if (*text == '\\')
			buffer_add_text(out, "\\e");
		else if (*text == '-')
			buffer_add_text(out, "\\-");
		else
			buffer_add_char(out, *text);
		line_start = *text == '\n';
	}
}

static void write_roff_options(struct buffer *out, const struct option *options)
{
	for (; options->name; options++) {
		buffer_add_text(out, ".TP\n.B ");
		if (options->letter)
			buffer_addf(out, "\\-%c, ", options->letter);
		_cleanup_free_ char *word = string_format("--%s%s%s\n", options->name, options->value ? " " : "",
							  options->value ? options->value : "");
		write_roff(out, word);
		write_roff(out, options->help);
		buffer_add_char(out, '\n');
	}
}

void help_write_manual(struct buffer *out)
{
	buffer_add_text(out, ".TH VELA 1 \"\" \"vela " VELA_VERSION
			     "\"\n.SH NAME\nvela \\- a PostgreSQL database for every pull request\n"
			     ".SH SYNOPSIS\n.B vela\nCOMMAND [OPTIONS] [ARGUMENTS]\n.SH GLOBAL OPTIONS\n");
	write_roff_options(out, global_options);
	buffer_add_text(out, ".SH COMMANDS\n");
	for (size_t i = 0; commands[i]; i++) {
		buffer_add_text(out, ".SS ");
		struct buffer usage = {0};
		help_write_usage(commands[i], &usage);
		write_roff(out, usage.data);
		buffer_free(&usage);
		buffer_add_char(out, '\n');
		write_roff(out, commands[i]->summary);
		buffer_add_text(out, ".\n");
		if (commands[i]->description) {
			buffer_add_text(out, ".PP\n");
			write_roff(out, commands[i]->description);
			buffer_add_char(out, '\n');
		}
		write_roff_options(out, commands[i]->options);
	}
	buffer_add_text(out, ".SH EXIT STATUS\n.TP\n0\ndone; the check passed\n.TP\n1\nthe check failed\n");
	for (int i = 0; i < ERROR_KIND_COUNT; i++) {
		buffer_addf(out, ".TP\n%d\n", error_kinds[i].exit_code);
		write_roff(out, error_kinds[i].meaning);
		buffer_add_char(out, '\n');
	}
}
