/*
 * Volumes as btrfs subvolumes, clones as snapshots. All of it works for the pool's owner without root, deletion only on
 * a mount with user_subvol_rm_allowed.
 */
#include <btrfsutil.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "storage/btrfs.h"
#include "storage/mounts.h"
#include "storage/usage.h"
#include "storage/volume.h"

static bool is_subvolume(int fd)
{
	return btrfs_util_is_subvolume_fd(fd) == BTRFS_UTIL_OK;
}

static int open_subvolume(const char *path, int *ret, struct error **err)
{
	_cleanup_close_ int fd = -1;
	if (volume_open_marked(path, &fd, err) < 0)
		return -1;
	if (!is_subvolume(fd))
		return error_set(err, ERROR_REFUSED, "%s is not a btrfs subvolume", path);
	*ret = TAKE_FD(fd);
	return 0;
}

/* The kernel lets users delete subvolumes of their own only where the mount says so. */
static int explain_deletion(struct error **err, int error_number, const char *path)
{
	volume_errno(err, error_number, "cannot delete subvolume %s", path);
	if (error_number == ENOTEMPTY)
		return error_hint(err, "other subvolumes were made inside it: delete these first");
	if (error_number != EPERM)
		return -1;
	_cleanup_mount_ struct mount_point mount = {0};
	mount_point_of(path, &mount);
	return error_hint(err,
			  "mount the btrfs so that users may delete subvolumes of their own: "
			  "mount -o remount,user_subvol_rm_allowed %s",
			  mount.directory ? mount.directory : "DIRECTORY");
}

static int delete_subvolume(const struct volume_place *place, int fd, const char *path, struct error **err)
{
	bool sealed = false;
	(void)btrfs_util_get_subvolume_read_only_fd(fd, &sealed);
	/* An ordinary user cannot delete what is read-only. */
	if (sealed && btrfs_util_set_subvolume_read_only_fd(fd, false) != BTRFS_UTIL_OK)
		return volume_errno(err, errno, "cannot make %s writable", path);
	if (btrfs_util_delete_subvolume_fd(place->parent, place->name, 0) == BTRFS_UTIL_OK)
		return 0;
	int number = errno;
	if (number == ENOENT)
		return 0;
	if (sealed)
		(void)btrfs_util_set_subvolume_read_only_fd(fd, true);
	return explain_deletion(err, number, path);
}

static int btrfs_destroy(const char *path, struct error **err)
{
	_cleanup_place_ struct volume_place place = VOLUME_PLACE_NONE;
	_cleanup_close_ int fd = -1;
	int found = volume_find(path, &place, &fd, err);
	if (found <= 0)
		return found;
	if (!is_subvolume(fd))
		return error_set(err, ERROR_REFUSED, "%s is not a btrfs subvolume", path);
	return delete_subvolume(&place, fd, path, err);
}

/* What a new subvolume needs to be a volume. The mode is set only where it is another: it costs a write. */
static int finish_subvolume(const struct volume_place *place, const char *path, int *ret, struct error **err)
{
	_cleanup_close_ int fd = -1;
	if (volume_open(place, path, &fd, err) < 0)
		return -1;
	struct stat st;
	if (!volume_is_marked(fd) && volume_mark(fd, path, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0 || ((st.st_mode & 07777) != 0700 && fchmod(fd, 0700) < 0))
		return volume_errno(err, errno, "cannot set the mode of %s", path);
	*ret = TAKE_FD(fd);
	return 0;
}

static int btrfs_create(const char *path, struct error **err)
{
	_cleanup_place_ struct volume_place place = VOLUME_PLACE_NONE;
	if (volume_place_open(path, &place, err) < 0)
		return -1;
	if (btrfs_util_create_subvolume_fd(place.parent, place.name, 0, NULL, NULL) != BTRFS_UTIL_OK)
		return volume_errno(err, errno == ENOTTY ? EOPNOTSUPP : errno, "cannot create subvolume %s", path);
	_cleanup_close_ int fd = -1;
	if (finish_subvolume(&place, path, &fd, err) == 0)
		return 0;
	(void)unlinkat(place.parent, place.name, AT_REMOVEDIR); /* empty as it is, it goes like a directory */
	return -1;
}

static int explain_snapshot(struct error **err, int error_number, const char *source, const char *target)
{
	bool elsewhere = error_number == EXDEV || error_number == ENOTTY; /* another btrfs, or none */
	volume_errno(err, elsewhere ? EXDEV : error_number, "cannot snapshot %s to %s", source, target);
	if (error_number == EPERM)
		return error_hint(err, "a snapshot can be taken by root and by the user who owns the subvolume");
	if (elsewhere)
		return error_hint(err, "both have to be on the same btrfs");
	return -1;
}

static int snapshot(int source_fd, const char *source, const char *target, struct error **err)
{
	_cleanup_place_ struct volume_place place = VOLUME_PLACE_NONE;
	if (volume_place_open(target, &place, err) < 0 || interrupt_check(err) < 0)
		return -1;
	if (btrfs_util_create_snapshot_fd2(source_fd, place.parent, place.name, 0, NULL, NULL) != BTRFS_UTIL_OK)
		return explain_snapshot(err, errno, source, target);
	_cleanup_close_ int fd = -1;
	if (finish_subvolume(&place, target, &fd, err) == 0)
		return 0;
	(void)btrfs_util_delete_subvolume_fd(place.parent, place.name, 0);
	return -1;
}

static int btrfs_clone(const char *source, const char *target, struct error **err)
{
	_cleanup_close_ int fd = -1;
	if (open_subvolume(source, &fd, err) < 0)
		return -1;
	return snapshot(fd, source, target, err);
}

static int btrfs_seal(const char *path, struct error **err)
{
	_cleanup_close_ int fd = -1;
	if (open_subvolume(path, &fd, err) < 0)
		return -1;
	if (syncfs(fd) < 0)
		return volume_errno(err, errno, "cannot sync %s", path);
	if (btrfs_util_set_subvolume_read_only_fd(fd, true) != BTRFS_UTIL_OK)
		return volume_errno(err, errno, "cannot make %s read-only", path);
	return 0;
}

static int btrfs_probe(const char *directory, struct error **err)
{
	struct statfs fs;
	if (statfs(directory, &fs) < 0) {
		error_errno(err, errno, "cannot examine %s", directory);
		error_hint(err, "give a directory that exists");
		return error_rekind(err, ERROR_STORAGE);
	}
	if (fs.f_type != BTRFS_SUPER_MAGIC) {
		_cleanup_mount_ struct mount_point mount = {0};
		mount_point_of(directory, &mount);
		error_set(err, ERROR_STORAGE, "%s is on %s, not on btrfs", directory, mount.type);
		return error_hint(err,
				  "choose a directory on btrfs; as root, \"vela pool create\" makes a btrfs in a file");
	}
	return volume_trial(&storage_btrfs, directory, err);
}

/* --- subvolumes that vela did not make --- */

static bool holds_subvolumes(int fd)
{
	struct btrfs_ioctl_get_subvol_rootref_args references = {0};
	/* EOVERFLOW: there are more than fit. Where the kernel does not tell, a snapshot could lose data unnoticed. */
	return ioctl(fd, BTRFS_IOC_GET_SUBVOL_ROOTREF, &references) < 0 || references.num_items > 0;
}

static bool holds_mounts(int fd)
{
	struct stat top, st;
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	if (!directory || fstat(fd, &top) < 0) {
		directory ? (void)closedir(directory) : close_descriptor(&copy);
		return true;
	}
	bool found = false;
	const struct dirent *entry;
	while (!found && (entry = readdir(directory)))
		found = !string_equal(entry->d_name, "..") &&
			fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev != top.st_dev;
	closedir(directory);
	return found;
}

bool btrfs_is_cloneable_top(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && is_subvolume(fd) && !holds_subvolumes(fd) && !holds_mounts(fd);
}

int btrfs_clone_foreign(const char *source, const char *target, struct error **err)
{
	_cleanup_close_ int fd = open(source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "cannot open %s", source);
	if (!is_subvolume(fd) || holds_subvolumes(fd) || holds_mounts(fd)) {
		error_set(err, ERROR_STORAGE, "%s is not a btrfs subvolume without others or mounts inside", source);
		return error_hint(err, "import it into a volume of its own");
	}
	return snapshot(fd, source, target, err);
}

int btrfs_adopt(const char *path, struct error **err)
{
	_cleanup_place_ struct volume_place place = VOLUME_PLACE_NONE;
	_cleanup_close_ int fd = -1;
	_cleanup_error_ struct error *reason = NULL;
	if (volume_place_open(path, &place, &reason) < 0 || volume_open(&place, path, &fd, &reason) < 0)
		return 0;
	return is_subvolume(fd) && !volume_is_marked(fd) ? volume_mark(fd, path, err) : 0;
}

const struct storage_driver storage_btrfs = {
	.name = "btrfs",
	.summary = "btrfs snapshots: a clone takes milliseconds and shares all its data, however large",
	.capabilities = STORAGE_ATOMIC,
	.probe = btrfs_probe,
	.create = btrfs_create,
	.clone = btrfs_clone,
	.seal = btrfs_seal,
	.destroy = btrfs_destroy,
	.usage = usage_of_volume,
};
