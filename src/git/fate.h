/*
 * What became of a git branch: is it there, deleted, or merged into the base branch (by a merge, a fast-forward, a
 * squash, or commit by commit after a rebase)? In doubt it is alive: what is decided on this is removed.
 */
#ifndef VELA_GIT_FATE_H
#define VELA_GIT_FATE_H

#include "base/error.h"

enum git_fate {
	GIT_FATE_ALIVE,
	GIT_FATE_DELETED, /* no branch of this name, here or at the remote */
	GIT_FATE_MERGED,
};

/* One clone, opened once for many questions: what the base branch has is read once. Reads as the caller. */
struct git_fates;
/* `git_directory` as in struct repository_head. ERROR_NOT_FOUND if there is no repository (any more). Owned. */
int git_fates_open(const char *git_directory, struct git_fates **ret, struct error **err);
void git_fates_free(struct git_fates *fates);

/*
 * Of `branch`, whose database was made at `commit` (NULL: not known). A branch that never had a commit of its own is
 * alive, and so is one whose base branch cannot be told, and the base branch itself. *ret_reason: for the events,
 * "git branch feature/x was merged into main (squash)"; owned; NULL if alive.
 */
int git_fate(struct git_fates *fates, const char *branch, const char *commit, enum git_fate *ret, char **ret_reason,
	     struct error **err);

#endif
