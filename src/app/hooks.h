/*
 * Git's hooks: putting vela into them and out again, and what it does when git calls it there. A hook never makes git
 * fail, but for a pre-push hook that was asked to.
 */
#ifndef VELA_APP_HOOKS_H
#define VELA_APP_HOOKS_H

#include "app/app.h"
#include "git/repository.h"
#include "report/report.h"

/* --- installing; as the caller, without a pool --- */

struct hook_status {
	const char *name;
	bool installed;
	char *file; /* that has vela's lines; NULL if not installed */
};
struct hooks_status {
	char *directory;           /* where git looks for hooks */
	struct hook_status *hooks; /* one for each of hook_names */
	size_t count;
	struct string_list notes; /* what the user should know, a sentence each */
};
void hooks_status_free(struct hooks_status *status);
#define _cleanup_hooks_status_ _cleanup_(hooks_status_free)

/*
 * For the repository around the working directory; `config` is its vela.yml, `program` is vela's path. Idempotent. A
 * hook that is there already goes on working: a shell script gets vela's lines behind its first one, anything else is
 * called by a script of vela's. ERROR_REFUSED where git looks for hooks in a directory that other repositories may
 * share; ERROR_USAGE in a bare repository.
 */
int hooks_install(const struct config *config, const char *program, struct hooks_status *ret, struct error **err);
/* Every file as it was before, vela's lines out of the files of environment variables, vela's keys out of git's
 * configuration. */
int hooks_uninstall(const struct config *config, struct hooks_status *ret, struct error **err);
int hooks_read_status(const struct config *config, struct hooks_status *ret, struct error **err);

/* --- when git calls --- */

enum { HOOK_PATIENCE_MS = 5000 }; /* the longest that a hook waits for another vela */

struct hook_run {
	struct app *app;
	const char *name;            /* "post-checkout" */
	const char *directory;       /* of vela.yml below the working tree; NULL: its top */
	const char *input;           /* what git wrote to its standard input; "" if nothing */
	struct repository_head head; /* of the repository whose hook it is */
	/* What a person should read: one line each. */
	struct string_list said;
	/* Of pre-push: prints the report of a failed check. */
	void (*show)(void *context, const struct report *report);
	void *context;
	bool block; /* of pre-push: nothing is to be pushed */
};
/* -1: it could not be done, and git goes on all the same. */
int hook_run(struct hook_run *run, struct error **err);
void hook_run_free(struct hook_run *run);

#endif
