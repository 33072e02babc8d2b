#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "storage/tree.h"
#include "storage/volume.h"

/* --- removing --- */

static int remove_children(int fd, dev_t device);

/* Returns 0, or -1 with errno. */
static int remove_subdirectory(int parent, const char *name, dev_t device)
{
	_cleanup_close_ int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (st.st_dev != device) {
		errno = EXDEV;
		return -1;
	}
	if ((st.st_mode & 0700) != 0700 && fchmod(fd, 0700) < 0)
		return -1;
	if (remove_children(fd, device) < 0)
		return -1;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -1 : 0;
}

static int remove_entry(int parent, const struct dirent *entry, dev_t device)
{
	if (string_equal(entry->d_name, ".") || string_equal(entry->d_name, ".."))
		return 0;
	if (entry->d_type == DT_DIR)
		return remove_subdirectory(parent, entry->d_name, device);
	if (unlinkat(parent, entry->d_name, 0) == 0 || errno == ENOENT)
		return 0;
	return errno == EISDIR ? remove_subdirectory(parent, entry->d_name, device) : -1;
}

static int remove_children(int fd, dev_t device)
{
	int listing = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = listing < 0 ? NULL : fdopendir(listing);
	if (!directory) {
		close_descriptor(&listing);
		return -1;
	}
	int result = 0;
	const struct dirent *entry;
	while (result == 0 && (entry = readdir(directory)))
		result = remove_entry(fd, entry, device);
	int saved = errno;
	closedir(directory);
	errno = saved;
	return result;
}

/* The marker goes last, with the directory: a removal that was killed can be begun again. */
static int remove_opened(const struct volume_place *place, int fd, const char *path, struct error **err)
{
	struct stat st;
	if (fstat(fd, &st) == 0 && ((st.st_mode & 0700) == 0700 || fchmod(fd, 0700) == 0) &&
	    remove_children(fd, st.st_dev) == 0 &&
	    (unlinkat(place->parent, place->name, AT_REMOVEDIR) == 0 || errno == ENOENT))
		return 0;
	int number = errno;
	volume_errno(err, number, "cannot remove %s", path);
	return number == EXDEV ? error_hint(err, "another filesystem or subvolume is inside it") : -1;
}

int tree_remove(const char *path, struct error **err)
{
	_cleanup_place_ struct volume_place place = VOLUME_PLACE_NONE;
	_cleanup_close_ int fd = -1;
	_cleanup_error_ struct error *reason = NULL;
	if (volume_place_open(path, &place, &reason) < 0 || volume_open(&place, path, &fd, &reason) < 0)
		return reason->kind == ERROR_NOT_FOUND ? 0 : error_pass(err, TAKE_POINTER(reason));
	return remove_opened(&place, fd, path, err);
}

/* --- volumes --- */

/* The marker comes before any content: whatever a killed process leaves can be destroyed. */
static int create_opened(const char *path, int *ret, struct error **err)
{
	_cleanup_place_ struct volume_place place = VOLUME_PLACE_NONE;
	if (volume_place_open(path, &place, err) < 0)
		return -1;
	if (mkdirat(place.parent, place.name, 0700) < 0)
		return volume_errno(err, errno, "cannot create %s", path);
	_cleanup_close_ int fd = -1;
	if (volume_open(&place, path, &fd, err) < 0 || volume_mark(fd, path, err) < 0) {
		(void)unlinkat(place.parent, place.name, AT_REMOVEDIR);
		return -1;
	}
	/* The umask and a set-group-id parent have a say in mkdir's mode. */
	(void)fchmod(fd, 0700);
	*ret = TAKE_FD(fd);
	return 0;
}

int tree_volume_create(const char *path, struct error **err)
{
	_cleanup_close_ int fd = -1;
	return create_opened(path, &fd, err);
}

int tree_volume_clone(const char *source, const char *target, enum tree_method method, struct error **err)
{
	_cleanup_close_ int from = -1, to = -1;
	if (volume_open_marked(source, &from, err) < 0 || interrupt_check(err) < 0 ||
	    create_opened(target, &to, err) < 0)
		return -1;
	struct tree_fill fill = {.method = method};
	if (tree_fill(from, to, &fill, err) == 0)
		return 0;
	error_wrap(err, "cannot clone %s to %s", source, target);
	_cleanup_error_ struct error *cleanup = NULL;
	if (tree_remove(target, &cleanup) < 0)
		error_hint(err, "%s; remove it by hand", cleanup->message);
	return -1;
}

int tree_volume_seal(const char *path, struct error **err)
{
	_cleanup_close_ int fd = -1;
	if (volume_open_marked(path, &fd, err) < 0)
		return -1;
	if (fchmod(fd, 0500) < 0)
		return volume_errno(err, errno, "cannot make %s read-only", path);
	/* One sync of the whole filesystem: of thousands of files, one at a time takes far longer. */
	if (syncfs(fd) < 0)
		return volume_errno(err, errno, "cannot sync %s", path);
	return 0;
}

int tree_volume_destroy(const char *path, struct error **err)
{
	_cleanup_place_ struct volume_place place = VOLUME_PLACE_NONE;
	_cleanup_close_ int fd = -1;
	int found = volume_find(path, &place, &fd, err);
	return found <= 0 ? found : remove_opened(&place, fd, path, err);
}
