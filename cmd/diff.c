#include "app/diff.h"
#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"
#include "report/json_parts.h"
#include "report/schema_text.h"

static const struct option no_options[] = {{NULL, 0, NULL, NULL}};

static void print_json(const struct schema_difference *difference)
{
	_cleanup_buffer_ struct buffer text = {0};
	schema_changes_add_text(&text, difference->changes, difference->count, false);
	output_json(json_pack("{s:i, s:s, s:s, s:s, s:o}", "schema", 1, "branch", difference->branch, "baseline",
			      difference->baseline, "schema_diff", buffer_text(&text), "schema_changes",
			      json_schema_changes(difference->changes, difference->count)));
}

static void print_text(const struct invocation *invocation, const struct schema_difference *difference)
{
	_cleanup_buffer_ struct buffer text = {0};
	schema_changes_add_text(&text, difference->changes, difference->count, invocation->color);
	output_text("%s", buffer_text(&text));
	if (difference->count == 0)
		output_note(invocation, "the schema of %s is that of %s", difference->branch, difference->baseline);
}

static int run(struct invocation *invocation, struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	_cleanup_(schema_difference_free) struct schema_difference difference = {0};
	if (branch_name_of(invocation, &context, err) < 0 ||
	    diff_run(&invocation->app, context.name, &difference, err) < 0)
		return -1;
	if (invocation->json)
		print_json(&difference);
	else
		print_text(invocation, &difference);
	return 0;
}

const struct command command_diff = {
	.name = "diff",
	.arguments = "[NAME]",
	.summary = "how the schema of a branch differs from its baseline's",
	.description = "Tables, columns, types, defaults, constraints, indexes, views, functions, triggers and grants "
		       "that were added, removed or changed; nothing if there is no difference.",
	.examples = "vela diff\nvela diff pr-12 -o json",
	.options = no_options,
	.most = 1,
	.run = run,
};
