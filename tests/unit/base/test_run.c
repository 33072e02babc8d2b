/* Running a program to its end with its output captured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

static int run(const char *script, double timeout_ms, process_line_function *on_line, void *context,
	       struct process_output *ret)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, string_copy(script), NULL};
	struct process_spec spec = {.argv = argv};
	int result = process_run(&spec, timeout_ms, on_line, context, ret, NULL);
	free(argv[2]);
	return result;
}

static size_t open_descriptors(void)
{
	struct string_list list = {0};
	assert_int_equal(directory_list("/proc/self/fd", &list, NULL), 0);
	size_t count = list.count;
	string_list_free(&list);
	return count;
}

static void test_streams_are_kept_apart(void **state)
{
	(void)state;
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(run("echo out; echo err >&2; cat", 0, NULL, NULL, &output), 0); /* stdin is empty */
	assert_string_equal(buffer_text(&output.out), "out\n");
	assert_string_equal(buffer_text(&output.err), "err\n");
	assert_true(output.result.exited);
}

static void test_bytes_are_kept_as_they_are(void **state)
{
	(void)state;
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(run("printf 'a\\0b\\377'", 0, NULL, NULL, &output), 0);
	assert_int_equal(output.out.length, 4);
	assert_memory_equal(output.out.data, "a\0b\377", 4);
}

static void test_huge_output_keeps_the_end(void **state)
{
	(void)state;
	_cleanup_output_ struct process_output output = {0};
	/* Both streams full at once: whoever reads one to its end first would never come to the other. */
	assert_int_equal(run("head -c 30000000 /dev/zero; echo end; { head -c 1500000 /dev/zero; echo last; } >&2",
			     60000, NULL, NULL, &output),
			 0);
	assert_int_equal(output.out.length, PROCESS_OUTPUT_MAX);
	assert_memory_equal(output.out.data + output.out.length - 4, "end\n", 4);
	assert_int_equal(output.err.length, PROCESS_OUTPUT_MAX);
	assert_memory_equal(output.err.data + output.err.length - 5, "last\n", 5);
}

static void collect_line(void *context, const char *line)
{
	string_list_add(context, line);
}

static void test_lines_as_they_come(void **state)
{
	(void)state;
	struct string_list lines = {0};
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(
		run("printf ' 1%%\\r 2%%\\r\\n\\nthree\\nno end' >&2; echo not this", 0, collect_line, &lines, &output),
		0);
	assert_int_equal(lines.count, 3);
	assert_string_equal(lines.items[0], " 1%");
	assert_string_equal(lines.items[1], " 2%");
	assert_string_equal(lines.items[2], "three");
	assert_string_equal(buffer_text(&output.err), " 1%\r 2%\r\n\nthree\nno end");
	string_list_free(&lines);
}

static void test_line_without_end_is_bounded(void **state)
{
	(void)state;
	struct string_list lines = {0};
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(run("{ head -c 100000 /dev/zero | tr '\\0' x; echo; } >&2", 0, collect_line, &lines, &output),
			 0);
	assert_int_equal(lines.count, 1);
	assert_int_equal(strlen(lines.items[0]), 4096);
	string_list_free(&lines);
}

/* Kills what `script` left behind; it told its pid on stdout. */
static void kill_daemon(const struct process_output *output)
{
	int pid = 0;
	assert_int_equal(sscanf(buffer_text(&output->out), "%d", &pid), 1);
	assert_true(pid > 1);
	kill(pid, SIGKILL);
}

static void test_daemon_that_holds_the_pipes(void **state)
{
	(void)state;
	double begin = clock_monotonic_ms();
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(run("sleep 60 & echo $!; echo said >&2; exit 4", 0, NULL, NULL, &output), 0);
	kill_daemon(&output);
	assert_true(clock_monotonic_ms() - begin < 5000);
	assert_int_equal(output.result.code, 4);
	assert_string_equal(buffer_text(&output.err), "said\n");
}

static void test_daemon_that_never_stops_talking(void **state)
{
	(void)state;
	double begin = clock_monotonic_ms();
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(run("yes >&2 & echo $!; exit 5", 20000, NULL, NULL, &output), 0);
	kill_daemon(&output);
	assert_true(clock_monotonic_ms() - begin < 10000);
	assert_int_equal(output.result.code, 5);
	assert_false(output.result.timed_out);
}

static void test_child_that_closes_its_output(void **state)
{
	(void)state;
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(run("exec >&- 2>&-; sleep 0.2; exit 6", 20000, NULL, NULL, &output), 0);
	assert_int_equal(output.result.code, 6);
	process_output_free(&output);
	assert_int_equal(run("exec >&- 2>&-; exec sleep 60", 200, NULL, NULL, &output), 0);
	assert_true(output.result.timed_out);
}

static void test_time_limit_keeps_what_was_said(void **state)
{
	(void)state;
	double begin = clock_monotonic_ms();
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(run("echo before; exec sleep 60", 300, NULL, NULL, &output), 0);
	assert_true(output.result.timed_out);
	assert_string_equal(buffer_text(&output.out), "before\n");
	assert_true(clock_monotonic_ms() - begin < 5000);
}

static void test_time_limit_of_a_shell_and_its_commands(void **state)
{
	(void)state;
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"sleep 60 & echo $!; sleep 61; echo never"}, NULL};
	struct process_spec spec = {.argv = argv, .new_session = true};
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(process_run(&spec, 200, NULL, NULL, &output, NULL), 0);
	assert_true(output.result.timed_out);
	struct process_id left = {0};
	assert_int_equal(sscanf(buffer_text(&output.out), "%d\n", &left.pid), 1);
	/* Not our child: it may take a moment until it is gone. */
	if (process_identify(left.pid, &left))
		assert_true(process_await_end(&left, 5000));
	assert_null(strstr(buffer_text(&output.out), "never"));
}

static void test_last_words_become_the_error(void **state)
{
	(void)state;
	static const struct {
		const char *script, *message;
	} cases[] = {
		{"echo first >&2; printf 'the \\033[31mreason\\n\\n' >&2; exit 2", "sh: exit code 2: the ?[31mreason"},
		{"exit 1", "sh: exit code 1"},
		{"kill -KILL $$", "sh: killed by SIGKILL"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *script = string_copy(cases[i].script);
		char *argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, script, NULL};
		struct process_spec spec = {.argv = argv};
		_cleanup_error_ struct error *err = NULL;
		assert_int_equal(process_run_checked(&spec, 0, NULL, &err), -1);
		assert_string_equal(err->message, cases[i].message);
	}
}

static void test_failed_exec(void **state)
{
	(void)state;
	char *argv[] = {(char[]){"/nonexistent"}, NULL};
	struct process_spec spec = {.argv = argv};
	_cleanup_error_ struct error *err = NULL;
	struct process_output output = {.result.code = 99};
	assert_int_equal(process_run(&spec, 0, NULL, NULL, &output, &err), -1);
	assert_int_equal(err->kind, ERROR_NOT_FOUND);
	assert_int_equal(output.result.code, 99); /* not touched */
}

static void test_nothing_stays_open(void **state)
{
	(void)state;
	size_t before = open_descriptors();
	static const char *const scripts[] = {"true", "exit 1", "exec sleep 60", "kill -9 $$"};
	for (size_t i = 0; i < 4 * ARRAY_SIZE(scripts); i++) {
		_cleanup_output_ struct process_output output = {0};
		assert_int_equal(run(scripts[i % ARRAY_SIZE(scripts)], 30, NULL, NULL, &output), 0);
	}
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams_are_kept_apart),
		cmocka_unit_test(test_bytes_are_kept_as_they_are),
		cmocka_unit_test(test_huge_output_keeps_the_end),
		cmocka_unit_test(test_lines_as_they_come),
		cmocka_unit_test(test_line_without_end_is_bounded),
		cmocka_unit_test(test_daemon_that_holds_the_pipes),
		cmocka_unit_test(test_daemon_that_never_stops_talking),
		cmocka_unit_test(test_child_that_closes_its_output),
		cmocka_unit_test(test_time_limit_keeps_what_was_said),
		cmocka_unit_test(test_time_limit_of_a_shell_and_its_commands),
		cmocka_unit_test(test_last_words_become_the_error),
		cmocka_unit_test(test_failed_exec),
		cmocka_unit_test(test_nothing_stays_open),
	};
	return cmocka_run_group_tests_name("base/run", tests, NULL, NULL);
}
