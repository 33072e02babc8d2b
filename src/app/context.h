/* Which branch is meant: the name that was given, else the pull request of this CI run, else the checked-out git
 * branch. */
#ifndef VELA_APP_CONTEXT_H
#define VELA_APP_CONTEXT_H

#include "app/app.h"
#include "forge/ci.h"

struct branch_context {
	char *name;                    /* valid */
	char *title;                   /* what it was made from: the argument, "pr-12", the git branch */
	char *git_branch, *git_commit; /* NULL when the name was given, or not known */
	char *git_directory;           /* the clone's; NULL in CI, where clones are thrown away and have no branches */
	long pull_request;             /* 0: none */
	char *repository;              /* that it is a pull request of: "acme/shop"; NULL: not told */
};

/* The CI system that vela runs in. */
void context_ci(struct ci_context *ret);
/* A variable of the environment, for who asks for it with a context; that is ignored. */
const char *context_variable(void *ignored, const char *name);

/* `argument` NULL: from the surroundings. ERROR_USAGE says what to give when they tell nothing. */
int branch_context_resolve(const char *argument, struct branch_context *ret, struct error **err);
/* The git branch that this pull request is to be merged into, if CI tells; owned, or NULL. */
char *branch_context_base(void);
void branch_context_free(struct branch_context *context);
#define _cleanup_context_ _cleanup_(branch_context_free)

#endif
