#include "app/branch_rename.h"
#include "base/quantity.h"
#include "base/text.h"
#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option options[] = {
	{"baseline", 0, "NAME[@REV]", "clone this one (default: vela.yml's, else the only one)"},
	{"from", 0, "BRANCH", "clone a branch instead; if it runs it stands still meanwhile"},
	{"expires", 0, "TIME", "12h, 7d, 2w or never: when vela gc may remove it"},
	{"protect", 0, NULL, "refuse to delete or reset it until it is unprotected"},
	{"fresh", 0, NULL, "if it is there already, make it anew"},
	{NULL, 0, NULL, NULL},
};

/* Git may have renamed the branch since; where that cannot be followed, the command is not about it. */
static void follow_git(const struct invocation *invocation, const struct branch_context *context)
{
	_cleanup_error_ struct error *problem = NULL;
	_cleanup_free_ char *old = NULL;
	if (branch_follow(&invocation->app, context, &old, &problem) < 0)
		output_note(invocation, "%s", problem->message);
	else if (old)
		output_note(invocation, "branch %s is called %s now, like its git branch", old, context->name);
}

int branch_name_of(struct invocation *invocation, struct branch_context *ret, struct error **err)
{
	if (branch_context_resolve(invocation->argument_count > 0 ? invocation->arguments[0] : NULL, ret, err) < 0)
		return -1;
	if (app_open_pool(&invocation->app, err) == 0) {
		if (invocation->argument_count == 0)
			follow_git(invocation, ret);
		return 0;
	}
	branch_context_free(ret);
	return -1;
}

void branch_show_result(const struct invocation *invocation, const struct branch *branch, const bool *created,
			const char *line)
{
	if (invocation->json) {
		output_json(branch_to_json(&invocation->app, branch, created, true));
		return;
	}
	_cleanup_free_ char *database = text_safe(branch->database);
	output_text("%s\n", line);
	if (branch_is_running(branch))
		output_text("  postgresql://%s@127.0.0.1:%d/%s   (with its password: vela url %s)\n", branch->role,
			    branch->port, database, branch->name);
}

static void show_timings(const struct branch *branch)
{
	_cleanup_free_ char *clone = quantity_format_milliseconds(branch->clone_ms);
	_cleanup_free_ char *start = quantity_format_milliseconds(branch->start_ms);
	output_text("  clone %s, start %s\n", clone, start);
}

static int run(struct invocation *invocation, struct error **err)
{
	struct branch_request request = {
		.baseline = option_value(invocation, "baseline"),
		.parent = option_value(invocation, "from"),
		.expires = option_value(invocation, "expires"),
		.protect = option_given(invocation, "protect"),
		.fresh = option_given(invocation, "fresh"),
	};
	time_t ignored;
	if (request.baseline && request.parent)
		return error_set(err, ERROR_USAGE, "--baseline and --from exclude each other");
	if (request.expires && branch_parse_expiry(request.expires, &ignored, err) < 0)
		return -1;
	_cleanup_context_ struct branch_context context = {0};
	_cleanup_branch_ struct branch branch = {0};
	bool created;
	if (branch_name_of(invocation, &context, err) < 0 ||
	    branch_create(&invocation->app, &context, &request, &branch, &created, err) < 0)
		return -1;
	(void)branch_note(&context, NULL); /* a clone that cannot be written to has its branch all the same */
	_cleanup_free_ char *duration = quantity_format_milliseconds(branch.total_ms);
	_cleanup_free_ char *line = !created ? string_format("branch %s is there already", branch.name)
				    : branch.parent
					    ? string_format("branch %s: a clone of branch %s, ready in %s", branch.name,
							    branch.parent, duration)
					    : string_format("branch %s: a clone of %s@%d, ready in %s", branch.name,
							    branch.baseline, branch.revision, duration);
	branch_show_result(invocation, &branch, &created, line);
	if (invocation->verbose && created && !invocation->json)
		show_timings(&branch);
	return 0;
}

const struct command command_branch_create = {
	.name = "branch create",
	.arguments = "[NAME]",
	.summary = "clone the baseline into a database of its own, and start it",
	.description = "A branch that is there already is started if need be and returned (\"created\": false). "
		       "A NAME that cannot be used as it is (upper case, slashes, over 63 characters) is changed and "
		       "gets a short hash of the original, so that two git branches never share a database.",
	.examples = "vela branch create\nvela branch create pr-12 --expires 7d\nvela branch create try-it --from pr-12",
	.options = options,
	.most = 1,
	.run = run,
};
