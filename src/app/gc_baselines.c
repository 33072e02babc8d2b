/* Revisions of baselines that no branch stands on, beyond what `retention` in pool.yml keeps. */
#include "app/baseline.h"
#include "app/gc_parts.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "pool/lock.h"

/* Where a record cannot be read, the branch may stand on any of them. */
static bool is_used(const struct gc *gc, const struct branch_list *branches, const struct baseline *baseline)
{
	for (size_t i = 0; i < branches->count; i++) {
		const struct branch_entry *entry = &branches->items[i];
		if (gc_would_be_gone(gc, entry->project, entry->name))
			continue;
		if (!entry->readable)
			return true;
		if (string_equal(entry->branch.baseline, baseline->name) &&
		    entry->branch.revision == baseline->revision)
			return true;
	}
	return false;
}

static bool is_young(const struct gc *gc, const struct baseline *baseline)
{
	return baseline->taken_at + (time_t)(gc->app->policy.baseline_keep_ms / 1000) > clock_now();
}

static void remove_revision(struct gc *gc, const struct baseline *baseline)
{
	static const char reason[] = "no branch stands on it, and it is beyond retention";
	struct error *problem = NULL;
	struct gc_item *item =
		gc_add(gc, string_format("baseline %s@%d", baseline->name, baseline->revision), GC_REMOVED, reason);
	if (!gc->request->dry_run &&
	    baseline_discard(gc->app, baseline->name, baseline->revision, reason, &problem) < 0)
		gc_fail(item, problem);
}

/* Of one baseline, oldest first. With `remove` false it only says whether there are any. */
static int visit_superfluous(struct gc *gc, const char *name, bool remove, bool *ret, struct error **err)
{
	struct baseline_list revisions = {0};
	struct branch_list branches = {0};
	size_t keep = (size_t)gc->app->policy.baseline_keep;
	int result = baseline_list(&gc->app->pool, name, &revisions, NULL, err);
	if (result == 0)
		result = branch_list(&gc->app->pool, NULL, &branches, err);
	*ret = false;
	for (size_t i = 0; result == 0 && i + keep < revisions.count; i++) {
		const struct baseline *baseline = &revisions.items[i];
		if (is_young(gc, baseline) || is_used(gc, &branches, baseline))
			continue;
		*ret = true;
		if (remove)
			remove_revision(gc, baseline);
	}
	baseline_list_free(&revisions);
	branch_list_free(&branches);
	return result;
}

/* Whoever makes a branch holds the baseline's lock until its record says where it stands: so it counts what is there
 * with the lock. */
static int collect_baseline(struct gc *gc, const char *name, struct error **err)
{
	bool any;
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	_cleanup_free_ char *lock_name = string_format("baseline.%s", name);
	_cleanup_error_ struct error *problem = NULL;
	if (interrupt_check(err) < 0 || visit_superfluous(gc, name, false, &any, err) < 0)
		return -1;
	if (!any)
		return 0;
	if (lock_acquire(&gc->app->pool, lock_name, LOCK_MODE_EXCLUSIVE, 0, gc->app->purpose, &lock, &problem) == 0)
		return visit_superfluous(gc, name, true, &any, err);
	if (problem->kind == ERROR_CONFLICT)
		gc_add(gc, string_format("baseline %s", name), GC_KEPT,
		       "it has revisions beyond retention, but it is in use just now");
	else
		gc_fail(gc_add(gc, string_format("baseline %s", name), GC_FAILED, "it cannot be locked"),
			TAKE_POINTER(problem));
	return 0;
}

int gc_collect_baselines(struct gc *gc, struct error **err)
{
	struct baseline_list all;
	if (gc->app->policy.baseline_keep == 0)
		return 0;
	if (baseline_list(&gc->app->pool, NULL, &all, NULL, err) < 0)
		return -1;
	int result = 0;
	for (size_t i = 0; result == 0 && i < all.count; i++)
		if (i == 0 || !string_equal(all.items[i].name, all.items[i - 1].name))
			result = collect_baseline(gc, all.items[i].name, err);
	baseline_list_free(&all);
	return result;
}
