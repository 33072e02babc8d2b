/* Who keeps a backend waiting, and whether waiting on is any use. */
#ifndef VELA_EVIDENCE_HANG_H
#define VELA_EVIDENCE_HANG_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/error.h"

/* What to do about it. */
extern const char hang_hint[];

/* One backend's wait; {0} at the start of a statement. */
struct hang {
	bool waits;
	double since_ms; /* of the caller's clock */
};

/*
 * Looks whether backend `pid` waits for a lock. Once it has done so for `limit_ms`, and all who keep it waiting, and
 * those who keep these, have been idle in their transactions for as long (or are prepared transactions), *ret, owned,
 * says who they are. Else *ret is NULL: whoever works will end.
 */
int hang_check(struct hang *hang, PGconn *observer, int pid, double now_ms, double limit_ms, char **ret,
	       struct error **err);

#endif
