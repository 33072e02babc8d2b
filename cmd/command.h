/*
 * A command is one const struct; help, the manual, completion and docs/commands.md are made from these, and from the
 * table of global options.
 */
#ifndef VELA_CMD_COMMAND_H
#define VELA_CMD_COMMAND_H

#include <jansson.h>
#include <stdbool.h>

#include "app/app.h"
#include "base/buffer.h"

struct option {
	const char *name;  /* without dashes; NULL ends a table */
	char letter;       /* 0: none */
	const char *value; /* placeholder; NULL: a flag */
	const char *help;
};

struct invocation;

struct command {
	const char *name; /* "branch create" */
	const char *arguments;
	const char *summary;
	const char *description; /* NULL: the summary says it all */
	const char *examples;    /* one a line; may be NULL */
	const char *words;       /* what its first argument may be, for completion; may be NULL */
	const struct option *options;
	int least, most; /* arguments; most -1: any number */
	bool takes_rest; /* what follows "--" is a command line of its own */
	int (*run)(struct invocation *invocation, struct error **err);
};

extern const struct command *const commands[]; /* in the order of help; ends with NULL */
extern const struct option global_options[];

struct given_option {
	const struct option *option;
	const char *value;
};

struct invocation {
	const struct command *command;
	const char **arguments; /* end with NULL */
	int argument_count;
	char **rest; /* after "--", for a command that takes it; NULL if there was no "--" */
	struct given_option *given;
	size_t given_count;
	bool json, quiet, verbose, color, help, version;
	int exit_code;   /* set by a command whose success is not 0: a check that failed */
	bool error_told; /* what it printed as JSON has the error in it */
	struct app app;
};

int command_parse(int argc, char **argv, struct invocation *ret, struct error **err);
void invocation_free(struct invocation *invocation);
bool option_given(const struct invocation *invocation, const char *name);
const char *option_value(const struct invocation *invocation, const char *name); /* the last one given, or NULL */

/* The value of an option that is a whole number of at least `least`; without the option *ret stays as it is. */
int option_count(const struct invocation *invocation, const char *name, long least, long *ret, struct error **err);

/* The command, or the word of a group, that is nearest to what was typed; owned, or NULL. */
char *command_suggest(const char *typed);

/* Help. The word of a group ("branch") is a valid topic. */
int help_write(const char *topic, struct buffer *out, struct error **err);
void help_write_usage(const struct command *command,
		      struct buffer *out); /* "vela exec [NAME] -- COMMAND", on one line */
void help_write_markdown(struct buffer *out);
void help_write_manual(struct buffer *out);
int completion_write(const char *shell, struct buffer *out, struct error **err);

#endif
