/* Databases of git branches that are gone, or merged, go. */
#include "app/gc.h"
#include "app/hooks_parts.h"
#include "base/file.h"
#include "base/name.h"
#include "git/config.h"
#include "git/worktree.h"
#include "pool/event.h"

/*
 * To git, renaming a branch begins with deleting it. What tells the difference at this moment: the renamed branch is
 * still the one that HEAD names, or its log is on its way to the new name. Without logs there is no telling, and the
 * branch stays until vela gc looks: git may be told elsewhere than in the clone to keep none.
 */
static int is_renamed(const struct repository_head *head, const char *git_branch, bool *ret, struct error **err)
{
	_cleanup_free_ char *moving = path_join(head->git_directory, "logs", "refs", ".tmp-renamed-log", NULL);
	_cleanup_free_ char *log = path_join(head->git_directory, "logs", "HEAD", NULL);
	_cleanup_free_ char *logs = NULL;
	if (repository_key_read(head->git_directory, "core.logAllRefUpdates", &logs, err) < 0)
		return -1;
	bool without_logs = !file_exists(log) || (logs && !string_equal(logs, "true") && !string_equal(logs, "always"));
	if (file_exists(moving) || without_logs) {
		*ret = true;
		return 0;
	}
	return repository_is_checked_out(head->git_directory, git_branch, ret, err);
}

/* Is it the database of that branch of this very clone? */
static bool belongs(const struct hook_run *run, const struct branch *branch, const char *git_branch)
{
	return branch->state == BRANCH_READY && !branch->temporary &&
	       string_equal(branch->git_directory, run->head.git_directory) &&
	       string_equal(branch->git_branch, git_branch);
}

static int delete_locked(struct hook_run *run, const char *name, const char *git_branch, bool *ret_deleted,
			 struct error **err)
{
	_cleanup_branch_ struct branch branch = {0};
	if (branch_find(run->app, name, &branch, err) < 0 || branch_repair(run->app, &branch, err) < 0)
		return -1;
	if (!belongs(run, &branch, git_branch))
		return 0;
	if (branch_may_be_deleted(run->app, &branch, err) < 0)
		return error_wrap(err, "database %s is kept", name);
	_cleanup_free_ char *reason = string_format("git branch %s was deleted", git_branch);
	if (branch_discard(run->app, branch.project, name, reason, err) < 0)
		return -1;
	*ret_deleted = true;
	string_list_addf(&run->said, "database %s is gone, like its git branch", name);
	return 0;
}

static int delete_database(struct hook_run *run, const char *git_branch, struct error **err)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_branch_ struct branch branch = {0};
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	bool renamed = false, there = false, deleted = false;
	if (name_from_text(git_branch, "branch", &name, err) < 0)
		return -1;
	if (branch_find(run->app, name, &branch, NULL) < 0 || !belongs(run, &branch, git_branch))
		return 0;
	if (is_renamed(&run->head, git_branch, &renamed, err) < 0 ||
	    repository_has_branch(run->head.git_directory, git_branch, &there, err) < 0)
		return -1;
	if (renamed || there)
		return 0;
	if (branch_lock(&run->app->pool, branch.project, name, HOOK_PATIENCE_MS, run->app->purpose, &lock, err) < 0 ||
	    delete_locked(run, name, git_branch, &deleted, err) < 0)
		return -1;
	if (deleted)
		lock_retire(&lock);
	return 0;
}

/* "OLD NEW refs/heads/NAME": NAME, if NEW is no object. Owned, or NULL. */
static char *deleted_branch(const char *line, size_t length)
{
	static const char prefix[] = "refs/heads/";
	_cleanup_free_ char *copy = string_copy_n(line, length);
	char *rest = copy;
	const char *old = strsep(&rest, " "), *new = strsep(&rest, " ");
	if (!old || !new || !rest || strspn(new, "0") != strlen(new) || !string_starts_with(rest, prefix))
		return NULL;
	return string_copy(rest + strlen(prefix));
}

int hook_reference_transaction(struct hook_run *run, struct error **err)
{
	_cleanup_(string_list_free) struct string_list branches = {0};
	for (const char *line = run->input; *line;) {
		size_t length = strcspn(line, "\n");
		char *branch = deleted_branch(line, length);
		if (branch)
			string_list_take(&branches, branch);
		line += length + (line[length] == '\n');
	}
	if (branches.count == 0)
		return 0;
	if (hook_open_pool(run, err) < 0)
		return -1;
	struct error *first = NULL;
	for (size_t i = 0; i < branches.count; i++)
		(void)delete_database(run, branches.items[i], first ? NULL : &first);
	return first ? error_pass(err, first) : 0;
}

/* What is kept for a reason is vela gc's to explain. */
int hook_post_merge(struct hook_run *run, struct error **err)
{
	struct gc_result result = {0};
	if (hook_open_pool(run, err) < 0)
		return -1;
	const struct gc_request request = {.project = run->app->config.project, .offline = true};
	if (gc_run(run->app, &request, &result, err) < 0)
		return -1;
	for (size_t i = 0; i < result.count; i++)
		if (result.items[i].outcome == GC_REMOVED)
			string_list_addf(&run->said, "%s is gone: %s", result.items[i].what, result.items[i].reason);
	gc_result_free(&result);
	return 0;
}
