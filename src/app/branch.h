/* Branches: made, found, changed, removed. Each function takes the branch's lock unless it says that the caller holds
 * it. */
#ifndef VELA_APP_BRANCH_H
#define VELA_APP_BRANCH_H

#include <jansson.h>

#include "app/app.h"
#include "app/context.h"
#include "pool/branch.h"

struct branch_request {       /* borrowed */
	const char *baseline; /* NAME or NAME@REVISION; NULL: vela.yml's, else the only one */
	const char *parent;   /* make it from this branch instead; NULL: from a baseline */
	const char *expires;  /* duration or "never"; NULL: vela.yml's */
	bool protect;
	bool temporary; /* for a check: whoever keeps it says so in its record */
	bool reference; /* what a check compares with: nobody asked for it, so no rule of the pool is about it */
	bool fresh;     /* if it is there already, make it anew */
};

/*
 * Idempotent: a branch that is there is started if need be and returned with *ret_created false. Whatever goes wrong on
 * the way, a branch that could not be finished is removed again. The `_locked` form is for a caller who holds the lock.
 */
int branch_create(const struct app *app, const struct branch_context *context, const struct branch_request *request,
		  struct branch *ret, bool *ret_created, struct error **err);
int branch_create_locked(const struct app *app, const struct branch_context *context,
			 const struct branch_request *request, struct branch *ret, bool *ret_created,
			 struct error **err);

/* A missing branch is a success with *ret_deleted false. ERROR_CONFLICT if it is protected, or has children. */
int branch_delete(const struct app *app, const char *name, bool *ret_deleted, struct error **err);
/*
 * Lock held. Ends what runs on it and removes every trace, whatever state it is in, even with a damaged record; nothing
 * there is a success. `reason` is for the events, NULL: none is recorded.
 */
int branch_discard(const struct app *app, const char *project, const char *name, const char *reason,
		   struct error **err);
/* ERROR_CONFLICT if it is protected, or has children. */
int branch_may_be_deleted(const struct app *app, const struct branch *branch, struct error **err);
/* Names of branches made from this one; empty if none. */
int branch_children(const struct app *app, const char *project, const char *name, struct string_list *ret,
		    struct error **err);

/* Lock held. Clones a branch's data; if it runs, it stands still meanwhile: its sessions stay connected and it loses no
 * transaction. */
int branch_clone_data(const struct app *app, const struct branch *branch, const char *target, struct error **err);

/* Back to what it was made from, keeping name, port and password; running again afterwards. */
int branch_reset(const struct app *app, const char *name, struct branch *ret, struct error **err);
/* Lock held. `reason` is for the events; NULL: it was asked for. */
int branch_reset_locked(const struct app *app, struct branch *branch, const char *reason, struct error **err);
/* Lock held: finishes or undoes what a killed vela left of a branch that is there: a reset, a pause, files
 * half-written. */
int branch_repair(const struct app *app, struct branch *branch, struct error **err);

/* One change of a record (or of its instance) under the lock. */
enum branch_change { BRANCH_START, BRANCH_STOP, BRANCH_PROTECT, BRANCH_UNPROTECT, BRANCH_EXPIRE };
int branch_change(const struct app *app, const char *name, enum branch_change change, const char *argument,
		  struct branch *ret, struct error **err);

/* Reads the record of a branch of this project; without the lock. */
int branch_find(const struct app *app, const char *name, struct branch *ret, struct error **err);
/* The same, and starts it if it does not run. One that a check holds is found as soon as it runs. */
int branch_find_running(const struct app *app, const char *name, struct branch *ret, struct error **err);
/* "7d" from now, or "never" (0). ERROR_USAGE. */
int branch_parse_expiry(const char *text, time_t *ret, struct error **err);
const char *branch_state_name(const struct branch *branch); /* "ready", "stopped", "creating" */
/* The object of `branch show -o json`. `created` NULL leaves that member out. Storage is measured if `measure`. */
json_t *branch_to_json(const struct app *app, const struct branch *branch, const bool *created, bool measure);

#endif
