/*
 * Removing what nobody needs: branches whose git branch was merged or deleted, whose pull request is merged or closed,
 * whose time is over, that were never finished; revisions of baselines that nobody uses; what a killed vela left.
 */
#ifndef VELA_APP_GC_H
#define VELA_APP_GC_H

#include "app/app.h"

struct gc_request {
	bool dry_run;        /* only say what would go */
	const char *project; /* only branches of this one, nothing else; NULL: all there is in the pool */
	bool offline;        /* no forge is asked */
};

enum gc_outcome {
	GC_REMOVED, /* with `dry_run`: would be */
	GC_KEPT,    /* there was a reason to remove it, but also one to keep it */
	GC_FAILED,  /* could not be removed, or looked at: `problem` says why */
};
struct gc_item {
	char *what; /* "branch shop/pr-12", "process 4711", … */
	enum gc_outcome outcome;
	char *reason; /* why it goes, or why it stays */
	char *problem;
	enum error_kind kind; /* of the problem */
};
struct gc_result {
	struct gc_item *items; /* in the order in which they went; children before their parents */
	size_t count;
};
void gc_result_free(struct gc_result *result);

/*
 * Never touches what another vela works on, what is protected, or what has children that stay: where there was a reason
 * to remove it, the result says which and why. A thing that cannot be removed is in the result with its problem, and
 * the rest goes on; so it is with a forge, or a clone, that cannot be asked: then nothing goes on its account.
 */
int gc_run(const struct app *app, const struct gc_request *request, struct gc_result *ret, struct error **err);

#endif
