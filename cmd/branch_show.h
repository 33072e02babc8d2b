/* How a branch is shown to a person. */
#ifndef VELA_CMD_BRANCH_SHOW_H
#define VELA_CMD_BRANCH_SHOW_H

#include "app/branch.h"
#include "cmd/command.h"

/* NAME of the command line or the surroundings, with the pool open. */
int branch_name_of(struct invocation *invocation, struct branch_context *ret, struct error **err);
/* After something was done to it: JSON, or `line` and where it is reached. `created` as in branch_to_json(). */
void branch_show_result(const struct invocation *invocation, const struct branch *branch, const bool *created,
			const char *line);

#endif
