#include "app/gc.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option options[] = {
	{"dry-run", 'n', NULL, "only say what would go"},
	{NULL, 0, NULL, NULL},
};

static void show_as_json(const struct gc_result *result, bool dry_run)
{
	json_t *items = json_array();
	for (size_t i = 0; i < result->count; i++) {
		json_t *item = json_pack("{s:s, s:s, s:b}", "what", result->items[i].what, "reason",
					 result->items[i].reason, "removed", result->items[i].removed);
		json_object_set_new(item, "problem",
				    result->items[i].problem ? json_string(result->items[i].problem) : json_null());
		json_array_append_new(items, item);
	}
	output_json(json_pack("{s:i, s:b, s:o}", "schema", 1, "dry_run", dry_run, "items", items));
}

static void show_as_text(const struct invocation *invocation, const struct gc_result *result, bool dry_run)
{
	if (result->count == 0)
		output_note(invocation, "nothing to remove");
	for (size_t i = 0; i < result->count; i++) {
		const struct gc_item *item = &result->items[i];
		const char *verb = item->problem    ? "cannot remove"
				   : !item->removed ? "kept"
				   : dry_run        ? "would remove"
						    : "removed";
		_cleanup_free_ char *why = text_safe(item->problem ? item->problem : item->reason);
		output_text("%s %s: %s\n", verb, item->what, why);
	}
}

static int run(struct invocation *invocation, struct error **err)
{
	bool dry_run = option_given(invocation, "dry-run");
	struct gc_result result;
	if (app_open_pool(&invocation->app, err) < 0 || gc_run(&invocation->app, dry_run, &result, err) < 0)
		return -1;
	if (invocation->json)
		show_as_json(&result, dry_run);
	else
		show_as_text(invocation, &result, dry_run);
	for (size_t i = 0; i < result.count; i++)
		if (result.items[i].problem)
			invocation->exit_code = error_kinds[ERROR_STORAGE].exit_code;
	gc_result_free(&result);
	return 0;
}

const struct command command_gc = {
	.name = "gc",
	.arguments = "",
	.summary = "remove what has expired and what a killed vela left",
	.description = "Never touches what another vela works on, what is protected, or what has children.",
	.options = options,
	.run = run,
};
