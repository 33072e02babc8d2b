/* What a volume holds alone and what it shares, asked from the filesystem file by file (FIEMAP). For src/storage/ only.
 */
#ifndef VELA_STORAGE_USAGE_H
#define VELA_STORAGE_USAGE_H

#include "storage/driver.h"

/* Writes out what is still only in memory: its place, and so whether it is shared, is known only then. A server may run
 * in the volume meanwhile. Where the filesystem does not tell, everything counts as exclusive. */
int usage_of_volume(const char *path, struct storage_usage *ret, struct error **err);

#endif
