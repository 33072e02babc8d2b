#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option no_options[] = {{NULL, 0, NULL, NULL}};

static int change(struct invocation *invocation, enum branch_change what, const char *argument, const char *done,
		  struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	_cleanup_branch_ struct branch branch = {0};
	if (branch_name_of(invocation, &context, err) < 0 ||
	    branch_change(&invocation->app, context.name, what, argument, &branch, err) < 0)
		return -1;
	_cleanup_free_ char *line = string_format("branch %s %s", branch.name, done);
	if (invocation->json || what == BRANCH_START)
		branch_show_result(invocation, &branch, NULL, line);
	else
		output_text("%s\n", line);
	return 0;
}

static int run_start(struct invocation *invocation, struct error **err)
{
	return change(invocation, BRANCH_START, NULL, "runs", err);
}

static int run_stop(struct invocation *invocation, struct error **err)
{
	return change(invocation, BRANCH_STOP, NULL, "is stopped", err);
}

static int run_protect(struct invocation *invocation, struct error **err)
{
	return change(invocation, BRANCH_PROTECT, NULL, "is protected", err);
}

static int run_unprotect(struct invocation *invocation, struct error **err)
{
	return change(invocation, BRANCH_UNPROTECT, NULL, "is not protected", err);
}

/* [NAME] TIME: with one argument it is the time. */
static int run_expire(struct invocation *invocation, struct error **err)
{
	const char *when = invocation->arguments[invocation->argument_count - 1];
	time_t ignored;
	if (branch_parse_expiry(when, &ignored, err) < 0)
		return -1;
	invocation->argument_count--;
	_cleanup_free_ char *done =
		string_equal(when, "never") ? string_copy("never expires") : string_format("expires in %s", when);
	return change(invocation, BRANCH_EXPIRE, when, done, err);
}

static int run_reset(struct invocation *invocation, struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	_cleanup_branch_ struct branch branch = {0};
	if (branch_name_of(invocation, &context, err) < 0 ||
	    branch_reset(&invocation->app, context.name, &branch, err) < 0)
		return -1;
	_cleanup_free_ char *line =
		branch.parent ? string_format("branch %s is a fresh clone of branch %s", branch.name, branch.parent)
			      : string_format("branch %s is a fresh clone of %s@%d", branch.name, branch.baseline,
					      branch.revision);
	branch_show_result(invocation, &branch, NULL, line);
	return 0;
}

static int run_delete(struct invocation *invocation, struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	bool deleted;
	if (branch_name_of(invocation, &context, err) < 0 ||
	    branch_delete(&invocation->app, context.name, &deleted, err) < 0)
		return -1;
	if (invocation->json)
		output_json(json_pack("{s:i, s:s, s:s, s:b}", "schema", 1, "project", invocation->app.config.project,
				      "name", context.name, "deleted", deleted));
	else
		output_text(deleted ? "branch %s is gone\n" : "there is no branch %s\n", context.name);
	return 0;
}

const struct command command_branch_start = {
	.name = "branch start",
	.arguments = "[NAME]",
	.summary = "start a branch's Postgres",
	.options = no_options,
	.most = 1,
	.run = run_start,
};

const struct command command_branch_stop = {
	.name = "branch stop",
	.arguments = "[NAME]",
	.summary = "stop a branch's Postgres; its data stays",
	.options = no_options,
	.most = 1,
	.run = run_stop,
};

const struct command command_branch_protect = {
	.name = "branch protect",
	.arguments = "[NAME]",
	.summary = "refuse to delete or reset a branch",
	.options = no_options,
	.most = 1,
	.run = run_protect,
};

const struct command command_branch_unprotect = {
	.name = "branch unprotect",
	.arguments = "[NAME]",
	.summary = "let a branch be deleted and reset again",
	.options = no_options,
	.most = 1,
	.run = run_unprotect,
};

const struct command command_branch_expire = {
	.name = "branch expire",
	.arguments = "[NAME] TIME",
	.summary = "say when a branch may go: 12h, 7d, 2w from now, or never",
	.options = no_options,
	.least = 1,
	.most = 2,
	.run = run_expire,
};

const struct command command_branch_reset = {
	.name = "branch reset",
	.arguments = "[NAME]",
	.summary = "make a branch a fresh clone again; port and password stay",
	.options = no_options,
	.most = 1,
	.run = run_reset,
};

const struct command command_branch_delete = {
	.name = "branch delete",
	.arguments = "[NAME]",
	.summary = "stop and remove a branch; a missing one is a success",
	.options = no_options,
	.most = 1,
	.run = run_delete,
};
