#include "storage/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "storage/tree.h"

int volume_place_open(const char *path, struct volume_place *ret, struct error **err)
{
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/')
		length--;
	_cleanup_free_ char *trimmed = string_copy_n(path, length);
	const char *name = path_basename(trimmed);
	if (!*name || string_equal(name, ".") || string_equal(name, ".."))
		return error_set(err, ERROR_USAGE, "\"%s\" cannot be the path of a volume", path);
	_cleanup_free_ char *parent = path_parent(trimmed);
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "cannot open %s", parent);
	*ret = (struct volume_place){.parent = fd, .name = string_copy(name)};
	return 0;
}

void volume_place_free(struct volume_place *place)
{
	close_descriptor(&place->parent);
	place->parent = -1;
	string_replace(&place->name, NULL);
}

int volume_open(const struct volume_place *place, const char *path, int *ret, struct error **err)
{
	int fd = openat(place->parent, place->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return error_set(err, ERROR_REFUSED, "%s is not a directory (symbolic links are not followed)", path);
	if (fd < 0)
		return error_errno(err, errno, "cannot open %s", path);
	*ret = fd;
	return 0;
}

int volume_open_marked(const char *path, int *ret, struct error **err)
{
	_cleanup_place_ struct volume_place place = VOLUME_PLACE_NONE;
	_cleanup_close_ int fd = -1;
	if (volume_place_open(path, &place, err) < 0 || volume_open(&place, path, &fd, err) < 0)
		return -1;
	if (!volume_is_marked(fd))
		return error_set(err, ERROR_REFUSED, "%s is not a volume that vela made", path);
	*ret = TAKE_FD(fd);
	return 0;
}

int volume_find(const char *path, struct volume_place *place, int *ret, struct error **err)
{
	_cleanup_error_ struct error *reason = NULL;
	_cleanup_close_ int fd = -1;
	if (volume_place_open(path, place, &reason) < 0 || volume_open(place, path, &fd, &reason) < 0)
		return reason->kind == ERROR_NOT_FOUND ? 0 : error_pass(err, TAKE_POINTER(reason));
	if (volume_is_marked(fd)) {
		*ret = TAKE_FD(fd);
		return 1;
	}
	if (unlinkat(place->parent, place->name, AT_REMOVEDIR) == 0)
		return 0;
	return error_set(err, ERROR_REFUSED, "%s is not a volume that vela made", path);
}

int volume_mark(int fd, const char *path, struct error **err)
{
	if (fsetxattr(fd, STORAGE_MARKER, "1", 1, 0) == 0)
		return 0;
	int number = errno;
	volume_errno(err, number, "cannot mark %s as vela's", path);
	if (number == EOPNOTSUPP)
		error_hint(err, "use a filesystem that keeps extended attributes of users");
	return -1;
}

bool volume_is_marked(int fd)
{
	return fgetxattr(fd, STORAGE_MARKER, NULL, 0) >= 0;
}

int volume_errno(struct error **err, int error_number, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	_cleanup_free_ char *what = string_format_v(format, arguments);
	va_end(arguments);
	error_errno(err, error_number, "%s", what);
	if (error_number == ENOSPC)
		error_hint(err, "delete branches, run \"vela gc\", or give the pool more space");
	if (error_number == EDQUOT)
		error_hint(err, "delete branches, run \"vela gc\", or raise the disk quota of the pool's owner");
	if (error_number == EEXIST)
		error_rekind(err, ERROR_CONFLICT);
	return -1;
}

/* --- the trial of a probe --- */

enum { TRIAL_BYTES = 65536 };

static int write_trial_file(const char *volume, const char *data, struct error **err)
{
	_cleanup_free_ char *path = path_join(volume, "probe", NULL);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || descriptor_write(fd, data, TRIAL_BYTES) < 0)
		return volume_errno(err, errno, "cannot write %s", path);
	return 0;
}

static int compare_trial_file(const char *volume, const char *data, struct error **err)
{
	_cleanup_free_ char *path = path_join(volume, "probe", NULL);
	_cleanup_buffer_ struct buffer content = {0};
	if (file_read(path, TRIAL_BYTES, FILE_NO_FOLLOW, &content, err) < 0)
		return -1;
	if (content.length != TRIAL_BYTES || memcmp(content.data, data, TRIAL_BYTES) != 0)
		return error_set(err, ERROR_STORAGE, "a clone in %s differs from its source", volume);
	return 0;
}

static int try_clone(const struct storage_driver *driver, const char *source, const char *target, struct error **err)
{
	_cleanup_free_ char *data = memory_allocate(TRIAL_BYTES);
	memset(data, 'v', TRIAL_BYTES);
	if (driver->create(source, err) < 0 || write_trial_file(source, data, err) < 0 ||
	    driver->clone(source, target, err) < 0)
		return -1;
	return compare_trial_file(target, data, err);
}

/* What a driver may not destroy can still be emptied and removed as an ordinary directory. */
static int end_trial(const struct storage_driver *driver, const char *volume, struct error **err)
{
	if (driver->destroy(volume, err) == 0)
		return 0;
	(void)tree_remove(volume, NULL);
	return -1;
}

static int explain_trial(const char *directory, struct error *reason, struct error **err)
{
	if (reason->kind != ERROR_INTERRUPTED) {
		if (!reason->hint && reason->kind == ERROR_REFUSED)
			error_hint(&reason, "the pool's owner needs to be allowed to write in %s", directory);
		else if (!reason->hint)
			error_hint(&reason, "choose another directory, on btrfs or XFS");
		error_rekind(&reason, ERROR_STORAGE);
	}
	return error_pass(err, reason);
}

int volume_trial(const struct storage_driver *driver, const char *directory, struct error **err)
{
	_cleanup_free_ char *name = string_format(".vela-probe-%08x", random_number());
	_cleanup_free_ char *source = path_join(directory, name, NULL);
	_cleanup_free_ char *target = string_format("%s-clone", source);
	_cleanup_error_ struct error *reason = NULL;
	int result = try_clone(driver, source, target, &reason);
	/* Both go, and the first thing that went wrong is what is told. */
	if (end_trial(driver, target, result < 0 ? NULL : &reason) < 0)
		result = -1;
	if (end_trial(driver, source, result < 0 ? NULL : &reason) < 0)
		result = -1;
	return result < 0 ? explain_trial(directory, TAKE_POINTER(reason), err) : 0;
}
