#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/process.h"

/* What a signal does lasts until the process ends: each test has a process of its own. */
static int in_child(int (*body)(void))
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* An assertion of cmocka would go on in the child with the tests of the parent. */
#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "# line %d: %s\n", __LINE__, #condition);                                      \
			return 1;                                                                                      \
		}                                                                                                      \
	} while (0)

static bool fd_is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	return poll(&poll_fd, 1, 0) == 1;
}

static int not_installed(void)
{
	CHECK(interrupt_check(NULL) == 0);
	CHECK(interrupt_fd() == -1);
	return 0;
}

static int signals_become_a_flag(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	interrupt_install();
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (i == 0)
			CHECK(interrupt_check(NULL) == 0 && !fd_is_readable(interrupt_fd()));
		struct error *err = NULL;
		raise(numbers[i]);
		CHECK(fd_is_readable(interrupt_fd()));
		CHECK(interrupt_check(&err) == -1);
		CHECK(err->kind == ERROR_INTERRUPTED);
		CHECK(numbers[i] != SIGINT || string_equal(err->message, "interrupted by Ctrl-C"));
		error_free(err);
	}
	return 0;
}

static int ignored_hangup_stays_ignored(void)
{
	signal(SIGHUP, SIG_IGN);
	interrupt_install();
	raise(SIGHUP);
	CHECK(interrupt_check(NULL) == 0);
	raise(SIGPIPE);
	return 0;
}

static int deferral_nests(void)
{
	interrupt_install();
	{
		INTERRUPT_DEFER_SCOPE;
		raise(SIGTERM);
		interrupt_defer_begin();
		CHECK(interrupt_check(NULL) == 0);
		interrupt_defer_end();
		CHECK(interrupt_check(NULL) == 0);
		CHECK(interrupt_fd() == -1);
	}
	CHECK(interrupt_check(NULL) == -1);
	CHECK(fd_is_readable(interrupt_fd()));
	return 0;
}

static int blocking_calls_return(void)
{
	interrupt_install();
	int pipes[2];
	CHECK(pipe(pipes) == 0);
	alarm(10); /* this one is not caught */
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0) {
		usleep(50000);
		kill(parent, SIGTERM);
		_exit(0);
	}
	char c;
	CHECK(read(pipes[0], &c, 1) == -1 && errno == EINTR);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK(interrupt_check(NULL) == -1);
	return 0;
}

/* Runs a child that would take long, and a signal comes after 50 ms. */
static int interrupted_run(char *script, bool deferred, struct process_output *output, struct error **err)
{
	interrupt_install();
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0) {
		usleep(50000);
		kill(parent, SIGINT);
		_exit(0);
	}
	if (deferred)
		interrupt_defer_begin();
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, script, NULL};
	struct process_spec spec = {.argv = argv};
	int result = process_run(&spec, 0, NULL, NULL, output, err);
	return waitpid(pid, NULL, 0) == pid ? result : -2;
}

static int waiting_for_a_child_ends(void)
{
	struct process_output output = {0};
	struct error *err = NULL;
	double begin = clock_monotonic_ms();
	CHECK(interrupted_run((char[]){"exec sleep 60"}, false, &output, &err) == -1);
	CHECK(clock_monotonic_ms() - begin < 1500);
	CHECK(err->kind == ERROR_INTERRUPTED);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD); /* it was killed and reaped */
	error_free(err);
	return 0;
}

static int child_that_died_of_the_same_signal(void)
{
	/* As with Ctrl-C on a terminal: what counts is that vela was interrupted. */
	interrupt_install();
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"kill -INT $$"}, NULL};
	struct process_spec spec = {.argv = argv};
	struct process process;
	struct process_result result;
	struct error *err = NULL;
	CHECK(process_spawn(&spec, &process, NULL) == 0);
	CHECK(process_await_end(&process.id, 5000));
	raise(SIGINT);
	CHECK(process_wait(&process, 0, &result, &err) == -1);
	CHECK(err->kind == ERROR_INTERRUPTED);
	process_free(&process);
	error_free(err);
	return 0;
}

static int deferred_wait_goes_on(void)
{
	struct process_output output = {0};
	CHECK(interrupted_run((char[]){"sleep 0.2; echo done"}, true, &output, NULL) == 0);
	CHECK(string_equal(buffer_text(&output.out), "done\n"));
	process_output_free(&output);
	CHECK(interrupt_check(NULL) == 0);
	interrupt_defer_end();
	CHECK(interrupt_check(NULL) == -1);
	return 0;
}

static int children_are_told_of_though_their_signal_was_ignored(void)
{
	signal(SIGCHLD, SIG_IGN);
	interrupt_install();
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"exit 7"}, NULL};
	struct process_spec spec = {.argv = argv};
	struct process_output output = {0};
	CHECK(process_run(&spec, 0, NULL, NULL, &output, NULL) == 0);
	CHECK(output.result.code == 7);
	return 0;
}

/* A signal that comes while a child is being made must neither be lost nor reach the parent's flag through the child.
 */
static int held_child_obeys_a_signal_at_once(void)
{
	interrupt_install();
	char *argv[] = {(char[]){"true"}, NULL};
	struct process_spec spec = {.argv = argv, .hold = true};
	for (int i = 0; i < 200; i++) {
		struct process process;
		struct process_result result;
		CHECK(process_spawn(&spec, &process, NULL) == 0);
		CHECK(kill(process.id.pid, SIGTERM) == 0);
		CHECK(process_wait(&process, 1000, &result, NULL) == 0);
		CHECK(!result.timed_out && result.signal == SIGTERM);
		process_free(&process);
	}
	CHECK(!fd_is_readable(interrupt_fd()));
	return 0;
}

#define CHILD_TESTS(X)                                                                                                 \
	X(not_installed)                                                                                               \
	X(signals_become_a_flag)                                                                                       \
	X(ignored_hangup_stays_ignored)                                                                                \
	X(deferral_nests)                                                                                              \
	X(blocking_calls_return)                                                                                       \
	X(waiting_for_a_child_ends)                                                                                    \
	X(child_that_died_of_the_same_signal)                                                                          \
	X(deferred_wait_goes_on)                                                                                       \
	X(children_are_told_of_though_their_signal_was_ignored)                                                        \
	X(held_child_obeys_a_signal_at_once)

#define DEFINE(name)                                                                                                   \
	static void test_##name(void **state)                                                                          \
	{                                                                                                              \
		(void)state;                                                                                           \
		assert_int_equal(in_child(name), 0);                                                                   \
	}
CHILD_TESTS(DEFINE)

int main(void)
{
#define LIST(name) cmocka_unit_test(test_##name),
	const struct CMUnitTest tests[] = {CHILD_TESTS(LIST)};
	return cmocka_run_group_tests_name("base/interrupt", tests, NULL, NULL);
}
