#include "app/branch_rename.h"
#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option no_options[] = {{NULL, 0, NULL, NULL}};

static int run(struct invocation *invocation, struct error **err)
{
	_cleanup_context_ struct branch_context from = {0}, to = {0};
	_cleanup_branch_ struct branch branch = {0};
	if (branch_context_resolve(invocation->arguments[1], &to, err) < 0 ||
	    branch_name_of(invocation, &from, err) < 0 ||
	    branch_rename(&invocation->app, from.name, &to, &branch, err) < 0)
		return -1;
	_cleanup_free_ char *line = string_format("branch %s is called %s now", from.name, branch.name);
	branch_show_result(invocation, &branch, NULL, line);
	return 0;
}

const struct command command_branch_rename = {
	.name = "branch rename",
	.arguments = "OLD NEW",
	.summary = "give a branch another name; data, port and password stay",
	.description =
		"Its sessions end, and it is started again if it ran. When git renames a branch, the next command "
		"there does the same by itself.",
	.examples = "vela branch rename try-it feature-y",
	.options = no_options,
	.least = 2,
	.most = 2,
	.run = run,
};
