/*
 * Trees of files: filling one from another and removing one. The volumes of the drivers without snapshots are such
 * trees. For src/storage/ only.
 */
#ifndef VELA_STORAGE_TREE_H
#define VELA_STORAGE_TREE_H

#include <stdatomic.h>

#include "base/error.h"
#include "storage/driver.h"

enum tree_method {
	TREE_SHARE,         /* reflink; a file that cannot be is an error */
	TREE_COPY,          /* independent copies */
	TREE_SHARE_OR_COPY, /* reflink where it can be */
};

/* Counts the bytes of files as they are done. Called from several threads at a time. */
typedef void tree_count_function(void *context, uint64_t bytes);

struct tree_fill {
	enum tree_method method;
	storage_skip_function *skip; /* may be NULL */
	tree_count_function *count;  /* may be NULL */
	void *context;
};

/* Fills the empty directory `target` from `source`. After a failure a part is there. Observes interrupts. */
int tree_fill(int source, int target, const struct tree_fill *fill, struct error **err);

/* Allocated bytes of the regular files below `source`. */
int tree_size(int source, storage_skip_function *skip, uint64_t *ret, struct error **err);

/* Refuses what would not fit: ERROR_STORAGE with both numbers. `target` is any path on the filesystem to be filled. */
int tree_foresee_space(uint64_t bytes, const char *target, struct error **err);

/* Removes a tree; follows no link, stays on its filesystem, overcomes missing write permission. A missing one is a
 * success. Not interruptible. */
int tree_remove(const char *path, struct error **err);

/* Volumes that are directories. */
int tree_volume_create(const char *path, struct error **err);
int tree_volume_clone(const char *source, const char *target, enum tree_method method, struct error **err);
int tree_volume_seal(const char *path, struct error **err);
int tree_volume_destroy(const char *path, struct error **err);

#endif
