#include "pg/log.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

static char *log_path(void **state)
{
	return path_join(*state, "log", NULL);
}

static void append(const char *path, const char *text)
{
	assert_int_equal(file_append(path, text, strlen(text), 0600, NULL), 0);
}

static void test_reads_from_start(void **state)
{
	_cleanup_free_ char *path = log_path(state);
	_cleanup_buffer_ struct buffer none = {0}, rest = {0};
	assert_int_equal(pg_log_end(path), 0);
	pg_log_read(path, 0, &none);
	assert_int_equal(none.length, 0);
	append(path, "before\n");
	off_t start = pg_log_end(path);
	assert_int_equal(start, 7);
	append(path, "after\n");
	pg_log_read(path, start, &rest);
	assert_string_equal(buffer_text(&rest), "after\n");
}

static void test_reads_only_the_end(void **state)
{
	_cleanup_free_ char *path = log_path(state);
	_cleanup_buffer_ struct buffer text = {0}, tail = {0};
	for (int i = 0; i < 20000; i++)
		buffer_addf(&text, "%09d\n", i);
	append(path, buffer_text(&text));
	pg_log_read(path, 0, &tail);
	assert_int_equal(tail.length, 64 << 10);
	assert_string_equal(buffer_text(&tail), text.data + text.length - tail.length);
}

static void expect_blame(const char *path, off_t start, enum error_kind before, enum error_kind after)
{
	struct error *error = NULL;
	error_set(&error, before, "the connection is lost");
	pg_log_blame_disk(path, start, &error);
	assert_int_equal(error->kind, after);
	assert_true(!strstr(error->message, "No space left on device") == (after != ERROR_STORAGE));
	assert_true(!error->hint == (after != ERROR_STORAGE));
	error_free(error);
}

static void test_blames_disk(void **state)
{
	_cleanup_free_ char *path = log_path(state);
	append(path, "PANIC:  could not write to file \"pg_wal/xlogtemp.7\": No space left on device\n");
	expect_blame(path, 0, ERROR_POSTGRES, ERROR_STORAGE);
	expect_blame(path, 0, ERROR_NETWORK, ERROR_STORAGE);
	expect_blame(path, 0, ERROR_INTERRUPTED, ERROR_INTERRUPTED);
	/* What was then is not why it fails now. */
	off_t start = pg_log_end(path);
	append(path, "FATAL:  terminating connection\n");
	expect_blame(path, start, ERROR_POSTGRES, ERROR_POSTGRES);
	struct error *none = NULL;
	pg_log_blame_disk(path, 0, &none);
	pg_log_blame_disk(path, 0, NULL);
	assert_null(none);
}

static const char crash[] = "LOG:  server process (PID 7) was terminated by signal 9: Killed";

static void expect_blame_of_server(const char *path, enum error_kind kind, const char *message)
{
	struct error *error = NULL;
	error_set(&error, ERROR_POSTGRES, "the connection is lost");
	pg_log_blame_server(path, 0, &error);
	assert_int_equal(error->kind, kind);
	assert_string_equal(error->message, message);
	error_free(error);
}

static void test_blames_server(void **state)
{
	_cleanup_free_ char *path = log_path(state);
	append(path, "LOG:  server process (PID x) was terminated by signal 9\n");
	expect_blame_of_server(path, ERROR_POSTGRES, "the connection is lost");
	append(path, crash);
	append(path, "\x1b\nDETAIL:  more\n");
	expect_blame_of_server(path, ERROR_POSTGRES,
			       "the connection is lost (server process (PID 7) was terminated by signal 9: Killed?)");
	append(path, "PANIC:  could not write to file: No space left on device\n");
	expect_blame_of_server(path, ERROR_STORAGE, "the connection is lost (No space left on device)");
	struct error *none = NULL;
	pg_log_blame_server(path, 0, &none);
	assert_null(none);
}

/* The client learns of it first. */
static void test_waits_for_the_server_to_tell(void **state)
{
	_cleanup_free_ char *path = log_path(state);
	append(path, "LOG:  ready\n");
	pid_t child = fork();
	if (child == 0) {
		(void)poll(NULL, 0, 50);
		append(path, crash);
		_exit(0);
	}
	expect_blame_of_server(path, ERROR_POSTGRES,
			       "the connection is lost (server process (PID 7) was terminated by signal 9: Killed)");
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* There was no room to tell why it begins anew, and now there is. */
static void test_blames_disk_for_lost_lines(void **state)
{
	_cleanup_free_ char *path = log_path(state);
	append(path, "LOG:  all server processes terminated; reinitializing\n");
	expect_blame_of_server(path, ERROR_STORAGE, "the connection is lost (No space left on device)");
	append(path, "LOG:  terminating any other active server processes\n");
	expect_blame_of_server(path, ERROR_POSTGRES, "the connection is lost");
}

static int make_directory(void **state)
{
	const char *top = getenv("TMPDIR");
	char *directory = path_join(top ? top : "/tmp", "test_log.XXXXXX", NULL);
	*state = directory;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	int result = directory_remove(*state, NULL);
	free(*state);
	return result;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reads_from_start, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(test_reads_only_the_end, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(test_blames_disk, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(test_blames_server, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(test_waits_for_the_server_to_tell, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(test_blames_disk_for_lost_lines, make_directory, remove_directory),
	};
	return cmocka_run_group_tests_name("pg/log", tests, NULL, NULL);
}
