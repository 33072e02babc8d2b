/* Which mounted filesystem holds a path. For src/storage/ only. */
#ifndef VELA_STORAGE_MOUNTS_H
#define VELA_STORAGE_MOUNTS_H

#include <stdbool.h>

#include "base/memory.h"

struct mount_point {
	char *type;      /* "ext4", "btrfs", …; "unknown" where it cannot be told */
	char *directory; /* where it is mounted; NULL where it cannot be told */
};
/* `path` need not exist: its nearest existing parent answers. */
void mount_point_of(const char *path, struct mount_point *ret);
void mount_point_free(struct mount_point *mount);
#define _cleanup_mount_ _cleanup_(mount_point_free)

bool mount_is_root(const char *path); /* is a filesystem mounted on this very directory? */

#endif
