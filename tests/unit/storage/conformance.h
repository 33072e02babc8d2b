/*
 * What a suite needs that every driver has to pass, on a filesystem that suits it, as each kind of user. A file that
 * includes this runs its tests with run_driver().
 */
#ifndef VELA_TESTS_STORAGE_CONFORMANCE_H
#define VELA_TESTS_STORAGE_CONFORMANCE_H

#include "fixture.h"

struct subject {
	const struct storage_driver *driver;
	const char *directory; /* on a filesystem that suits the driver, owned by the user */
	enum who who;
};
typedef int subject_suite_function(const char *name);
static const struct subject *subject;
static const struct storage_driver *driver;
static char *source, *target; /* paths of volumes, for each test anew */
static char *place;           /* the directory that holds them */

UNUSED_FIXTURE int setup(void **state)
{
	(void)state;
	place = path_join(subject->directory, "case", NULL);
	source = path_join(place, "source", NULL);
	target = path_join(place, "target", NULL);
	return mkdir(place, 0755);
}

/* Whatever a test made, the driver can destroy, and nothing else is left. */
UNUSED_FIXTURE int teardown(void **state)
{
	(void)state;
	int result =
		driver->destroy(source, NULL) < 0 || driver->destroy(target, NULL) < 0 || rmdir(place) < 0 ? -1 : 0;
	free(place);
	free(source);
	free(target);
	return result;
}

UNUSED_FIXTURE char *in(const char *volume, const char *name)
{
	return path_join(volume, name, NULL);
}

UNUSED_FIXTURE void assert_same_file(const char *a, const char *b)
{
	_cleanup_buffer_ struct buffer one = {0}, other = {0};
	assert_int_equal(file_read(a, 64 << 20, FILE_NO_FOLLOW, &one, NULL), 0);
	assert_int_equal(file_read(b, 64 << 20, FILE_NO_FOLLOW, &other, NULL), 0);
	assert_int_equal(one.length, other.length);
	if (one.length > 0)
		assert_memory_equal(one.data, other.data, one.length);
}

UNUSED_FIXTURE void assert_same_link(const char *a, const char *b)
{
	char one[256] = "", other[256] = "";
	assert_true(readlink(a, one, sizeof(one) - 1) > 0);
	assert_true(readlink(b, other, sizeof(other) - 1) > 0);
	assert_string_equal(one, other);
}

UNUSED_FIXTURE void assert_same_tree(const char *a, const char *b)
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

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

struct suite {
	const char *name;
	struct subject subject;
	subject_suite_function *run;
};

UNUSED_FIXTURE int run_suite(const void *context)
{
	const struct suite *suite = context;
	subject = &suite->subject;
	driver = subject->driver;
	_cleanup_free_ char *name = string_format("%s: %s as %s", suite->name, driver->name, who_names[subject->who]);
	return suite->run(name);
}

/* Runs a suite on `driver_name` as each kind of user, in a directory of the user's own. Returns how many tests failed.
 */
UNUSED_FIXTURE int run_driver(const char *suite_name, subject_suite_function *run, const char *driver_name,
			      const char *filesystem)
{
	struct suite suite = {.name = suite_name, .run = run};
	int failed = 0;
	require(storage_driver_find(driver_name, &suite.subject.driver, NULL) == 0, driver_name);
	for (enum who who = AS_ROOT; who < WHO_COUNT; who++) {
		_cleanup_free_ char *name = string_format("%s-%d", driver_name, (int)who);
		_cleanup_free_ char *directory = fixture_directory(filesystem, name, who);
		suite.subject.directory = directory;
		suite.subject.who = who;
		failed += run_group_as(who, run_suite, &suite);
	}
	return failed;
}

/* The whole program: btrfs on btrfs, the others on XFS. */
UNUSED_FIXTURE int run_drivers(const char *suite_name, subject_suite_function *run, const char *btrfs_size)
{
	char *directory = fixture_begin();
	const char *options = "user_subvol_rm_allowed,commit=1"; /* deleted subvolumes give their space back soon */
	_cleanup_free_ char *btrfs = fixture_mount(directory, "btrfs", (char[]){"btrfs"}, btrfs_size, options);
	_cleanup_free_ char *xfs = fixture_mount(directory, "xfs", (char[]){"xfs"}, "320M", "");
	int failed = run_driver(suite_name, run, "btrfs", btrfs) + run_driver(suite_name, run, "reflink", xfs) +
		     run_driver(suite_name, run, "copy", xfs);
	fixture_unmount(btrfs);
	fixture_unmount(xfs);
	fixture_end(directory);
	return failed;
}

#endif
