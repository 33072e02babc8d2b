#include "storage/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/process.h"
#include "base/quantity.h"
#include "storage/mounts.h"
#include "storage/volume.h"

enum {
	FIRST_BLOCKS = 32 << 20, /* what mkfs and the first commits write into the image */
	SECTOR_SIZE = 4096, /* of btrfs as well; smaller ones rule out direct I/O on disks with 4096-byte sectors */
	ATTACH_ATTEMPTS = 32,
};

/* discard: what branches free goes back from the image to the disk below. */
#define MOUNT_OPTIONS "user_subvol_rm_allowed,discard=async"

/* --- formatting --- */

static int create_image(const char *image, uint64_t size, struct error **err)
{
	_cleanup_close_ int fd = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return volume_errno(err, errno, "cannot create %s", image);
	if (fchmod(fd, 0600) == 0 && ftruncate(fd, (off_t)size) == 0)
		return 0;
	int number = errno;
	(void)unlink(image);
	volume_errno(err, number, "cannot create %s", image);
	return number == EFBIG ? error_rekind(err, ERROR_STORAGE) : -1;
}

/* The administrators' directories are not in everybody's PATH. */
static const char *mkfs_program(void)
{
	static const char *const places[] = {"/usr/sbin/mkfs.btrfs", "/sbin/mkfs.btrfs", "/usr/bin/mkfs.btrfs"};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return "mkfs.btrfs";
}

static int make_filesystem(const char *image, struct error **err)
{
	_cleanup_(string_list_free) struct string_list argv = {0};
	string_list_add(&argv, mkfs_program());
	/* A second copy of the metadata in the same file would protect from nothing, and doubles what each commit
	 * writes. */
	static const char *const options[] = {"--quiet", "--label", "vela", "--metadata", "single", "--"};
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		string_list_add(&argv, options[i]);
	string_list_add(&argv, image);
	struct process_spec spec = {.argv = argv.items};
	_cleanup_error_ struct error *reason = NULL;
	if (process_run_checked(&spec, 0, NULL, &reason) == 0)
		return 0;
	if (reason->kind == ERROR_NOT_FOUND)
		error_hint(&reason, "install btrfs-progs");
	if (reason->kind != ERROR_INTERRUPTED)
		error_rekind(&reason, ERROR_STORAGE);
	return error_pass(err, TAKE_POINTER(reason));
}

int loop_format(const char *image, uint64_t size, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	if (size < LOOP_SMALLEST) {
		_cleanup_free_ char *smallest = quantity_format_size(LOOP_SMALLEST);
		return error_set(err, ERROR_USAGE, "an image needs at least %s", smallest);
	}
	if (file_exists(image))
		return error_set(err, ERROR_CONFLICT, "%s exists already", image);
	struct space space;
	_cleanup_free_ char *parent = path_parent(image);
	if (space_of(parent, &space, err) < 0)
		return -1;
	if (space.available < FIRST_BLOCKS) {
		_cleanup_free_ char *available = quantity_format_size(space.available);
		error_set(err, ERROR_STORAGE, "%s has only %s free", parent, available);
		return error_hint(err, "choose a directory on a disk with space for the data and its branches");
	}
	if (create_image(image, size, err) < 0)
		return -1;
	if (make_filesystem(image, err) == 0)
		return 0;
	(void)unlink(image);
	return error_wrap(err, "cannot make a btrfs in %s", image);
}

/* --- attaching --- */

static int configure(int device, int image)
{
	struct loop_config config = {.fd = (unsigned)image,
				     .block_size = SECTOR_SIZE,
				     .info.lo_flags = LO_FLAGS_DIRECT_IO | LO_FLAGS_AUTOCLEAR};
	if (ioctl(device, LOOP_CONFIGURE, &config) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	config.info.lo_flags = LO_FLAGS_AUTOCLEAR; /* the image's filesystem knows no direct I/O */
	return ioctl(device, LOOP_CONFIGURE, &config);
}

/* Returns the device opened, or -1 with errno; EBUSY: another process was faster. */
static int attach_to_free(int control, int image, char **ret_path)
{
	int number = ioctl(control, LOOP_CTL_GET_FREE);
	if (number < 0)
		return -1;
	_cleanup_free_ char *path = string_format("/dev/loop%d", number);
	_cleanup_close_ int device = open(path, O_RDWR | O_CLOEXEC);
	if (device < 0 || configure(device, image) < 0)
		return -1;
	*ret_path = TAKE_POINTER(path);
	return TAKE_FD(device);
}

/* The device goes when its last user does: the mount, or `ret` if there is none. */
static int attach(const char *image, int *ret, char **ret_path, struct error **err)
{
	_cleanup_close_ int file = open(image, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	if (file < 0 || fstat(file, &st) < 0)
		return error_errno(err, errno, "cannot open %s", image);
	/* The kernel trusts what it mounts: only root may have written it. */
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 || (st.st_mode & 0022))
		return error_set(err, ERROR_REFUSED, "%s is not a file that only root can write", image);
	/* The device keeps this open file, and with it the lock, as long as it lives: two devices on one image would be
	 * the end of the filesystem in it. */
	if (flock(file, LOCK_EX | LOCK_NB) < 0) {
		error_set(err, ERROR_CONFLICT, "%s is mounted elsewhere", image);
		return error_hint(err, "\"losetup -j %s\" and \"findmnt\" tell where", image);
	}
	_cleanup_close_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int device = -1;
	for (int attempt = 0; control >= 0 && device < 0 && attempt < ATTACH_ATTEMPTS; attempt++) {
		device = attach_to_free(control, file, ret_path);
		if (device < 0 && errno != EBUSY)
			break;
	}
	if (device >= 0) {
		*ret = device;
		return 0;
	}
	int number = errno;
	error_errno(err, number, "cannot attach %s to a loop device", image);
	error_rekind(err, number == EPERM || number == EACCES ? ERROR_REFUSED : ERROR_STORAGE);
	return error_hint(err, "this needs root on a host (a container needs /dev/loop-control and /dev/loop*)");
}

/* --- mounting --- */

static int mount_device(const char *device, const char *image, const char *directory, struct error **err)
{
	if (mount(device, directory, "btrfs", MS_NOATIME | MS_NOSUID | MS_NODEV, MOUNT_OPTIONS) == 0)
		return 0;
	int number = errno;
	error_errno(err, number, "cannot mount %s on %s", image, directory);
	if (number == EEXIST || number == EBUSY) {
		error_rekind(err, ERROR_CONFLICT);
		return error_hint(err, "it, or a copy of it, is mounted elsewhere: see \"findmnt -t btrfs\"");
	}
	if (number == EPERM || number == ENOENT || number == ENOTDIR)
		return -1;
	error_rekind(err, ERROR_STORAGE);
	return error_hint(err, number == ENODEV ? "the kernel has no btrfs" : "the kernel's log tells why: dmesg");
}

int loop_mount(const char *image, const char *directory, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	if (loop_is_mounted(directory))
		return 0;
	if (mount_is_root(directory))
		return error_set(err, ERROR_CONFLICT, "another filesystem is mounted on %s", directory);
	_cleanup_close_ int device = -1;
	_cleanup_free_ char *path = NULL;
	if (attach(image, &device, &path, err) < 0)
		return -1;
	return mount_device(path, image, directory, err);
}

/* mkfs makes a first chunk of 8 MiB, the kernel larger ones: moving what little there is allocates one of these. */
int loop_reserve_metadata(const char *directory, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	struct btrfs_ioctl_balance_args metadata = {.flags = BTRFS_BALANCE_METADATA};
	_cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, BTRFS_IOC_BALANCE_V2, &metadata) < 0)
		return volume_errno(err, errno, "cannot set metadata aside in %s", directory);
	return 0;
}

int loop_unmount(const char *directory, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	if (!loop_is_mounted(directory) || umount2(directory, UMOUNT_NOFOLLOW) == 0)
		return 0;
	int number = errno;
	error_errno(err, number, "cannot unmount %s", directory);
	return number == EBUSY ? error_hint(err, "stop what uses it: \"fuser -vm %s\" tells what does", directory) : -1;
}

bool loop_is_mounted(const char *directory)
{
	struct statfs fs;
	return mount_is_root(directory) && statfs(directory, &fs) == 0 && fs.f_type == BTRFS_SUPER_MAGIC;
}

char *loop_filesystem_name(const char *path)
{
	_cleanup_mount_ struct mount_point mount = {0};
	mount_point_of(path, &mount);
	return TAKE_POINTER(mount.type);
}
