#include "app/gc_parts.h"

struct gc_item *gc_add(struct gc *gc, char *what, enum gc_outcome outcome, const char *reason)
{
	struct gc_result *result = &gc->result;
	result->items = memory_resize(result->items, result->count + 1, sizeof(*result->items));
	struct gc_item *item = &result->items[result->count++];
	*item = (struct gc_item){.what = what, .outcome = outcome, .reason = string_copy(reason)};
	return item;
}

void gc_fail(struct gc_item *item, struct error *problem)
{
	item->outcome = GC_FAILED;
	item->kind = problem->kind;
	item->problem = problem->hint ? string_format("%s (%s)", problem->message, problem->hint)
				      : string_copy(problem->message);
	error_free(problem);
}

bool gc_would_be_gone(const struct gc *gc, const char *project, const char *name)
{
	_cleanup_free_ char *subject = string_format("%s/%s", project, name);
	return string_list_has(&gc->gone, subject);
}

/* Branches before baselines: those that go make revisions free. */
static int collect(struct gc *gc, struct error **err)
{
	if (gc->request->project)
		return gc_collect_branches(gc, err);
	if (gc_collect_directories(gc, err) < 0 || gc_collect_branches(gc, err) < 0 ||
	    gc_collect_baselines(gc, err) < 0)
		return -1;
	gc_collect_remains(gc);
	return 0;
}

int gc_run(const struct app *app, const struct gc_request *request, struct gc_result *ret, struct error **err)
{
	struct gc gc = {.app = app, .request = request};
	int result = collect(&gc, err);
	gc_git_free(&gc);
	gc_forge_free(&gc);
	string_list_free(&gc.gone);
	if (result < 0)
		gc_result_free(&gc.result);
	else
		*ret = gc.result;
	return result;
}

void gc_result_free(struct gc_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		free(result->items[i].what);
		free(result->items[i].reason);
		free(result->items[i].problem);
	}
	free(result->items);
	*result = (struct gc_result){0};
}
