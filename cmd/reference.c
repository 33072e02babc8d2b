#include "cmd/commands.h"
#include "cmd/output.h"
#include "config/schema.h"

static const struct option schema_options[] = {
	{"pool", 0, NULL, "of pool.yml instead of vela.yml"},
	{"markdown", 0, NULL, "the reference of both files (docs/config.md)"},
	{NULL, 0, NULL, NULL},
};
static const struct option help_options[] = {
	{"markdown", 0, NULL, "all commands as docs/commands.md"},
	{"man", 0, NULL, "the manual page"},
	{NULL, 0, NULL, NULL},
};
static const struct option no_options[] = {{NULL, 0, NULL, NULL}};

static int run_schema(struct invocation *invocation, struct error **err)
{
	(void)err;
	_cleanup_buffer_ struct buffer text = {0};
	if (option_given(invocation, "markdown"))
		schema_write_markdown(&text);
	else
		schema_write_json(option_given(invocation, "pool") ? SCHEMA_POOL_YML : SCHEMA_VELA_YML, &text);
	output_text("%s", buffer_text(&text));
	return 0;
}

static int run_completion(struct invocation *invocation, struct error **err)
{
	_cleanup_buffer_ struct buffer text = {0};
	if (completion_write(invocation->arguments[0], &text, err) < 0)
		return -1;
	output_text("%s", buffer_text(&text));
	return 0;
}

static int run_help(struct invocation *invocation, struct error **err)
{
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_buffer_ struct buffer topic = {0};
	for (int i = 0; i < invocation->argument_count; i++)
		buffer_addf(&topic, "%s%s", i ? " " : "", invocation->arguments[i]);
	if (option_given(invocation, "markdown"))
		help_write_markdown(&text);
	else if (option_given(invocation, "man"))
		help_write_manual(&text);
	else if (help_write(topic.length ? topic.data : NULL, &text, err) < 0)
		return -1;
	output_text("%s", buffer_text(&text));
	return 0;
}

const struct command command_schema = {
	.name = "schema",
	.arguments = "",
	.summary = "print the JSON Schema of vela.yml, for editors",
	.options = schema_options,
	.run = run_schema,
};

const struct command command_completion = {
	.name = "completion",
	.arguments = "bash|zsh|fish",
	.summary = "print the completion for a shell",
	.examples = "vela completion bash > /etc/bash_completion.d/vela",
	.words = "bash zsh fish",
	.options = no_options,
	.least = 1,
	.most = 1,
	.run = run_completion,
};

const struct command command_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "tell about a command",
	.options = help_options,
	.most = 2,
	.run = run_help,
};
