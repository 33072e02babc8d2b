/*
 * What became of a git branch: is it there, deleted, or merged into the base branch (by a merge, a fast-forward, a
 * squash, or commit by commit after a rebase)? In doubt it is alive: what is decided on this is removed.
 *
 * A change counts as being in the base when a commit of the base, not older than it, made exactly it: each file came
 * out as git's merge of the change into what was there before. So blanks count, binary files too, and what the base did
 * elsewhere in the same files does not matter. What was changed while it was merged is not recognised, nor what is
 * beyond bounds that only very large histories and files reach.
 */
#ifndef VELA_GIT_FATE_H
#define VELA_GIT_FATE_H

#include <stdbool.h>

#include "base/error.h"

enum git_fate {
	GIT_FATE_ALIVE,
	GIT_FATE_DELETED, /* no branch of this name, here or at a remote */
	GIT_FATE_MERGED,
};

/* One clone, opened once for many questions: what the base branch has is read once, as far back as they need. Reads as
 * the caller, writes nothing, runs nothing. */
struct git_fates;
/* `git_directory` as in struct repository_head. ERROR_NOT_FOUND if there is no repository (any more). Owned. */
int git_fates_open(const char *git_directory, struct git_fates **ret, struct error **err);
void git_fates_free(struct git_fates *fates);
/* Has the clone this commit (40 hex digits; NULL: none is asked for)? Another repository in its place has not. */
bool git_fates_know(struct git_fates *fates, const char *commit);

/*
 * Of `branch`, which is followed where it was renamed to. Alive are: the base branch, those that others are merged into
 * (by their names, or as another's upstream) until they are deleted, and every branch while the base cannot be told;
 * one that is checked out in any worktree; one that never had a commit of its own, as far as its reflog tells; one that
 * the base took back; one whose reference cannot be read; one that is not here, in a clone that fetches only some of a
 * remote's branches or commits. Merged is one of which both what is here and what the remotes have is merged.
 * *ret_reason: for the events, "git branch feature/x was merged into main (squash)"; owned; NULL if alive.
 */
int git_fate(struct git_fates *fates, const char *branch, enum git_fate *ret, char **ret_reason, struct error **err);

#endif
