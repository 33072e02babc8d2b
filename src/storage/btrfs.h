/* What the btrfs driver can do with subvolumes that vela did not make. For src/storage/ only. */
#ifndef VELA_STORAGE_BTRFS_H
#define VELA_STORAGE_BTRFS_H

#include <stdbool.h>

#include "base/error.h"

/* The top of a subvolume that holds no other subvolume and no mount at its first level: a snapshot has none of these.
 */
bool btrfs_is_cloneable_top(const char *path);
int btrfs_clone_foreign(const char *source, const char *target, struct error **err);
/* As storage_adopt(). */
int btrfs_adopt(const char *path, struct error **err);

#endif
