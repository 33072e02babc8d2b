/* Opening repositories, for the files of this folder. */
#ifndef VELA_GIT_OPEN_H
#define VELA_GIT_OPEN_H

#include <stdbool.h>

#include "base/error.h"
#include "git/release.h"

/* Once before the first use of libgit2; git_open() does it. */
int git_start(const char *directory, struct error **err);
/* The repository around `directory`; *ret_found says whether there is one. */
int git_open(const char *directory, git_repository **ret, bool *ret_found, struct error **err);
/* The same where one is wanted: ERROR_NOT_FOUND if there is none. */
int git_open_found(const char *directory, git_repository **ret, struct error **err);
/* As git_open(), for the repository that `directory` is, not one around it. */
int git_open_exactly(const char *directory, git_repository **ret, bool *ret_found, struct error **err);
void git_close(git_repository **repository);
/* What libgit2 said last, as an error about `directory`. Always -1. */
int git_failed(const char *directory, struct error **err);
/* Of the working tree; NULL in a bare repository. Owned. */
char *git_directory_of(git_repository *repository);
/* That all worktrees share. Owned. */
char *git_common_directory(git_repository *repository);
/* "main" of "refs/heads/main"; NULL if it is no branch. Owned. */
char *git_branch_of(const char *reference_name);

/* --- reference.c --- */

/* The commit that the reference `prefix`+`name` leads to; false if there is none. */
bool git_reference_find(git_repository *repository, const char *prefix, const char *name, git_oid *ret);
/* "main" of "origin/main", and of "main"; borrowed from it. */
const char *git_without_remote(const char *name);
/* The branch that others are merged into: `base`, or, if that is NULL, origin's default branch, else main or master;
 * the remote's before the local one. Its name without the remote's, owned, and its commit. */
bool git_base_find(git_repository *repository, const char *base, char **ret_name, git_oid *ret);

#endif
