#include "app/branch_rename.h"

#include "app/branch_place.h"
#include "app/instance.h"
#include "app/rule.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/name.h"
#include "git/config.h"
#include "git/worktree.h"
#include "pool/event.h"
#include "pool/port.h"

/*
 * What a killed vela leaves, and what branch_rename_repair() makes of it:
 *
 *   old/ with renamed_from = old       the directory has not moved: title and git branch become what they were
 *   new/ with renamed_from = old       it has: port and children follow
 *
 * In both, the record belongs to the git branch that is there, so that no one takes it for one whose git branch is
 * gone.
 */

/* --- once the directory has its new name --- */

/* Meanwhile there may be another branch of the old name, with the port that this one had. */
static int take_port(const struct app *app, struct branch *branch, struct error **err)
{
	_cleanup_branch_ struct branch other = {0};
	_cleanup_lock_ struct lock branches = LOCK_NONE;
	if (rule_branches_lock(app, &branches, err) < 0)
		return -1;
	bool is_others = branch_read(&app->pool, branch->project, branch->renamed_from, &other, NULL) == 0 &&
			 other.port == branch->port;
	if (port_hand_over(&app->pool, branch->port, branch->project, is_others ? NULL : branch->renamed_from,
			   branch->name))
		return 0;
	return branch_reserve_port(app, branch, &branch->port, err);
}

static int tell_child(const struct app *app, const struct branch *branch, const char *name, double patience_ms,
		      struct error **err)
{
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	_cleanup_branch_ struct branch child = {0};
	if (branch_lock(&app->pool, branch->project, name, patience_ms, app->purpose, &lock, err) < 0 ||
	    branch_read(&app->pool, branch->project, name, &child, err) < 0)
		return -1;
	string_replace(&child.parent, string_copy(branch->name));
	return branch_write(&child, FILE_DURABLE, err);
}

static int tell_children(const struct app *app, const struct branch *branch, double patience_ms, struct error **err)
{
	_cleanup_(string_list_free) struct string_list children = {0};
	if (branch_children(app, branch->project, branch->renamed_from, &children, err) < 0)
		return -1;
	for (size_t i = 0; i < children.count; i++)
		if (tell_child(app, branch, children.items[i], patience_ms, err) < 0)
			return -1;
	return 0;
}

static void forget_old_name(struct branch *branch)
{
	string_replace(&branch->renamed_from, NULL);
	string_replace(&branch->renamed_title, NULL);
	string_replace(&branch->renamed_git_branch, NULL);
}

/* A child that somebody works on is told later: until then the record keeps the old name. */
static int finish(const struct app *app, struct branch *branch, double patience_ms, struct error **err)
{
	if (take_port(app, branch, err) < 0)
		return -1;
	struct error *problem = NULL;
	if (tell_children(app, branch, patience_ms, &problem) == 0)
		forget_old_name(branch);
	else if (problem->kind != ERROR_CONFLICT)
		return error_pass(err, problem);
	else
		error_free(problem);
	return branch_write(branch, FILE_DURABLE, err);
}

int branch_rename_repair(const struct app *app, struct branch *branch, struct error **err)
{
	if (!string_equal(branch->renamed_from, branch->name))
		return finish(app, branch, 0, err);
	string_replace(&branch->title, TAKE_POINTER(branch->renamed_title));
	string_replace(&branch->git_branch, TAKE_POINTER(branch->renamed_git_branch));
	forget_old_name(branch);
	return branch_write(branch, FILE_DURABLE, err);
}

/* --- the way there --- */

/* Half-made things of that name go, as they would for a new branch. */
static int clear_target(const struct app *app, const char *name, struct error **err)
{
	_cleanup_branch_ struct branch there = {0};
	_cleanup_error_ struct error *problem = NULL;
	int read = branch_read(&app->pool, app->config.project, name, &there, &problem);
	if (read < 0 && problem->kind != ERROR_NOT_FOUND)
		return error_pass(err, TAKE_POINTER(problem));
	if (read == 0 && there.state == BRANCH_READY && !there.temporary)
		return error_set(err, ERROR_CONFLICT, "there is a branch %s already", name);
	return branch_discard(app, app->config.project, name, NULL, err);
}

/* The server ends before anything is written: it carries the old name, and nobody would find it under the new one. */
static int move(const struct app *app, struct branch *branch, const struct branch_context *to, struct error **err)
{
	_cleanup_free_ char *directory = branch_directory(&app->pool, branch->project, to->name);
	_cleanup_free_ char *parent = path_parent(directory);
	if (branch_stop(branch, PG_STOP_CLEAN, err) < 0)
		return -1;
	branch->renamed_from = string_copy(branch->name);
	branch->renamed_title = TAKE_POINTER(branch->title);
	branch->title = string_copy(to->title);
	branch->renamed_git_branch = string_copy(branch->git_branch);
	if (to->git_branch)
		string_replace(&branch->git_branch, string_copy(to->git_branch));
	if (branch_write(branch, FILE_DURABLE, err) < 0 || file_rename(branch->directory, directory, err) < 0)
		return -1;
	string_replace(&branch->directory, TAKE_POINTER(directory));
	string_replace(&branch->name, string_copy(to->name));
	return file_sync_directory(parent, err);
}

static int rename_locked(const struct app *app, const char *name, const struct branch_context *to,
			 struct branch *branch, struct error **err)
{
	if (branch_find(app, name, branch, err) < 0 || branch_repair(app, branch, err) < 0 ||
	    clear_target(app, to->name, err) < 0)
		return -1;
	if (branch->temporary)
		return error_set(err, ERROR_CONFLICT, "%s belongs to a check", name);
	INTERRUPT_DEFER_SCOPE;
	bool ran = branch_is_running(branch);
	int result = move(app, branch, to, err);
	if (result < 0 && branch->renamed_from)
		(void)branch_rename_repair(app, branch, NULL);
	else if (result == 0)
		result = finish(app, branch, LOCK_PATIENCE_MS, err);
	struct error *problem = NULL;
	if (ran && branch_start(app, branch, result < 0 ? NULL : &problem) < 0 && result == 0)
		return error_pass(err, problem);
	return result;
}

static void record_event(const struct app *app, const struct branch *branch, const char *old)
{
	_cleanup_free_ char *subject = branch_subject(branch);
	_cleanup_free_ char *reason = string_format("was called %s", old);
	event_record(&app->pool, &(struct event){"branch.rename", subject, reason});
}

int branch_rename(const struct app *app, const char *name, const struct branch_context *to, struct branch *ret,
		  struct error **err)
{
	_cleanup_lock_ struct lock first = LOCK_NONE, second = LOCK_NONE;
	_cleanup_branch_ struct branch branch = {0};
	const char *project = app->config.project;
	bool old_first = strcmp(name, to->name) < 0; /* two at once must not wait for each other */
	if (string_equal(name, to->name))
		return error_set(err, ERROR_USAGE, "%s is its name already", name);
	if (branch_lock(&app->pool, project, old_first ? name : to->name, LOCK_PATIENCE_MS, app->purpose, &first, err) <
		    0 ||
	    branch_lock(&app->pool, project, old_first ? to->name : name, LOCK_PATIENCE_MS, app->purpose, &second,
			err) < 0)
		return -1;
	if (rename_locked(app, name, to, &branch, err) < 0)
		return error_wrap(err, "cannot rename branch %s to %s", name, to->name);
	record_event(app, &branch, name);
	lock_retire(old_first ? &first : &second);
	*ret = branch;
	branch = (struct branch){0};
	return 0;
}

/* --- what git renames --- */

int branch_note(const struct branch_context *context, struct error **err)
{
	if (!context->git_directory || !context->git_branch)
		return 0;
	_cleanup_free_ char *key = repository_branch_key(context->git_branch);
	_cleanup_free_ char *noted = NULL;
	if (repository_key_read(context->git_directory, key, &noted, err) < 0)
		return -1;
	if (string_equal(noted, context->name))
		return 0;
	return repository_key_write(context->git_directory, key, context->name, err);
}

/* Was `old` the database of a git branch of this clone that is no longer there? */
static int is_orphan(const struct app *app, const struct branch_context *context, const char *old, bool *ret,
		     struct error **err)
{
	_cleanup_branch_ struct branch branch = {0}, there = {0};
	bool exists = true;
	*ret = false;
	if (!name_is_valid(old) || branch_find(app, old, &branch, NULL) < 0 ||
	    branch_read(&app->pool, app->config.project, context->name, &there, NULL) == 0)
		return 0;
	const char *git_branch = branch.renamed_from ? branch.renamed_git_branch : branch.git_branch;
	if (!git_branch || !string_equal(branch.git_directory, context->git_directory) ||
	    string_equal(git_branch, context->git_branch))
		return 0;
	if (repository_has_branch(context->git_directory, git_branch, &exists, err) < 0)
		return -1;
	*ret = !exists;
	return 0;
}

bool branch_is_to_follow(const struct branch *branch)
{
	_cleanup_free_ char *noted = NULL;
	bool exists = false;
	return branch->git_directory &&
	       repository_noted_branch(branch->git_directory, branch->name, &noted, NULL) == 0 && noted &&
	       !string_equal(noted, branch->git_branch) &&
	       repository_has_branch(branch->git_directory, noted, &exists, NULL) == 0 && exists;
}

int branch_follow(const struct app *app, const struct branch_context *context, char **ret_old, struct error **err)
{
	*ret_old = NULL;
	if (!context->git_directory || !context->git_branch)
		return 0;
	_cleanup_free_ char *key = repository_branch_key(context->git_branch);
	_cleanup_free_ char *noted = NULL;
	_cleanup_branch_ struct branch branch = {0};
	bool orphan = false;
	if (repository_key_read(context->git_directory, key, &noted, err) < 0)
		return -1;
	if (noted && !string_equal(noted, context->name) && is_orphan(app, context, noted, &orphan, err) < 0)
		return -1;
	if (!orphan)
		return 0;
	if (branch_rename(app, noted, context, &branch, err) < 0 || branch_note(context, err) < 0)
		return -1;
	*ret_old = TAKE_POINTER(noted);
	return 0;
}
