/* What a branch changes: its files against those of the commit where it left the base branch. */
#ifndef VELA_GIT_CHANGES_H
#define VELA_GIT_CHANGES_H

#include <stdbool.h>

#include "base/error.h"

struct repository_changes {
	bool known;
	char *reason; /* a clause, if it is not known: "there is no branch main here" */
	char *base;   /* the base branch as a person calls it: "main"; NULL if none was found */
	/* Paths relative to the directory asked for. Committed on the branch or not, staged or not, untracked (but not
	 * ignored) or not: what counts is what is in the working tree. */
	struct string_list added;
	struct string_list
		modified;           /* the base has the file, with another content; or with another name: the new one */
	struct string_list deleted; /* the base's names */
};

/*
 * Of the files in `directory` and below. `base` is a branch's name, the remote's before the local one; NULL: the branch
 * that origin/HEAD points to, else main or master. Not in a repository, no base branch, no common commit (a shallow
 * clone), and a HEAD that is the base itself without any difference, are successes in which the changes are not known.
 * A repository that cannot be read is an error. Reads nothing but the repository and its working tree, as the caller.
 * *ret is written over, not freed.
 */
int repository_changes_read(const char *directory, const char *base, struct repository_changes *ret,
			    struct error **err);
void repository_changes_free(struct repository_changes *changes);
#define _cleanup_changes_ _cleanup_(repository_changes_free)

#endif
