#include "storage/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "storage/volume.h"
#include "storage/walk.h"

enum { EXTENTS_AT_ONCE = 128 };

struct sums {
	atomic_uint_fast64_t exclusive, shared;
};

union extent_map {
	struct fiemap map;
	char space[sizeof(struct fiemap) + EXTENTS_AT_ONCE * sizeof(struct fiemap_extent)];
};

/* Returns true after the last extent. */
static bool add_extents(const struct fiemap *map, struct storage_usage *usage, uint64_t *next)
{
	for (unsigned i = 0; i < map->fm_mapped_extents; i++) {
		const struct fiemap_extent *extent = &map->fm_extents[i];
		*next = extent->fe_logical + extent->fe_length;
		/* btrfs keeps tiny files among its metadata, where sharing cannot be told. */
		if (extent->fe_flags & FIEMAP_EXTENT_DATA_INLINE)
			;
		else if (extent->fe_flags & FIEMAP_EXTENT_SHARED)
			usage->shared_bytes += extent->fe_length;
		else
			usage->exclusive_bytes += extent->fe_length;
		if (extent->fe_flags & FIEMAP_EXTENT_LAST)
			return true;
	}
	return map->fm_mapped_extents == 0;
}

static int measure_file(int fd, struct storage_usage *usage)
{
	union extent_map extents;
	uint64_t start = 0;
	do {
		memset(&extents.map, 0, sizeof(extents.map));
		extents.map.fm_start = start;
		extents.map.fm_length = FIEMAP_MAX_OFFSET - start;
		extents.map.fm_flags = FIEMAP_FLAG_SYNC;
		extents.map.fm_extent_count = EXTENTS_AT_ONCE;
		if (ioctl(fd, FS_IOC_FIEMAP, &extents.map) < 0)
			return -1;
	} while (!add_extents(&extents.map, usage, &start));
	return 0;
}

static int measure_entry(void *context, const struct walk_entry *entry, struct error **err)
{
	struct sums *sums = context;
	struct storage_usage usage = {0};
	struct stat st;
	if (entry->is_link)
		return 0;
	_cleanup_close_ int fd = openat(entry->source, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	int result = fd < 0 || fstat(fd, &st) < 0 ? -1 : st.st_size == 0 ? 0 : measure_file(fd, &usage);
	if (result < 0 && fd >= 0 && (errno == EOPNOTSUPP || errno == ENOTTY)) {
		usage.exclusive_bytes = (uint64_t)st.st_blocks * 512;
		result = 0;
	}
	if (result < 0) {
		int number = errno;
		_cleanup_free_ char *path = walk_entry_path(entry);
		return error_errno(err, number, "cannot measure %s", path);
	}
	atomic_fetch_add(&sums->exclusive, usage.exclusive_bytes);
	atomic_fetch_add(&sums->shared, usage.shared_bytes);
	return 0;
}

int usage_of_volume(const char *path, struct storage_usage *ret, struct error **err)
{
	_cleanup_close_ int fd = -1;
	if (volume_open_marked(path, &fd, err) < 0)
		return -1;
	struct sums sums = {0};
	struct walk walk = {.source = fd, .target = -1, .visit = measure_entry, .context = &sums, .changing = true};
	if (walk_tree(&walk, err) < 0)
		return error_wrap(err, "cannot measure %s", path);
	*ret = (struct storage_usage){.exclusive_bytes = sums.exclusive, .shared_bytes = sums.shared};
	return 0;
}
