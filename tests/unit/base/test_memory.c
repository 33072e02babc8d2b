#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

static void test_allocations_are_zeroed(void **state)
{
	(void)state;
	char *memory = memory_allocate(4096);
	for (size_t i = 0; i < 4096; i++)
		assert_int_equal(memory[i], 0);
	free(memory);
	void *nothing = memory_allocate(0);
	assert_non_null(nothing);
	free(nothing);
}

static void test_resize_keeps_content(void **state)
{
	(void)state;
	int *numbers = memory_resize(NULL, 2, sizeof(int));
	numbers[0] = 1;
	numbers[1] = 2;
	numbers = memory_resize(numbers, 1000, sizeof(int));
	assert_int_equal(numbers[0] + numbers[1], 3);
	free(numbers);
}

static void allocate_too_much(void)
{
	free(memory_allocate(SIZE_MAX / 4));
}

static void resize_beyond_what_size_t_holds(void)
{
	free(memory_resize(NULL, SIZE_MAX / 2, 4));
}

static void test_out_of_memory_aborts(void **state)
{
	(void)state;
	static void (*const cases[])(void) = {allocate_too_much, resize_beyond_what_size_t_holds};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct rlimit none = {0, 0};
			setrlimit(RLIMIT_CORE, &none);
			signal(SIGABRT, SIG_DFL);
			close(STDERR_FILENO);
			cases[i]();
			_exit(0);
		}
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

static void test_strings(void **state)
{
	(void)state;
	assert_null(string_copy(NULL));
	_cleanup_free_ char *copy = string_copy("text");
	assert_string_equal(copy, "text");
	_cleanup_free_ char *part = string_copy_n("text", 2);
	assert_string_equal(part, "te");
	_cleanup_free_ char *whole = string_copy_n("text", 99);
	assert_string_equal(whole, "text");
	_cleanup_free_ char *formatted = string_format("%d-%s", 7, "x");
	assert_string_equal(formatted, "7-x");
	string_replace(&formatted, string_format("%s!", formatted));
	assert_string_equal(formatted, "7-x!");
}

static void test_string_comparison(void **state)
{
	(void)state;
	assert_true(string_equal(NULL, NULL));
	assert_false(string_equal(NULL, ""));
	assert_false(string_equal("", NULL));
	assert_true(string_equal("a", (char[]){"a"}));
	assert_false(string_equal("a", "ab"));
	assert_true(string_starts_with("refs/heads/x", "refs/"));
	assert_true(string_starts_with("x", ""));
	assert_false(string_starts_with("ref", "refs/"));
	assert_true(string_ends_with("name.lock", ".lock"));
	assert_true(string_ends_with("x", ""));
	assert_false(string_ends_with("lock", ".lock"));
	assert_false(string_ends_with("name.lock.old", ".lock"));
}

static void test_taking(void **state)
{
	(void)state;
	char *text = string_copy("x");
	char *taken = TAKE_POINTER(text);
	assert_null(text);
	free(taken);
	int fd = 5;
	assert_int_equal(TAKE_FD(fd), 5);
	assert_int_equal(fd, -1);
}

static void test_descriptor_is_closed_at_the_end_of_its_scope(void **state)
{
	(void)state;
	int remembered;
	{
		_cleanup_close_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		remembered = fd;
		errno = ENOSPC;
	}
	assert_int_equal(errno, ENOSPC); /* the scope's own failure counts */
	assert_int_equal(fcntl(remembered, F_GETFD), -1);
	errno = ENOSPC;
	_cleanup_close_ int none = -1;
	assert_int_equal(none, -1);
}

static void test_string_list_serves_as_argv(void **state)
{
	(void)state;
	struct string_list list = {0};
	assert_null(list.items);
	for (int i = 0; i < 100; i++) {
		string_list_addf(&list, "%d", i);
		assert_null(list.items[list.count]);
	}
	string_list_add(&list, "added");
	string_list_take(&list, string_copy("taken"));
	assert_int_equal(list.count, 102);
	assert_string_equal(list.items[99], "99");
	assert_string_equal(list.items[100], "added");
	assert_string_equal(list.items[101], "taken");
	assert_null(list.items[102]);
	string_list_free(&list);
	assert_null(list.items);
	assert_int_equal(list.count, 0);
	string_list_free(&list);
}

static void test_string_list_becomes_an_array(void **state)
{
	(void)state;
	struct string_list list = {0};
	assert_null(string_list_steal(&list));
	strings_free(NULL);
	assert_false(string_list_has(&list, "a"));
	string_list_add(&list, "a");
	string_list_add(&list, "b");
	assert_true(string_list_has(&list, "b"));
	assert_false(string_list_has(&list, "c"));
	char **strings = string_list_steal(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.items);
	assert_string_equal(strings[1], "b");
	assert_null(strings[2]);
	strings_free(strings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allocations_are_zeroed),
		cmocka_unit_test(test_resize_keeps_content),
		cmocka_unit_test(test_out_of_memory_aborts),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_string_comparison),
		cmocka_unit_test(test_taking),
		cmocka_unit_test(test_descriptor_is_closed_at_the_end_of_its_scope),
		cmocka_unit_test(test_string_list_serves_as_argv),
		cmocka_unit_test(test_string_list_becomes_an_array),
	};
	return cmocka_run_group_tests_name("base/memory", tests, NULL, NULL);
}
