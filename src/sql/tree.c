#include "sql/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

static int refused(struct error **err, const char *path, const char *why)
{
	return error_set(err, ERROR_REFUSED, "cannot read %s: %s", path, why);
}

int tree_open(const char *repository, const char *path, int flags, int *ret, struct error **err)
{
	_cleanup_free_ char *shown = text_safe(path);
	_cleanup_close_ int root = open(repository, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_errno(err, errno, "cannot open %s", repository);
	/* O_NONBLOCK: opening a fifo must not hang. */
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd;
	do
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN); /* something was renamed while the kernel walked */
	if (fd < 0 && errno == EXDEV)
		return refused(err, shown, "it leads out of the repository");
	if (fd < 0 && errno == ELOOP)
		return refused(err, shown, "a symlink is not followed here");
	if (fd < 0)
		return error_errno(err, errno, "cannot read %s", shown);
	*ret = fd;
	return 0;
}

/* 0, or -1 with errno; EFBIG beyond `max`. */
static int read_all(int fd, size_t max, struct buffer *data)
{
	char chunk[65536];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		if ((size_t)n > max - data->length) {
			errno = EFBIG;
			return -1;
		}
		buffer_add(data, chunk, (size_t)n);
	}
}

int tree_read(const char *repository, const char *path, size_t max, struct buffer *ret, struct error **err)
{
	_cleanup_close_ int fd = -1;
	if (tree_open(repository, path, O_RDONLY | O_NOFOLLOW, &fd, err) < 0)
		return -1;
	_cleanup_free_ char *shown = text_safe(path);
	struct stat st;
	if (fstat(fd, &st) < 0)
		return error_errno(err, errno, "cannot read %s", shown);
	if (!S_ISREG(st.st_mode))
		return refused(err, shown, "not a regular file");
	_cleanup_buffer_ struct buffer data = {0};
	if (read_all(fd, max, &data) < 0) {
		if (errno == EFBIG)
			return error_set(err, ERROR_REFUSED, "cannot read %s: larger than %zu bytes", shown, max);
		return error_errno(err, errno, "cannot read %s", shown);
	}
	buffer_free(ret);
	*ret = data;
	data = (struct buffer){0};
	return 0;
}
