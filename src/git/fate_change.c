#include "git/fate_parts.h"

/* Larger files are compared whole, and more of them not at all. */
enum { MERGED_FILE_MAX = 4 << 20, CHANGED_FILES_MAX = 10000 };

static git_tree *tree_of(git_repository *repository, const git_oid *id)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	git_tree *tree = NULL;
	if (git_commit_lookup(&commit, repository, id) < 0 || git_commit_tree(&tree, commit) < 0)
		return NULL;
	return tree;
}

git_diff *change_between(git_repository *repository, const git_oid *from, const git_oid *to)
{
	_cleanup_(git_tree_close) git_tree *before = tree_of(repository, from), *after = tree_of(repository, to);
	git_diff_options options;
	git_diff *diff = NULL;
	if (!before || !after || git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION) < 0)
		return NULL;
	options.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK;
	return git_diff_tree_to_tree(&diff, repository, before, after, &options) < 0 ? NULL : diff;
}

git_diff *change_of(git_repository *repository, const git_oid *id)
{
	_cleanup_(git_commit_close) git_commit *commit = NULL;
	if (git_commit_lookup(&commit, repository, id) < 0 || git_commit_parentcount(commit) != 1)
		return NULL;
	return change_between(repository, git_commit_parent_id(commit, 0), id);
}

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	for (const unsigned char *at = bytes; length > 0; at++, length--)
		hash = (hash ^ *at) * 0x100000001b3;
	return hash;
}

uint64_t change_paths(const git_diff *change)
{
	uint64_t hash = 0xcbf29ce484222325;
	size_t count = git_diff_num_deltas(change);
	for (size_t i = 0; i < count; i++) {
		const git_diff_delta *delta = git_diff_get_delta(change, i);
		hash = hash_bytes(hash, &delta->status, sizeof(delta->status));
		hash = hash_bytes(hash, delta->new_file.path, strlen(delta->new_file.path) + 1);
	}
	return count == 0 ? 0 : hash | 1;
}

/* --- one file --- */

struct side {
	git_blob *blob;
	git_merge_file_input input;
};

static void side_close(struct side *side)
{
	git_blob_free(side->blob);
}

static bool side_open(git_repository *repository, const git_diff_file *file, uint64_t *budget, struct side *ret)
{
	if (*budget == 0 || git_blob_lookup(&ret->blob, repository, &file->id) < 0 ||
	    git_blob_rawsize(ret->blob) > MERGED_FILE_MAX)
		return false;
	*budget -= git_blob_rawsize(ret->blob) < *budget ? git_blob_rawsize(ret->blob) : *budget;
	ret->input = (git_merge_file_input){
		.version = GIT_MERGE_FILE_INPUT_VERSION,
		.ptr = git_blob_rawcontent(ret->blob),
		.size = (size_t)git_blob_rawsize(ret->blob),
		.mode = file->mode,
	};
	return true;
}

static bool merges_to(git_repository *repository, const git_diff_delta *change, const git_diff_delta *made,
		      uint64_t *budget)
{
	_cleanup_(side_close) struct side ancestor = {0}, theirs = {0}, ours = {0}, wanted = {0};
	_cleanup_(git_merge_file_result_free) git_merge_file_result result = {0};
	if (!side_open(repository, &change->old_file, budget, &ancestor) ||
	    !side_open(repository, &change->new_file, budget, &theirs) ||
	    !side_open(repository, &made->old_file, budget, &ours) ||
	    !side_open(repository, &made->new_file, budget, &wanted) ||
	    git_merge_file(&result, &ancestor.input, &ours.input, &theirs.input, NULL) < 0)
		return false;
	return result.automergeable && result.len == wanted.input.size &&
	       (result.len == 0 || memcmp(result.ptr, wanted.input.ptr, result.len) == 0);
}

static bool is_ordinary_file(const git_diff_file *file)
{
	return file->mode == GIT_FILEMODE_BLOB || file->mode == GIT_FILEMODE_BLOB_EXECUTABLE;
}

static bool file_is_made(git_repository *repository, const git_diff_delta *change, const git_diff_delta *made,
			 uint64_t *budget)
{
	if (change->status != made->status || !string_equal(change->new_file.path, made->new_file.path) ||
	    change->old_file.mode != made->old_file.mode || change->new_file.mode != made->new_file.mode)
		return false;
	if (git_oid_equal(&change->old_file.id, &made->old_file.id))
		return git_oid_equal(&change->new_file.id, &made->new_file.id);
	return change->status == GIT_DELTA_MODIFIED && is_ordinary_file(&change->old_file) &&
	       is_ordinary_file(&change->new_file) && merges_to(repository, change, made, budget);
}

bool change_is_made(git_repository *repository, const git_diff *change, const git_diff *made, uint64_t *budget)
{
	size_t count = git_diff_num_deltas(change);
	if (count == 0 || count > CHANGED_FILES_MAX || count != git_diff_num_deltas(made))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!file_is_made(repository, git_diff_get_delta(change, i), git_diff_get_delta(made, i), budget))
			return false;
	return true;
}
