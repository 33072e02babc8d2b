/*
 * Which CI system is this, and for which pull request, branch and commit does it run? Told from the environment and,
 * where a system has one, its event file. Untrusted values: names are for name_from_text(), never for a path or a
 * shell.
 */
#ifndef VELA_FORGE_CI_H
#define VELA_FORGE_CI_H

#include "base/error.h"

struct ci_context {
	const char *system; /* "GitHub Actions", …; NULL: none recognised (then the rest is empty) */
	long pull_request;  /* 0: this run is for none */
	char *branch;       /* the pull request's head branch, or the branch that runs; NULL: not told */
	char *commit;       /* NULL: not told */
	char *base_branch;  /* NULL: not told */
};

/* `lookup` is getenv, or a recorded environment in tests. A malformed event file is not an error: the environment
 * counts. */
void ci_detect(const char *(*lookup)(void *context, const char *name), void *context, struct ci_context *ret);
void ci_context_free(struct ci_context *ci);

#endif
