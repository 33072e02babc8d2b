#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static char *top;

static int make_directory(void **state)
{
	(void)state;
	const char *parent = getenv("TMPDIR");
	top = path_join(parent ? parent : "/tmp", "test_file.XXXXXX", NULL);
	return mkdtemp(top) && chdir(top) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	int failed = chdir("/") < 0 || directory_remove(top, NULL) < 0 || file_exists(top);
	free(top);
	return failed;
}

static void write_file(const char *path, const char *text)
{
	assert_int_equal(file_replace(path, text, strlen(text), 0644, FILE_VOLATILE, NULL), 0);
}

static char *read_file(const char *path)
{
	struct buffer text = {0};
	assert_int_equal(file_read(path, 1 << 20, FILE_FOLLOW, &text, NULL), 0);
	return buffer_steal(&text);
}

static void expect_kind(int result, struct error **err, enum error_kind kind)
{
	assert_int_equal(result, -1);
	assert_int_equal((*err)->kind, kind);
	error_free(*err);
	*err = NULL;
}

static void test_paths(void **state)
{
	(void)state;
	static const struct {
		const char *path, *parent, *base;
	} cases[] = {{"/a/b", "/a", "b"}, {"/a", "/", "a"}, {"/", "/", ""}, {"a", ".", "a"}, {"a/b", "a", "b"}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *parent = path_parent(cases[i].path);
		assert_string_equal(parent, cases[i].parent);
		assert_string_equal(path_basename(cases[i].path), cases[i].base);
	}
	_cleanup_free_ char *joined = path_join("/a", "b/", "c", NULL);
	assert_string_equal(joined, "/a/b/c");
	_cleanup_free_ char *root = path_join("/", "x", NULL);
	assert_string_equal(root, "/x");
	_cleanup_free_ char *alone = path_join("a", NULL);
	assert_string_equal(alone, "a");
}

static void test_what_is_below(void **state)
{
	(void)state;
	static const struct {
		const char *path, *directory, *rest;
	} cases[] = {{"/a/b/c", "/a", "b/c"}, {"/a/b", "/a/", "b"}, {"/a", "/a", ""}, {"/a/", "/a", ""},
		     {"/ab", "/a", NULL},     {"/a", "/a/b", NULL}, {"/a", "/", "a"}, {"/", "/", ""}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *rest = path_below(cases[i].path, cases[i].directory);
		if (cases[i].rest)
			assert_string_equal(rest, cases[i].rest);
		else
			assert_null(rest);
	}
}

static void test_slashes_at_the_end(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"/a/b//", "/a/b"}, {"/a", "/a"}, {"//", "/"}, {"/", "/"}, {"", ""}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path = path_without_slash(cases[i][0]);
		assert_string_equal(path, cases[i][1]);
	}
	assert_null(path_without_slash(NULL));
}

static void test_absolute_paths(void **state)
{
	(void)state;
	static const char *const cases[][3] = {{"/base", "x", "/base/x"},
					       {"/base", "/x", "/x"},
					       {"/base", ".", "/base"},
					       {"/base", "../x", "/base/../x"}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path = path_absolute(cases[i][0], cases[i][1]);
		assert_string_equal(path, cases[i][2]);
	}
	_cleanup_free_ char *cwd = getcwd(NULL, 0);
	_cleanup_free_ char *expected = path_join(cwd, "x", NULL);
	_cleanup_free_ char *path = path_absolute(NULL, "x");
	assert_string_equal(path, expected);
}

static void test_read(void **state)
{
	(void)state;
	struct error *err = NULL;
	_cleanup_buffer_ struct buffer text = {0};
	buffer_add_text(&text, "what was there before");
	write_file("five", "12345");
	assert_int_equal(file_read("five", 5, FILE_NO_FOLLOW, &text, NULL), 0);
	assert_string_equal(buffer_text(&text), "12345");
	expect_kind(file_read("five", 4, FILE_FOLLOW, &text, &err), &err, ERROR_REFUSED);
	expect_kind(file_read("missing", 4, FILE_FOLLOW, &text, &err), &err, ERROR_NOT_FOUND);
	expect_kind(file_read("five/x", 4, FILE_FOLLOW, &text, &err), &err, ERROR_NOT_FOUND);
	assert_string_equal(buffer_text(&text), "12345"); /* a failure leaves it */
	write_file("empty", "");
	assert_int_equal(file_read("empty", 0, FILE_FOLLOW, &text, NULL), 0);
	assert_string_equal(buffer_text(&text), "");
}

static void test_read_what_is_no_file(void **state)
{
	(void)state;
	struct error *err = NULL;
	struct buffer text = {0};
	assert_int_equal(mkfifo("fifo", 0600), 0);
	write_file("target", "x");
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	expect_kind(file_read("fifo", 9, FILE_FOLLOW, &text, &err), &err, ERROR_REFUSED); /* and does not hang */
	expect_kind(file_read(".", 9, FILE_FOLLOW, &text, &err), &err, ERROR_REFUSED);
	expect_kind(file_read("/dev/zero", 9, FILE_FOLLOW, &text, &err), &err, ERROR_REFUSED);
	expect_kind(file_read("link", 9, FILE_NO_FOLLOW, &text, &err), &err, ERROR_REFUSED);
	expect_kind(file_read("loop", 9, FILE_FOLLOW, &text, &err), &err, ERROR_REFUSED);
	assert_null(text.data);
	assert_int_equal(file_read("link", 9, FILE_FOLLOW, &text, NULL), 0);
	assert_string_equal(buffer_text(&text), "x");
	buffer_free(&text);
}

static void test_replace(void **state)
{
	(void)state;
	mode_t before = umask(077);
	assert_int_equal(file_replace("file", "one", 3, 0644, FILE_DURABLE, NULL), 0);
	umask(before);
	struct stat st;
	assert_int_equal(stat("file", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(file_replace("file", "a\0b", 3, 0600, FILE_VOLATILE, NULL), 0);
	assert_int_equal(stat("file", &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(st.st_mode & 07777, 0600);
	_cleanup_free_ char *absolute = path_join(top, "file", NULL);
	assert_int_equal(file_replace(absolute, "x", 1, 0600, FILE_DURABLE, NULL), 0);
	_cleanup_(string_list_free) struct string_list list = {0};
	assert_int_equal(directory_list(".", &list, NULL), 0);
	assert_int_equal(list.count, 1); /* no temporary file is left */
}

static void test_replace_puts_a_file_where_a_link_was(void **state)
{
	(void)state;
	write_file("precious", "x");
	assert_int_equal(symlink("precious", "file"), 0);
	write_file("file", "new");
	_cleanup_free_ char *precious = read_file("precious");
	assert_string_equal(precious, "x");
	_cleanup_free_ char *file = read_file("file");
	assert_string_equal(file, "new");
}

static void test_failed_replace_leaves_the_old(void **state)
{
	(void)state;
	struct error *err = NULL;
	expect_kind(file_replace("missing/file", "x", 1, 0600, FILE_DURABLE, &err), &err, ERROR_NOT_FOUND);
	assert_int_equal(mkdir("directory", 0700), 0);
	assert_int_equal(file_replace("directory", "x", 1, 0600, FILE_DURABLE, NULL), -1);
	_cleanup_(string_list_free) struct string_list list = {0};
	assert_int_equal(directory_list(".", &list, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_true(file_is_directory("directory"));
}

static void test_append(void **state)
{
	(void)state;
	struct error *err = NULL;
	assert_int_equal(file_append("log", "one\n", 4, 0600, NULL), 0);
	assert_int_equal(file_append("log", "two\n", 4, 0600, NULL), 0);
	_cleanup_free_ char *text = read_file("log");
	assert_string_equal(text, "one\ntwo\n");
	assert_int_equal(symlink("log", "link"), 0);
	expect_kind(file_append("link", "x", 1, 0600, &err), &err, ERROR_REFUSED);
}

static void test_unlink_and_rename(void **state)
{
	(void)state;
	struct error *err = NULL;
	write_file("a", "x");
	assert_int_equal(file_rename("a", "b", NULL), 0);
	expect_kind(file_rename("a", "b", &err), &err, ERROR_NOT_FOUND);
	assert_false(file_exists("a"));
	assert_int_equal(file_unlink("b", NULL), 0);
	assert_int_equal(file_unlink("b", NULL), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_true(file_exists("dangling"));
	assert_int_equal(file_unlink("dangling", NULL), 0);
	assert_false(file_exists("dangling"));
}

static void test_create_directories(void **state)
{
	(void)state;
	struct error *err = NULL;
	struct stat st;
	mode_t before = umask(077);
	assert_int_equal(directory_create_all("a/b//c/", 0755, NULL), 0);
	umask(before);
	assert_int_equal(stat("a/b/c", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(directory_create_all("a/b/c", 0700, NULL), 0); /* there already: left as it is */
	assert_int_equal(stat("a/b/c", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	_cleanup_free_ char *absolute = path_join(top, "x", "y", NULL);
	assert_int_equal(directory_create_all(absolute, 0700, NULL), 0);
	assert_true(file_is_directory("x/y"));
	write_file("file", "");
	assert_int_equal(directory_create("file", 0700, &err), -1);
	assert_non_null(strstr(err->message, "File exists"));
	error_free(err);
	assert_int_equal(directory_create_all("file/below", 0700, NULL), -1);
}

static void test_list(void **state)
{
	(void)state;
	struct error *err = NULL;
	struct string_list list = {0};
	assert_int_equal(directory_list("missing", &list, NULL), 0);
	assert_int_equal(list.count, 0);
	static const char *const names[] = {"b", "a", ".hidden", "\xc3\xbc", "B", "a b"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		write_file(names[i], "");
	assert_int_equal(directory_list(".", &list, NULL), 0);
	static const char *const sorted[] = {".hidden", "B", "a", "a b", "b", "\xc3\xbc"};
	assert_int_equal(list.count, ARRAY_SIZE(sorted));
	for (size_t i = 0; i < list.count; i++)
		assert_string_equal(list.items[i], sorted[i]);
	expect_kind(directory_list("a", &list, &err), &err, ERROR_NOT_FOUND);
	string_list_free(&list);
}

static void make_tree(void)
{
	assert_int_equal(directory_create_all("tree/a/b", 0700, NULL), 0);
	assert_int_equal(directory_create_all("outside/kept", 0700, NULL), 0);
	write_file("outside/file", "precious");
	write_file("tree/a/file", "x");
	assert_int_equal(symlink("../../outside", "tree/a/link"), 0);
	assert_int_equal(symlink("../outside/file", "tree/link-to-file"), 0);
	assert_int_equal(symlink("/nonexistent", "tree/dangling"), 0);
	assert_int_equal(symlink(".", "tree/self"), 0);
	assert_int_equal(link("outside/file", "tree/hard"), 0);
	assert_int_equal(mkfifo("tree/fifo", 0600), 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "tree/socket"};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
}

static void test_remove_tree(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(directory_remove("tree", NULL), 0);
	assert_false(file_exists("tree"));
	_cleanup_free_ char *precious = read_file("outside/file");
	assert_string_equal(precious, "precious");
	assert_true(file_is_directory("outside/kept"));
	assert_int_equal(directory_remove("tree", NULL), 0); /* gone already */
}

static void test_remove_does_not_follow_a_link_at_the_top(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(symlink("outside", "link"), 0);
	assert_int_equal(directory_remove("link", NULL), -1);
	assert_true(file_exists("outside/file"));
	struct error *err = NULL;
	assert_int_equal(directory_remove("outside/file", &err), -1); /* no directory at all */
	assert_true(file_exists("outside/file"));
	error_free(err);
}

static void test_remove_stays_on_its_filesystem(void **state)
{
	(void)state;
	assert_int_equal(geteuid(), 0);
	assert_int_equal(directory_create_all("tree/mounted", 0700, NULL), 0);
	/* In a mount namespace of its own nothing can be left mounted. */
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execlp("unshare", "unshare", "-m", "sh", "-ec",
		       "mount -t tmpfs none tree/mounted; echo x >tree/mounted/file; echo ready >ready; until [ -e "
		       "done ]; do "
		       "sleep 0.01; done; test -e tree/mounted/file",
		       (char *)NULL);
		_exit(127);
	}
	while (!file_exists("ready"))
		usleep(1000);
	_cleanup_free_ char *tree = string_format("/proc/%d/root%s/tree", (int)pid, top);
	_cleanup_error_ struct error *err = NULL;
	int result = directory_remove(tree, &err);
	write_file("done", "");
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(result, -1);
	assert_int_equal(err->kind, ERROR_STORAGE);
}

static void test_remove_many(void **state)
{
	(void)state;
	for (int i = 0; i < 3000; i++) {
		_cleanup_free_ char *path = string_format("tree/%d/%d", i % 50, i);
		assert_int_equal(directory_create_all(path, 0700, NULL), 0);
	}
	assert_int_equal(directory_remove("tree", NULL), 0);
	assert_false(file_exists("tree"));
}

static void test_remove_says_what_holds_it(void **state)
{
	(void)state;
	assert_int_equal(mkdir("tree", 0700), 0);
	write_file("tree/file", "x");
	assert_int_equal(chmod("tree", 0500), 0);
	assert_int_equal(chmod(".", 0755), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct error *err = NULL;
		if (chown("tree", 65534, 65534) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
			_exit(3);
		int result = directory_remove("tree", &err);
		int as_expected = result == -1 && err->kind == ERROR_REFUSED;
		error_free(err);
		_exit(as_expected ? 0 : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(file_exists("tree/file"));
}

static void test_space(void **state)
{
	(void)state;
	struct space space;
	assert_int_equal(space_of(".", &space, NULL), 0);
	assert_true(space.total > 0 && space.available <= space.total);
	struct error *err = NULL;
	expect_kind(space_of("missing", &space, &err), &err, ERROR_NOT_FOUND);
}

#define FILE_TEST(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_what_is_below),
		cmocka_unit_test(test_slashes_at_the_end),
		cmocka_unit_test(test_absolute_paths),
		FILE_TEST(test_read),
		FILE_TEST(test_read_what_is_no_file),
		FILE_TEST(test_replace),
		FILE_TEST(test_replace_puts_a_file_where_a_link_was),
		FILE_TEST(test_failed_replace_leaves_the_old),
		FILE_TEST(test_append),
		FILE_TEST(test_unlink_and_rename),
		FILE_TEST(test_create_directories),
		FILE_TEST(test_list),
		FILE_TEST(test_remove_tree),
		FILE_TEST(test_remove_does_not_follow_a_link_at_the_top),
		FILE_TEST(test_remove_stays_on_its_filesystem),
		FILE_TEST(test_remove_many),
		FILE_TEST(test_remove_says_what_holds_it),
		FILE_TEST(test_space),
	};
	return cmocka_run_group_tests_name("base/file", tests, NULL, NULL);
}
