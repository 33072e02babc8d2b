#include <unistd.h>

#include "app/gc.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option options[] = {
	{"dry-run", 'n', NULL, "only say what would go"},
	{NULL, 0, NULL, NULL},
};

static const char *const outcome_names[] = {[GC_REMOVED] = "removed", [GC_KEPT] = "kept", [GC_FAILED] = "failed"};

static void show_as_json(const struct gc_result *result, bool dry_run)
{
	json_t *items = json_array();
	for (size_t i = 0; i < result->count; i++) {
		const struct gc_item *item = &result->items[i];
		json_t *json = json_pack("{s:s, s:s, s:b, s:s}", "what", item->what, "reason", item->reason, "removed",
					 item->outcome == GC_REMOVED, "outcome", outcome_names[item->outcome]);
		json_object_set_new(json, "problem", item->problem ? json_string(item->problem) : json_null());
		json_array_append_new(items, json);
	}
	output_json(json_pack("{s:i, s:b, s:o}", "schema", 1, "dry_run", dry_run, "items", items));
}

/* On a terminal the reason goes to a line of its own where it would not fit. */
static void show_item(const struct gc_item *item, bool dry_run)
{
	const char *verb = item->outcome == GC_KEPT     ? "kept"
			   : item->outcome == GC_FAILED ? "cannot remove"
			   : dry_run                    ? "would remove"
							: "removed";
	_cleanup_free_ char *what = text_safe(item->what);
	_cleanup_free_ char *why = text_safe(item->problem ? item->problem : item->reason);
	size_t width = strlen(verb) + text_width(what) + text_width(why) + strlen(" : ");
	bool fits = width <= (size_t)output_width() || !isatty(STDOUT_FILENO);
	output_text("%s %s:%s%s\n", verb, what, fits ? " " : "\n    ", why);
}

static void show_as_text(const struct invocation *invocation, const struct gc_result *result, bool dry_run)
{
	size_t counts[ARRAY_SIZE(outcome_names)] = {0};
	for (size_t i = 0; i < result->count; i++) {
		show_item(&result->items[i], dry_run);
		counts[result->items[i].outcome]++;
	}
	_cleanup_buffer_ struct buffer summary = {0};
	if (counts[GC_REMOVED] == 0)
		buffer_add_text(&summary, "nothing to remove");
	else
		buffer_addf(&summary, "%zu %s", counts[GC_REMOVED], dry_run ? "would go" : "removed");
	if (counts[GC_KEPT] > 0)
		buffer_addf(&summary, ", %zu kept", counts[GC_KEPT]);
	if (counts[GC_FAILED] > 0)
		buffer_addf(&summary, ", %zu could not be removed", counts[GC_FAILED]);
	output_note(invocation, "%s", buffer_text(&summary));
}

/* That of the first thing that went wrong. */
static int exit_code(const struct gc_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		if (result->items[i].outcome == GC_FAILED)
			return error_kinds[result->items[i].kind].exit_code;
	return 0;
}

static int run(struct invocation *invocation, struct error **err)
{
	const struct gc_request request = {.dry_run = option_given(invocation, "dry-run")};
	struct gc_result result;
	if (app_open_pool(&invocation->app, err) < 0 || gc_run(&invocation->app, &request, &result, err) < 0)
		return -1;
	if (invocation->json)
		show_as_json(&result, request.dry_run);
	else
		show_as_text(invocation, &result, request.dry_run);
	invocation->exit_code = exit_code(&result);
	gc_result_free(&result);
	return 0;
}

const struct command command_gc = {
	.name = "gc",
	.arguments = "",
	.summary = "remove what is merged, closed, expired or half-made",
	.description =
		"Removes branches whose git branch was merged (by a merge, a fast-forward, a squash or a rebase) or "
		"deleted, whose pull request was merged or closed, whose time is over, or that were never finished; "
		"then the revisions of baselines that no branch stands on, beyond `retention` in pool.yml; and what a "
		"killed vela left. Git branches are looked up in the clone that a branch was made from, pull requests "
		"at the forge that `projects` in pool.yml, or the CI system, names; one that cannot be reached removes "
		"nothing. Never touches what another vela works on, what is protected, or what has children that stay.",
	.options = options,
	.run = run,
};
