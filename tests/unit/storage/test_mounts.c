/* Which filesystem holds a path, whatever its mount point is called. */
#include "fixture.h"
#include "storage/mounts.h"

static char *directory;

static void a_path_tells_its_mount(void **state)
{
	(void)state;
	_cleanup_free_ char *odd = path_join(directory, "a b\tc\\134\nd", NULL);
	_cleanup_free_ char *inside = path_join(odd, "x", NULL);
	_cleanup_free_ char *missing = path_join(odd, "x", "not", "there", NULL);
	assert_int_equal(mkdir(odd, 0755), 0);
	assert_int_equal(mount("tmpfs", odd, "tmpfs", 0, NULL), 0);
	assert_int_equal(mkdir(inside, 0755), 0);
	_cleanup_mount_ struct mount_point mounted = {0}, above = {0};
	mount_point_of(missing, &mounted);
	mount_point_of(directory, &above);
	bool root = mount_is_root(odd), inner = mount_is_root(inside);
	assert_int_equal(umount(odd), 0);
	bool after = mount_is_root(odd);
	assert_int_equal(rmdir(odd), 0);
	assert_string_equal(mounted.type, "tmpfs");
	assert_string_equal(mounted.directory, odd);
	assert_string_not_equal(above.directory, odd);
	assert_true(root);
	assert_false(inner || after);
}

static void a_link_to_a_mount_is_none(void **state)
{
	(void)state;
	_cleanup_free_ char *link = path_join(directory, "link", NULL);
	assert_int_equal(symlink("/proc", link), 0);
	bool root = mount_is_root(link);
	assert_int_equal(unlink(link), 0);
	assert_false(root);
	assert_true(mount_is_root("/proc"));
	assert_false(mount_is_root("/nonexistent"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_tells_its_mount),
		cmocka_unit_test(a_link_to_a_mount_is_none),
	};
	directory = fixture_begin();
	int failed = cmocka_run_group_tests_name("storage/mounts", tests, NULL, NULL);
	fixture_end(directory);
	return failed;
}
