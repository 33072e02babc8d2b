#include "storage/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/quantity.h"
#include "storage/volume.h"
#include "storage/walk.h"

enum { COPY_PIECE = 4 << 20 }; /* between two looks at interrupts */

/* --- copying the content of one file --- */

static void count(const struct tree_fill *fill, uint64_t bytes)
{
	if (fill->count)
		fill->count(fill->context, bytes);
}

/* sendfile, because copy_file_range would share on some filesystems, refuse on others. Returns -1 with errno, or with
 * the error set if interrupted. ESTALE: the file has become shorter. */
static int copy_range(int from, int to, off_t at, off_t end, const struct tree_fill *fill, struct error **interruption)
{
	if (lseek(to, at, SEEK_SET) < 0)
		return -1;
	while (at < end) {
		if (interrupt_check(interruption) < 0)
			return -1;
		ssize_t n = sendfile(to, from, &at, end - at < COPY_PIECE ? (size_t)(end - at) : COPY_PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ESTALE;
		if (n <= 0)
			return -1;
		count(fill, (uint64_t)n);
	}
	return 0;
}

/* Copies data and leaves holes out. */
static int copy_sparse(int from, int to, off_t size, const struct tree_fill *fill, struct error **interruption)
{
	for (off_t at = 0; at < size;) {
		off_t data = lseek(from, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return 0;
		off_t hole = data < 0 ? -1 : lseek(from, data, SEEK_HOLE);
		if (data < 0 || hole < 0)
			return -1;
		hole = hole < size ? hole : size;
		if (copy_range(from, to, data, hole, fill, interruption) < 0)
			return -1;
		at = hole;
	}
	return 0;
}

static int copy_content(int from, int to, const struct stat *st, const struct tree_fill *fill,
			struct error **interruption)
{
	bool has_holes = (off_t)st->st_blocks * 512 < st->st_size;
	if (!has_holes)
		return copy_range(from, to, 0, st->st_size, fill, interruption);
	/* The size comes first: the file may end with a hole. */
	if (ftruncate(to, st->st_size) < 0)
		return -1;
	return copy_sparse(from, to, st->st_size, fill, interruption);
}

/* What FICLONE answers where source and target cannot share, in contrast to what really goes wrong. */
static bool cannot_share(int number)
{
	return number == EXDEV || number == EOPNOTSUPP || number == ENOTTY || number == EINVAL || number == ENOSYS;
}

static int fill_content(int from, int to, const struct stat *st, const struct tree_fill *fill,
			struct error **interruption)
{
	if (st->st_size == 0)
		return 0;
	if (fill->method == TREE_COPY)
		return copy_content(from, to, st, fill, interruption);
	if (ioctl(to, FICLONE, from) == 0) {
		count(fill, (uint64_t)st->st_blocks * 512);
		return 0;
	}
	if (fill->method == TREE_SHARE || !cannot_share(errno))
		return -1;
	return copy_content(from, to, st, fill, interruption);
}

/* --- one entry --- */

static int fail_entry(struct error **err, int number, const char *what, const struct walk_entry *entry)
{
	_cleanup_free_ char *path = walk_entry_path(entry);
	if (number == ESTALE)
		return error_set(err, ERROR_CONFLICT, "%s became shorter while it was being copied", path);
	volume_errno(err, number, "cannot %s %s", what, path);
	if (number == EXDEV || number == EOPNOTSUPP || number == ENOTTY) {
		error_rekind(err, ERROR_STORAGE);
		error_hint(err,
			   "files can be shared within one filesystem that supports it: btrfs, or XFS with reflink");
	}
	return -1;
}

static int fill_link(const struct walk_entry *entry, struct error **err)
{
	char text[PATH_MAX];
	ssize_t length = readlinkat(entry->source, entry->name, text, sizeof(text) - 1);
	if (length < 0)
		return fail_entry(err, errno, "read link", entry);
	text[length] = '\0';
	if (symlinkat(text, entry->target, entry->name) < 0)
		return fail_entry(err, errno, "create link", entry);
	return 0;
}

static int open_source(const struct walk_entry *entry, struct stat *st)
{
	/* O_NONBLOCK: a fifo that has taken the file's place must not make this wait. */
	int fd = openat(entry->source, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close_descriptor(&fd);
	errno = EINVAL;
	return -1;
}

static int fill_file(const struct tree_fill *fill, const struct walk_entry *entry, struct error **err)
{
	struct stat st;
	_cleanup_close_ int from = open_source(entry, &st);
	if (from < 0)
		return fail_entry(err, errno, "read", entry);
	_cleanup_close_ int to =
		openat(entry->target, entry->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return fail_entry(err, errno, "create", entry);
	struct error *interruption = NULL;
	if (fill_content(from, to, &st, fill, &interruption) < 0) {
		if (interruption)
			return error_pass(err, interruption);
		return fail_entry(err, errno, fill->method == TREE_SHARE ? "share" : "copy", entry);
	}
	if ((st.st_mode & 0777) != 0600 && fchmod(to, st.st_mode & 0777) < 0)
		return fail_entry(err, errno, "set the mode of", entry);
	return 0;
}

static int fill_entry(void *context, const struct walk_entry *entry, struct error **err)
{
	return entry->is_link ? fill_link(entry, err) : fill_file(context, entry, err);
}

int tree_fill(int source, int target, const struct tree_fill *fill, struct error **err)
{
	struct tree_fill copy = *fill;
	struct walk walk = {
		.source = source, .target = target, .skip = fill->skip, .visit = fill_entry, .context = &copy};
	return walk_tree(&walk, err);
}

/* --- sizes --- */

static int add_size(void *context, const struct walk_entry *entry, struct error **err)
{
	atomic_uint_fast64_t *sum = context;
	struct stat st;
	if (entry->is_link)
		return 0;
	if (fstatat(entry->source, entry->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_entry(err, errno, "examine", entry);
	if (S_ISREG(st.st_mode))
		atomic_fetch_add(sum, (uint64_t)st.st_blocks * 512);
	return 0;
}

int tree_size(int source, storage_skip_function *skip, uint64_t *ret, struct error **err)
{
	atomic_uint_fast64_t sum = 0;
	struct walk walk = {
		.source = source, .target = -1, .skip = skip, .visit = add_size, .context = &sum, .changing = true};
	if (walk_tree(&walk, err) < 0)
		return -1;
	*ret = sum;
	return 0;
}

int tree_foresee_space(uint64_t bytes, const char *target, struct error **err)
{
	struct space space;
	_cleanup_free_ char *parent = path_parent(target);
	if (space_of(parent, &space, err) < 0)
		return -1;
	if (bytes <= space.available)
		return 0;
	_cleanup_free_ char *needed = quantity_format_size(bytes);
	_cleanup_free_ char *available = quantity_format_size(space.available);
	error_set(err, ERROR_STORAGE, "a copy needs %s, but %s has only %s free", needed, parent, available);
	return error_hint(err, "delete branches, run \"vela gc\", or give the pool more space");
}
