/* What every driver has to do, the same for all: create, clone, seal, destroy, usage. */
#include "conformance.h"

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
	_cleanup_free_ char *link = in(place, "link"), *slashed = in(place, "link/"),
			    *nowhere = in(place, "none/target");
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
};

static int run_tests_named(const char *name)
{
	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int main(void)
{
	return run_drivers("storage/driver", run_tests_named, "512M");
}
