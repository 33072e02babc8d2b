#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"
#include "pg/instance.h"

static const struct option list_options[] = {
	{"all", 'a', NULL, "of every project"},
	{NULL, 0, NULL, NULL},
};
static const struct option no_options[] = {{NULL, 0, NULL, NULL}};

static json_t *damaged_to_json(const struct branch_entry *entry)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:s}", "schema", 1, "project", entry->project, "name", entry->name,
			 "state", entry->problem ? "damaged" : "creating", "problem",
			 entry->problem ? entry->problem : "");
}

static void list_as_json(const struct invocation *invocation, const struct branch_list *list)
{
	json_t *items = json_array();
	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(items,
				      list->items[i].readable
					      ? branch_to_json(&invocation->app, &list->items[i].branch, NULL, true)
					      : damaged_to_json(&list->items[i]));
	output_json(json_pack("{s:i, s:o}", "schema", 1, "branches", items));
}

static void add_row(struct table *table, const struct branch_entry *entry, bool all)
{
	const struct branch *branch = &entry->branch;
	_cleanup_free_ char *name =
		all ? string_format("%s/%s", entry->project, entry->name) : string_copy(entry->name);
	_cleanup_free_ char *origin = !entry->readable ? NULL
				      : branch->parent ? string_format("branch %s", branch->parent)
						       : string_format("%s@%d", branch->baseline, branch->revision);
	_cleanup_free_ char *age = entry->readable ? clock_format_age(branch->created_at, clock_now()) : NULL;
	_cleanup_free_ char *expires = branch->expires_at ? clock_format_age(branch->expires_at, clock_now()) : NULL;
	_cleanup_free_ char *port = entry->readable ? string_format("%d", branch->port) : NULL;
	table_add(table, name);
	table_add(table, entry->readable ? branch_state_name(branch) : entry->problem ? "damaged" : "creating");
	table_add(table, origin);
	table_add(table, port);
	table_add(table, age);
	table_add(table, branch->protected ? "protected" : expires);
}

static int run_list(struct invocation *invocation, struct error **err)
{
	bool all = option_given(invocation, "all");
	struct branch_list list;
	if (app_open_pool(&invocation->app, err) < 0 ||
	    branch_list(&invocation->app.pool, all ? NULL : invocation->app.config.project, &list, err) < 0)
		return -1;
	if (invocation->json) {
		list_as_json(invocation, &list);
	} else if (list.count == 0) {
		output_note(invocation, "no branches%s%s; vela branch create makes one", all ? "" : " in project ",
			    all ? "" : invocation->app.config.project);
	} else {
		struct table table = {.columns = 6};
		const char *const heading[] = {"NAME", "STATE", "FROM", "PORT", "CREATED", "EXPIRES"};
		for (size_t i = 0; i < ARRAY_SIZE(heading); i++)
			table_add(&table, heading[i]);
		for (size_t i = 0; i < list.count; i++)
			add_row(&table, &list.items[i], all);
		table_print(&table, invocation->color);
	}
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].problem && !invocation->json)
			output_note(invocation, "%s", list.items[i].problem);
	branch_list_free(&list);
	return 0;
}

static void show_storage(const struct invocation *invocation, const struct branch *branch)
{
	_cleanup_free_ char *data = branch_data_path(branch);
	struct storage_usage usage;
	if (invocation->app.driver->usage(data, &usage, NULL) < 0)
		return;
	_cleanup_free_ char *own = quantity_format_size(usage.exclusive_bytes);
	_cleanup_free_ char *shared = quantity_format_size(usage.shared_bytes);
	output_text("storage    %s of its own, %s shared\n", own, shared);
}

static void show_git(const struct branch *branch)
{
	_cleanup_free_ char *head = text_safe(branch->git_branch ? branch->git_branch : "(no branch)");
	_cleanup_free_ char *number =
		branch->pull_request ? string_format(", pull request %ld", branch->pull_request) : string_copy("");
	if (branch->git_branch || branch->git_commit || branch->pull_request)
		output_text("git        %s %.12s%s\n", head, branch->git_commit ? branch->git_commit : "", number);
}

static void show_details(const struct invocation *invocation, const struct branch *branch)
{
	_cleanup_free_ char *title = text_safe(branch->title);
	_cleanup_free_ char *database = text_safe(branch->database);
	_cleanup_free_ char *taken = clock_format_age(branch->baseline_taken_at, clock_now());
	_cleanup_free_ char *created = clock_format_age(branch->created_at, clock_now());
	_cleanup_free_ char *expires =
		branch->expires_at ? clock_format_age(branch->expires_at, clock_now()) : string_copy("never");
	output_text("branch     %s%s%s%s\n", branch->name, string_equal(title, branch->name) ? "" : "   (",
		    string_equal(title, branch->name) ? "" : title, string_equal(title, branch->name) ? "" : ")");
	output_text("project    %s\nstate      %s%s%s\n", branch->project, branch_state_name(branch),
		    branch->protected ? ", protected" : "", branch->durable ? ", durable" : "");
	output_text("data       %s@%d, taken %s\n", branch->baseline, branch->revision, taken);
	if (branch->parent)
		output_text("parent     %s\n", branch->parent);
	show_git(branch);
	output_text("server     127.0.0.1:%d, database %s, user %s, PostgreSQL %d\n", branch->port, database,
		    branch->role, branch->major);
	output_text("created    %s by %s\nexpires    %s\n", created, branch->created_by ? branch->created_by : "?",
		    expires);
	show_storage(invocation, branch);
	if (branch_is_running(branch)) {
		_cleanup_free_ char *memory = quantity_format_size(pg_instance_memory(&branch->instance));
		output_text("memory     %s\n", memory);
	}
}

static int run_show(struct invocation *invocation, struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	_cleanup_branch_ struct branch branch = {0};
	if (branch_name_of(invocation, &context, err) < 0 ||
	    branch_find(&invocation->app, context.name, &branch, err) < 0)
		return -1;
	if (invocation->json)
		output_json(branch_to_json(&invocation->app, &branch, NULL, true));
	else
		show_details(invocation, &branch);
	return 0;
}

const struct command command_branch_list = {
	.name = "branch list",
	.arguments = "",
	.summary = "list the project's branches",
	.options = list_options,
	.run = run_list,
};

const struct command command_branch_show = {
	.name = "branch show",
	.arguments = "[NAME]",
	.summary = "show a branch: whose data, where it listens, what it costs",
	.options = no_options,
	.most = 1,
	.run = run_show,
};
