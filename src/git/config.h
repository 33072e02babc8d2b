/*
 * Keys of a clone's own configuration, which all its worktrees share: GIT_DIRECTORY/config. Read and written as the
 * caller. Nothing that others configured (the system's file, the user's) is looked at.
 */
#ifndef VELA_GIT_CONFIG_H
#define VELA_GIT_CONFIG_H

#include "base/error.h"

/* `git_directory` as in struct repository_head. *ret is owned; NULL if the key is not set. Of several values, the last.
 */
int repository_key_read(const char *git_directory, const char *key, char **ret, struct error **err);
int repository_key_write(const char *git_directory, const char *key, const char *value, struct error **err);
int repository_key_remove(const char *git_directory, const char *key, struct error **err); /* missing: a success */

/*
 * vela notes beside each git branch which of its own branches follows it: `branch.NAME.vela`. When git renames or
 * deletes a branch it takes these lines along, so that the note tells what a branch was called before.
 */
char *repository_branch_key(const char *git_branch); /* owned */
/* The git branch, which need not be there, that has the note `name`; owned, or NULL. */
int repository_noted_branch(const char *git_directory, const char *name, char **ret, struct error **err);
/* Removes the notes of all git branches and `others`, keys that end with NULL; and sections that have become empty, as
 * git itself would. */
int repository_keys_clear(const char *git_directory, const char *const *others, struct error **err);

#endif
