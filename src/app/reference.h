/*
 * The state before: a clone of the baseline revision a branch came from, without anything that was done to the branch.
 * It lives as long as one command; what a killed one leaves is a temporary branch, which gc removes.
 */
#ifndef VELA_APP_REFERENCE_H
#define VELA_APP_REFERENCE_H

#include "app/app.h"
#include "pool/branch.h"

struct reference {
	struct branch branch; /* name NULL: not open */
	struct lock lock;
};
#define REFERENCE_NONE ((struct reference){.lock = LOCK_NONE})

/* Clones and starts it; one that is open stays as it is. `of` is only read. */
int reference_open(const struct app *app, const struct branch *of, struct reference *reference, struct error **err);
/* Removes it; not open is a success. */
int reference_close(const struct app *app, struct reference *reference, struct error **err);

#endif
