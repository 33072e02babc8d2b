/* What every driver has to do when something goes wrong: no space, interrupts, a kill; and what a probe finds. */
#include <signal.h>
#include <sys/statvfs.h>

#include "base/interrupt.h"
#include "conformance.h"

/* --- no space --- */

/* Takes every block, then every inode, that is left. */
static void fill_filesystem(const char *directory)
{
	_cleanup_free_ char *path = in(directory, "filler");
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	off_t at = 0;
	for (off_t piece = 64 << 20; piece >= 4096; piece /= 2)
		while (fallocate(fd, 0, at, piece) == 0)
			at += piece;
	for (int i = 0; i < 100000; i++) {
		_cleanup_free_ char *name =
			string_format("%s/filler-%d-of-what-is-left-to-be-had-in-names-and-inodes", directory, i);
		_cleanup_close_ int file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (file < 0 || pwrite(file, name, strlen(name), 0) < 0)
			return;
	}
	fail_msg("the filesystem does not get full");
}

/* Says whether the clone that failed left something. btrfs keeps a reserve: it takes many snapshots to have it used up.
 */
static bool clone_until_full(const char *directory, struct error **err)
{
	for (int i = 0; i < 5000; i++) {
		_cleanup_free_ char *path = string_format("%s/clone-%d", directory, i);
		if (driver->clone(source, path, err) < 0)
			return file_exists(path);
	}
	return false;
}

static void destroy_clones(const char *directory)
{
	_cleanup_(string_list_free) struct string_list names = {0};
	assert_int_equal(directory_list(directory, &names, NULL), 0);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = in(directory, names.items[i]);
		if (string_starts_with(names.items[i], "clone-"))
			assert_works(driver->destroy(path, &error));
	}
}

/* btrfs takes its time to give back what deleted subvolumes held. */
static void await_space(void)
{
	_cleanup_free_ char *trial = in(place, "trial");
	for (int i = 0; i < 1000; i++) {
		sync();
		if (mkdir(trial, 0700) == 0 && rmdir(trial) == 0 && driver->clone(source, target, NULL) == 0 &&
		    driver->destroy(target, NULL) == 0)
			return;
		(void)usleep(20000);
	}
	fail_msg("the filesystem stays full");
}

static void without_space_nothing_is_left(void **state)
{
	(void)state;
	_cleanup_free_ char *filled = in(place, "filled");
	assert_int_equal(mkdir(filled, 0700), 0);
	assert_works(driver->create(source, &error));
	make_files(source, 200, 8192);
	sync();
	fill_filesystem(filled);
	struct error *reason = NULL;
	bool left = clone_until_full(filled, &reason);
	destroy_clones(filled);
	assert_int_equal(directory_remove(filled, NULL), 0);
	assert_false(left);
	assert_non_null(reason);
	assert_non_null(reason->hint);
	assert_error(reason, ERROR_STORAGE);
	await_space();
	assert_works(driver->clone(source, target, &error));
	assert_same_tree(source, target);
}

static void a_copy_that_cannot_fit_is_not_begun(void **state)
{
	(void)state;
	struct statvfs fs;
	assert_int_equal(statvfs(place, &fs), 0);
	off_t most = (off_t)(fs.f_bavail * fs.f_frsize) / 4 * 3;
	assert_works(driver->create(source, &error));
	_cleanup_free_ char *path = in(source, "large");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fallocate(fd, 0, 0, most), 0);
	close_descriptor(&fd);
	struct error *reason = NULL;
	assert_int_equal(driver->clone(source, target, &reason), -1);
	assert_non_null(strstr(reason->message, "needs"));
	assert_non_null(strstr(reason->message, "free"));
	assert_error(reason, ERROR_STORAGE);
	assert_false(file_exists(target));
}

/* --- interrupts --- */

enum { EXIT_CLONED = 0, EXIT_FAILED = 1, EXIT_INTERRUPTED = 2 };

/* A child that clones; it is sent `number` when the target appears (0: before it begins). */
static int clone_and_signal(int number, bool at_once)
{
	pid_t pid = fork();
	if (pid == 0) {
		interrupt_install();
		if (at_once)
			(void)raise(number);
		struct error *error = NULL;
		if (driver->clone(source, target, &error) == 0)
			_exit(EXIT_CLONED);
		_exit(error->kind == ERROR_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_FAILED);
	}
	siginfo_t ended = {0};
	while (!at_once && !file_exists(target) && waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       ended.si_pid == 0)
		;
	if (!at_once)
		(void)kill(pid, number);
	return wait_for(pid);
}

static void an_interrupt_before_leaves_nothing(void **state)
{
	(void)state;
	assert_works(driver->create(source, &error));
	make_files(source, 20, 4096);
	assert_int_equal(clone_and_signal(SIGTERM, true), EXIT_INTERRUPTED);
	assert_false(file_exists(target));
}

/* The clone may be faster than the signal; one that is atomic always comes to one end or the other. */
static int attempts(void)
{
	return driver->capabilities & STORAGE_ATOMIC ? 3 : 30;
}

static void an_interrupt_in_the_middle_leaves_nothing(void **state)
{
	(void)state;
	int interrupted = 0;
	assert_works(driver->create(source, &error));
	make_files(source, 600, 4096);
	for (int i = 0; i < attempts() && interrupted == 0; i++) {
		int code = clone_and_signal(SIGINT, false);
		interrupted += code == EXIT_INTERRUPTED;
		assert_true(code == EXIT_INTERRUPTED || code == EXIT_CLONED);
		assert_int_equal(file_exists(target), code == EXIT_CLONED);
		assert_works(driver->destroy(target, &error));
	}
	if (!(driver->capabilities & STORAGE_ATOMIC))
		assert_int_equal(interrupted, 1);
}

static void what_a_killed_clone_leaves_can_be_destroyed(void **state)
{
	(void)state;
	int partial = 0;
	assert_works(driver->create(source, &error));
	make_files(source, 600, 4096);
	for (int i = 0; i < attempts() && partial == 0; i++) {
		(void)clone_and_signal(SIGKILL, false);
		partial += file_exists(target) && count_entries(target) < 600;
		assert_works(driver->destroy(target, &error));
		assert_false(file_exists(target));
	}
	if (!(driver->capabilities & STORAGE_ATOMIC))
		assert_int_equal(partial, 1);
}

/* --- probe --- */

static void probing_leaves_nothing_behind(void **state)
{
	(void)state;
	assert_works(driver->probe(place, &error));
	assert_int_equal(count_entries(place), 0);
}

static void probing_says_what_to_do(void **state)
{
	(void)state;
	struct error *reason = NULL;
	assert_int_equal(driver->probe(source, &reason), -1);
	assert_non_null(reason->hint);
	assert_error(reason, ERROR_STORAGE);
	if (subject->who == AS_ROOT)
		return;
	assert_int_equal(chmod(place, 0500), 0);
	reason = NULL;
	assert_int_equal(driver->probe(place, &reason), -1);
	assert_int_equal(chmod(place, 0700), 0);
	assert_non_null(reason->hint);
	assert_error(reason, ERROR_STORAGE);
}

static const struct CMUnitTest tests[] = {
	CASE(an_interrupt_before_leaves_nothing),
	CASE(an_interrupt_in_the_middle_leaves_nothing),
	CASE(what_a_killed_clone_leaves_can_be_destroyed),
	CASE(probing_leaves_nothing_behind),
	CASE(probing_says_what_to_do),
};

/* The same for every user, and slow on btrfs. */
static const struct CMUnitTest space_tests[] = {
	CASE(without_space_nothing_is_left),
};

/* Only of the driver that needs the space. */
static const struct CMUnitTest copy_tests[] = {
	CASE(a_copy_that_cannot_fit_is_not_begun),
};

static int run_tests_named(const char *name)
{
	int failed = cmocka_run_group_tests_name(name, tests, NULL, NULL);
	if (subject->who == AS_OWNER)
		failed += cmocka_run_group_tests_name("storage/driver: full filesystem", space_tests, NULL, NULL);
	if (driver->capabilities & STORAGE_EXPLICIT)
		failed += cmocka_run_group_tests_name("storage/driver: full copies", copy_tests, NULL, NULL);
	return failed;
}

int main(void)
{
	return run_drivers("storage/driver_failure", run_tests_named, "256M");
}
