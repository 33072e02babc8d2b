/* libgit2, loaded when it is first called: see base/lazy.h. */
#include <git2.h>
#include <stdarg.h>

#include "base/lazy.h"

/* Its name has its version in it, which the build finds out. */
#define LIBGIT2 VELA_LIBGIT2

LAZY_FUNCTION(LIBGIT2, int, git_libgit2_init, (void), ())
LAZY_FUNCTION(LIBGIT2, const git_error *, git_error_last, (void), ())
LAZY_FUNCTION(LIBGIT2, int, git_repository_open_ext,
	      (git_repository * *repository, const char *path, unsigned int flags, const char *ceiling),
	      (repository, path, flags, ceiling))
LAZY_FUNCTION(LIBGIT2, const char *, git_repository_workdir, (const git_repository *repository), (repository))
LAZY_FUNCTION(LIBGIT2, const char *, git_repository_commondir, (const git_repository *repository), (repository))
LAZY_PROCEDURE(LIBGIT2, git_repository_free, (git_repository * repository), (repository))
LAZY_FUNCTION(LIBGIT2, int, git_reference_lookup,
	      (git_reference * *reference, git_repository *repository, const char *name), (reference, repository, name))
LAZY_FUNCTION(LIBGIT2, int, git_reference_resolve, (git_reference * *resolved, const git_reference *reference),
	      (resolved, reference))
LAZY_FUNCTION(LIBGIT2, const char *, git_reference_symbolic_target, (const git_reference *reference), (reference))
LAZY_FUNCTION(LIBGIT2, const git_oid *, git_reference_target, (const git_reference *reference), (reference))
LAZY_FUNCTION(LIBGIT2, git_reference_t, git_reference_type, (const git_reference *reference), (reference))
LAZY_PROCEDURE(LIBGIT2, git_reference_free, (git_reference * reference), (reference))
LAZY_FUNCTION(LIBGIT2, char *, git_oid_tostr, (char *text, size_t size, const git_oid *id), (text, size, id))
LAZY_FUNCTION(LIBGIT2, int, git_oid_equal, (const git_oid *a, const git_oid *b), (a, b))

LAZY_FUNCTION(LIBGIT2, int, git_repository_is_shallow, (git_repository * repository), (repository))
LAZY_FUNCTION(LIBGIT2, int, git_merge_base,
	      (git_oid * found, git_repository *repository, const git_oid *one, const git_oid *two),
	      (found, repository, one, two))
LAZY_FUNCTION(LIBGIT2, int, git_commit_lookup, (git_commit * *commit, git_repository *repository, const git_oid *id),
	      (commit, repository, id))
LAZY_FUNCTION(LIBGIT2, int, git_commit_tree, (git_tree * *tree, const git_commit *commit), (tree, commit))
LAZY_PROCEDURE(LIBGIT2, git_commit_free, (git_commit * commit), (commit))
LAZY_PROCEDURE(LIBGIT2, git_tree_free, (git_tree * tree), (tree))
LAZY_FUNCTION(LIBGIT2, int, git_diff_options_init, (git_diff_options * options, unsigned version), (options, version))
LAZY_FUNCTION(LIBGIT2, int, git_diff_find_options_init, (git_diff_find_options * options, unsigned version),
	      (options, version))
LAZY_FUNCTION(LIBGIT2, int, git_diff_tree_to_workdir_with_index,
	      (git_diff * *diff, git_repository *repository, git_tree *tree, const git_diff_options *options),
	      (diff, repository, tree, options))
LAZY_FUNCTION(LIBGIT2, int, git_diff_find_similar, (git_diff * diff, const git_diff_find_options *options),
	      (diff, options))
LAZY_FUNCTION(LIBGIT2, size_t, git_diff_num_deltas, (const git_diff *diff), (diff))
LAZY_FUNCTION(LIBGIT2, const git_diff_delta *, git_diff_get_delta, (const git_diff *diff, size_t index), (diff, index))
LAZY_PROCEDURE(LIBGIT2, git_diff_free, (git_diff * diff), (diff))

LAZY_FUNCTION(LIBGIT2, int, git_config_new, (git_config * *config), (config))
LAZY_FUNCTION(LIBGIT2, int, git_config_open_ondisk, (git_config * *config, const char *path), (config, path))
LAZY_FUNCTION(LIBGIT2, int, git_config_add_file_ondisk,
	      (git_config * config, const char *path, git_config_level_t level, const git_repository *repository,
	       int force),
	      (config, path, level, repository, force))
LAZY_FUNCTION(LIBGIT2, int, git_config_get_string_buf, (git_buf * out, const git_config *config, const char *name),
	      (out, config, name))
LAZY_FUNCTION(LIBGIT2, int, git_config_set_string, (git_config * config, const char *name, const char *value),
	      (config, name, value))
LAZY_FUNCTION(LIBGIT2, int, git_config_delete_multivar, (git_config * config, const char *name, const char *values),
	      (config, name, values))
LAZY_FUNCTION(LIBGIT2, int, git_config_iterator_new, (git_config_iterator * *iterator, const git_config *config),
	      (iterator, config))
LAZY_FUNCTION(LIBGIT2, int, git_config_next, (git_config_entry * *entry, git_config_iterator *iterator),
	      (entry, iterator))
LAZY_PROCEDURE(LIBGIT2, git_config_iterator_free, (git_config_iterator * iterator), (iterator))
LAZY_PROCEDURE(LIBGIT2, git_config_free, (git_config * config), (config))
LAZY_PROCEDURE(LIBGIT2, git_buf_dispose, (git_buf * buffer), (buffer))

LAZY_FUNCTION(LIBGIT2, int, git_worktree_list, (git_strarray * names, git_repository *repository), (names, repository))
LAZY_FUNCTION(LIBGIT2, int, git_worktree_lookup,
	      (git_worktree * *worktree, git_repository *repository, const char *name), (worktree, repository, name))
LAZY_FUNCTION(LIBGIT2, const char *, git_worktree_path, (const git_worktree *worktree), (worktree))
LAZY_PROCEDURE(LIBGIT2, git_worktree_free, (git_worktree * worktree), (worktree))
LAZY_PROCEDURE(LIBGIT2, git_strarray_dispose, (git_strarray * array), (array))
LAZY_FUNCTION(LIBGIT2, int, git_repository_index, (git_index * *index, git_repository *repository), (index, repository))
LAZY_FUNCTION(LIBGIT2, const git_index_entry *, git_index_get_bypath, (git_index * index, const char *path, int stage),
	      (index, path, stage))
LAZY_PROCEDURE(LIBGIT2, git_index_free, (git_index * index), (index))
LAZY_FUNCTION(LIBGIT2, int, git_ignore_path_is_ignored, (int *ignored, git_repository *repository, const char *path),
	      (ignored, repository, path))

LAZY_FUNCTION(LIBGIT2, int, git_oid_fromstr, (git_oid * id, const char *text), (id, text))
LAZY_FUNCTION(LIBGIT2, int, git_object_lookup,
	      (git_object * *object, git_repository *repository, const git_oid *id, git_object_t type),
	      (object, repository, id, type))
LAZY_FUNCTION(LIBGIT2, int, git_object_peel, (git_object * *peeled, const git_object *object, git_object_t type),
	      (peeled, object, type))
LAZY_FUNCTION(LIBGIT2, const git_oid *, git_object_id, (const git_object *object), (object))
LAZY_PROCEDURE(LIBGIT2, git_object_free, (git_object * object), (object))
LAZY_FUNCTION(LIBGIT2, const git_oid *, git_tree_id, (const git_tree *tree), (tree))
LAZY_FUNCTION(LIBGIT2, int, git_tree_entry_bypath, (git_tree_entry * *entry, const git_tree *tree, const char *path),
	      (entry, tree, path))
LAZY_FUNCTION(LIBGIT2, const git_oid *, git_tree_entry_id, (const git_tree_entry *entry), (entry))
LAZY_FUNCTION(LIBGIT2, git_filemode_t, git_tree_entry_filemode, (const git_tree_entry *entry), (entry))
LAZY_PROCEDURE(LIBGIT2, git_tree_entry_free, (git_tree_entry * entry), (entry))
LAZY_FUNCTION(LIBGIT2, int, git_oid_is_zero, (const git_oid *id), (id))
LAZY_FUNCTION(LIBGIT2, int, git_checkout_options_init, (git_checkout_options * options, unsigned version),
	      (options, version))
LAZY_FUNCTION(LIBGIT2, int, git_checkout_tree,
	      (git_repository * repository, const git_object *tree, const git_checkout_options *options),
	      (repository, tree, options))

LAZY_FUNCTION(LIBGIT2, int, git_diff_tree_to_tree,
	      (git_diff * *diff, git_repository *repository, git_tree *from, git_tree *to,
	       const git_diff_options *options),
	      (diff, repository, from, to, options))

LAZY_FUNCTION(LIBGIT2, int, git_reference_list, (git_strarray * names, git_repository *repository), (names, repository))
LAZY_FUNCTION(LIBGIT2, int, git_reference_name_is_valid, (int *valid, const char *name), (valid, name))
LAZY_FUNCTION(LIBGIT2, int, git_remote_list, (git_strarray * names, git_repository *repository), (names, repository))
LAZY_FUNCTION(LIBGIT2, int, git_remote_lookup, (git_remote * *remote, git_repository *repository, const char *name),
	      (remote, repository, name))
LAZY_PROCEDURE(LIBGIT2, git_remote_free, (git_remote * remote), (remote))
LAZY_FUNCTION(LIBGIT2, size_t, git_remote_refspec_count, (const git_remote *remote), (remote))
LAZY_FUNCTION(LIBGIT2, const git_refspec *, git_remote_get_refspec, (const git_remote *remote, size_t index),
	      (remote, index))
LAZY_FUNCTION(LIBGIT2, git_direction, git_refspec_direction, (const git_refspec *refspec), (refspec))
LAZY_FUNCTION(LIBGIT2, int, git_refspec_src_matches, (const git_refspec *refspec, const char *name), (refspec, name))

LAZY_FUNCTION(LIBGIT2, const char *, git_commit_message, (const git_commit *commit), (commit))
LAZY_FUNCTION(LIBGIT2, git_time_t, git_commit_time, (const git_commit *commit), (commit))
LAZY_FUNCTION(LIBGIT2, unsigned int, git_commit_parentcount, (const git_commit *commit), (commit))
LAZY_FUNCTION(LIBGIT2, const git_oid *, git_commit_parent_id, (const git_commit *commit, unsigned int index),
	      (commit, index))
LAZY_FUNCTION(LIBGIT2, int, git_graph_descendant_of,
	      (git_repository * repository, const git_oid *commit, const git_oid *ancestor),
	      (repository, commit, ancestor))
LAZY_FUNCTION(LIBGIT2, int, git_oid_fromstrn, (git_oid * id, const char *text, size_t length), (id, text, length))
LAZY_FUNCTION(LIBGIT2, int, git_blob_lookup, (git_blob * *blob, git_repository *repository, const git_oid *id),
	      (blob, repository, id))
LAZY_FUNCTION(LIBGIT2, const void *, git_blob_rawcontent, (const git_blob *blob), (blob))
LAZY_FUNCTION(LIBGIT2, git_object_size_t, git_blob_rawsize, (const git_blob *blob), (blob))
LAZY_PROCEDURE(LIBGIT2, git_blob_free, (git_blob * blob), (blob))
LAZY_FUNCTION(LIBGIT2, int, git_merge_file,
	      (git_merge_file_result * result, const git_merge_file_input *ancestor, const git_merge_file_input *ours,
	       const git_merge_file_input *theirs, const git_merge_file_options *options),
	      (result, ancestor, ours, theirs, options))
LAZY_PROCEDURE(LIBGIT2, git_merge_file_result_free, (git_merge_file_result * result), (result))

/* Variable arguments cannot be handed on: a case for each form that vela uses. */
int git_libgit2_opts(int option, ...)
{
	static int (*function)(int, ...);
	if (!function)
		*(void **)(&function) = lazy_find(LIBGIT2, "git_libgit2_opts");
	int result;
	va_list arguments;
	va_start(arguments, option);
	if (option == GIT_OPT_SET_EXTENSIONS) {
		const char **extensions = va_arg(arguments, const char **);
		result = function(option, extensions, va_arg(arguments, size_t));
	} else if (option == GIT_OPT_SET_SEARCH_PATH) {
		int level = va_arg(arguments, int);
		result = function(option, level, va_arg(arguments, const char *));
	} else {
		result = function(option, va_arg(arguments, int));
	}
	va_end(arguments);
	return result;
}
