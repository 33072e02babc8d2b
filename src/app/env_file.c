#include "app/env_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/random.h"
#include "base/text.h"

enum { ENV_FILE_MAX = 1 << 20 };

/* The file and its directory, opened so that nothing on the way is a link. */
struct place {
	int directory;
	char *name;
	bool exists;
	struct stat st; /* where it exists */
	struct buffer text;
};

static void place_close(struct place *place)
{
	close_descriptor(&place->directory);
	free(place->name);
	buffer_free(&place->text);
}

static int refused(const char *path, const char *why, struct error **err)
{
	_cleanup_free_ char *shown = text_safe(path);
	error_set(err, ERROR_REFUSED, "cannot write %s: %s", shown, why);
	return error_hint(err, "let `hooks.env_file` in vela.yml name another file");
}

/* Git's own files decide which programs run. A directory that has a repository of its own is another repository's. */
static int check_component(const char *tree, const char *path, size_t length, bool last, struct error **err)
{
	_cleanup_free_ char *so_far = string_copy_n(path, length);
	_cleanup_free_ char *git = path_join(tree, so_far, ".git", NULL);
	if (strcasecmp(path_basename(so_far), ".git") == 0)
		return refused(path, "git's own files are not written", err);
	if (!last && file_exists(git))
		return refused(path, "it belongs to another repository", err);
	return 0;
}

static int check_path(const char *tree, const char *path, struct error **err)
{
	for (const char *at = path;; at++) {
		if (*at && *at != '/')
			continue;
		if (check_component(tree, path, (size_t)(at - path), !*at, err) < 0)
			return -1;
		if (!*at)
			return 0;
	}
}

static int open_directory(const char *tree, const char *path, int *ret, struct error **err)
{
	_cleanup_free_ char *parent = path_parent(path);
	_cleanup_close_ int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_errno(err, errno, "cannot open %s", tree);
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	int fd;
	do
		fd = (int)syscall(SYS_openat2, root, parent, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN);
	if (fd < 0 && errno == EXDEV)
		return refused(path, "it leads out of the repository", err);
	if (fd < 0 && errno == ELOOP)
		return refused(path, "a symbolic link is not followed here", err);
	if (fd < 0) {
		_cleanup_free_ char *shown = text_safe(path);
		return error_errno(err, errno, "cannot write %s", shown);
	}
	*ret = fd;
	return 0;
}

static int read_text(int fd, const char *path, struct buffer *text, struct error **err)
{
	if (descriptor_read(fd, ENV_FILE_MAX, text) == 0)
		return 0;
	return errno == EFBIG ? refused(path, "it is larger than 1 MB", err)
			      : error_errno(err, errno, "cannot read %s", path);
}

static int open_place(const char *tree, const char *path, struct place *place, struct error **err)
{
	if (check_path(tree, path, err) < 0 || open_directory(tree, path, &place->directory, err) < 0)
		return -1;
	place->name = string_copy(path_basename(path));
	/* O_NONBLOCK: opening a fifo must not hang. */
	_cleanup_close_ int fd =
		openat(place->directory, place->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return refused(path, "a symbolic link is not followed here", err);
	_cleanup_free_ char *shown = text_safe(path);
	if (fd < 0 || fstat(fd, &place->st) < 0)
		return error_errno(err, errno, "cannot read %s", shown);
	if (!S_ISREG(place->st.st_mode))
		return refused(path, "not a regular file", err);
	place->exists = true;
	return read_text(fd, shown, &place->text, err);
}

/* Root's `sudo git checkout` must not take the file from whose it is, nor make one in somebody's repository that they
 * cannot read. 0, or -1 with errno. */
static int give_to_owner(const struct place *place, int fd)
{
	struct stat owner = place->st;
	if (geteuid() != 0)
		return 0;
	if (!place->exists && fstat(place->directory, &owner) < 0)
		return -1;
	return fchown(fd, owner.st_uid, owner.st_gid);
}

/* 0, or -1 with errno. */
static int write_temporary(const struct place *place, const char *name, const struct buffer *text)
{
	mode_t mode = place->exists ? place->st.st_mode & 07777 : 0600;
	_cleanup_close_ int fd =
		openat(place->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (give_to_owner(place, fd) < 0 || fchmod(fd, mode) < 0 ||
	    descriptor_write(fd, buffer_text(text), text->length) < 0)
		return -1;
	return close(TAKE_FD(fd));
}

static int replace(const struct place *place, const char *path, const struct buffer *text, struct error **err)
{
	_cleanup_free_ char *temporary = string_format("%s.vela-%08x", place->name, random_number());
	if (write_temporary(place, temporary, text) == 0 &&
	    renameat(place->directory, temporary, place->directory, place->name) == 0)
		return 0;
	int saved = errno;
	(void)unlinkat(place->directory, temporary, 0);
	_cleanup_free_ char *shown = text_safe(path);
	return error_errno(err, saved, "cannot write %s", shown);
}

/* What is there, and what shall be. */
static int compose(const char *tree, const char *path, const char *branch, const char *uri, struct place *place,
		   struct buffer *text, struct error **err)
{
	if (open_place(tree, path, place, err) < 0)
		return -1;
	env_file_add_block(buffer_text(&place->text), place->text.length, !place->exists, branch, uri, text);
	return 0;
}

int env_file_is_current(const char *tree, const char *path, const char *branch, const char *uri, bool *ret,
			struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(place_close) struct place place = {.directory = -1};
	_cleanup_buffer_ struct buffer text = {0};
	if (compose(tree, path, branch, uri, &place, &text, err) < 0)
		return -1;
	*ret = place.exists && buffer_equal(&text, &place.text);
	return 0;
}

int env_file_write(const char *tree, const char *path, const char *branch, const char *uri, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(place_close) struct place place = {.directory = -1};
	_cleanup_buffer_ struct buffer text = {0};
	if (compose(tree, path, branch, uri, &place, &text, err) < 0)
		return -1;
	return replace(&place, path, &text, err);
}

int env_file_void(const char *tree, const char *path, const char *branch, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(place_close) struct place place = {.directory = -1};
	_cleanup_buffer_ struct buffer text = {0};
	if (compose(tree, path, branch, "", &place, &text, err) < 0)
		return -1;
	if (!place.exists || !env_file_is_of_another(buffer_text(&place.text), place.text.length, branch))
		return 0;
	return replace(&place, path, &text, err);
}

int env_file_clear(const char *tree, const char *path, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_(place_close) struct place place = {.directory = -1};
	_cleanup_buffer_ struct buffer text = {0};
	bool made;
	if (open_place(tree, path, &place, err) < 0)
		return -1;
	if (!place.exists || !env_file_remove_block(buffer_text(&place.text), place.text.length, &text, &made))
		return 0;
	if (!made || text.length > 0)
		return replace(&place, path, &text, err);
	_cleanup_free_ char *shown = text_safe(path);
	return unlinkat(place.directory, place.name, 0) < 0 ? error_errno(err, errno, "cannot remove %s", shown) : 0;
}
