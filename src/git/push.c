#include "git/push.h"

#include "base/file.h"
#include "base/identity.h"
#include "git/open.h"

/* The commit that an id names, or a tag of it; false if there is none, or none here. */
static bool find_commit(git_repository *repository, const char *text, git_oid *ret)
{
	_cleanup_(git_object_close) git_object *object = NULL, *commit = NULL;
	git_oid id;
	if (git_oid_fromstr(&id, text) < 0 || git_oid_is_zero(&id) ||
	    git_object_lookup(&object, repository, &id, GIT_OBJECT_ANY) < 0 ||
	    git_object_peel(&commit, object, GIT_OBJECT_COMMIT) < 0)
		return false;
	*ret = *git_object_id(commit);
	return true;
}

/* What the path is in that commit; false if it has none. */
static bool find_entry(git_repository *repository, const git_oid *id, const char *path, git_oid *ret)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	_cleanup_(git_tree_close) git_tree *tree = NULL;
	_cleanup_(git_tree_entry_close) git_tree_entry *entry = NULL;
	if (git_commit_lookup(&commit, repository, id) < 0 || git_commit_tree(&tree, commit) < 0)
		return false;
	if (*path && git_tree_entry_bypath(&entry, tree, path) < 0)
		return false;
	*ret = *path ? *git_tree_entry_id(entry) : *git_tree_id(tree);
	return true;
}

/* What of it is known already; false: nothing, as far as can be told here. */
static bool find_since(git_repository *repository, const git_oid *commit, const char *remote_id, git_oid *ret)
{
	_cleanup_free_ char *name = NULL;
	git_oid base, ignored;
	if (find_commit(repository, remote_id, ret))
		return true;
	if (!git_base_find(repository, NULL, &name, &base) || git_merge_base(ret, repository, commit, &base) < 0)
		return false;
	/* The first push of the base branch itself. */
	return !git_oid_equal(&base, commit) || git_reference_find(repository, "refs/remotes/origin/", name, &ignored);
}

int repository_push_reads(const char *tree, const struct pushed *pushed, const char *path, char **ret_commit,
			  struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_close) git_repository *repository = NULL;
	git_oid commit, since, before, after;
	if (git_open_found(tree, &repository, err) < 0)
		return -1;
	*ret_commit = NULL;
	if (!find_commit(repository, pushed->local_id, &commit) || !find_entry(repository, &commit, path, &after))
		return 0;
	if (find_since(repository, &commit, pushed->remote_id, &since) &&
	    find_entry(repository, &since, path, &before) && git_oid_equal(&before, &after))
		return 0;
	char hex[GIT_OID_HEXSZ + 1];
	*ret_commit = string_copy(git_oid_tostr(hex, sizeof(hex), &commit));
	return 0;
}

/* Returns a libgit2 code. */
static int compare_paths(git_repository *repository, const git_oid *id, char **paths, git_diff **ret)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	_cleanup_(git_tree_close) git_tree *tree = NULL;
	git_diff_options options;
	int code = git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_IGNORE_FILEMODE | GIT_DIFF_IGNORE_SUBMODULES |
			GIT_DIFF_SKIP_BINARY_CHECK | GIT_DIFF_DISABLE_PATHSPEC_MATCH;
	options.pathspec.strings = paths;
	while (paths[options.pathspec.count])
		options.pathspec.count++;
	if (code == 0)
		code = git_commit_lookup(&commit, repository, id);
	if (code == 0)
		code = git_commit_tree(&tree, commit);
	return code < 0 ? code : git_diff_tree_to_workdir_with_index(ret, repository, tree, &options);
}

int repository_is_clean_at(const char *tree, const char *commit, char **paths, bool *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_close) git_repository *repository = NULL;
	_cleanup_(git_diff_close) git_diff *diff = NULL;
	git_oid head, id;
	if (git_open_found(tree, &repository, err) < 0)
		return -1;
	*ret = false;
	if (!find_commit(repository, commit, &id) || !git_reference_find(repository, "", "HEAD", &head) ||
	    !git_oid_equal(&head, &id))
		return 0;
	if (compare_paths(repository, &id, paths, &diff) < 0)
		return git_failed(tree, err);
	*ret = git_diff_num_deltas(diff) == 0;
	return 0;
}

/* --- a working tree for a moment --- */

static int write_line(const char *directory, const char *name, const char *prefix, const char *text, struct error **err)
{
	_cleanup_free_ char *path = path_join(directory, name, NULL);
	_cleanup_free_ char *line = string_format("%s%s\n", prefix, text);
	return file_replace(path, line, strlen(line), 0600, FILE_VOLATILE, err);
}

/* What `git worktree add` would write, but that git is not told in its own directory. */
static int write_worktree(const char *git_directory, const char *commit, const char *tree, const char *own,
			  struct error **err)
{
	_cleanup_free_ char *link = path_join(tree, ".git", NULL);
	if (directory_create(tree, 0700, err) < 0 || directory_create(own, 0700, err) < 0 ||
	    write_line(own, "HEAD", "", commit, err) < 0 || write_line(own, "commondir", "", git_directory, err) < 0 ||
	    write_line(own, "gitdir", "", link, err) < 0 || write_line(tree, ".git", "gitdir: ", own, err) < 0)
		return -1;
	return 0;
}

int repository_check_out(const char *git_directory, const char *commit, const char *directory, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_close) git_repository *repository = NULL;
	_cleanup_(git_object_close) git_object *object = NULL;
	_cleanup_free_ char *tree = path_join(directory, "tree", NULL);
	_cleanup_free_ char *own = path_join(directory, "git", NULL);
	git_checkout_options options;
	git_oid id;
	if (write_worktree(git_directory, commit, tree, own, err) < 0 || git_open_found(tree, &repository, err) < 0)
		return -1;
	int code = git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
	options.checkout_strategy = GIT_CHECKOUT_FORCE;
	if (code == 0)
		code = git_oid_fromstr(&id, commit);
	if (code == 0)
		code = git_object_lookup(&object, repository, &id, GIT_OBJECT_COMMIT);
	if (code == 0)
		code = git_checkout_tree(repository, object, &options);
	return code < 0 ? git_failed(directory, err) : 0;
}
