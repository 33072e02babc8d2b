/* What the files of CI recognition share: the environment, the table of systems, the event file. */
#ifndef VELA_FORGE_CI_PARTS_H
#define VELA_FORGE_CI_PARTS_H

#include "forge/ci.h"

enum { CI_NAMES_MAX = 2 /* variables that may tell the same thing */ };

struct ci_environment {
	const char *(*lookup)(void *context, const char *name);
	void *context;
};

/* One row for each CI system. Where several variables tell a thing, the first that does counts. */
struct ci_system {
	const char *name;
	const char *marker; /* set by this system in every run */
	const char *pull_request[CI_NAMES_MAX];
	long (*number)(const struct ci_environment *environment, const char *value); /* reads what the above hold */
	const char *head_branch[CI_NAMES_MAX], *head_commit[CI_NAMES_MAX];           /* in the run of a pull request */
	const char *branch[CI_NAMES_MAX], *commit[CI_NAMES_MAX];                     /* in any other */
	const char *tag; /* set if it is a tag that runs: what then stands as the branch is none */
	const char *base_branch[CI_NAMES_MAX]; /* set for pull requests only */
	const char *remote;                    /* may stand before a branch, as in "origin/main" */
	const char *event_file;                /* that tells of a pull request in GitHub's JSON, its origin included */
	const char *forge;                     /* where every repository of this system lives; NULL: `place` tells */
	const char *api, *repository[CI_NAMES_MAX];
	/* Where a pull request comes from; NULL: the event file alone tells. */
	enum ci_origin (*origin)(const struct ci_environment *environment);
	/* Fills path, and of forge, api and repository what the variables above do not; NULL: nothing. */
	void (*place)(const struct ci_environment *environment, struct ci_context *ci);
};
extern const struct ci_system ci_systems[]; /* ends with a NULL name */

/* NULL if the variable is unset or empty, or `name` is NULL. */
const char *ci_value(const struct ci_environment *environment, const char *name);
const char *ci_first_value(const struct ci_environment *environment, const char *const names[CI_NAMES_MAX]);
/* Digits up to one of `ends` or the end of the text; 0 for anything else. */
long ci_leading_number(const char *text, const char *ends);
/* The branch in "main", "refs/heads/main" or REMOTE"main"; NULL for any other reference, as a fork's "pull/N" is.
 * Owned. */
char *ci_branch_name(const char *value, const char *remote);
/* SHA-1 or SHA-256 in full, owned; NULL for anything else, as "HEAD". */
char *ci_commit_id(const char *value);

/* ci_event.c: what the event says of a pull request or of the group that a merge queue has made. False: there is a
 * file, and it is not understood. */
bool ci_take_event(const char *path, struct ci_context *ci);

/* ci_place.c: addresses of repositories and of pull requests. */
bool ci_same_repository(const char *address, const char *other);
/* Fills only the path. */
void ci_take_path(const char *address, struct ci_context *ci);
/* "https://github.com/acme/shop/pull/12" */
void ci_take_pull_request_address(const char *address, struct ci_context *ci);
/* "git@github.com:acme/shop.git", of a repository at `forge`. */
void ci_take_repository_address(const char *address, const char *forge, struct ci_context *ci);

#endif
