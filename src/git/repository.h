/* The repository that surrounds a directory, through libgit2: worktrees, detached HEADs, shallow clones, submodules. */
#ifndef VELA_GIT_REPOSITORY_H
#define VELA_GIT_REPOSITORY_H

#include "base/error.h"

struct repository_head {
	char *directory;     /* of the working tree; NULL in a bare repository */
	char *branch;        /* checked out, without refs/heads/; NULL if HEAD is detached */
	char *commit;        /* 40 hex digits; NULL if the branch has no commit yet */
	char *git_directory; /* absolute; the one that all worktrees of a clone share */
};

/* *ret_found says whether `directory` is inside a repository at all; a broken repository is an error. Reads nothing but
 * the repository; acts as the caller even where it belongs to another user. */
int repository_head_read(const char *directory, struct repository_head *ret, int *ret_found, struct error **err);
void repository_head_free(struct repository_head *head);

#endif
