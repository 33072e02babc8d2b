/* Choosing a driver, and what only btrfs does: the mount's say in deletions, subvolumes that others made. */
#include <btrfsutil.h>

#include "fixture.h"

static const struct storage_driver *btrfs;
static char *pool;    /* on the btrfs, the user's own */
static char *other;   /* on a tmpfs, the user's own */
static char *foreign; /* path of a subvolume in the pool */
static char *clone_path;

static int setup(void **state)
{
	(void)state;
	foreign = path_join(pool, "foreign", NULL);
	clone_path = path_join(pool, "clone", NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	int result =
		btrfs->destroy(clone_path, NULL) < 0 || count_entries(pool) > 0 || count_entries(other) > 0 ? -1 : 0;
	free(foreign);
	free(clone_path);
	return result;
}

static void make_foreign(void)
{
	assert_int_equal(btrfs_util_create_subvolume(foreign, 0, NULL, NULL), BTRFS_UTIL_OK);
	assert_int_equal(chmod(foreign, 0750), 0);
	write_file(foreign, "PG_VERSION", "15\n", 3, 0600);
}

static void delete_foreign(void)
{
	assert_int_equal(btrfs_util_delete_subvolume(foreign, 0), BTRFS_UTIL_OK);
}

/* --- choosing --- */

static void drivers_are_found_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; storage_drivers[i]; i++) {
		const struct storage_driver *found = NULL;
		assert_works(storage_driver_find(storage_drivers[i]->name, &found, &error));
		assert_ptr_equal(found, storage_drivers[i]);
		assert_true(strlen(found->summary) > 0);
	}
}

static void a_misspelt_name_gets_a_suggestion(void **state)
{
	(void)state;
	const struct storage_driver *found = NULL;
	struct error *reason = NULL;
	assert_int_equal(storage_driver_find("brtfs", &found, &reason), -1);
	assert_null(found);
	assert_non_null(strstr(reason->hint, "did you mean \"btrfs\""));
	assert_error(reason, ERROR_USAGE);
}

static void the_best_driver_is_chosen_by_trying(void **state)
{
	(void)state;
	const struct storage_driver *found = NULL;
	assert_works(storage_driver_probe(pool, &found, &error));
	assert_string_equal(found->name, "btrfs");
}

static void without_a_driver_every_reason_is_told(void **state)
{
	(void)state;
	const struct storage_driver *found = NULL;
	struct error *reason = NULL;
	assert_int_equal(storage_driver_probe(other, &found, &reason), -1);
	assert_null(found);
	assert_non_null(strstr(reason->message, "btrfs: "));
	assert_non_null(strstr(reason->message, "tmpfs"));
	assert_non_null(strstr(reason->message, "reflink: "));
	assert_non_null(strstr(reason->message, "files cannot share data"));
	assert_null(strstr(reason->message, "copy: "));
	assert_non_null(reason->hint);
	assert_error(reason, ERROR_STORAGE);
}

/* --- subvolumes that others made --- */

static void a_foreign_subvolume_is_cloned_as_it_is(void **state)
{
	(void)state;
	make_foreign();
	assert_true(storage_is_cloneable_top(btrfs, foreign));
	assert_works(storage_clone_foreign(btrfs, foreign, clone_path, &error));
	struct stat st;
	assert_int_equal(stat(clone_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(getxattr(clone_path, STORAGE_MARKER, NULL, 0) > 0);
	assert_true(getxattr(foreign, STORAGE_MARKER, NULL, 0) < 0);
	assert_int_equal(count_entries(clone_path), 1);
	assert_fails(btrfs->destroy(foreign, &error), ERROR_REFUSED);
	assert_fails(btrfs->clone(foreign, clone_path, &error), ERROR_REFUSED);
	delete_foreign();
}

static void a_read_only_foreign_subvolume_gives_a_writable_clone(void **state)
{
	(void)state;
	make_foreign();
	assert_int_equal(btrfs_util_set_subvolume_read_only(foreign, true), BTRFS_UTIL_OK);
	assert_works(storage_clone_foreign(btrfs, foreign, clone_path, &error));
	write_file(clone_path, "new", "new", 3, 0600);
	assert_int_equal(btrfs_util_set_subvolume_read_only(foreign, false), BTRFS_UTIL_OK);
	delete_foreign();
}

/* A snapshot would have an empty directory in its place. */
static void a_subvolume_that_holds_another_is_not_cloned(void **state)
{
	(void)state;
	make_foreign();
	_cleanup_free_ char *deep = path_join(foreign, "base", NULL);
	_cleanup_free_ char *inner = path_join(deep, "5", NULL);
	assert_int_equal(mkdir(deep, 0700), 0);
	assert_int_equal(btrfs_util_create_subvolume(inner, 0, NULL, NULL), BTRFS_UTIL_OK);
	assert_false(storage_is_cloneable_top(btrfs, foreign));
	assert_fails(storage_clone_foreign(btrfs, foreign, clone_path, &error), ERROR_STORAGE);
	assert_false(file_exists(clone_path));
	assert_int_equal(btrfs_util_delete_subvolume(inner, 0), BTRFS_UTIL_OK);
	assert_true(storage_is_cloneable_top(btrfs, foreign));
	delete_foreign();
}

static void what_is_no_subvolume_is_not_cloneable(void **state)
{
	(void)state;
	const struct storage_driver *reflink = NULL;
	assert_works(storage_driver_find("reflink", &reflink, &error));
	make_foreign();
	assert_false(storage_is_cloneable_top(reflink, foreign));
	assert_fails(storage_clone_foreign(reflink, foreign, clone_path, &error), ERROR_STORAGE);
	delete_foreign();
	assert_int_equal(mkdir(foreign, 0700), 0);
	assert_false(storage_is_cloneable_top(btrfs, foreign));
	assert_false(storage_is_cloneable_top(btrfs, other));
	assert_fails(storage_clone_foreign(btrfs, foreign, clone_path, &error), ERROR_STORAGE);
	assert_int_equal(rmdir(foreign), 0);
}

/* --- volumes with something inside, volumes that are none --- */

static void a_volume_that_holds_a_subvolume_is_not_destroyed(void **state)
{
	(void)state;
	_cleanup_free_ char *inner = path_join(clone_path, "inner", NULL);
	bool sealed = false;
	assert_works(btrfs->create(clone_path, &error));
	assert_int_equal(btrfs_util_create_subvolume(inner, 0, NULL, NULL), BTRFS_UTIL_OK);
	assert_works(btrfs->seal(clone_path, &error));
	struct error *reason = NULL;
	assert_int_equal(btrfs->destroy(clone_path, &reason), -1);
	assert_non_null(reason->hint);
	error_free(reason);
	assert_int_equal(btrfs_util_get_subvolume_read_only(clone_path, &sealed), BTRFS_UTIL_OK);
	assert_true(sealed);
	assert_int_equal(btrfs_util_set_subvolume_read_only(clone_path, false), BTRFS_UTIL_OK);
	assert_int_equal(btrfs_util_delete_subvolume(inner, 0), BTRFS_UTIL_OK);
}

static void a_marked_directory_is_no_subvolume(void **state)
{
	(void)state;
	assert_int_equal(mkdir(foreign, 0700), 0);
	assert_int_equal(setxattr(foreign, STORAGE_MARKER, "1", 1, 0), 0);
	assert_fails(btrfs->clone(foreign, clone_path, &error), ERROR_REFUSED);
	assert_fails(btrfs->seal(foreign, &error), ERROR_REFUSED);
	assert_fails(btrfs->destroy(foreign, &error), ERROR_REFUSED);
	assert_int_equal(rmdir(foreign), 0);
}

static void clones_do_not_leave_their_filesystem(void **state)
{
	(void)state;
	_cleanup_free_ char *outside = path_join(other, "clone", NULL);
	_cleanup_free_ char *source = path_join(pool, "source", NULL);
	assert_works(btrfs->create(source, &error));
	struct error *reason = NULL;
	assert_int_equal(btrfs->clone(source, outside, &reason), -1);
	assert_error(reason, ERROR_STORAGE);
	assert_fails(btrfs->create(outside, &error), ERROR_STORAGE);
	assert_works(btrfs->destroy(source, &error));
}

/* --- on a mount without user_subvol_rm_allowed --- */

static void probing_finds_that_deletion_is_not_allowed(void **state)
{
	(void)state;
	struct error *reason = NULL;
	assert_int_equal(btrfs->probe(pool, &reason), -1);
	assert_non_null(strstr(reason->hint, "remount,user_subvol_rm_allowed"));
	assert_error(reason, ERROR_STORAGE);
	assert_int_equal(count_entries(pool), 0);
}

static void root_needs_no_permission_to_delete(void **state)
{
	(void)state;
	assert_works(btrfs->probe(pool, &error));
	assert_int_equal(count_entries(pool), 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
static const struct CMUnitTest tests[] = {
	CASE(drivers_are_found_by_name),
	CASE(a_misspelt_name_gets_a_suggestion),
	CASE(the_best_driver_is_chosen_by_trying),
	CASE(without_a_driver_every_reason_is_told),
	CASE(a_foreign_subvolume_is_cloned_as_it_is),
	CASE(a_read_only_foreign_subvolume_gives_a_writable_clone),
	CASE(a_subvolume_that_holds_another_is_not_cloned),
	CASE(what_is_no_subvolume_is_not_cloneable),
	CASE(a_volume_that_holds_a_subvolume_is_not_destroyed),
	CASE(a_marked_directory_is_no_subvolume),
	CASE(clones_do_not_leave_their_filesystem),
};
static const struct CMUnitTest user_tests_without_permission[] = {CASE(probing_finds_that_deletion_is_not_allowed)};
static const struct CMUnitTest root_tests_without_permission[] = {CASE(root_needs_no_permission_to_delete)};

static int run_usual(const void *context)
{
	(void)context;
	return cmocka_run_group_tests_name("storage/btrfs", tests, NULL, NULL);
}

static int run_without_permission(const void *context)
{
	const enum who *who = context;
	if (*who == AS_ROOT)
		return cmocka_run_group_tests_name("storage/btrfs: strict mount", root_tests_without_permission, NULL,
						   NULL);
	return cmocka_run_group_tests_name("storage/btrfs: strict mount", user_tests_without_permission, NULL, NULL);
}

/* For each kind of user, in directories of their own. */
static int run_on(const char *mounted, const char *memory, int (*group)(const void *context))
{
	int failed = 0;
	for (enum who who = AS_ROOT; who < WHO_COUNT; who++) {
		_cleanup_free_ char *name = string_format("pool-%d", (int)who);
		pool = fixture_directory(mounted, name, who);
		other = fixture_directory(memory, name, who);
		failed += run_group_as(who, group, &who);
		(void)rmdir(pool);
		(void)rmdir(other);
		free(pool);
		free(other);
	}
	return failed;
}

int main(void)
{
	char *directory = fixture_begin();
	require(storage_driver_find("btrfs", &btrfs, NULL) == 0, "btrfs");
	_cleanup_free_ char *memory = path_join(directory, "memory", NULL);
	require(mkdir(memory, 0755) == 0 && mount("tmpfs", memory, "tmpfs", 0, "size=16m") == 0, "tmpfs");
	_cleanup_free_ char *open =
		fixture_mount(directory, "open", (char[]){"btrfs"}, "256M", "user_subvol_rm_allowed");
	_cleanup_free_ char *strict = fixture_mount(directory, "strict", (char[]){"btrfs"}, "256M", "");
	int failed = run_on(open, memory, run_usual) + run_on(strict, memory, run_without_permission);
	fixture_unmount(open);
	fixture_unmount(strict);
	fixture_unmount(memory);
	fixture_end(directory);
	return failed;
}
