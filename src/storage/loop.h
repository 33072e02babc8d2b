/*
 * A filesystem in a file: how a pool gets copy-on-write on a host whose own filesystem cannot clone. All of this needs
 * root and acts as the caller. The loop device goes by itself when its filesystem is unmounted (autoclear).
 */
#ifndef VELA_STORAGE_LOOP_H
#define VELA_STORAGE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { LOOP_SMALLEST = 256 << 20 }; /* bytes; below this btrfs has no room for its own metadata */

/* Makes a sparse file of `size` bytes, mode 0600, and a btrfs in it. An existing file is refused (ERROR_CONFLICT).
 * After a failure there is no file. Foresees a disk too small to hold the file's first blocks. */
int loop_format(const char *image, uint64_t size, struct error **err);
/* Attaches the image with direct I/O and mounts it on `directory` with user_subvol_rm_allowed, noatime and
 * discard=async: what is deleted in it goes back to the disk below. A btrfs already mounted there: success; another
 * filesystem there, or the image attached elsewhere: ERROR_CONFLICT. After a failure no loop device is left. */
int loop_mount(const char *image, const char *directory, struct error **err);
/* Before its first use. Where data have taken all there is, btrfs finds no room for metadata, without which nothing can
 * be deleted either: this sets some aside, in proportion to the size. */
int loop_reserve_metadata(const char *directory, struct error **err);
/* Not mounted: success. Busy: ERROR_CONFLICT. */
int loop_unmount(const char *directory, struct error **err);
bool loop_is_mounted(const char *directory); /* a btrfs, on this very directory */
/* The name of the filesystem that holds `path` ("ext4", "btrfs", …), for messages; owned. */
char *loop_filesystem_name(const char *path);

#endif
