#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "app/url.h"
#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option no_options[] = {{NULL, 0, NULL, NULL}};

/* Becomes the program, as whoever called vela: its exit code, its signals and its terminal are its own. */
static int become(char *const *argv, struct string_list *environment, struct error **err)
{
	if (identity_become(NULL) < 0)
		return error_errno(err, errno, "cannot give up the identity of the pool's owner");
	(void)output_flush();
	(void)signal(SIGPIPE, SIG_DFL); /* what vela ignores, a program would inherit as ignored */
	execvpe(argv[0], argv, environment->items);
	error_errno(err, errno, "cannot run %s", argv[0]);
	return error_rekind(err, ERROR_USAGE);
}

static int run_on_branch(struct invocation *invocation, char *const *argv, struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	_cleanup_branch_ struct branch branch = {0};
	_cleanup_(string_list_free) struct string_list environment = {0};
	/* A stopped branch is started: whoever runs something on it wants it to be there. */
	if (branch_name_of(invocation, &context, err) < 0 ||
	    branch_find_running(&invocation->app, context.name, &branch, err) < 0)
		return -1;
	for (char **variable = environ; *variable; variable++)
		string_list_add(&environment, *variable);
	if (url_add_environment(&branch, &environment, err) < 0)
		return -1;
	return become(argv, &environment, err);
}

static int run_psql(struct invocation *invocation, struct error **err)
{
	_cleanup_(string_list_free) struct string_list argv = {0};
	string_list_add(&argv, "psql");
	for (char **word = invocation->rest; word && *word; word++)
		string_list_add(&argv, *word);
	return run_on_branch(invocation, argv.items, err);
}

static int run_exec(struct invocation *invocation, struct error **err)
{
	if (!invocation->rest || !invocation->rest[0]) {
		error_set(err, ERROR_USAGE, "what is to be run?");
		return error_hint(err, "usage: vela exec [NAME] -- COMMAND [ARGUMENTS]");
	}
	return run_on_branch(invocation, invocation->rest, err);
}

const struct command command_psql = {
	.name = "psql",
	.arguments = "[NAME] [-- ARGUMENTS]",
	.summary = "psql on a branch",
	.examples = "vela psql\nvela psql pr-12 -- -c 'SELECT count(*) FROM orders'",
	.options = no_options,
	.most = 1,
	.takes_rest = true,
	.run = run_psql,
};

const struct command command_exec = {
	.name = "exec",
	.arguments = "[NAME] -- COMMAND [ARGUMENTS]",
	.summary = "run a program with DATABASE_URL and PG* set for a branch",
	.examples = "vela exec -- npm test\nvela exec pr-12 -- alembic upgrade head",
	.options = no_options,
	.most = 1,
	.takes_rest = true,
	.run = run_exec,
};
