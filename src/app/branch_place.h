/* The place of a branch among the others: its port, directory, password and record, all but its data. The caller holds
 * the branch's lock. */
#ifndef VELA_APP_BRANCH_PLACE_H
#define VELA_APP_BRANCH_PLACE_H

#include "app/app.h"
#include "pool/branch.h"

/* Only the port, one of those that the pool has: the caller holds rule_branches_lock(). */
int branch_reserve_port(const struct app *app, const struct branch *branch, int *ret, struct error **err);
/* Of a new branch, if the pool allows one more. After a failure the caller discards what may be there. */
int branch_place(const struct app *app, struct branch *branch, struct error **err);
/* Removes the branch that is there and gives its place to its successor, of the same name: nobody can take it
 * meanwhile. *ret_gone false: it could not be removed, and is there as before. */
int branch_place_anew(const struct app *app, struct branch *branch, bool *ret_gone, struct error **err);

#endif
