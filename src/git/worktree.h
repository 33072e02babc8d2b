/* The working trees of a clone, and what git knows of the files in them. Everything is read as the caller. */
#ifndef VELA_GIT_WORKTREE_H
#define VELA_GIT_WORKTREE_H

#include <stdbool.h>

#include "base/error.h"

/* The directories of all working trees that are there: of the clone itself, unless it is bare, and of `git worktree`.
 */
int repository_worktrees(const char *git_directory, struct string_list *ret, struct error **err);
/* Is the branch checked out in one of them, or about to be: HEAD names it whether it is there or not. */
int repository_is_checked_out(const char *git_directory, const char *branch, bool *ret, struct error **err);
/* Is there a branch of this name? */
int repository_has_branch(const char *git_directory, const char *branch, bool *ret, struct error **err);

enum file_standing {
	FILE_UNKNOWN, /* to git: the next `git add .` takes it */
	FILE_IGNORED,
	FILE_TRACKED
};
/* `path` is relative to `tree`, a working tree's directory; it need not be there. */
int repository_file_standing(const char *tree, const char *path, enum file_standing *ret, struct error **err);

#endif
