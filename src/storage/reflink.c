/* Volumes as directories, clones as trees of files that share their data (FICLONE): XFS, and others that can. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "storage/mounts.h"
#include "storage/tree.h"
#include "storage/usage.h"
#include "storage/volume.h"

static int reflink_clone(const char *source, const char *target, struct error **err)
{
	return tree_volume_clone(source, target, TREE_SHARE, err);
}

/* A file without a name; -1 with errno. */
static int open_temporary(const char *directory)
{
	_cleanup_free_ char *path = path_join(directory, ".vela-probe-XXXXXX", NULL);
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

/* False only where the filesystem says that it has no such thing; the trial finds what else may be wrong. */
static bool may_share(const char *directory)
{
	static const char block[4096] = "vela";
	_cleanup_close_ int from = open_temporary(directory);
	_cleanup_close_ int to = open_temporary(directory);
	if (from < 0 || to < 0 || descriptor_write(from, block, sizeof(block)) < 0)
		return true;
	return ioctl(to, FICLONE, from) == 0 || (errno != EOPNOTSUPP && errno != ENOTTY && errno != ENOSYS);
}

static int reflink_probe(const char *directory, struct error **err)
{
	if (may_share(directory))
		return volume_trial(&storage_reflink, directory, err);
	_cleanup_mount_ struct mount_point mount = {0};
	mount_point_of(directory, &mount);
	error_set(err, ERROR_STORAGE, "%s is on %s, where files cannot share data", directory, mount.type);
	return error_hint(err, "choose a directory on btrfs, or on XFS made with reflink=1");
}

const struct storage_driver storage_reflink = {
	.name = "reflink",
	.summary = "shared files on XFS and others that can: a clone takes a moment per thousand files and shares all "
		   "its data",
	.probe = reflink_probe,
	.create = tree_volume_create,
	.clone = reflink_clone,
	.seal = tree_volume_seal,
	.destroy = tree_volume_destroy,
	.usage = usage_of_volume,
};
