/* Where git looks for the hooks of a clone. */
#ifndef VELA_GIT_HOOKS_H
#define VELA_GIT_HOOKS_H

#include <stdbool.h>

#include "base/error.h"

struct hooks_place {
	char *directory;  /* absolute; it need not be there */
	char *usual;      /* where git looks if nobody says otherwise: GIT_DIRECTORY/hooks */
	char *configured; /* core.hooksPath as it stands there; NULL: not set */
	bool inside; /* of this clone: below its git directory or this working tree, links resolved. What is elsewhere
			may serve others. */
};

/* As git would find it for the working tree at `tree`, with the system's and the user's configuration too. */
int repository_hooks(const char *tree, const char *git_directory, struct hooks_place *ret, struct error **err);
void hooks_place_free(struct hooks_place *place);
#define _cleanup_hooks_place_ _cleanup_(hooks_place_free)

#endif
