/* Children: how they begin, how they end, and that nothing of them stays behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

#define ARGV(...)                                                                                                      \
	(char *const[])                                                                                                \
	{                                                                                                              \
		__VA_ARGS__, NULL                                                                                      \
	}
#define TEXT(text) ((char[]){text})
#define SHELL(script) ARGV(TEXT("sh"), TEXT("-c"), TEXT(script))

static size_t open_descriptors(void)
{
	struct string_list list = {0};
	assert_int_equal(directory_list("/proc/self/fd", &list, NULL), 0);
	size_t count = list.count;
	string_list_free(&list);
	return count;
}

static size_t descriptors_before;

static int remember_descriptors(void **state)
{
	(void)state;
	descriptors_before = open_descriptors();
	return 0;
}

/* No descriptor stays open and no child unreaped. */
static int expect_nothing_left(void **state)
{
	(void)state;
	if (open_descriptors() != descriptors_before) {
		print_error("%zu descriptors, %zu before\n", open_descriptors(), descriptors_before);
		return -1;
	}
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) {
		print_error("a child is left\n");
		return -1;
	}
	return 0;
}

static struct process spawn(const struct process_spec *spec)
{
	struct process process;
	struct error *err = NULL;
	if (process_spawn(spec, &process, &err) < 0)
		fail_msg("%s", err->message);
	return process;
}

static struct process_result wait_for(struct process *process, double timeout_ms)
{
	struct process_result result;
	struct error *err = NULL;
	if (process_wait(process, timeout_ms, &result, &err) < 0)
		fail_msg("%s", err->message);
	return result;
}

static void test_exit_code(void **state)
{
	(void)state;
	struct process_spec spec = {.argv = SHELL("exit 7")};
	_cleanup_process_ struct process process = spawn(&spec);
	struct process_result result = wait_for(&process, 0);
	assert_true(result.exited);
	assert_int_equal(result.code, 7);
	assert_false(result.timed_out);
	_cleanup_free_ char *described = process_result_describe(&result);
	assert_string_equal(described, "exit code 7");
}

static void test_killed_is_no_exit(void **state)
{
	(void)state;
	struct process_spec spec = {.argv = SHELL("kill -9 $$")};
	_cleanup_process_ struct process process = spawn(&spec);
	struct process_result result = wait_for(&process, 0);
	assert_false(result.exited);
	assert_int_equal(result.signal, SIGKILL);
	_cleanup_free_ char *described = process_result_describe(&result);
	assert_string_equal(described, "killed by SIGKILL");
}

static void test_failed_exec_is_reported(void **state)
{
	(void)state;
	static const struct {
		const char *program;
		enum error_kind kind;
	} cases[] = {{"/nonexistent/program", ERROR_NOT_FOUND},
		     {"no-such-program-in-path", ERROR_NOT_FOUND},
		     {"/etc/passwd", ERROR_REFUSED},
		     {"/etc", ERROR_REFUSED}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *program = string_copy(cases[i].program);
		struct process_spec spec = {.argv = ARGV(program)};
		struct process process = {.pidfd = -77};
		_cleanup_error_ struct error *err = NULL;
		assert_int_equal(process_spawn(&spec, &process, &err), -1);
		assert_int_equal(process.pidfd, -77); /* not touched */
		assert_int_equal(err->kind, cases[i].kind);
		assert_non_null(strstr(err->message, program));
		assert_int_equal(process_spawn(&spec, &process, NULL), -1);
	}
}

static void test_missing_directory_is_reported(void **state)
{
	(void)state;
	struct process_spec spec = {.argv = ARGV(TEXT("true")), .directory = "/nonexistent"};
	struct process process;
	_cleanup_error_ struct error *err = NULL;
	assert_int_equal(process_spawn(&spec, &process, &err), -1);
	assert_int_equal(err->kind, ERROR_NOT_FOUND);
}

static void test_no_descriptors_left_to_spawn_with(void **state)
{
	(void)state;
	struct rlimit limit, before;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	int fillers[64] = {0};
	size_t count = 0;
	while (count < ARRAY_SIZE(fillers) && (fillers[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		count++;
	assert_in_range(count, 8, ARRAY_SIZE(fillers) - 1);
	struct process_spec spec = {.argv = ARGV(TEXT("true"))};
	/* One more descriptor in each round: every call on the way fails once. */
	int spawned = -1;
	for (size_t freed = 0; spawned < 0 && freed < 8; freed++) {
		_cleanup_process_ struct process process = {.pidfd = -1, .hold_fd = -1, .error_fd = -1};
		spawned = process_spawn(&spec, &process, NULL);
		if (spawned == 0)
			assert_true(wait_for(&process, 0).exited);
		close(fillers[--count]);
	}
	while (count > 0)
		close(fillers[--count]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(spawned, 0);
}

static void test_foreign_descriptors_are_closed(void **state)
{
	(void)state;
	int inheritable = open("/dev/null", O_RDONLY);
	assert_true(inheritable > 2);
	struct process_spec spec = {.argv = SHELL("ls /proc/self/fd | tr '\\n' ' '")};
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(process_run_checked(&spec, 0, &output, NULL), 0);
	assert_string_equal(buffer_text(&output.out), "0 1 2 3 "); /* 3 is the directory that ls lists */
	close(inheritable);
}

static void test_signals_are_default_in_the_child(void **state)
{
	(void)state;
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	sigset_t blocked, mask;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	struct process_spec spec = {
		.argv = SHELL("grep -E '^Sig(Blk|Ign):' /proc/self/status | cut -f2 | tr '\\n' ' '")};
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(process_run_checked(&spec, 0, &output, NULL), 0);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	signal(SIGPIPE, before);
	unsigned long blocked_there, ignored_there;
	assert_int_equal(sscanf(buffer_text(&output.out), "%lx %lx", &blocked_there, &ignored_there), 2);
	assert_int_equal(blocked_there, 0);
	assert_int_equal(ignored_there & 0x7fffffff, 0); /* 1 to 31: those beyond may be the C library's own */
}

static void test_directory_environment_and_session(void **state)
{
	(void)state;
	struct process_spec spec = {
		.argv = ARGV(TEXT("/bin/sh"), TEXT("-c"), TEXT("echo $PWD $A ${HOME-unset} $(ps -o sid= -p $$) $$")),
		.environment = ARGV(TEXT("A=b"), TEXT("PATH=/usr/bin:/bin")),
		.directory = "/usr",
		.new_session = true};
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(process_run_checked(&spec, 0, &output, NULL), 0);
	int session = 0, pid = -1;
	assert_int_equal(sscanf(buffer_text(&output.out), "/usr b unset %d %d", &session, &pid), 2);
	assert_int_equal(session, pid);
}

static void test_other_user(void **state)
{
	(void)state;
	struct identity nobody;
	assert_int_equal(identity_of_user("nobody", &nobody, NULL), 0);
	struct process_spec spec = {.argv = SHELL("id -u; id -g; id -G; cat /etc/shadow"), .user = &nobody};
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(process_run(&spec, 0, NULL, NULL, &output, NULL), 0);
	_cleanup_free_ char *expected = string_format("%u\n%u\n%u\n", nobody.uid, nobody.gid, nobody.gid);
	assert_string_equal(buffer_text(&output.out), expected);
	assert_int_not_equal(output.result.code, 0);
}

static void test_time_limit(void **state)
{
	(void)state;
	struct process_spec spec = {.argv = ARGV(TEXT("sleep"), TEXT("60"))};
	_cleanup_process_ struct process process = spawn(&spec);
	double begin = clock_monotonic_ms();
	struct process_result result = wait_for(&process, 50);
	assert_true(clock_monotonic_ms() - begin < 1500);
	assert_true(result.timed_out);
	assert_false(result.exited);
	assert_int_equal(result.signal, SIGTERM);
	_cleanup_free_ char *described = process_result_describe(&result);
	assert_string_equal(described, "did not end in time");
}

static void test_time_limit_of_one_that_ends_politely(void **state)
{
	(void)state;
	struct process_spec spec = {.argv = SHELL("trap 'exit 0' TERM; while :; do sleep 0.05; done")};
	_cleanup_error_ struct error *err = NULL;
	_cleanup_output_ struct process_output output = {0};
	assert_int_equal(process_run(&spec, 300, NULL, NULL, &output, NULL), 0);
	assert_true(output.result.timed_out);
	assert_false(output.result.exited);
	assert_int_equal(process_run_checked(&spec, 300, NULL, &err), -1);
	assert_non_null(strstr(err->message, "did not end in time"));
}

static void test_time_limit_of_one_that_ignores_sigterm(void **state)
{
	(void)state;
	struct process_spec spec = {.argv = SHELL("trap '' TERM; while :; do read x </dev/tty || sleep 0.1; done")};
	_cleanup_process_ struct process process = spawn(&spec);
	assert_true(wait_for(&process, 300).timed_out);
	assert_int_equal(process_state(process.id.pid), '\0');
}

static void test_hold_and_release(void **state)
{
	(void)state;
	struct process_spec spec = {.argv = SHELL("exit 3"), .hold = true};
	_cleanup_process_ struct process process = spawn(&spec);
	usleep(20000);
	assert_int_equal(waitpid(process.id.pid, NULL, WNOHANG), 0); /* still there */
	assert_int_equal(process_release(&process, "sh", NULL), 0);
	assert_int_equal(wait_for(&process, 0).code, 3);
}

static void test_held_child_that_cannot_exec(void **state)
{
	(void)state;
	struct process_spec spec = {.argv = ARGV(TEXT("/nonexistent")), .hold = true};
	_cleanup_process_ struct process process = spawn(&spec);
	_cleanup_error_ struct error *err = NULL;
	assert_int_equal(process_release(&process, "postgres", &err), -1);
	assert_int_equal(err->kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(err->message, "postgres"));
}

static void test_held_child_that_failed_before_release(void **state)
{
	(void)state;
	/* The reason of the failure arrives, not that of a pipe whose reader is gone; and no SIGPIPE. */
	struct process_spec spec = {.argv = ARGV(TEXT("true")), .directory = "/nonexistent", .hold = true};
	_cleanup_process_ struct process process = spawn(&spec);
	assert_true(process_await_end(&process.id, 5000));
	_cleanup_error_ struct error *err = NULL;
	assert_int_equal(process_release(&process, "true", &err), -1);
	assert_int_equal(err->kind, ERROR_NOT_FOUND);
}

static void test_held_child_that_was_killed(void **state)
{
	(void)state;
	struct process_spec spec = {.argv = ARGV(TEXT("true")), .hold = true};
	_cleanup_process_ struct process process = spawn(&spec);
	assert_int_equal(process_signal(&process.id, SIGKILL), 0);
	assert_true(process_await_end(&process.id, 5000));
	_cleanup_error_ struct error *err = NULL;
	assert_int_equal(process_release(&process, "true", &err), -1);
	assert_non_null(strstr(err->message, "killed before it began"));
}

static void test_held_child_is_freed(void **state)
{
	(void)state;
	/* Two at once: the second holds copies of what the first waits on. */
	struct process_spec spec = {.argv = ARGV(TEXT("true")), .hold = true};
	struct process first = spawn(&spec), second = spawn(&spec);
	pid_t first_pid = first.id.pid, second_pid = second.id.pid;
	process_free(&first);
	process_free(&second);
	assert_int_equal(process_state(first_pid), '\0');
	assert_int_equal(process_state(second_pid), '\0');
}

static void test_held_child_dies_with_its_parent(void **state)
{
	(void)state;
	int tell[2];
	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	pid_t parent = fork();
	if (parent == 0) {
		struct process_spec spec = {.argv = ARGV(TEXT("sleep"), TEXT("60")), .hold = true, .outlives = true};
		struct process held[2] = {spawn(&spec), spawn(&spec)};
		ssize_t ignored = write(tell[1], held, sizeof(held));
		(void)ignored;
		raise(SIGKILL);
	}
	struct process held[2];
	assert_int_equal(read(tell[0], held, sizeof(held)), sizeof(held));
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_true(process_await_end(&held[0].id, 5000));
	assert_true(process_await_end(&held[1].id, 5000));
	close(tell[0]);
	close(tell[1]);
}

static void test_only_what_is_to_outlive_its_parent_does(void **state)
{
	(void)state;
	int tell[2];
	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	pid_t parent = fork();
	if (parent == 0) {
		struct process_spec spec = {.argv = ARGV(TEXT("sleep"), TEXT("60")), .new_session = true};
		struct process_spec outlives = spec;
		outlives.outlives = true;
		struct process children[2] = {spawn(&spec), spawn(&outlives)};
		ssize_t ignored = write(tell[1], children, sizeof(children));
		(void)ignored;
		raise(SIGKILL);
	}
	struct process children[2];
	assert_int_equal(read(tell[0], children, sizeof(children)), sizeof(children));
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_true(process_await_end(&children[0].id, 5000));
	assert_true(process_is_alive(&children[1].id));
	assert_int_equal(process_signal(&children[1].id, SIGKILL), 0);
	close(tell[0]);
	close(tell[1]);
}

static void test_freed_process_goes_on(void **state)
{
	(void)state;
	struct process_spec spec = {.argv = ARGV(TEXT("sleep"), TEXT("60"))};
	struct process process = spawn(&spec);
	struct process_id id = process.id;
	process_free(&process);
	assert_true(process_is_alive(&id));
	assert_int_equal(process_signal(&id, SIGTERM), 0);
	assert_int_equal(waitpid(id.pid, NULL, 0), id.pid);
}

#define CHILD_TEST(function) cmocka_unit_test_setup_teardown(function, remember_descriptors, expect_nothing_left)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHILD_TEST(test_exit_code),
		CHILD_TEST(test_killed_is_no_exit),
		CHILD_TEST(test_failed_exec_is_reported),
		CHILD_TEST(test_missing_directory_is_reported),
		CHILD_TEST(test_no_descriptors_left_to_spawn_with),
		CHILD_TEST(test_foreign_descriptors_are_closed),
		CHILD_TEST(test_signals_are_default_in_the_child),
		CHILD_TEST(test_directory_environment_and_session),
		CHILD_TEST(test_other_user),
		CHILD_TEST(test_time_limit),
		CHILD_TEST(test_time_limit_of_one_that_ends_politely),
		CHILD_TEST(test_time_limit_of_one_that_ignores_sigterm),
		CHILD_TEST(test_hold_and_release),
		CHILD_TEST(test_held_child_that_cannot_exec),
		CHILD_TEST(test_held_child_that_failed_before_release),
		CHILD_TEST(test_held_child_that_was_killed),
		CHILD_TEST(test_held_child_is_freed),
		CHILD_TEST(test_held_child_dies_with_its_parent),
		CHILD_TEST(test_only_what_is_to_outlive_its_parent_does),
		CHILD_TEST(test_freed_process_goes_on),
	};
	return cmocka_run_group_tests_name("base/process", tests, NULL, NULL);
}
