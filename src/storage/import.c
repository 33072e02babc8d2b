#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/file.h"
#include "storage/driver.h"
#include "storage/tree.h"
#include "storage/volume.h"

static const double REPORT_EVERY_MS = 100;

struct meter {
	const struct progress *progress;
	uint64_t total;
	atomic_uint_fast64_t done;
	pthread_mutex_t reporting;
	double reported_at;
};

static void report(struct meter *meter)
{
	uint64_t done = meter->done;
	progress_update(meter->progress, "copying files", done < meter->total ? done : meter->total, meter->total);
}

static void count(void *context, uint64_t bytes)
{
	struct meter *meter = context;
	atomic_fetch_add(&meter->done, bytes);
	/* Whoever finds another thread reporting leaves it to that one. */
	if (pthread_mutex_trylock(&meter->reporting) != 0)
		return;
	double now = clock_monotonic_ms();
	if (now - meter->reported_at >= REPORT_EVERY_MS) {
		meter->reported_at = now;
		report(meter);
	}
	pthread_mutex_unlock(&meter->reporting);
}

static int open_source(const char *path, int *ret, struct error **err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "cannot open %s", path);
	*ret = fd;
	return 0;
}

static int fill_volume(int from, int to, storage_skip_function *skip, struct meter *meter, struct error **err)
{
	struct tree_fill fill = {.method = TREE_SHARE_OR_COPY, .skip = skip, .count = count, .context = meter};
	pthread_mutex_init(&meter->reporting, NULL);
	int result = tree_fill(from, to, &fill, err);
	pthread_mutex_destroy(&meter->reporting);
	if (result < 0)
		return -1;
	meter->done = meter->total;
	report(meter);
	return 0;
}

/* Within one filesystem files may come to be shared; across, every byte is written. The device numbers do not tell:
 * each btrfs subvolume has its own. The kernel compares the filesystems first, before it finds that directories have no
 * data. */
static bool is_elsewhere(int from, int to)
{
	return ioctl(to, FICLONE, from) < 0 && errno == EXDEV;
}

int storage_import(const char *source, const char *target, storage_skip_function *skip, const struct progress *progress,
		   struct error **err)
{
	_cleanup_close_ int from = -1, to = -1;
	struct meter meter = {.progress = progress};
	if (open_source(source, &from, err) < 0 || volume_open_marked(target, &to, err) < 0 ||
	    tree_size(from, skip, &meter.total, err) < 0)
		return -1;
	if (is_elsewhere(from, to) && tree_foresee_space(meter.total, target, err) < 0)
		return -1;
	if (fill_volume(from, to, skip, &meter, err) < 0)
		return error_wrap(err, "cannot import %s", source);
	return 0;
}

int storage_tree_size(const char *path, uint64_t *ret, struct error **err)
{
	_cleanup_close_ int fd = -1;
	return open_source(path, &fd, err) < 0 ? -1 : tree_size(fd, NULL, ret, err);
}
