#include "sql/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

static int refused(struct error **err, const char *path, const char *why)
{
	return error_set(err, ERROR_REFUSED, "cannot read %s: %s", path, why);
}

/* Where the descriptor leads to, with no link left in it; owned, or NULL. */
static char *place_of(int fd)
{
	_cleanup_free_ char *link = string_format("/proc/self/fd/%d", fd);
	return realpath(link, NULL);
}

/* CI systems leave their credentials in .git/config, and a link to there is as good as the name. */
static bool is_gits_own(int root, int fd)
{
	_cleanup_free_ char *top = place_of(root), *place = place_of(fd);
	const char *below = top && place ? path_below(place, top) : NULL;
	if (!below)
		return true;
	_cleanup_free_ char *copy = string_copy(below);
	char *rest = copy, *part;
	while ((part = strsep(&rest, "/")))
		if (strcasecmp(part, ".git") == 0)
			return true;
	return false;
}

/* A descriptor, or -1 with errno. */
static int open_beneath(int root, const char *path, int flags)
{
	/* O_NONBLOCK: opening a fifo must not hang. */
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd;
	do
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN); /* something was renamed while the kernel walked */
	return fd;
}

int tree_open(const char *repository, const char *path, int flags, int *ret, struct error **err)
{
	_cleanup_free_ char *shown = text_safe(path);
	_cleanup_close_ int root = open(repository, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_errno(err, errno, "cannot open %s", repository);
	_cleanup_close_ int fd = open_beneath(root, path, flags);
	if (fd < 0 && errno == EXDEV)
		return refused(err, shown, "it leads out of the repository");
	if (fd < 0 && errno == ELOOP)
		return refused(err, shown, "a symlink is not followed here");
	if (fd < 0)
		return error_errno(err, errno, "cannot read %s", shown);
	if (is_gits_own(root, fd))
		return refused(err, shown, "git's own files are no part of the repository");
	*ret = TAKE_FD(fd);
	return 0;
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
	if (descriptor_read(fd, max, &data) < 0) {
		if (errno == EFBIG)
			return error_set(err, ERROR_REFUSED, "cannot read %s: larger than %zu bytes", shown, max);
		return error_errno(err, errno, "cannot read %s", shown);
	}
	buffer_free(ret);
	*ret = data;
	data = (struct buffer){0};
	return 0;
}
