#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

char *path_join(const char *first, ...)
{
	struct buffer path = {0};
	buffer_add_text(&path, first);
	va_list parts;
	va_start(parts, first);
	const char *part;
	while ((part = va_arg(parts, const char *))) {
		if (path.length == 0 || path.data[path.length - 1] != '/')
			buffer_add_char(&path, '/');
		buffer_add_text(&path, part);
	}
	va_end(parts);
	return buffer_steal(&path);
}

char *path_absolute(const char *base, const char *path)
{
	if (path[0] == '/')
		return string_copy(path);
	_cleanup_free_ char *cwd = base ? string_copy(base) : getcwd(NULL, 0);
	if (string_equal(path, "."))
		return string_copy(cwd ? cwd : ".");
	return path_join(cwd ? cwd : ".", path, NULL);
}

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return string_copy(".");
	return slash == path ? string_copy("/") : string_copy_n(path, (size_t)(slash - path));
}

const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const char *path_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	while (length > 0 && directory[length - 1] == '/')
		length--;
	if (strncmp(path, directory, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return path + length + strspn(path + length, "/");
}

char *path_without_slash(const char *path)
{
	size_t length = path ? strlen(path) : 0;
	while (length > 1 && path[length - 1] == '/')
		length--;
	return path ? string_copy_n(path, length) : NULL;
}

bool file_exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

bool file_is_directory(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int file_read(const char *path, size_t max, enum file_links links, struct buffer *ret, struct error **err)
{
	/* O_NONBLOCK: opening a fifo in the place of a file must not hang. */
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (links == FILE_NO_FOLLOW ? O_NOFOLLOW : 0);
	_cleanup_close_ int fd = open(path, flags);
	if (fd < 0)
		return error_errno(err, errno, "cannot read %s", path);
	struct stat st;
	if (fstat(fd, &st) < 0)
		return error_errno(err, errno, "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_REFUSED, "cannot read %s: not a regular file", path);
	_cleanup_buffer_ struct buffer data = {0};
	if (descriptor_read(fd, max, &data) < 0) {
		if (errno == EFBIG)
			return error_set(err, ERROR_REFUSED, "cannot read %s: larger than %zu bytes", path, max);
		return error_errno(err, errno, "cannot read %s", path);
	}
	buffer_free(ret);
	*ret = data;
	data = (struct buffer){0};
	return 0;
}

int descriptor_read(int fd, size_t max, struct buffer *data)
{
	char chunk[16384];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		if (data->length + (size_t)n > max) {
			errno = EFBIG;
			return -1;
		}
		buffer_add(data, chunk, (size_t)n);
	}
}

int descriptor_write(int fd, const void *data, size_t length)
{
	const char *at = data;
	while (length > 0) {
		ssize_t n = write(fd, at, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

int file_sync_directory(const char *path, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return error_errno(err, errno, "cannot sync %s", path);
	return 0;
}

static int write_temporary(const char *path, const char *data, size_t length, mode_t mode, bool sync)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -1;
	if (fchmod(fd, mode) < 0 || descriptor_write(fd, data, length) < 0)
		return -1;
	if (sync && fsync(fd) < 0)
		return -1;
	return close(TAKE_FD(fd));
}

int file_replace(const char *path, const char *data, size_t length, mode_t mode, enum file_durability durability,
		 struct error **err)
{
	_cleanup_free_ char *temporary = string_format("%s.%d.new", path, (int)getpid());
	(void)unlink(temporary); /* a killed process with our pid may have left one */
	if (write_temporary(temporary, data, length, mode, durability == FILE_DURABLE) < 0 ||
	    rename(temporary, path) < 0) {
		int saved = errno;
		(void)unlink(temporary);
		return error_errno(err, saved, "cannot write %s", path);
	}
	if (durability == FILE_VOLATILE)
		return 0;
	_cleanup_free_ char *parent = path_parent(path);
	return file_sync_directory(parent, err);
}

int file_append(const char *path, const char *data, size_t length, mode_t mode, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0 || descriptor_write(fd, data, length) < 0)
		return error_errno(err, errno, "cannot write %s", path);
	return 0;
}

int file_rename(const char *from, const char *to, struct error **err)
{
	if (rename(from, to) < 0)
		return error_errno(err, errno, "cannot rename %s to %s", from, to);
	return 0;
}

int file_unlink(const char *path, struct error **err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot remove %s", path);
	return 0;
}

int directory_create(const char *path, mode_t mode, struct error **err)
{
	if (mkdir(path, mode) == 0) {
		if (chmod(path, mode) < 0) /* the umask may have taken bits away */
			return error_errno(err, errno, "cannot set the mode of %s", path);
		return 0;
	}
	int saved = errno;
	if (saved == EEXIST && file_is_directory(path))
		return 0;
	return error_errno(err, saved, "cannot create directory %s", path);
}

int directory_create_all(const char *path, mode_t mode, struct error **err)
{
	if (file_is_directory(path))
		return 0;
	_cleanup_free_ char *parent = path_parent(path);
	if (!string_equal(parent, ".") && !string_equal(parent, path) && directory_create_all(parent, mode, err) < 0)
		return -1;
	return directory_create(path, mode, err);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int directory_list(const char *path, struct string_list *ret, struct error **err)
{
	string_list_free(ret);
	DIR *directory = opendir(path);
	if (!directory && errno == ENOENT)
		return 0;
	if (!directory)
		return error_errno(err, errno, "cannot list %s", path);
	const struct dirent *entry;
	errno = 0; /* readdir() tells an error from the end by nothing else */
	while ((entry = readdir(directory)))
		if (!string_equal(entry->d_name, ".") && !string_equal(entry->d_name, ".."))
			string_list_add(ret, entry->d_name);
	int failed = errno;
	closedir(directory);
	if (failed) {
		string_list_free(ret);
		return error_errno(err, failed, "cannot list %s", path);
	}
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_names);
	return 0;
}

/* A directory below another, on the same filesystem; -1 with errno. */
static int open_child(int parent, const char *name, dev_t device)
{
	struct stat st;
	_cleanup_close_ int child = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (child < 0 || fstat(child, &st) < 0)
		return -1;
	if (st.st_dev != device) {
		errno = EXDEV;
		return -1;
	}
	return TAKE_FD(child);
}

/* Returns 0, or -1 with errno. Takes `fd` over. A directory on another filesystem is refused with EXDEV. */
static int remove_children(int fd, dev_t device)
{
	DIR *directory = fdopendir(fd);
	if (!directory) {
		close_descriptor(&fd);
		return -1;
	}
	int result = 0;
	const struct dirent *entry;
	while (result == 0 && (entry = readdir(directory))) {
		if (string_equal(entry->d_name, ".") || string_equal(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(directory), entry->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR) {
			result = -1;
			break;
		}
		int child = open_child(dirfd(directory), entry->d_name, device);
		if (child < 0) {
			result = -1;
			break;
		}
		result = remove_children(child, device);
		if (result == 0 && unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
			result = -1;
	}
	int saved = errno;
	closedir(directory);
	errno = saved;
	return result;
}

int directory_remove(const char *path, struct error **err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0) {
		int saved = errno;
		close_descriptor(&fd);
		return error_errno(err, saved, "cannot remove %s", path);
	}
	if (remove_children(fd, st.st_dev) < 0 || (rmdir(path) < 0 && errno != ENOENT))
		return error_errno(err, errno, "cannot remove %s", path);
	return 0;
}

int space_of(const char *path, struct space *ret, struct error **err)
{
	struct statvfs vfs;
	if (statvfs(path, &vfs) < 0)
		return error_errno(err, errno, "cannot read the free space of %s", path);
	ret->total = (uint64_t)vfs.f_blocks * vfs.f_frsize;
	ret->available = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	return 0;
}
