/* The database follows the checked-out git branch. */
#include "app/branch_rename.h"
#include "app/env_file.h"
#include "app/hooks_parts.h"
#include "app/url.h"
#include "base/clock.h"
#include "base/name.h"
#include "git/config.h"
#include "git/worktree.h"

static int make_context(const struct repository_head *head, struct branch_context *ret, struct error **err)
{
	char *name;
	if (name_from_text(head->branch, "branch", &name, err) < 0)
		return -1;
	*ret = (struct branch_context){
		.name = name,
		.title = string_copy(head->branch),
		.git_branch = string_copy(head->branch),
		.git_commit = string_copy(head->commit),
		.git_directory = string_copy(head->git_directory),
	};
	return 0;
}

/* What costs nothing is tried first: it runs, and nobody has to be waited for. */
static bool is_ready(const struct app *app, const struct branch_context *context, struct branch *ret)
{
	_cleanup_branch_ struct branch branch = {0};
	if (branch_find(app, context->name, &branch, NULL) < 0 || !string_equal(branch.title, context->title) ||
	    branch.temporary || branch.login_pending || !branch_is_running(&branch))
		return false;
	*ret = branch;
	branch = (struct branch){0};
	return true;
}

static int provide(struct hook_run *run, const struct branch_context *context, struct branch *ret, struct error **err)
{
	double began = clock_monotonic_ms();
	bool created;
	if (is_ready(run->app, context, ret))
		return 0;
	if (branch_create(run->app, context, &(struct branch_request){0}, ret, &created, err) < 0)
		return -1;
	string_list_addf(&run->said, "database %s %s (%.2f s)", ret->name, created ? "ready" : "started",
			 (clock_monotonic_ms() - began) / 1000);
	return 0;
}

/* --- the file of environment variables --- */

/* vela.yml names another file than it did on the branch before. */
static void leave_old_file(const struct repository_head *head, const char *path)
{
	_cleanup_free_ char *noted = NULL;
	if (repository_key_read(head->git_directory, HOOKS_KEY_ENV_FILE, &noted, NULL) < 0 || string_equal(noted, path))
		return;
	if (noted)
		(void)env_file_clear(head->directory, noted, NULL);
	if (path)
		(void)repository_key_write(head->git_directory, HOOKS_KEY_ENV_FILE, path, NULL);
	else
		(void)repository_key_remove(head->git_directory, HOOKS_KEY_ENV_FILE, NULL);
}

static int refuse_tracked(const struct repository_head *head, const char *path, struct error **err)
{
	enum file_standing standing;
	if (repository_file_standing(head->directory, path, &standing, err) < 0)
		return -1;
	if (standing != FILE_TRACKED)
		return 0;
	error_set(err, ERROR_REFUSED, "no DATABASE_URL in %s: git tracks it, and there is a password in it", path);
	return error_hint(err, "git rm --cached %s, and add it to .gitignore", path);
}

static int write_url(struct hook_run *run, const struct branch *branch, struct error **err)
{
	const struct config *config = &run->app->config;
	const struct repository_head *head = &run->head;
	_cleanup_free_ char *path =
		config->hooks_env_file ? hooks_path_in_tree(config, head->directory, config->hooks_env_file) : NULL;
	_cleanup_free_ char *uri = NULL;
	bool current;
	leave_old_file(head, path);
	if (!path)
		return 0;
	if (url_make(branch, "uri", &uri, err) < 0 ||
	    env_file_is_current(head->directory, path, branch->title, uri, &current, err) < 0)
		return -1;
	if (current)
		return 0;
	/* Only now: what git tracks is a question that takes long in a large repository. */
	if (refuse_tracked(head, path, err) < 0 || env_file_write(head->directory, path, branch->title, uri, err) < 0)
		return -1;
	if (run->said.count == 0)
		string_list_addf(&run->said, "database %s", branch->name);
	return 0;
}

/* Whoever migrates now must not do so to the branch that was checked out before. */
static void void_url(struct hook_run *run)
{
	const struct config *config = &run->app->config;
	const char *tree = run->head.directory;
	_cleanup_free_ char *path =
		config->hooks_env_file ? hooks_path_in_tree(config, tree, config->hooks_env_file) : NULL;
	if (path)
		(void)env_file_void(tree, path, run->head.branch, NULL);
}

static int follow_checkout(struct hook_run *run, struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	_cleanup_branch_ struct branch branch = {0};
	_cleanup_free_ char *old = NULL;
	if (make_context(&run->head, &context, err) < 0 || hook_open_pool(run, err) < 0 ||
	    branch_follow(run->app, &context, &old, err) < 0)
		return -1;
	if (old)
		string_list_addf(&run->said, "database %s is called %s now", old, context.name);
	if (provide(run, &context, &branch, err) < 0)
		return -1;
	(void)branch_note(&context, NULL); /* git may be writing there: then the next checkout does it */
	return write_url(run, &branch, err);
}

int hook_post_checkout(struct hook_run *run, struct error **err)
{
	if (!run->head.branch) /* a commit, a rebase, a bisection: no branch, no database */
		return 0;
	if (follow_checkout(run, err) == 0)
		return 0;
	void_url(run);
	return -1;
}
