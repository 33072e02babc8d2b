#include "git/worktree.h"

#include "base/file.h"
#include "base/identity.h"
#include "git/open.h"
#include "git/repository.h"

static void add_worktree(git_repository *repository, const char *name, struct string_list *list)
{
	_cleanup_(git_worktree_close) git_worktree *worktree = NULL;
	if (git_worktree_lookup(&worktree, repository, name) == 0 && file_is_directory(git_worktree_path(worktree)))
		string_list_add(list, git_worktree_path(worktree));
}

int repository_worktrees(const char *git_directory, struct string_list *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_close) git_repository *repository = NULL;
	git_strarray names = {0};
	if (git_open_found(git_directory, &repository, err) < 0)
		return -1;
	if (git_worktree_list(&names, repository) < 0)
		return git_failed(git_directory, err);
	_cleanup_free_ char *own = git_directory_of(repository);
	if (own)
		string_list_add(ret, own);
	for (size_t i = 0; i < names.count; i++)
		add_worktree(repository, names.strings[i], ret);
	git_strarray_dispose(&names);
	return 0;
}

int repository_is_checked_out(const char *git_directory, const char *branch, bool *ret, struct error **err)
{
	_cleanup_(string_list_free) struct string_list trees = {0};
	if (repository_worktrees(git_directory, &trees, err) < 0)
		return -1;
	bool is = false;
	for (size_t i = 0; i < trees.count && !is; i++) {
		struct repository_head head = {0};
		int found = 0;
		if (repository_head_read(trees.items[i], &head, &found, err) < 0)
			return -1;
		is = found && string_equal(head.branch, branch);
		repository_head_free(&head);
	}
	*ret = is;
	return 0;
}

int repository_has_branch(const char *git_directory, const char *branch, bool *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_close) git_repository *repository = NULL;
	_cleanup_(git_reference_close) git_reference *reference = NULL;
	_cleanup_free_ char *name = string_format("refs/heads/%s", branch);
	if (git_open_found(git_directory, &repository, err) < 0)
		return -1;
	int code = git_reference_lookup(&reference, repository, name);
	if (code < 0 && code != GIT_ENOTFOUND && code != GIT_EINVALIDSPEC)
		return git_failed(git_directory, err);
	*ret = code == 0;
	return 0;
}

int repository_file_standing(const char *tree, const char *path, enum file_standing *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_close) git_repository *repository = NULL;
	_cleanup_(git_index_close) git_index *index = NULL;
	int ignored = 0;
	if (git_open_found(tree, &repository, err) < 0)
		return -1;
	if (git_repository_index(&index, repository) < 0)
		return git_failed(tree, err);
	bool tracked = git_index_get_bypath(index, path, 0) != NULL;
	for (int stage = 1; stage <= 3; stage++) /* in a conflict it has these instead */
		tracked = tracked || git_index_get_bypath(index, path, stage) != NULL;
	if (!tracked && git_ignore_path_is_ignored(&ignored, repository, path) < 0)
		return git_failed(tree, err);
	*ret = tracked ? FILE_TRACKED : ignored ? FILE_IGNORED : FILE_UNKNOWN;
	return 0;
}
