/* A branch gets another name: because somebody says so, or because git's branch got one. */
#ifndef VELA_APP_BRANCH_RENAME_H
#define VELA_APP_BRANCH_RENAME_H

#include "app/branch.h"

/*
 * The branch `name` is called `to->name` from then on; data, port and password stay. Its sessions end: what it is
 * called is part of the server's command line; if it ran, it runs again. `to->git_branch`, if given, becomes the git
 * branch that it belongs to. ERROR_CONFLICT if there is one of that name. A vela killed on the way leaves it under one
 * of the two names, and branch_repair() does the rest.
 */
int branch_rename(const struct app *app, const char *name, const struct branch_context *to, struct branch *ret,
		  struct error **err);
/* Lock held. Finishes or undoes the rename that a killed vela left: for branch_repair(). */
int branch_rename_repair(const struct app *app, struct branch *branch, struct error **err);

/*
 * Notes in the clone's git configuration which branch follows its git branch: git moves the note when it renames one.
 * Does nothing for a context that is not of a clone.
 */
int branch_note(const struct branch_context *context, struct error **err);
/* Has git renamed its branch, and vela not followed yet? In doubt, no. */
bool branch_is_to_follow(const struct branch *branch);
/*
 * If the note says that the git branch of `context` was followed by a branch of another name, whose git branch is gone,
 * that one is renamed: *ret_old is its former name, owned; else NULL.
 */
int branch_follow(const struct app *app, const struct branch_context *context, char **ret_old, struct error **err);

#endif
