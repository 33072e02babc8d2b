/*
 * Which CI system is this, and for which pull request, branch and commit does it run? Told from the environment and,
 * where a system has one, its event file. Untrusted values: names are for name_from_text(), never for a path or a
 * shell.
 */
#ifndef VELA_FORGE_CI_H
#define VELA_FORGE_CI_H

#include "base/error.h"

/* Whether the pull request's head is in the repository itself. */
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
};

/* `lookup` is getenv, or a recorded environment in tests. A malformed event file is not an error: the environment
 * counts. */
void ci_detect(const char *(*lookup)(void *context, const char *name), void *context, struct ci_context *ret);
void ci_context_free(struct ci_context *ci);

#endif
