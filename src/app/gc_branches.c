#include "app/branch.h"
#include "app/gc_parts.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"

/* --- reasons --- */

/* What the record itself tells, when nobody works on the branch. */
static const char *reason_in_record(const struct branch_entry *entry)
{
	if (!entry->readable || entry->branch.state == BRANCH_CREATING)
		return "its creation never finished";
	if (entry->branch.temporary)
		return "its check never finished";
	if (entry->branch.expires_at > 0 && entry->branch.expires_at <= clock_now())
		return "its time is over";
	return NULL;
}

static bool is_finished(const struct branch_entry *entry)
{
	return entry->readable && entry->branch.state == BRANCH_READY && !entry->branch.temporary;
}

/* What is known without its lock. *ret is owned, or NULL; of what is not finished, only who has the lock may say. */
static int find_reason(struct gc *gc, const struct branch_entry *entry, char **ret, struct error **err)
{
	*ret = NULL;
	if (!is_finished(entry))
		return 0;
	*ret = string_copy(reason_in_record(entry));
	if (!*ret && gc_ask_git(gc, &entry->branch, ret, err) < 0)
		return -1;
	return *ret ? 0 : gc_ask_forge(gc, &entry->branch, ret, err);
}

/* Are both the same branch, for the same work? One may have been made anew, or kept for longer, meanwhile. */
static bool is_same(const struct branch *a, const struct branch *b)
{
	return a->created_at == b->created_at && a->expires_at == b->expires_at && a->pull_request == b->pull_request &&
	       string_equal(a->git_branch, b->git_branch) && string_equal(a->git_directory, b->git_directory);
}

/* --- obstacles --- */

static bool has_children(const struct gc *gc, const char *project, const char *name)
{
	_cleanup_(string_list_free) struct string_list children = {0};
	if (branch_children(gc->app, project, name, &children, NULL) < 0)
		return true;
	for (size_t i = 0; i < children.count; i++)
		if (!gc_would_be_gone(gc, project, children.items[i]))
			return true;
	return false;
}

static const char *find_obstacle(const struct gc *gc, const struct branch_entry *entry)
{
	if (!entry->readable || entry->branch.state == BRANCH_CREATING)
		return NULL;
	if (entry->branch.protected)
		return "it is protected";
	return has_children(gc, entry->project, entry->name) ? "it has children" : NULL;
}

static void add_kept(struct gc *gc, char *what, const char *reason, const char *obstacle)
{
	_cleanup_free_ char *both = string_format("%s, but %s", reason, obstacle);
	gc_add(gc, what, GC_KEPT, both);
}

/* Somebody works on it; or it cannot be locked. `reason` NULL: it would not go anyway. */
static void tell_of_lock(struct gc *gc, char *what, const char *reason, struct error *problem)
{
	if (problem->kind != ERROR_CONFLICT) {
		gc_fail(gc_add(gc, what, GC_FAILED, "it cannot be locked"), problem);
		return;
	}
	const char *message = problem->message;
	_cleanup_free_ char *obstacle = string_starts_with(message, what)
						? string_format("it%s", message + strlen(what))
						: string_copy(message);
	if (reason)
		add_kept(gc, what, reason, obstacle);
	else
		free(what);
	error_free(problem);
}

/* --- one branch --- */

/* With its lock held, as it is now; what is damaged has been told. */
static bool read_again(struct gc *gc, const struct branch_entry *listed, struct branch_entry *ret)
{
	_cleanup_free_ char *directory = branch_directory(&gc->app->pool, listed->project, listed->name);
	struct error *problem = NULL;
	*ret = (struct branch_entry){.project = listed->project, .name = listed->name}; /* borrowed */
	ret->readable = branch_read(&gc->app->pool, listed->project, listed->name, &ret->branch, &problem) == 0;
	if (!ret->readable && problem->kind != ERROR_NOT_FOUND) {
		char *what = string_format("branch %s/%s", listed->project, listed->name);
		gc_fail(gc_add(gc, what, GC_FAILED, "its record is damaged"), problem);
		return false;
	}
	error_free(problem);
	return file_exists(directory);
}

static void remove_branch(struct gc *gc, const struct branch_entry *entry, const char *reason, struct lock *lock)
{
	_cleanup_free_ char *subject = string_format("%s/%s", entry->project, entry->name);
	struct gc_item *item = gc_add(gc, string_format("branch %s", subject), GC_REMOVED, reason);
	struct error *problem = NULL;
	if (gc->request->dry_run)
		string_list_take(&gc->gone, TAKE_POINTER(subject));
	else if (branch_discard(gc->app, entry->project, entry->name, reason, &problem) < 0)
		gc_fail(item, problem);
	else
		lock_retire(lock);
}

static void consider(struct gc *gc, struct branch_entry *entry, const char *reason, struct lock *lock)
{
	const char *obstacle = reason ? find_obstacle(gc, entry) : NULL;
	if (obstacle)
		add_kept(gc, string_format("branch %s/%s", entry->project, entry->name), reason, obstacle);
	else if (reason)
		remove_branch(gc, entry, reason, lock);
	else if (entry->readable && !gc->request->dry_run)
		(void)branch_repair(gc->app, &entry->branch, NULL);
}

static int collect_branch(struct gc *gc, const struct branch_entry *listed, struct error **err)
{
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	_cleanup_free_ char *found = NULL;
	struct error *problem = NULL;
	struct branch_entry entry;
	if (interrupt_check(err) < 0 || find_reason(gc, listed, &found, err) < 0)
		return -1;
	if (branch_lock(&gc->app->pool, listed->project, listed->name, 0, gc->app->purpose, &lock, &problem) < 0) {
		tell_of_lock(gc, string_format("branch %s/%s", listed->project, listed->name), found, problem);
		return 0;
	}
	if (read_again(gc, listed, &entry)) {
		const char *reason = reason_in_record(&entry);
		bool same = entry.readable && listed->readable && is_same(&entry.branch, &listed->branch);
		consider(gc, &entry, reason || !same ? reason : found, &lock);
	}
	branch_free(&entry.branch);
	return 0;
}

/* --- all of them --- */

static const struct branch_entry *find_parent(const struct branch_list *list, const struct branch_entry *child)
{
	for (size_t i = 0; i < list->count && child->readable && child->branch.parent; i++)
		if (string_equal(list->items[i].name, child->branch.parent) &&
		    string_equal(list->items[i].project, child->project))
			return &list->items[i];
	return NULL;
}

/* How many parents are above it. Damaged records may name each other in a circle. */
static size_t depth_of(const struct branch_list *list, const struct branch_entry *entry)
{
	size_t depth = 0;
	while (depth < list->count && (entry = find_parent(list, entry)))
		depth++;
	return depth;
}

/* Children first, so that a whole family goes in one run. */
static int collect_by_depth(struct gc *gc, const struct branch_list *list, struct error **err)
{
	size_t deepest = 0;
	_cleanup_free_ size_t *depths = memory_resize(NULL, list->count, sizeof(*depths));
	for (size_t i = 0; i < list->count; i++) {
		depths[i] = depth_of(list, &list->items[i]);
		deepest = depths[i] > deepest ? depths[i] : deepest;
	}
	for (size_t depth = deepest + 1; depth-- > 0;)
		for (size_t i = 0; i < list->count; i++)
			if (depths[i] == depth && collect_branch(gc, &list->items[i], err) < 0)
				return -1;
	return 0;
}

int gc_collect_branches(struct gc *gc, struct error **err)
{
	struct branch_list list;
	if (branch_list(&gc->app->pool, gc->request->project, &list, err) < 0)
		return -1;
	int result = collect_by_depth(gc, &list, err);
	branch_list_free(&list);
	return result;
}
