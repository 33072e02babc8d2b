/* What the drivers share: where a volume stands, its marker, the errors of storage. For src/storage/ only. */
#ifndef VELA_STORAGE_VOLUME_H
#define VELA_STORAGE_VOLUME_H

#include <stdbool.h>

#include "base/error.h"
#include "storage/driver.h"

extern const struct storage_driver storage_btrfs, storage_reflink, storage_copy;

/* The directory that holds a volume, and the volume's name in it: what follows is done by name in that directory, so
 * that no symbolic link at the end of a path is ever followed. */
struct volume_place {
	int parent;
	char *name;
};
#define VOLUME_PLACE_NONE ((struct volume_place){.parent = -1})
int volume_place_open(const char *path, struct volume_place *ret, struct error **err);
void volume_place_free(struct volume_place *place);
#define _cleanup_place_ _cleanup_(volume_place_free)

/* Opens the directory at `place`; `path` is for messages. A link or a file in its place is ERROR_REFUSED. */
int volume_open(const struct volume_place *place, const char *path, int *ret, struct error **err);
/* volume_open() by path, for a volume that carries the marker; ERROR_REFUSED without it. */
int volume_open_marked(const char *path, int *ret, struct error **err);

/*
 * For destroy: 1 with the marked volume opened, 0 if nothing is left to destroy. A directory that is empty and unmarked
 * is removed here: it is what a creation leaves that was killed before it came to the marker.
 */
int volume_find(const char *path, struct volume_place *place, int *ret, struct error **err);

int volume_mark(int fd, const char *path, struct error **err);
bool volume_is_marked(int fd);

/* error_errno() with what to do where the filesystem is full; an existing file is ERROR_CONFLICT. */
int volume_errno(struct error **err, int error_number, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* For probe: a volume with a file in it is made, cloned, compared and destroyed inside `directory`. Whatever fails but
 * an interrupt is ERROR_STORAGE, with a hint. */
int volume_trial(const struct storage_driver *driver, const char *directory, struct error **err);

#endif
