/* A filesystem in a file. Real loop devices; mounts are seen by this test alone. */
#include <linux/loop.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "base/interrupt.h"
#include "fixture.h"
#include "storage/loop.h"

static char *directory;
static char *image, *mount_point;

enum { IMAGE_BYTES = 256 << 20 };

static int setup(void **state)
{
	(void)state;
	image = path_join(directory, "pool.btrfs", NULL);
	mount_point = path_join(directory, "pool", NULL);
	return mkdir(mount_point, 0755);
}

static int teardown(void **state)
{
	(void)state;
	int result =
		loop_unmount(mount_point, NULL) < 0 || rmdir(mount_point) < 0 || file_unlink(image, NULL) < 0 ? -1 : 0;
	free(image);
	free(mount_point);
	return result;
}

/* The number of the loop device on `image`, or -1. */
static int find_device(const struct stat *wanted)
{
	for (int number = 0; number < 256; number++) {
		_cleanup_free_ char *path = string_format("/dev/loop%d", number);
		_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
		struct loop_info64 info;
		if (fd >= 0 && ioctl(fd, LOOP_GET_STATUS64, &info) == 0 && info.lo_inode == wanted->st_ino &&
		    info.lo_device == wanted->st_dev)
			return number;
	}
	return -1;
}

static bool is_attached(void)
{
	struct stat st;
	assert_int_equal(stat(image, &st), 0);
	return find_device(&st) >= 0;
}

static void assert_mount_option(const char *option)
{
	_cleanup_buffer_ struct buffer mounts = {0};
	assert_int_equal(file_read("/proc/self/mounts", 1 << 20, FILE_FOLLOW, &mounts, NULL), 0);
	char *line = strstr(mounts.data, mount_point);
	assert_non_null(line);
	*strchr(line, '\n') = '\0';
	assert_non_null(strstr(line, option));
}

static void a_pool_is_formatted_mounted_and_unmounted(void **state)
{
	(void)state;
	struct stat st;
	assert_works(loop_format(image, IMAGE_BYTES, &error));
	assert_int_equal(stat(image, &st), 0);
	assert_int_equal(st.st_size, IMAGE_BYTES);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(st.st_blocks * 512 < IMAGE_BYTES / 8);
	assert_false(loop_is_mounted(mount_point));
	assert_works(loop_mount(image, mount_point, &error));
	assert_true(loop_is_mounted(mount_point));
	assert_true(is_attached());
	assert_mount_option("user_subvol_rm_allowed");
	assert_mount_option("noatime");
	assert_mount_option("discard=async");
	write_file(mount_point, "file", "kept", 4, 0600);
	assert_works(loop_unmount(mount_point, &error));
	assert_false(loop_is_mounted(mount_point));
	assert_false(is_attached());
	assert_works(loop_mount(image, mount_point, &error));
	assert_int_equal(count_entries(mount_point), 1);
}

static void direct_input_and_output_are_used(void **state)
{
	(void)state;
	struct stat st;
	assert_works(loop_format(image, IMAGE_BYTES, &error));
	assert_works(loop_mount(image, mount_point, &error));
	assert_int_equal(stat(image, &st), 0);
	_cleanup_free_ char *path = string_format("/sys/block/loop%d/loop/dio", find_device(&st));
	_cleanup_buffer_ struct buffer dio = {0};
	assert_int_equal(file_read(path, 4096, FILE_FOLLOW, &dio, NULL), 0);
	assert_string_equal(buffer_text(&dio), "1\n");
}

static void mounting_twice_is_no_error(void **state)
{
	(void)state;
	assert_works(loop_format(image, IMAGE_BYTES, &error));
	assert_works(loop_mount(image, mount_point, &error));
	assert_works(loop_mount(image, mount_point, &error));
	assert_works(loop_unmount(mount_point, &error));
	assert_false(loop_is_mounted(mount_point));
	assert_works(loop_unmount(mount_point, &error));
}

static void an_image_is_never_attached_twice(void **state)
{
	(void)state;
	_cleanup_free_ char *second = path_join(directory, "second", NULL);
	assert_int_equal(mkdir(second, 0755), 0);
	assert_works(loop_format(image, IMAGE_BYTES, &error));
	assert_works(loop_mount(image, mount_point, &error));
	assert_fails(loop_mount(image, second, &error), ERROR_CONFLICT);
	assert_false(loop_is_mounted(second));
	assert_works(loop_unmount(mount_point, &error));
	assert_works(loop_mount(image, second, &error));
	assert_works(loop_unmount(second, &error));
	assert_int_equal(rmdir(second), 0);
}

static void what_is_in_use_stays_mounted(void **state)
{
	(void)state;
	assert_works(loop_format(image, IMAGE_BYTES, &error));
	assert_works(loop_mount(image, mount_point, &error));
	int fd = open(mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct error *reason = NULL;
	assert_int_equal(loop_unmount(mount_point, &reason), -1);
	assert_non_null(reason->hint);
	assert_error(reason, ERROR_CONFLICT);
	assert_true(loop_is_mounted(mount_point));
	close_descriptor(&fd);
}

static void an_existing_file_is_not_formatted(void **state)
{
	(void)state;
	write_file(directory, "pool.btrfs", "precious", 8, 0600);
	assert_fails(loop_format(image, IMAGE_BYTES, &error), ERROR_CONFLICT);
	struct stat st;
	assert_int_equal(stat(image, &st), 0);
	assert_int_equal(st.st_size, 8);
	assert_int_equal(unlink(image), 0);
	assert_int_equal(symlink("/nonexistent/image", image), 0);
	assert_fails(loop_format(image, IMAGE_BYTES, &error), ERROR_CONFLICT);
}

static void sizes_that_cannot_work_are_refused(void **state)
{
	(void)state;
	assert_fails(loop_format(image, LOOP_SMALLEST - 1, &error), ERROR_USAGE);
	assert_fails(loop_format(image, UINT64_MAX / 4, &error), ERROR_STORAGE);
	assert_false(file_exists(image));
	_cleanup_free_ char *nowhere = path_join(directory, "none", "image", NULL);
	assert_fails(loop_format(nowhere, IMAGE_BYTES, &error), ERROR_NOT_FOUND);
}

static void an_interrupt_leaves_no_image(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		struct error *error = NULL;
		interrupt_install();
		(void)raise(SIGTERM);
		_exit(loop_format(image, IMAGE_BYTES, &error) < 0 && error->kind == ERROR_INTERRUPTED ? 0 : 1);
	}
	assert_int_equal(wait_for(pid), 0);
	assert_false(file_exists(image));
}

static void a_full_disk_is_foreseen(void **state)
{
	(void)state;
	assert_int_equal(mount("tmpfs", mount_point, "tmpfs", 0, "size=4m"), 0);
	_cleanup_free_ char *small = path_join(mount_point, "image", NULL);
	struct error *reason = NULL;
	int result = loop_format(small, IMAGE_BYTES, &reason);
	bool left = file_exists(small);
	assert_int_equal(umount(mount_point), 0);
	assert_int_equal(result, -1);
	assert_false(left);
	assert_non_null(strstr(reason->message, "4.0 MiB"));
	assert_error(reason, ERROR_STORAGE);
}

static void what_is_no_filesystem_leaves_no_device(void **state)
{
	(void)state;
	_cleanup_free_ char *zeros = memory_allocate(1 << 20);
	write_file(directory, "pool.btrfs", zeros, 1 << 20, 0600);
	assert_fails(loop_mount(image, mount_point, &error), ERROR_STORAGE);
	assert_false(is_attached());
	assert_fails(loop_mount("/nonexistent/image", mount_point, &error), ERROR_NOT_FOUND);
}

static void a_missing_directory_leaves_no_device(void **state)
{
	(void)state;
	assert_works(loop_format(image, IMAGE_BYTES, &error));
	assert_fails(loop_mount(image, "/nonexistent/directory", &error), ERROR_NOT_FOUND);
	assert_false(is_attached());
}

static void another_filesystem_is_left_alone(void **state)
{
	(void)state;
	assert_works(loop_format(image, IMAGE_BYTES, &error));
	assert_int_equal(mount("tmpfs", mount_point, "tmpfs", 0, "size=4m"), 0);
	bool mounted = loop_is_mounted(mount_point);
	struct error *reason = NULL;
	int result = loop_mount(image, mount_point, &reason);
	int unmounted = loop_unmount(mount_point, NULL);
	assert_int_equal(umount(mount_point), 0);
	assert_false(mounted);
	assert_int_equal(result, -1);
	assert_int_equal(unmounted, 0);
	assert_error(reason, ERROR_CONFLICT);
}

enum { RACERS = 6 };

/* All of them want the next free device at the same time. */
static void many_mount_at_once(void **state)
{
	(void)state;
	pid_t racers[RACERS];
	int start[2];
	assert_int_equal(pipe(start), 0);
	for (int i = 0; i < RACERS; i++) {
		_cleanup_free_ char *own_image = string_format("%s/image-%d", directory, i);
		_cleanup_free_ char *own = string_format("%s/mount-%d", directory, i);
		assert_works(loop_format(own_image, IMAGE_BYTES, &error));
		assert_int_equal(mkdir(own, 0755), 0);
		racers[i] = fork();
		if (racers[i] == 0) {
			char byte;
			close(start[1]);
			(void)!read(start[0], &byte, 1);
			_exit(loop_mount(own_image, own, NULL) == 0 && loop_unmount(own, NULL) == 0 ? 0 : 1);
		}
	}
	close(start[1]);
	int failed = 0;
	for (int i = 0; i < RACERS; i++) {
		_cleanup_free_ char *own_image = string_format("%s/image-%d", directory, i);
		_cleanup_free_ char *own = string_format("%s/mount-%d", directory, i);
		failed += wait_for(racers[i]);
		(void)loop_unmount(own, NULL);
		assert_int_equal(rmdir(own), 0);
		assert_int_equal(unlink(own_image), 0);
	}
	close(start[0]);
	assert_int_equal(failed, 0);
}

/* A process that acts for a pool's owner takes root's rights back for this. */
static void root_that_acts_for_an_owner_can_mount(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		become(AS_ROOT_FOR_OWNER);
		bool good = loop_format(image, IMAGE_BYTES, NULL) == 0 && loop_mount(image, mount_point, NULL) == 0 &&
			    loop_unmount(mount_point, NULL) == 0 && geteuid() == fixture_owner().uid;
		_exit(good ? 0 : 1);
	}
	assert_int_equal(wait_for(pid), 0);
	struct stat st;
	assert_int_equal(stat(image, &st), 0);
	assert_int_equal(st.st_uid, 0);
}

static void users_are_told_that_it_needs_root(void **state)
{
	(void)state;
	assert_works(loop_format(image, IMAGE_BYTES, &error));
	pid_t pid = fork();
	if (pid == 0) {
		struct error *error = NULL;
		become(AS_OWNER);
		_exit(loop_mount(image, mount_point, &error) < 0 && error->kind == ERROR_REFUSED ? 0 : 1);
	}
	assert_int_equal(wait_for(pid), 0);
	assert_false(is_attached());
}

static void the_filesystem_has_a_name(void **state)
{
	(void)state;
	_cleanup_free_ char *proc = loop_filesystem_name("/proc/self");
	assert_string_equal(proc, "proc");
	assert_int_equal(mount("tmpfs", mount_point, "tmpfs", 0, NULL), 0);
	_cleanup_free_ char *deep = path_join(mount_point, "not", "there", NULL);
	_cleanup_free_ char *name = loop_filesystem_name(deep);
	assert_int_equal(umount(mount_point), 0);
	assert_string_equal(name, "tmpfs");
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
static const struct CMUnitTest tests[] = {
	CASE(a_pool_is_formatted_mounted_and_unmounted),
	CASE(direct_input_and_output_are_used),
	CASE(mounting_twice_is_no_error),
	CASE(an_image_is_never_attached_twice),
	CASE(what_is_in_use_stays_mounted),
	CASE(an_existing_file_is_not_formatted),
	CASE(sizes_that_cannot_work_are_refused),
	CASE(an_interrupt_leaves_no_image),
	CASE(a_full_disk_is_foreseen),
	CASE(what_is_no_filesystem_leaves_no_device),
	CASE(a_missing_directory_leaves_no_device),
	CASE(another_filesystem_is_left_alone),
	CASE(many_mount_at_once),
	CASE(root_that_acts_for_an_owner_can_mount),
	CASE(users_are_told_that_it_needs_root),
	CASE(the_filesystem_has_a_name),
};

int main(void)
{
	directory = fixture_begin();
	int failed = cmocka_run_group_tests_name("storage/loop", tests, NULL, NULL);
	fixture_end(directory);
	return failed;
}
