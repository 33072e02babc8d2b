/* Filling a volume from any directory: within one filesystem and across, on every kind of filesystem. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/statvfs.h>

#include "base/interrupt.h"
#include "fixture.h"

static const char *here;   /* an XFS */
static const char *across; /* a btrfs */
static const struct storage_driver *reflink;
static char *source, *target;

enum { MEGABYTE = 1 << 20, HOLE = 8 << 20 };

static int setup(void **state)
{
	(void)state;
	source = path_join(here, "source", NULL);
	target = path_join(here, "target", NULL);
	return mkdir(source, 0750) < 0 || reflink->create(target, NULL) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	int result = directory_remove(source, NULL) < 0 || reflink->destroy(target, NULL) < 0 ? -1 : 0;
	free(source);
	free(target);
	return result;
}

static void assert_content(const char *directory, const char *name, const char *expected)
{
	_cleanup_free_ char *path = path_join(directory, name, NULL);
	_cleanup_buffer_ struct buffer content = {0};
	assert_int_equal(file_read(path, 64 << 20, FILE_NO_FOLLOW, &content, NULL), 0);
	assert_string_equal(buffer_text(&content), expected);
}

static bool exists(const char *directory, const char *name)
{
	_cleanup_free_ char *path = path_join(directory, name, NULL);
	return file_exists(path);
}

static struct stat status(const char *directory, const char *name)
{
	_cleanup_free_ char *path = path_join(directory, name, NULL);
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st;
}

static void make_tree(void)
{
	_cleanup_free_ char *base = path_join(source, "base", NULL), *link = path_join(source, "link", NULL);
	_cleanup_free_ char *fifo = path_join(source, "fifo", NULL), *sparse = path_join(source, "sparse", NULL);
	assert_int_equal(mkdir(base, 0710), 0);
	write_file(source, "PG_VERSION", "15\n", 3, 0640);
	write_file(base, "deep", "deep", 4, 0400);
	make_files(base, 60, 16384);
	assert_int_equal(symlink("../outside", link), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	_cleanup_close_ int fd = open(sparse, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(pwrite(fd, "middle", 6, HOLE), 6);
	assert_int_equal(ftruncate(fd, 2 * HOLE), 0);
}

static void make_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432", source);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
}

static void assert_imported(const char *volume)
{
	assert_content(volume, "PG_VERSION", "15\n");
	assert_content(volume, "base/deep", "deep");
	assert_int_equal(status(volume, "PG_VERSION").st_mode & 07777, 0640);
	assert_int_equal(status(volume, "base").st_mode & 07777, 0710);
	assert_int_equal(status(volume, "base/deep").st_mode & 07777, 0400);
	assert_int_equal(status(volume, "").st_mode & 07777, 0700);
	assert_true(S_ISLNK(status(volume, "link").st_mode));
	assert_false(exists(volume, "fifo"));
	assert_false(exists(volume, ".s.PGSQL.5432"));
	assert_int_equal(status(volume, "sparse").st_size, 2 * HOLE);
	assert_true(status(volume, "sparse").st_blocks * 512 < MEGABYTE);
	_cleanup_free_ char *sparse = path_join(volume, "sparse", NULL);
	_cleanup_close_ int fd = open(sparse, O_RDONLY | O_CLOEXEC);
	char middle[8] = "";
	assert_int_equal(pread(fd, middle, 7, HOLE - 1), 7);
	assert_memory_equal(middle, "\0middle", 7);
}

static void a_directory_is_taken_over_as_it_is(void **state)
{
	(void)state;
	make_tree();
	make_socket();
	assert_works(storage_import(source, target, NULL, NULL, &error));
	assert_imported(target);
}

static void files_are_shared_where_they_can_be(void **state)
{
	(void)state;
	struct storage_usage usage;
	make_files(source, 20, MEGABYTE);
	assert_works(storage_import(source, target, NULL, NULL, &error));
	assert_works(reflink->usage(target, &usage, &error));
	assert_in_range(usage.exclusive_bytes, 0, 65536);
	assert_in_range(usage.shared_bytes, 20 * MEGABYTE - 65536, 20 * MEGABYTE + 65536);
}

static void other_filesystems_are_copied_from(void **state)
{
	(void)state;
	const struct storage_driver *btrfs = NULL;
	_cleanup_free_ char *volume = path_join(across, "volume", NULL);
	assert_works(storage_driver_find("btrfs", &btrfs, &error));
	assert_works(btrfs->create(volume, &error));
	make_tree();
	assert_works(storage_import(source, volume, NULL, NULL, &error));
	assert_imported(volume);
	assert_works(btrfs->destroy(volume, &error));
}

static bool skip_some(const char *relative_path)
{
	return string_equal(relative_path, "pg_wal") || string_equal(relative_path, "base/0");
}

static void what_is_to_be_skipped_is_left_out(void **state)
{
	(void)state;
	_cleanup_free_ char *base = path_join(source, "base", NULL), *wal = path_join(source, "pg_wal", NULL);
	assert_int_equal(mkdir(base, 0700), 0);
	assert_int_equal(mkdir(wal, 0700), 0);
	make_files(base, 3, 4096);
	make_files(wal, 3, 4096);
	assert_works(storage_import(source, target, skip_some, NULL, &error));
	assert_false(exists(target, "pg_wal"));
	assert_false(exists(target, "base/0"));
	assert_true(exists(target, "base/1"));
}

struct observed {
	uint64_t done, total;
	int calls;
	atomic_int inside;
	bool at_once, backwards, beyond;
};

static void observe(void *context, const char *step, uint64_t done, uint64_t total)
{
	struct observed *observed = context;
	(void)step;
	if (atomic_fetch_add(&observed->inside, 1) > 0)
		observed->at_once = true;
	observed->backwards |= done < observed->done;
	observed->beyond |= done > total;
	observed->done = done;
	observed->total = total;
	observed->calls++;
	atomic_fetch_sub(&observed->inside, 1);
}

static void progress_is_told_in_bytes(void **state)
{
	(void)state;
	struct observed observed = {0};
	const struct progress progress = {.update = observe, .context = &observed};
	uint64_t size = 0;
	make_files(source, 64, MEGABYTE);
	assert_works(storage_tree_size(source, &size, &error));
	assert_in_range(size, 64 * MEGABYTE, 65 * MEGABYTE);
	assert_works(storage_import(source, target, NULL, &progress, &error));
	assert_true(observed.calls > 0);
	assert_false(observed.at_once || observed.backwards || observed.beyond);
	assert_int_equal(observed.total, size);
	assert_int_equal(observed.done, size);
}

static void a_tree_is_as_large_as_its_blocks(void **state)
{
	(void)state;
	uint64_t size = 0;
	assert_works(storage_tree_size(source, &size, &error));
	assert_int_equal(size, 0);
	make_tree();
	assert_works(storage_tree_size(source, &size, &error));
	assert_in_range(size, 60 * 16384, 2 * 60 * 16384);
	assert_fails(storage_tree_size("/nonexistent", &size, &error), ERROR_NOT_FOUND);
}

static void what_cannot_fit_is_not_begun(void **state)
{
	(void)state;
	const struct storage_driver *btrfs = NULL;
	_cleanup_free_ char *volume = path_join(across, "volume", NULL), *large = path_join(source, "large", NULL);
	assert_works(storage_driver_find("btrfs", &btrfs, &error));
	assert_works(btrfs->create(volume, &error));
	int fd = open(large, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fallocate(fd, 0, 0, 300 << 20), 0);
	close_descriptor(&fd);
	struct error *reason = NULL;
	assert_int_equal(storage_import(source, volume, NULL, NULL, &reason), -1);
	assert_non_null(strstr(reason->message, "300 MiB"));
	assert_error(reason, ERROR_STORAGE);
	assert_int_equal(count_entries(volume), 0);
	assert_works(btrfs->destroy(volume, &error));
}

/* Each subvolume has a device number of its own, and yet nothing has to be copied between them. */
static void what_can_be_shared_needs_no_space(void **state)
{
	(void)state;
	const struct storage_driver *btrfs = NULL;
	_cleanup_free_ char *volume = path_join(across, "volume", NULL), *plain = path_join(across, "plain", NULL);
	_cleanup_free_ char *large = path_join(plain, "large", NULL);
	assert_works(storage_driver_find("btrfs", &btrfs, &error));
	assert_works(btrfs->create(volume, &error));
	assert_int_equal(mkdir(plain, 0700), 0);
	int fd = open(large, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct statvfs fs;
	assert_int_equal(fstatvfs(fd, &fs), 0);
	assert_int_equal(fallocate(fd, 0, 0, (off_t)(fs.f_bavail * fs.f_frsize) / 3 * 2), 0);
	assert_int_equal(syncfs(fd), 0); /* btrfs counts it only then */
	close_descriptor(&fd);
	assert_works(storage_import(plain, volume, NULL, NULL, &error));
	assert_int_equal(count_entries(volume), 1);
	assert_works(btrfs->destroy(volume, &error));
	assert_int_equal(directory_remove(plain, NULL), 0);
}

static void a_disk_that_gets_full_is_reported(void **state)
{
	(void)state;
	_cleanup_free_ char *memory = path_join(here, "memory", NULL);
	_cleanup_free_ char *filler = path_join(here, "filler", NULL);
	struct statvfs fs;
	/* Room for the data to the block, so that it cannot be foreseen, but for no inodes beside it. */
	assert_int_equal(mkdir(memory, 0700), 0);
	assert_int_equal(mount("tmpfs", memory, "tmpfs", 0, "size=64m"), 0);
	make_files(memory, 3, 4 * MEGABYTE);
	int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(statvfs(here, &fs), 0);
	off_t room = (off_t)(fs.f_bavail * fs.f_frsize);
	assert_int_equal(fallocate(fd, 0, 0, room - 12 * MEGABYTE - 4096), 0);
	struct error *reason = NULL;
	int result = storage_import(memory, target, NULL, NULL, &reason);
	close_descriptor(&fd);
	assert_int_equal(unlink(filler), 0);
	assert_int_equal(umount(memory), 0);
	assert_int_equal(rmdir(memory), 0);
	assert_int_equal(result, -1);
	assert_non_null(strstr(reason->message, "No space left"));
	assert_non_null(reason->hint);
	assert_error(reason, ERROR_STORAGE);
}

static void the_target_has_to_be_a_volume(void **state)
{
	(void)state;
	_cleanup_free_ char *plain = path_join(source, "plain", NULL);
	assert_int_equal(mkdir(plain, 0700), 0);
	assert_fails(storage_import(source, plain, NULL, NULL, &error), ERROR_REFUSED);
	assert_fails(storage_import("/nonexistent", target, NULL, NULL, &error), ERROR_NOT_FOUND);
}

static void nothing_is_replaced(void **state)
{
	(void)state;
	write_file(source, "file", "new", 3, 0600);
	write_file(target, "file", "kept", 4, 0600);
	assert_fails(storage_import(source, target, NULL, NULL, &error), ERROR_CONFLICT);
	assert_content(target, "file", "kept");
}

static void a_target_within_the_source_is_refused(void **state)
{
	(void)state;
	_cleanup_free_ char *inside = path_join(source, "inside", NULL);
	assert_works(reflink->create(inside, &error));
	struct error *reason = NULL;
	assert_int_equal(storage_import(source, inside, NULL, NULL, &reason), -1);
	assert_non_null(strstr(reason->message, "lies within"));
	assert_error(reason, ERROR_USAGE);
}

static void an_interrupt_ends_it(void **state)
{
	(void)state;
	make_files(source, 100, 4096);
	pid_t pid = fork();
	if (pid == 0) {
		interrupt_install();
		(void)raise(SIGTERM);
		struct error *error = NULL;
		_exit(storage_import(source, target, NULL, NULL, &error) < 0 && error->kind == ERROR_INTERRUPTED ? 0
														 : 1);
	}
	assert_int_equal(wait_for(pid), 0);
	assert_true(count_entries(target) < 100);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
static const struct CMUnitTest tests[] = {
	CASE(a_directory_is_taken_over_as_it_is),
	CASE(files_are_shared_where_they_can_be),
	CASE(other_filesystems_are_copied_from),
	CASE(what_is_to_be_skipped_is_left_out),
	CASE(progress_is_told_in_bytes),
	CASE(a_tree_is_as_large_as_its_blocks),
	CASE(what_cannot_fit_is_not_begun),
	CASE(what_can_be_shared_needs_no_space),
	CASE(a_disk_that_gets_full_is_reported),
	CASE(the_target_has_to_be_a_volume),
	CASE(nothing_is_replaced),
	CASE(a_target_within_the_source_is_refused),
	CASE(an_interrupt_ends_it),
};

int main(void)
{
	char *directory = fixture_begin();
	_cleanup_free_ char *xfs = fixture_mount(directory, "xfs", (char[]){"xfs"}, "512M", "");
	_cleanup_free_ char *btrfs = fixture_mount(directory, "btrfs", (char[]){"btrfs"}, "256M", "");
	require(storage_driver_find("reflink", &reflink, NULL) == 0, "reflink");
	here = xfs;
	across = btrfs;
	int failed = cmocka_run_group_tests_name("storage/import", tests, NULL, NULL);
	fixture_unmount(xfs);
	fixture_unmount(btrfs);
	fixture_end(directory);
	return failed;
}
