/* What became of the git branches that databases were made for. */
#include "app/branch_rename.h"
#include "app/gc_parts.h"
#include "git/fate.h"

struct gc_clone {
	char *directory;
	struct git_fates *fates; /* NULL: there is none, or it cannot be read */
};

/* A clone that is gone tells nothing: whoever removed it may have another. */
static void open_clone(struct gc *gc, struct gc_clone *clone)
{
	_cleanup_error_ struct error *problem = NULL;
	progress_update(gc->app->progress, "looking at git branches", 0, 0);
	if (git_fates_open(clone->directory, &clone->fates, &problem) == 0 || problem->kind == ERROR_NOT_FOUND)
		return;
	_cleanup_free_ char *reason = string_format("nothing is known of its branches: %s", problem->message);
	gc_add(gc, string_format("what follows the clone %s", clone->directory), GC_KEPT, reason);
}

static struct git_fates *find_clone(struct gc *gc, const char *directory)
{
	for (size_t i = 0; i < gc->clone_count; i++)
		if (string_equal(gc->clones[i].directory, directory))
			return gc->clones[i].fates;
	gc->clones = memory_resize(gc->clones, gc->clone_count + 1, sizeof(*gc->clones));
	struct gc_clone *clone = &gc->clones[gc->clone_count++];
	*clone = (struct gc_clone){.directory = string_copy(directory)};
	open_clone(gc, clone);
	return clone->fates;
}

int gc_ask_git(struct gc *gc, const struct branch *branch, char **ret, struct error **err)
{
	*ret = NULL;
	if (!branch->git_directory || !branch->git_branch)
		return 0;
	struct git_fates *fates = find_clone(gc, branch->git_directory);
	enum git_fate fate = GIT_FATE_ALIVE;
	if (fates && git_fate(fates, branch->git_branch, &fate, ret, err) < 0)
		return -1;
	/* Another repository may stand where the clone was; and git may have renamed the branch, without a log of it,
	 * or given its name to another one. */
	if (fate != GIT_FATE_ALIVE && (!git_fates_know(fates, branch->git_commit) || branch_is_to_follow(branch)))
		string_replace(ret, NULL);
	return 0;
}

void gc_git_free(struct gc *gc)
{
	for (size_t i = 0; i < gc->clone_count; i++) {
		git_fates_free(gc->clones[i].fates);
		free(gc->clones[i].directory);
	}
	free(gc->clones);
}
