/*
 * Storage drivers: how a data directory is cloned. A *volume* is a directory that a driver made (or cloned) and that
 * carries vela's marker, the extended attribute STORAGE_MARKER on its top directory. Drivers act with the effective
 * user's rights, never log, know nothing of records and never start Postgres.
 */
#ifndef VELA_STORAGE_DRIVER_H
#define VELA_STORAGE_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/progress.h"

#define STORAGE_MARKER "user.vela.volume"

enum storage_capability {
	/* A clone is point-in-time across all files: of a running server it is a crash-consistent copy. */
	STORAGE_ATOMIC = 1 << 0,
	/* Never chosen by probing: only when asked for by name. */
	STORAGE_EXPLICIT = 1 << 1,
};

struct storage_usage {
	uint64_t exclusive_bytes; /* freed if the volume went */
	uint64_t shared_bytes;    /* of its data, held by other volumes as well */
};

struct storage_driver {
	const char *name;
	const char *summary; /* one line for help and docs; says what a clone costs */
	unsigned capabilities;

	/* Performs a real trial clone inside the existing `directory` and leaves nothing behind. -1: it cannot, and why
	 * (ERROR_STORAGE, with a hint). */
	int (*probe)(const char *directory, struct error **err);
	/* Makes an empty writable volume, mode 0700. `path` must not exist. */
	int (*create)(const char *path, struct error **err);
	/* Makes `target` a writable clone of the volume `source`, mode 0700, marker included. After a failure nothing
	 * named `target` remains. Observes interrupts. `source` may be sealed. No space is ERROR_STORAGE. */
	int (*clone)(const char *source, const char *target, struct error **err);
	/* Makes a volume read-only for good, its data durable on disk. */
	int (*seal)(const char *path, struct error **err);
	/* Idempotent: a missing volume is a success. Removes sealed ones too. Follows no symlink; refuses
	 * (ERROR_REFUSED) what lacks the marker, except an empty directory: that is what a killed creation leaves. Not
	 * interruptible. */
	int (*destroy)(const char *path, struct error **err);
	/* Writes out first what is only in memory. A server may run in the volume meanwhile. */
	int (*usage)(const char *path, struct storage_usage *ret, struct error **err);
};

/* All drivers, best first; ends with NULL. */
extern const struct storage_driver *const storage_drivers[];

/* ERROR_USAGE with a suggestion if there is no driver of that name. */
int storage_driver_find(const char *name, const struct storage_driver **ret, struct error **err);
/* The best driver that can clone in `directory`, by trying. ERROR_STORAGE, saying what each found, if none can. */
int storage_driver_probe(const char *directory, const struct storage_driver **ret, struct error **err);

/*
 * Fills the empty volume `target` with the tree below `source` (any directory, any filesystem): files are reflinked
 * where the filesystem can do so, else copied, in parallel. Permission bits are kept, except the top's; owners are the
 * effective user; sockets, fifos and devices are skipped; symbolic links are kept as they are. Sparse files stay
 * sparse. `skip` (may be NULL) names entries to leave out by path relative to source. Observes interrupts. Progress in
 * bytes, from any thread but one at a time. A copy from another filesystem that cannot fit is refused before it begins
 * (ERROR_STORAGE). After a failure the volume holds a part: destroy it.
 */
typedef bool storage_skip_function(const char *relative_path);
int storage_import(const char *source, const char *target, storage_skip_function *skip, const struct progress *progress,
		   struct error **err);

/* Bytes of all regular files below `path`, allocated blocks counted; what storage_import() may have to copy. */
int storage_tree_size(const char *path, uint64_t *ret, struct error **err);

/* Is `path` the top of something that `driver` can clone as it is although vela did not make it? That is a btrfs
 * subvolume with no other subvolume or mount inside: a clone would lack these. */
bool storage_is_cloneable_top(const struct storage_driver *driver, const char *path);
/* Clones such a foreign top into `target` as a marked volume: point-in-time where the driver is ATOMIC. */
int storage_clone_foreign(const struct storage_driver *driver, const char *source, const char *target,
			  struct error **err);
/* Marks what a killed storage_clone_foreign() may leave: a clone without the marker. Only for a `path` at which nobody
 * but vela can have made anything, and on which nobody works. Anything else there, or nothing, stays as it is. */
int storage_adopt(const struct storage_driver *driver, const char *path, struct error **err);

#endif
