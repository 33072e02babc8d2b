/*
 * Locks between vela processes: flock on files in locks/. The kernel frees them when their holder dies, however it
 * dies.
 */
#ifndef VELA_POOL_LOCK_H
#define VELA_POOL_LOCK_H

#include <stdbool.h>

#include "pool/pool.h"

enum lock_mode { LOCK_MODE_SHARED, LOCK_MODE_EXCLUSIVE };

struct lock {
	int fd; /* -1: not held */
	char *path;
	bool exclusive;
};
#define LOCK_NONE ((struct lock){.fd = -1})

enum { LOCK_PATIENCE_MS = 15000 };

/*
 * Takes the lock called `name` ("branch.shop.pr-12"). Waits at most `patience_ms` (0: not at all), interruptible; then
 * ERROR_CONFLICT that tells who holds it. `purpose` ("vela check") is what others will read if they have to wait.
 */
int lock_acquire(const struct pool *pool, const char *name, enum lock_mode mode, double patience_ms,
		 const char *purpose, struct lock *ret, struct error **err);
/* Releases; NULL-safe on LOCK_NONE. The file stays: it may be waited for. */
void lock_release(struct lock *lock);
/* Removes the file too, for a thing that is gone; only the holder of an exclusive lock may. */
void lock_retire(struct lock *lock);
#define _cleanup_lock_ _cleanup_(lock_release)

#endif
