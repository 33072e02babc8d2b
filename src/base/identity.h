/*
 * Whom vela acts as. Root acts for the owner of a pool: it takes the owner's effective ids, so that every file it makes
 * and every process it starts belongs to the owner, and takes its own back only to read or write what is the caller's.
 */
#ifndef VELA_BASE_IDENTITY_H
#define VELA_BASE_IDENTITY_H

#include <sys/types.h>

#include "base/error.h"

struct identity {
	uid_t uid;
	gid_t gid;
};

int identity_of_user(const char *name, struct identity *ret, struct error **err);
char *identity_user_name(uid_t uid); /* owned; the number in digits if the user has no name */
/* Who asked for this: the user who called sudo, else the real one; owned. Enough to tell people apart, and no proof: a
 * variable says so, which root and whoever else may use a pool could set themselves. */
char *identity_person(void);
struct identity identity_current(void); /* effective */

/* Root becomes `who`, the caller's identity is kept aside. Another user than root can only "become" itself (REFUSED).
 */
int identity_assume(const struct identity *who, struct error **err);

/* Between begin and end the process has the caller's identity again. Nests; harmless if nothing was assumed. */
void identity_caller_begin(void);
void identity_caller_end(void);
static inline void identity_caller_scope_end(const int *active)
{
	if (*active)
		identity_caller_end();
}
#define IDENTITY_CALLER_SCOPE                                                                                          \
	_cleanup_(identity_caller_scope_end) __attribute__((unused)) int identity_scope = 1;                           \
	identity_caller_begin()

/* For a child between fork and exec: becomes `who` for good, or the caller for good if `who` is NULL. 0 or -1 with
 * errno. */
int identity_become(const struct identity *who);

#endif
