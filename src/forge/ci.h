/*
 * Which CI system is this, and for which pull request, branch and commit does it run? Told from the environment and,
 * where a system has one, its event file. Untrusted values: names are for name_from_text(), never for a path or a
 * shell.
 */
#ifndef VELA_FORGE_CI_H
#define VELA_FORGE_CI_H

#include <stdbool.h>

#include "base/error.h"

/* Whether the pull request's head is in the repository itself. A run for no pull request is of the repository. UNKNOWN:
 * no system was recognised, or a pull request's head is not told; whoever decides on it takes that for a fork. */
enum ci_origin { CI_ORIGIN_UNKNOWN, CI_ORIGIN_REPOSITORY, CI_ORIGIN_FORK };

struct ci_context {
	const char *system; /* "GitHub Actions", …; NULL: none recognised (then the rest is empty) */
	long pull_request;  /* 0: this run is for none */
	char *branch;       /* the pull request's head branch, or the branch that runs; NULL: not told */
	char *commit;       /* NULL: not told */
	char *base_branch;  /* NULL: not told */
	enum ci_origin origin;
	const char *forge; /* "github", "gitlab", "gitea": where the pull request lives, if that is plain; else NULL */
	char *api;         /* of that forge, without a slash at the end: "https://api.github.com"; NULL: not told */
	char *repository; /* that the pull request is to be merged into: "acme/shop"; of GitLab, the project's number */
	char *path;       /* of that repository in its addresses: "acme/shop"; NULL: not told */
};

/* `lookup` is getenv, or a recorded environment in tests. A malformed event file is not an error: the environment
 * counts, but of the origin nothing is known then. */
void ci_detect(const char *(*lookup)(void *context, const char *name), void *context, struct ci_context *ret);
/* Whether a git remote with this address is that repository: by its path alone, since a runner may know the host under
 * another name. False if CI tells nothing of it. */
bool ci_is_repository(const struct ci_context *ci, const char *address);
void ci_context_free(struct ci_context *ci);

#endif
