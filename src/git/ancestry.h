/* Whether one commit grew out of another. */
#ifndef VELA_GIT_ANCESTRY_H
#define VELA_GIT_ANCESTRY_H

#include "base/error.h"

enum git_ancestry {
	GIT_ANCESTRY_UNKNOWN, /* no repository, a commit that is not here, or two different ones in a shallow clone */
	GIT_ANCESTRY_YES,
	GIT_ANCESTRY_NO,
};

/*
 * Whether `commit` (NULL: what HEAD is at) is `ancestor` or has it in its past; both in hex. *ret_commit: `commit`, or
 * what HEAD is at; owned, NULL if there is none. A repository that cannot be read is an error. Reads as the caller.
 */
int git_ancestry_read(const char *directory, const char *commit, const char *ancestor, enum git_ancestry *ret,
		      char **ret_commit, struct error **err);

#endif
