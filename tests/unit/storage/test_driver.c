/* One suite that every driver has to pass, on real filesystems, for each kind of user. */
#include <signal.h>
#include <sys/statvfs.h>

#include "base/interrupt.h"
#include "fixture.h"

struct subject {
	const struct storage_driver *driver;
	const char *directory; /* on a filesystem that suits the driver, owned by the user */
	enum who who;
};
static const struct subject *subject;
static const struct storage_driver *driver;
static char *source, *target; /* paths of volumes, for each test anew */
static char *place;           /* the directory that holds them */

static int setup(void **state)
{
	(void)state;
	place = path_join(subject->directory, "case", NULL);
	source = path_join(place, "source", NULL);
	target = path_join(place, "target", NULL);
	return mkdir(place, 0755);
}

/* Whatever a test made, the driver can destroy, and nothing else is left. */
static int teardown(void **state)
{
	(void)state;
	int result = driver->destroy(source, NULL) < 0 || driver->destroy(target, NULL) < 0 || rmdir(place) < 0 ? -1 : 0;
	free(place);
	free(source);
	free(target);
	return result;
}

static char *in(const char *volume, const char *name)
{
	return path_join(volume, name, NULL);
}

static mode_t mode_of(const char *path)
{
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void make_directory(const char *volume, const char *name)
{
	_cleanup_free_ char *path = in(volume, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void set_mode(const char *volume, const char *name, mode_t mode)
{
	_cleanup_free_ char *path = in(volume, name);
	assert_int_equal(chmod(path, mode), 0);
}

static void make_link(const char *text, const char *volume, const char *name)
{
	_cleanup_free_ char *path = in(volume, name);
	assert_int_equal(symlink(text, path), 0);
}

enum { HOLE = 4 << 20 };

static void make_sparse_file(const char *volume, const char *name)
{
	_cleanup_free_ char *path = in(volume, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(pwrite(fd, "middle", 6, HOLE), 6);
	assert_int_equal(ftruncate(fd, 2 * HOLE), 0);
}

/* Of everything that a data directory may hold, and enough of it to occupy several threads. */
static void make_tree(const char *volume)
{
	make_directory(volume, "base");
	make_directory(volume, "base/5");
	make_directory(volume, "locked");
	make_directory(volume, "pg_tblspc");
	_cleanup_free_ char *base = in(volume, "base/5");
	make_files(base, 150, 8192);
	write_file(volume, "empty", "", 0, 0600);
	write_file(volume, "tiny", "15\n", 3, 0640);
	write_file(volume, "locked/inside", "x", 1, 0400);
	set_mode(volume, "locked", 0500);
	make_link("/nonexistent/place", volume, "pg_tblspc/16384");
	make_link("tiny", volume, "link");
	make_sparse_file(volume, "sparse");
}

static void assert_same_file(const char *a, const char *b)
{
	_cleanup_buffer_ struct buffer one = {0}, other = {0};
	assert_int_equal(file_read(a, 64 << 20, FILE_NO_FOLLOW, &one, NULL), 0);
	assert_int_equal(file_read(b, 64 << 20, FILE_NO_FOLLOW, &other, NULL), 0);
	assert_int_equal(one.length, other.length);
	if (one.length > 0)
		assert_memory_equal(one.data, other.data, one.length);
}

static void assert_same_link(const char *a, const char *b)
{
	char one[256] = "", other[256] = "";
	assert_true(readlink(a, one, sizeof(one) - 1) > 0);
	assert_true(readlink(b, other, sizeof(other) - 1) > 0);
	assert_string_equal(one, other);
}

static void assert_same_tree(const char *a, const char *b)
{
	_cleanup_(string_list_free) struct string_list one = {0}, other = {0};
	assert_int_equal(directory_list(a, &one, NULL), 0);
	assert_int_equal(directory_list(b, &other, NULL), 0);
	assert_int_equal(one.count, other.count);
	for (size_t i = 0; i < one.count; i++) {
		assert_string_equal(one.items[i], other.items[i]);
		_cleanup_free_ char *from = in(a, one.items[i]), *to = in(b, one.items[i]);
		struct stat from_stat, to_stat;
		assert_int_equal(lstat(from, &from_stat), 0);
		assert_int_equal(lstat(to, &to_stat), 0);
		assert_int_equal(from_stat.st_mode, to_stat.st_mode);
		assert_int_equal(from_stat.st_uid, to_stat.st_uid);
		if (S_ISDIR(from_stat.st_mode))
			assert_same_tree(from, to);
		else if (S_ISLNK(from_stat.st_mode))
			assert_same_link(from, to);
		else
			assert_same_file(from, to);
	}
}

static void assert_writable(const char *volume)
{
	assert_int_equal(mode_of(volume), 0700);
	write_file(volume, "new", "new", 3, 0600);
	_cleanup_free_ char *path = in(volume, "new");
	assert_int_equal(unlink(path), 0);
}

static void assert_marked(const char *volume)
{
	assert_true(getxattr(volume, STORAGE_MARKER, NULL, 0) > 0);
}

/* --- create --- */

static void creates_an_empty_marked_volume(void **state)
{
	(void)state;
	mode_t old = umask(0);
	assert_works(driver->create(source, &error));
	(void)umask(old);
	assert_marked(source);
	assert_writable(source);
	assert_int_equal(count_entries(source), 0);
}

static void create_leaves_alone_what_exists(void **state)
{
	(void)state;
	assert_works(driver->create(source, &error));
	write_file(source, "kept", "kept", 4, 0600);
	assert_fails(driver->create(source, &error), ERROR_CONFLICT);
	assert_int_equal(count_entries(source), 1);
}

static void paths_without_a_name_are_refused(void **state)
{
	(void)state;
	_cleanup_free_ char *dots = in(place, "..");
	assert_fails(driver->create("/", &error), ERROR_USAGE);
	assert_fails(driver->create(".", &error), ERROR_USAGE);
	assert_fails(driver->destroy(dots, &error), ERROR_USAGE);
}

/* --- clone --- */

static void a_clone_equals_its_source(void **state)
{
	(void)state;
	assert_works(driver->create(source, &error));
	make_tree(source);
	assert_works(driver->clone(source, target, &error));
	assert_same_tree(source, target);
	assert_marked(target);
	assert_writable(target);
	_cleanup_free_ char *sparse = in(target, "sparse");
	struct stat st;
	assert_int_equal(stat(sparse, &st), 0);
	assert_true(st.st_blocks * 512 < HOLE);
}

static void a_clone_is_independent(void **state)
{
	(void)state;
	assert_works(driver->create(source, &error));
	write_noise(source, "file", 1 << 20, 1);
	write_noise(source, "original", 1 << 20, 1);
	assert_works(driver->clone(source, target, &error));
	write_noise(target, "file", 1 << 20, 2);
	_cleanup_free_ char *file = in(source, "file"), *original = in(source, "original");
	_cleanup_free_ char *cloned = in(target, "original");
	assert_same_file(file, original);
	write_noise(source, "file", 1 << 20, 3);
	write_noise(source, "original", 1 << 20, 3);
	write_noise(target, "file", 1 << 20, 1);
	_cleanup_free_ char *file_of_target = in(target, "file");
	assert_same_file(file_of_target, cloned);
}

static void a_clone_can_be_cloned(void **state)
{
	(void)state;
	_cleanup_free_ char *third = in(place, "third");
	assert_works(driver->create(source, &error));
	make_tree(source);
	assert_works(driver->clone(source, target, &error));
	assert_works(driver->clone(target, third, &error));
	assert_works(driver->destroy(target, &error));
	assert_same_tree(source, third);
	assert_writable(third);
	assert_works(driver->destroy(third, &error));
}

static void an_empty_volume_can_be_cloned(void **state)
{
	(void)state;
	assert_works(driver->create(source, &error));
	assert_works(driver->clone(source, target, &error));
	assert_int_equal(count_entries(target), 0);
	assert_writable(target);
}

static void a_clone_never_replaces(void **state)
{
	(void)state;
	assert_works(driver->create(source, &error));
	assert_works(driver->create(target, &error));
	write_file(target, "kept", "kept", 4, 0600);
	assert_fails(driver->clone(source, target, &error), ERROR_CONFLICT);
	assert_int_equal(count_entries(target), 1);
}

static void only_volumes_are_cloned(void **state)
{
	(void)state;
	_cleanup_free_ char *link = in(place, "link"), *slashed = in(place, "link/"), *nowhere = in(place, "none/target");
	assert_fails(driver->clone(source, target, &error), ERROR_NOT_FOUND);
	assert_int_equal(mkdir(source, 0700), 0);
	assert_fails(driver->clone(source, target, &error), ERROR_REFUSED);
	assert_int_equal(rmdir(source), 0);
	assert_works(driver->create(source, &error));
	make_link("source", place, "link");
	assert_fails(driver->clone(link, target, &error), ERROR_REFUSED);
	assert_fails(driver->clone(slashed, target, &error), ERROR_REFUSED);
	assert_fails(driver->clone(source, nowhere, &error), ERROR_NOT_FOUND);
	assert_false(file_exists(target));
	assert_int_equal(unlink(link), 0);
}

/* --- seal --- */

static void a_sealed_volume_is_read_only(void **state)
{
	(void)state;
	assert_works(driver->create(source, &error));
	make_tree(source);
	assert_works(driver->seal(source, &error));
	assert_works(driver->seal(source, &error));
	assert_marked(source);
	_cleanup_free_ char *path = in(source, "new");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (subject->who != AS_ROOT || driver->capabilities & STORAGE_ATOMIC)
		assert_int_equal(fd, -1);
	else
		assert_int_equal(mode_of(source), 0500); /* root writes where it likes */
	close_descriptor(&fd);
}

static void a_sealed_volume_gives_writable_clones(void **state)
{
	(void)state;
	assert_works(driver->create(source, &error));
	make_tree(source);
	assert_works(driver->seal(source, &error));
	assert_works(driver->clone(source, target, &error));
	assert_same_tree(source, target);
	assert_marked(target);
	assert_writable(target);
	assert_works(driver->destroy(source, &error));
	assert_false(file_exists(source));
	assert_writable(target);
}

static void only_volumes_are_sealed(void **state)
{
	(void)state;
	assert_fails(driver->seal(source, &error), ERROR_NOT_FOUND);
	assert_int_equal(mkdir(source, 0700), 0);
	assert_fails(driver->seal(source, &error), ERROR_REFUSED);
	assert_int_equal(mode_of(source), 0700);
}

/* --- destroy --- */

static void destroying_twice_is_no_error(void **state)
{
	(void)state;
	assert_works(driver->destroy(source, &error));
	assert_works(driver->create(source, &error));
	make_tree(source);
	assert_works(driver->destroy(source, &error));
	assert_false(file_exists(source));
	assert_works(driver->destroy(source, &error));
}

static void what_is_not_marked_is_not_destroyed(void **state)
{
	(void)state;
	assert_works(driver->create(source, &error));
	write_file(source, "precious", "data", 4, 0600);
	assert_int_equal(removexattr(source, STORAGE_MARKER), 0);
	assert_fails(driver->destroy(source, &error), ERROR_REFUSED);
	assert_int_equal(count_entries(source), 1);
	assert_int_equal(setxattr(source, STORAGE_MARKER, "1", 1, 0), 0);

	_cleanup_free_ char *file = in(place, "file");
	write_file(place, "file", "data", 4, 0600);
	assert_fails(driver->destroy(file, &error), ERROR_REFUSED);
	assert_int_equal(unlink(file), 0);
}

/* What is left by a creation that was killed at once. */
static void an_empty_directory_goes_unmarked(void **state)
{
	(void)state;
	assert_works(driver->create(source, &error));
	assert_int_equal(removexattr(source, STORAGE_MARKER), 0);
	assert_works(driver->destroy(source, &error));
	assert_false(file_exists(source));
	assert_int_equal(mkdir(source, 0700), 0);
	assert_works(driver->destroy(source, &error));
	assert_false(file_exists(source));
}

static void destroy_follows_no_link(void **state)
{
	(void)state;
	_cleanup_free_ char *link = in(place, "link"), *slashed = in(place, "link/"), *outside = in(place, "outside");
	assert_works(driver->create(source, &error));
	write_file(source, "precious", "data", 4, 0600);
	make_link("source", place, "link");
	assert_fails(driver->destroy(link, &error), ERROR_REFUSED);
	assert_fails(driver->destroy(slashed, &error), ERROR_REFUSED);
	assert_int_equal(count_entries(source), 1);
	assert_int_equal(unlink(link), 0);

	assert_int_equal(mkdir(outside, 0700), 0);
	write_file(outside, "precious", "data", 4, 0600);
	make_link(outside, source, "way out");
	assert_works(driver->destroy(source, &error));
	assert_int_equal(count_entries(outside), 1);
	assert_int_equal(directory_remove(outside, NULL), 0);
}

/* --- usage --- */

enum { MEGABYTE = 1 << 20, USAGE_FILES = 24, SLACK = 128 << 10 };

static void assert_near(uint64_t actual, uint64_t expected)
{
	assert_in_range(actual, expected > SLACK ? expected - SLACK : 0, expected + SLACK);
}

static void assert_usage(const char *volume, uint64_t exclusive, uint64_t shared)
{
	struct storage_usage usage;
	assert_works(driver->usage(volume, &usage, &error));
	if (driver->capabilities & STORAGE_EXPLICIT) {
		exclusive = (uint64_t)USAGE_FILES * MEGABYTE;
		shared = 0;
	}
	assert_near(usage.exclusive_bytes, exclusive);
	assert_near(usage.shared_bytes, shared);
}

static void usage_tells_own_from_shared(void **state)
{
	(void)state;
	const uint64_t all = (uint64_t)USAGE_FILES * MEGABYTE;
	assert_works(driver->create(source, &error));
	make_files(source, USAGE_FILES, MEGABYTE);
	assert_usage(source, all, 0); /* although nothing was synced */
	assert_works(driver->clone(source, target, &error));
	assert_usage(target, 0, all);
	assert_usage(source, 0, all);
	write_noise(target, "7", MEGABYTE, 4711);
	assert_usage(target, MEGABYTE, all - MEGABYTE);
	_cleanup_free_ char *file = in(target, "9");
	_cleanup_close_ int fd = open(file, O_WRONLY | O_CLOEXEC);
	_cleanup_free_ char *data = memory_allocate(MEGABYTE / 2);
	assert_int_equal(pwrite(fd, data, MEGABYTE / 2, MEGABYTE / 4), MEGABYTE / 2);
	assert_usage(target, MEGABYTE * 3 / 2, all - MEGABYTE * 3 / 2);
}

static void usage_of_what_is_no_volume_is_refused(void **state)
{
	(void)state;
	struct storage_usage usage;
	assert_fails(driver->usage(source, &usage, &error), ERROR_NOT_FOUND);
	assert_fails(driver->usage(place, &usage, &error), ERROR_REFUSED);
}

/* --- what goes wrong --- */

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
		_cleanup_free_ char *name = string_format("%s/filler-%d-of-what-is-left-to-be-had-in-names-and-inodes", directory, i);
		_cleanup_close_ int file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (file < 0 || pwrite(file, name, strlen(name), 0) < 0)
			return;
	}
	fail_msg("the filesystem does not get full");
}

/* Says whether the clone that failed left something. btrfs keeps a reserve: it takes many snapshots to have it used up. */
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

/* --- the groups --- */

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
static const struct CMUnitTest tests[] = {
	CASE(creates_an_empty_marked_volume),
	CASE(create_leaves_alone_what_exists),
	CASE(paths_without_a_name_are_refused),
	CASE(a_clone_equals_its_source),
	CASE(a_clone_is_independent),
	CASE(a_clone_can_be_cloned),
	CASE(an_empty_volume_can_be_cloned),
	CASE(a_clone_never_replaces),
	CASE(only_volumes_are_cloned),
	CASE(a_sealed_volume_is_read_only),
	CASE(a_sealed_volume_gives_writable_clones),
	CASE(only_volumes_are_sealed),
	CASE(destroying_twice_is_no_error),
	CASE(what_is_not_marked_is_not_destroyed),
	CASE(an_empty_directory_goes_unmarked),
	CASE(destroy_follows_no_link),
	CASE(usage_tells_own_from_shared),
	CASE(usage_of_what_is_no_volume_is_refused),
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

static int run_suite(const void *context)
{
	subject = context;
	driver = subject->driver;
	_cleanup_free_ char *name = string_format("storage/driver: %s as %s", driver->name, who_names[subject->who]);
	int failed = cmocka_run_group_tests_name(name, tests, NULL, NULL);
	if (subject->who == AS_OWNER)
		failed += cmocka_run_group_tests_name("storage/driver: full filesystem", space_tests, NULL, NULL);
	if (driver->capabilities & STORAGE_EXPLICIT)
		failed += cmocka_run_group_tests_name("storage/driver: only copy", copy_tests, NULL, NULL);
	return failed;
}

static int run_driver(const char *name, const char *filesystem)
{
	struct subject on = {0};
	int failed = 0;
	require(storage_driver_find(name, &on.driver, NULL) == 0, name);
	for (on.who = AS_ROOT; on.who < WHO_COUNT; on.who++) {
		_cleanup_free_ char *run = string_format("%s-%d", name, (int)on.who);
		_cleanup_free_ char *directory = fixture_directory(filesystem, run, on.who);
		on.directory = directory;
		failed += run_group_as(on.who, run_suite, &on);
	}
	return failed;
}

int main(void)
{
	char *directory = fixture_begin();
	_cleanup_free_ char *btrfs = fixture_mount(directory, "btrfs", (char[]){"btrfs"}, "512M", "user_subvol_rm_allowed,commit=1");
	_cleanup_free_ char *xfs = fixture_mount(directory, "xfs", (char[]){"xfs"}, "320M", "");
	int failed = run_driver("btrfs", btrfs) + run_driver("reflink", xfs) + run_driver("copy", xfs);
	fixture_unmount(btrfs);
	fixture_unmount(xfs);
	fixture_end(directory);
	return failed;
}
