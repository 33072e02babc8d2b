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
