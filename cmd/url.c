#include "app/url.h"
#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option options[] = {
	{"format", 0, "FORMAT", "uri, env, json, jdbc or psql (default: uri)"},
	{NULL, 0, NULL, NULL},
};

static int run(struct invocation *invocation, struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	_cleanup_branch_ struct branch branch = {0};
	_cleanup_free_ char *url = NULL;
	const char *format = option_value(invocation, "format");
	if (branch_name_of(invocation, &context, err) < 0 ||
	    branch_find(&invocation->app, context.name, &branch, err) < 0 ||
	    url_make(&branch,
		     format             ? format
		     : invocation->json ? "json"
					: NULL,
		     &url, err) < 0)
		return -1;
	if (!branch_is_running(&branch) || branch.login_pending)
		output_note(invocation, "%s is stopped; vela branch start %s", branch.name, branch.name);
	output_text("%s\n", url);
	return 0;
}

const struct command command_url = {
	.name = "url",
	.arguments = "[NAME]",
	.summary = "print how to connect to a branch, password included",
	.examples = "export DATABASE_URL=$(vela url)\neval \"$(vela url --format env | sed 's/^/export /')\"",
	.options = options,
	.most = 1,
	.run = run,
};
