#include "git/file.h"

#include <errno.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/text.h"
#include "git/config.h"
#include "git/open.h"

/* --- the working tree --- */

/* Sets *ret to the nearest directory above `start` that has a ".git", or to NULL. */
static void find_upward(const char *start, char **ret)
{
	_cleanup_free_ char *directory = string_copy(start);
	for (;;) {
		_cleanup_free_ char *entry = path_join(directory, ".git", NULL);
		if (file_exists(entry)) {
			*ret = TAKE_POINTER(directory);
			return;
		}
		if (string_equal(directory, "/")) {
			*ret = NULL;
			return;
		}
		string_replace(&directory, path_parent(directory));
	}
}

/* The repository of the nearest one; *ret_top stays NULL if there is none. */
static int open_nearest(const char *start, char **ret_top, git_repository **ret, struct error **err)
{
	_cleanup_free_ char *top = NULL;
	bool found = false;
	find_upward(start, &top);
	if (top && git_open_exactly(top, ret, &found, err) < 0)
		return -1;
	if (found)
		*ret_top = TAKE_POINTER(top);
	return 0;
}

/* Is `inner` a submodule of it? Those it keeps among its own files. */
static bool keeps(git_repository *outer, git_repository *inner)
{
	_cleanup_free_ char *place = git_common_directory(inner), *around = git_common_directory(outer);
	const char *below = path_below(place, around);
	return below && *below;
}

/* As open_nearest(), but for a submodule the one that it belongs to. */
static int open_whole(const char *start, char **ret_top, git_repository **ret, struct error **err)
{
	_cleanup_(git_close) git_repository *repository = NULL;
	_cleanup_free_ char *top = NULL;
	if (open_nearest(start, &top, &repository, err) < 0)
		return -1;
	while (top && !string_equal(top, "/")) {
		_cleanup_(git_close) git_repository *outer = NULL;
		_cleanup_free_ char *parent = path_parent(top), *outer_top = NULL;
		if (open_nearest(parent, &outer_top, &outer, err) < 0)
			return -1;
		if (!outer_top || !keeps(outer, repository))
			break;
		string_replace(&top, TAKE_POINTER(outer_top));
		git_close(&repository);
		repository = TAKE_POINTER(outer);
	}
	*ret_top = TAKE_POINTER(top);
	*ret = TAKE_POINTER(repository);
	return 0;
}

int repository_tree_find(const char *directory, struct repository_tree *ret, bool *ret_found, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_close) git_repository *repository = NULL;
	_cleanup_free_ char *real = realpath(directory, NULL), *top = NULL, *origin = NULL;
	if (!real)
		return error_errno(err, errno, "cannot look for a git repository around %s", directory);
	if (open_whole(real, &top, &repository, err) < 0)
		return -1;
	*ret_found = top != NULL;
	if (!top)
		return 0;
	_cleanup_free_ char *common = git_common_directory(repository);
	if (repository_key_read(common, "remote.origin.url", &origin, err) < 0)
		return -1;
	char *scope = string_copy(path_below(real, top));
	*ret = (struct repository_tree){
		.scope = scope,
		.directory = TAKE_POINTER(top),
		.origin = TAKE_POINTER(origin),
	};
	return 0;
}

void repository_tree_free(struct repository_tree *tree)
{
	free(tree->directory);
	free(tree->scope);
	free(tree->origin);
	*tree = (struct repository_tree){0};
}

/* --- the file --- */

static int refused(const char *path, const char *reference, const char *why, struct error **err)
{
	_cleanup_free_ char *shown = text_safe(path);
	return error_set(err, ERROR_REFUSED, "cannot read %s of %s: %s", shown, reference, why);
}

static int read_blob(git_repository *repository, const git_tree_entry *entry, const char *path, const char *reference,
		     size_t max, struct buffer *ret, struct error **err)
{
	_cleanup_(git_blob_close) git_blob *blob = NULL;
	git_filemode_t mode = git_tree_entry_filemode(entry);
	if (mode == GIT_FILEMODE_LINK)
		return refused(path, reference, "a symbolic link is not followed here", err);
	if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE)
		return refused(path, reference, "not a regular file", err);
	if (git_blob_lookup(&blob, repository, git_tree_entry_id(entry)) < 0) {
		refused(path, reference, "this clone does not have its content", err);
		return error_hint(err, "fetch it first, without a filter");
	}
	if ((uint64_t)git_blob_rawsize(blob) > max)
		return refused(path, reference, "it is too large", err);
	buffer_add(ret, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
	return 0;
}

static int open_tree(git_repository *repository, const char *directory, const char *reference, git_tree **ret,
		     struct error **err)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	git_oid id;
	if (!git_reference_find(repository, reference, "", &id))
		return error_set(err, ERROR_NOT_FOUND, "the git repository of %s has no %s", directory, reference);
	if (git_commit_lookup(&commit, repository, &id) < 0 || git_commit_tree(ret, commit) < 0)
		return git_failed(directory, err);
	return 0;
}

int repository_file_read(const struct repository_tree *tree, const char *reference, const char *path, size_t max,
			 struct buffer *ret, bool *ret_found, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(git_close) git_repository *repository = NULL;
	_cleanup_(git_tree_close) git_tree *root = NULL;
	_cleanup_(git_tree_entry_close) git_tree_entry *entry = NULL;
	bool opened;
	if (git_open_exactly(tree->directory, &repository, &opened, err) < 0)
		return -1;
	if (!opened)
		return error_set(err, ERROR_NOT_FOUND, "%s is no git repository any more", tree->directory);
	if (open_tree(repository, tree->directory, reference, &root, err) < 0)
		return -1;
	int code = git_tree_entry_bypath(&entry, root, path);
	if (code < 0 && code != GIT_ENOTFOUND)
		return git_failed(tree->directory, err);
	*ret_found = code == 0;
	return code == 0 ? read_blob(repository, entry, path, reference, max, ret, err) : 0;
}
