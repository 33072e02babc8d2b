#include "git/changes.h"

#include "base/file.h"
#include "base/identity.h"
#include "git/open.h"

void repository_changes_free(struct repository_changes *changes)
{
	free(changes->reason);
	free(changes->base);
	string_list_free(&changes->added);
	string_list_free(&changes->modified);
	string_list_free(&changes->deleted);
	*changes = (struct repository_changes){0};
}

static int unknown(struct repository_changes *changes, char *reason)
{
	string_replace(&changes->reason, reason);
	return 0;
}

/* --- what differs --- */

/* The part of the working tree that is asked for, as libgit2 writes paths: "" or "a/b/". */
static int find_scope(git_repository *repository, const char *directory, char **ret, struct error **err)
{
	_cleanup_free_ char *tree = git_directory_of(repository);
	_cleanup_free_ char *real_tree = realpath(tree, NULL), *real = realpath(directory, NULL);
	const char *below = real_tree && real ? path_below(real, real_tree) : NULL;
	if (!below)
		return error_set(err, ERROR_USAGE, "%s is not in the working tree of its git repository", directory);
	*ret = *below ? string_format("%s/", below) : string_copy("");
	return 0;
}

static bool is_inside(const char *scope, const char *path)
{
	return path && string_starts_with(path, scope);
}

static void add_path(struct string_list *list, const char *scope, const char *path)
{
	if (is_inside(scope, path))
		string_list_add(list, path + strlen(scope));
}

static void take_delta(const git_diff_delta *delta, const char *scope, struct repository_changes *changes)
{
	const char *old_path = delta->old_file.path, *new_path = delta->new_file.path;
	switch (delta->status) {
	case GIT_DELTA_ADDED:
	case GIT_DELTA_UNTRACKED:
	case GIT_DELTA_COPIED:
		add_path(&changes->added, scope, new_path);
		break;
	case GIT_DELTA_DELETED:
		add_path(&changes->deleted, scope, old_path);
		break;
	case GIT_DELTA_RENAMED: /* what came from elsewhere is new here */
		add_path(&changes->deleted, scope, old_path);
		add_path(is_inside(scope, old_path) ? &changes->modified : &changes->added, scope, new_path);
		break;
	case GIT_DELTA_MODIFIED:
	case GIT_DELTA_TYPECHANGE:
	case GIT_DELTA_CONFLICTED:
		add_path(&changes->modified, scope, new_path ? new_path : old_path);
		break;
	default:
		break;
	}
}

/* Returns a libgit2 code. Renames are found by equal content alone: a partial clone has no other's content. */
static int compare_tree(git_repository *repository, git_tree *tree, git_diff **ret)
{
	git_diff_options options;
	git_diff_find_options find;
	int code = git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	if (code == 0)
		code = git_diff_find_options_init(&find, GIT_DIFF_FIND_OPTIONS_VERSION);
	if (code < 0)
		return code;
	options.flags = GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS | GIT_DIFF_INCLUDE_TYPECHANGE |
			GIT_DIFF_IGNORE_FILEMODE | GIT_DIFF_IGNORE_SUBMODULES | GIT_DIFF_SKIP_BINARY_CHECK;
	find.flags = GIT_DIFF_FIND_RENAMES | GIT_DIFF_FIND_FOR_UNTRACKED | GIT_DIFF_FIND_EXACT_MATCH_ONLY;
	code = git_diff_tree_to_workdir_with_index(ret, repository, tree, &options);
	return code < 0 ? code : git_diff_find_similar(*ret, &find);
}

/* Returns a libgit2 code. */
static int read_differences(git_repository *repository, const git_oid *since, const char *scope,
			    struct repository_changes *changes)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	_cleanup_(git_tree_close) git_tree *tree = NULL;
	_cleanup_(git_diff_close) git_diff *diff = NULL;
	int code = git_commit_lookup(&commit, repository, since);
	if (code == 0)
		code = git_commit_tree(&tree, commit);
	if (code == 0)
		code = compare_tree(repository, tree, &diff);
	if (code < 0)
		return code;
	for (size_t i = 0; i < git_diff_num_deltas(diff); i++)
		take_delta(git_diff_get_delta(diff, i), scope, changes);
	return 0;
}

static char *explain_no_base(const char *base)
{
	return base ? string_format("there is no branch %s here: fetch it, `git fetch origin %s`", base,
				    git_without_remote(base))
		    : string_copy("there is no branch main or master here, nor of the remote origin: fetch the one "
				  "that this branch goes into");
}

static char *explain_no_common_commit(git_repository *repository, const char *base)
{
	return git_repository_is_shallow(repository)
		       ? string_format("the clone is too shallow to know where this branch left %s: fetch it whole, "
				       "`git fetch --unshallow`",
				       base)
		       : string_format("HEAD and %s have no commit in common", base);
}

static int read_since_base(git_repository *repository, const char *directory, const char *base,
			   struct repository_changes *changes, struct error **err)
{
	git_oid head, tip, since;
	_cleanup_free_ char *scope = NULL;
	if (!git_repository_workdir(repository))
		return unknown(changes, string_copy("the repository has no working tree"));
	if (!git_reference_find(repository, "", "HEAD", &head))
		return unknown(changes, string_copy("the branch has no commit yet"));
	if (!git_base_find(repository, base, &changes->base, &tip))
		return unknown(changes, explain_no_base(base));
	if (git_merge_base(&since, repository, &head, &tip) < 0)
		return unknown(changes, explain_no_common_commit(repository, changes->base));
	if (find_scope(repository, directory, &scope, err) < 0)
		return -1;
	if (read_differences(repository, &since, scope, changes) < 0)
		return git_failed(directory, err);
	size_t count = changes->added.count + changes->modified.count + changes->deleted.count;
	if (count == 0 && git_oid_equal(&since, &head))
		return unknown(changes, string_format("what is checked out is %s itself", changes->base));
	changes->known = true;
	return 0;
}

int repository_changes_read(const char *directory, const char *base, struct repository_changes *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_close) git_repository *repository = NULL;
	_cleanup_changes_ struct repository_changes changes = {0};
	bool found;
	if (git_open(directory, &repository, &found, err) < 0)
		return -1;
	if (!found)
		unknown(&changes, string_copy("this is no git repository"));
	else if (read_since_base(repository, directory, base, &changes, err) < 0)
		return -1;
	*ret = changes;
	changes = (struct repository_changes){0};
	return 0;
}
