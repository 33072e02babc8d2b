/*
 * What the pool's administrator allows (pool.yml), one function a rule. What exceeds it is ERROR_REFUSED, in words that
 * name the key, its value and who can change it. Without the key in pool.yml, each is a success at no cost.
 */
#ifndef VELA_APP_RULE_H
#define VELA_APP_RULE_H

#include "app/app.h"
#include "pool/branch.h"

/* `creators`: whether this user may make branches. The user who called sudo counts, where somebody did, else
 * the real one; root is no exception. */
int rule_creators(const struct app *app, struct error **err);

/* `settings`: whether vela.yml gives only what it may. All that it may not is in the message, with its line. */
int rule_settings(const struct app *app, struct error **err);

/*
 * `limits.lifetime`, from branch->created_at to branch->expires_at. What was `asked` for is refused if it is longer;
 * where nothing was, the branch gets the longest.
 */
int rule_lifetime(const struct app *app, bool asked, struct branch *branch, struct error **err);

/* `limits.storage`: measures what the branch holds alone, which takes milliseconds a gigabyte. `what` is not done if
 * that is too much: "check it". */
int rule_storage(const struct app *app, const struct branch *branch, const char *what, struct error **err);

/*
 * `limits.branches` and `limits.branches_per_project`, for a branch to be made: the caller holds *ret until the
 * branch's port is reserved and its record is written, so that of several at once none takes another's place. What a
 * check compares with is not counted, and neither is it kept from being made.
 */
int rule_branches(const struct app *app, const struct branch *branch, struct lock *ret, struct error **err);
/* The same lock, for who gives a branch that is there another port: ports are what is counted. */
int rule_branches_lock(const struct app *app, struct lock *ret, struct error **err);

/* For the others: who can change a rule of the pool. Always -1. */
int rule_hint(const struct app *app, const char *instead, struct error **err);

#endif
