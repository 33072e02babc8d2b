/* Removing what nobody needs: what a killed vela left behind, and branches whose time is over. */
#ifndef VELA_APP_GC_H
#define VELA_APP_GC_H

#include "app/app.h"

struct gc_item {
	char *what;    /* "branch shop/pr-12", "process 4711", … */
	char *reason;  /* why it goes, or why it stays */
	bool removed;  /* with `dry_run`: would be */
	char *problem; /* could not be removed; NULL: all is well */
};
struct gc_result {
	struct gc_item *items;
	size_t count;
};
void gc_result_free(struct gc_result *result);

/* Never touches what another vela works on, what is protected, or what has children. A thing that cannot be removed is
 * in the result with its problem, and the rest goes on. */
int gc_run(const struct app *app, bool dry_run, struct gc_result *ret, struct error **err);

#endif
