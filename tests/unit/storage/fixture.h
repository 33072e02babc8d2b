/*
 * Real filesystems for the tests of this folder, in images of their own, mounted where only the test sees them (a mount
 * namespace): however the test ends, no mount and no loop device outlives it. Needs root.
 */
#ifndef VELA_TESTS_STORAGE_FIXTURE_H
#define VELA_TESTS_STORAGE_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "base/identity.h"
#include "storage/driver.h"

#define UNUSED_FIXTURE __attribute__((unused)) static

/* Setting up is no test: what fails here ends the program. */
UNUSED_FIXTURE void require(bool condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	_exit(99);
}

UNUSED_FIXTURE int wait_for(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0)
		require(errno == EINTR, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

UNUSED_FIXTURE void run_program(char *const argv[])
{
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	require(wait_for(pid) == 0, argv[0]);
}
#define RUN(...) run_program((char *[]){__VA_ARGS__, NULL})

/* A directory of our own, in which everybody may look; owned string. */
UNUSED_FIXTURE char *fixture_begin(void)
{
	umask(022);
	require(unshare(CLONE_NEWNS) == 0, "a mount namespace (needs root)");
	require(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private mounts");
	const char *base = getenv("TMPDIR");
	char *directory = path_join(base ? base : "/tmp", "vela-storage-XXXXXX", NULL);
	require(mkdtemp(directory) != NULL, "mkdtemp");
	require(chmod(directory, 0755) == 0, "chmod");
	return directory;
}

/* Makes and mounts a filesystem of `type` ("btrfs", "xfs") on DIRECTORY/NAME; its image has no name, so that it goes
 * with the mount. Owned string. */
UNUSED_FIXTURE char *fixture_mount(const char *directory, const char *name, char *type, const char *size,
				   const char *options)
{
	char *mount_point = path_join(directory, name, NULL);
	_cleanup_free_ char *image = string_format("%s.image", mount_point);
	_cleanup_free_ char *mkfs = string_format("mkfs.%s", type);
	_cleanup_free_ char *mount_options = string_format("loop%s%s", *options ? "," : "", options);
	_cleanup_free_ char *bytes = string_copy(size);
	char quiet[] = "-q", dash_s[] = "-s", truncate_program[] = "truncate", mount_program[] = "mount",
	     dash_o[] = "-o";
	RUN(truncate_program, dash_s, bytes, image);
	RUN(mkfs, quiet, image);
	require(mkdir(mount_point, 0755) == 0, "mkdir");
	RUN(mount_program, dash_o, mount_options, image, mount_point);
	require(unlink(image) == 0, "unlink");
	return mount_point;
}

UNUSED_FIXTURE void fixture_unmount(const char *mount_point)
{
	require(umount2(mount_point, MNT_DETACH) == 0, "umount");
	require(rmdir(mount_point) == 0, "rmdir");
}

UNUSED_FIXTURE void fixture_end(char *directory)
{
	require(rmdir(directory) == 0, directory);
	free(directory);
}

/* Whom a group of tests runs as: root; root that acts for a pool's owner, as vela does; the owner. */
enum who { AS_ROOT, AS_ROOT_FOR_OWNER, AS_OWNER, WHO_COUNT };
static const char *const who_names[WHO_COUNT] __attribute__((unused)) = {"root", "root for the owner", "the owner"};

UNUSED_FIXTURE struct identity fixture_owner(void)
{
	struct identity owner;
	require(identity_of_user("postgres", &owner, NULL) == 0, "user postgres");
	return owner;
}

UNUSED_FIXTURE void become(enum who who)
{
	struct identity owner = fixture_owner();
	if (who == AS_ROOT_FOR_OWNER)
		require(identity_assume(&owner, NULL) == 0, "assume");
	if (who == AS_OWNER)
		require(identity_become(&owner) == 0, "become");
	/* A change of user takes away the permission to be examined, which the leak checker needs. */
	(void)prctl(PR_SET_DUMPABLE, 1);
}

/* Runs `group` in a child as `who`; returns how many tests failed, or 1 if the child did not end well. */
UNUSED_FIXTURE int run_group_as(enum who who, int (*group)(const void *context), const void *context)
{
	(void)fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		become(who);
		int failed = group(context);
		if (who == AS_ROOT_FOR_OWNER)
			identity_caller_begin(); /* with ids that differ, the leak checker may not look */
		exit(failed);
	}
	return wait_for(pid);
}

UNUSED_FIXTURE char *fixture_directory(const char *parent, const char *name, enum who who)
{
	struct identity owner = who == AS_ROOT ? (struct identity){0} : fixture_owner();
	char *path = path_join(parent, name, NULL);
	require(mkdir(path, 0755) == 0, "mkdir");
	require(chown(path, owner.uid, owner.gid) == 0, "chown");
	return path;
}

/* --- for tests --- */

UNUSED_FIXTURE void assert_error(struct error *error, enum error_kind kind)
{
	assert_non_null(error);
	if (error->kind != kind)
		print_error("%s\n", error->message);
	assert_int_equal(error->kind, kind);
	error_free(error);
}

#define assert_works(expression)                                                                                       \
	do {                                                                                                           \
		struct error *error = NULL;                                                                            \
		if ((expression) < 0 && error)                                                                         \
			print_error("%s: %s\n", #expression, error->message);                                          \
		assert_null(error);                                                                                    \
	} while (0)
#define assert_fails(expression, kind)                                                                                 \
	do {                                                                                                           \
		struct error *error = NULL;                                                                            \
		assert_int_equal(expression, -1);                                                                      \
		assert_error(error, kind);                                                                             \
	} while (0)

UNUSED_FIXTURE void write_file(const char *directory, const char *name, const void *data, size_t length, mode_t mode)
{
	_cleanup_free_ char *path = path_join(directory, name, NULL);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(descriptor_write(fd, data, length), 0);
	assert_int_equal(fchmod(fd, mode), 0);
}

/* Bytes that no filesystem can compress or find to be the same as others. */
UNUSED_FIXTURE void write_noise(const char *directory, const char *name, size_t length, uint64_t seed)
{
	uint64_t *words = memory_allocate(length);
	for (size_t i = 0; i < length / sizeof(*words); i++) {
		seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
		words[i] = seed;
	}
	write_file(directory, name, words, length, 0600);
	free(words);
}

UNUSED_FIXTURE void make_files(const char *directory, size_t files, size_t length)
{
	for (size_t i = 0; i < files; i++) {
		_cleanup_free_ char *name = string_format("%zu", i);
		write_noise(directory, name, length, i + 1);
	}
}

UNUSED_FIXTURE size_t count_entries(const char *directory)
{
	_cleanup_(string_list_free) struct string_list names = {0};
	assert_int_equal(directory_list(directory, &names, NULL), 0);
	return names.count;
}

#endif
