/* What a `git push` sends, and having it as files. Everything is read as the caller. */
#ifndef VELA_GIT_PUSH_H
#define VELA_GIT_PUSH_H

#include <stdbool.h>

#include "base/error.h"

/* As git tells a pre-push hook: "LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID". Borrowed. */
struct pushed {
	const char *local_ref, *local_id, *remote_ref, *remote_id;
};

/*
 * Does it bring another `path` (of a directory or file, as the tree has it; "" is all) than the remote has under that
 * name, or, where it has none or one that is not known here, than the commit at which it left the base branch? Sets
 * *ret_commit to the commit that is pushed, owned; to NULL if there is none, because a reference is deleted, or changes
 * nothing there.
 */
int repository_push_reads(const char *tree, const struct pushed *pushed, const char *path, char **ret_commit,
			  struct error **err);
/* Is `commit` what is checked out at `tree`, with nothing changed or added at these paths? They end with NULL; none at
 * all: the whole tree.
 */
int repository_is_clean_at(const char *tree, const char *commit, char **paths, bool *ret, struct error **err);
/*
 * Checks `commit` out below `directory`, which is empty, as a working tree at "DIRECTORY/tree" that shares everything
 * but HEAD and index with the clone, which does not get to know it: to remove the directory is enough.
 */
int repository_check_out(const char *git_directory, const char *commit, const char *directory, struct error **err);

#endif
