#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"

/* --- the child's side, between fork and exec: async-signal-safe as far as it matters, single-threaded always --- */

static int redirect(int target, const struct process_stdio *stream)
{
	if (stream->mode == STREAM_INHERIT)
		return 0;
	int fd = stream->mode == STREAM_NULL ? open("/dev/null", O_RDWR | O_CLOEXEC) : stream->fd;
	return fd < 0 ? -1 : dup2(fd, target) < 0 ? -1 : 0;
}

static void reset_signals(void)
{
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void fail_child(int error_fd)
{
	int number = errno;
	(void)descriptor_write(error_fd, &number, sizeof(number));
	_exit(127);
}

/*
 * Whoever called vela may have left descriptors open; a server that kept one would hold up its pipe for good. And a
 * child that waits must not hold vela's locks, should vela be killed.
 */
static void close_all_but(int one, int other)
{
	unsigned low = (unsigned)(one < other ? one : other), high = (unsigned)(one < other ? other : one);
	if (low > STDERR_FILENO + 1)
		(void)close_range(STDERR_FILENO + 1, low - 1, 0);
	if (high > low + 1)
		(void)close_range(low + 1, high - 1, 0);
	(void)close_range(high + 1, ~0U, 0);
}

/* Even if the parent is killed. */
static void follow_parent(const struct process_spec *spec, pid_t parent)
{
	if (spec->outlives)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* after the change of user, which clears it */
	if (getppid() != parent)
		_exit(126);
}

/* For good: the child keeps nothing of the caller's rights to fall back on. */
static int become_user(const struct process_spec *spec)
{
	const struct identity effective = identity_current();
	return identity_become(spec->user ? spec->user : &effective);
}

static _Noreturn void run_child(const struct process_spec *spec, pid_t parent, int error_fd, int hold_fd)
{
	reset_signals();
	if (spec->new_session)
		(void)setsid();
	if (redirect(0, &spec->in) < 0 || redirect(1, &spec->out) < 0 || redirect(2, &spec->err) < 0)
		fail_child(error_fd);
	close_all_but(error_fd, hold_fd >= 0 ? hold_fd : STDERR_FILENO);
	if (become_user(spec) < 0 || (spec->directory && chdir(spec->directory) < 0))
		fail_child(error_fd);
	follow_parent(spec, parent);
	if (hold_fd >= 0) {
		char go;
		ssize_t n;
		do
			n = read(hold_fd, &go, 1);
		while (n < 0 && errno == EINTR);
		if (n != 1)
			_exit(126);
	}
	execvpe(spec->argv[0], spec->argv, spec->environment ? spec->environment : environ);
	fail_child(error_fd);
}

/* --- the parent's side --- */

static int report_exec(struct process *process, const char *program, struct error **err)
{
	int number = 0;
	ssize_t n;
	do
		n = read(process->error_fd, &number, sizeof(number));
	while (n < 0 && errno == EINTR);
	close_descriptor(&process->error_fd);
	process->error_fd = -1;
	if (n != sizeof(number))
		return 0;
	(void)waitpid(process->id.pid, NULL, 0);
	return error_errno(err, number, "cannot run %s", program);
}

/* A child starts with every signal blocked: vela's own handlers must not run in it. */
static pid_t fork_quietly(void)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();
	int saved = errno;
	if (pid != 0)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}

/* Ends a child that was not to go on; nothing is left of it. */
static void discard_child(const struct process *process)
{
	(void)kill(process->id.pid, SIGKILL);
	(void)waitpid(process->id.pid, NULL, 0);
}

int process_spawn(const struct process_spec *spec, struct process *ret, struct error **err)
{
	_cleanup_close_ int error_read = -1, error_write = -1, hold_read = -1, hold_write = -1;
	int error_pipe[2], hold_pair[2] = {-1, -1};
	if (pipe2(error_pipe, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot run %s", spec->argv[0]);
	error_read = error_pipe[0];
	error_write = error_pipe[1];
	/* Sockets, since writing to one whose reader died need not raise SIGPIPE. */
	if (spec->hold && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, hold_pair) < 0)
		return error_errno(err, errno, "cannot run %s", spec->argv[0]);
	hold_read = hold_pair[0];
	hold_write = hold_pair[1];
	pid_t parent = getpid();
	pid_t pid = fork_quietly();
	if (pid == 0)
		run_child(spec, parent, error_write, hold_read);
	if (pid < 0)
		return error_errno(err, errno, "cannot run %s", spec->argv[0]);
	close_descriptor(&error_write);
	error_write = -1;
	struct process process = {
		.id = {.pid = pid}, .pidfd = -1, .hold_fd = -1, .error_fd = -1, .leads = spec->new_session};
	process.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process.pidfd < 0) {
		error_errno(err, errno, "cannot run %s", spec->argv[0]);
		discard_child(&process);
		return -1;
	}
	(void)process_identify(pid, &process.id);
	process.error_fd = TAKE_FD(error_read);
	process.hold_fd = TAKE_FD(hold_write);
	if (!spec->hold && report_exec(&process, spec->argv[0], err) < 0) {
		process_free(&process);
		return -1;
	}
	*ret = process;
	return 0;
}

int process_release(struct process *process, const char *program, struct error **err)
{
	ssize_t n = send(process->hold_fd, "g", 1, MSG_NOSIGNAL);
	close_descriptor(&process->hold_fd);
	process->hold_fd = -1;
	if (report_exec(process, program, err) < 0)
		return -1;
	if (n == 1)
		return 0;
	discard_child(process);
	return error_set(err, ERROR_INTERNAL, "cannot run %s: it was killed before it began", program);
}

void process_free(struct process *process)
{
	if (process->hold_fd >= 0 && process->pidfd >= 0 &&
	    syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL, 0) == 0)
		(void)waitpid(process->id.pid, NULL, 0);
	close_descriptor(&process->hold_fd);
	close_descriptor(&process->error_fd);
	close_descriptor(&process->pidfd);
	process->hold_fd = process->error_fd = process->pidfd = -1;
}

static int reap(pid_t pid, struct process_result *result)
{
	int status;
	pid_t got;
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	result->exited = WIFEXITED(status);
	result->code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return 0;
}

static int remaining_ms(double deadline)
{
	if (deadline <= 0)
		return -1;
	double left = deadline - clock_monotonic_ms();
	return left <= 0 ? 0 : left > 1e6 ? 1000000 : (int)left + 1;
}

/* Asks a child to end, and insists after two seconds. It is not reaped yet, so its id still means it and its group. */
static void end_child(const struct process *process)
{
	pid_t target = process->leads ? -process->id.pid : process->id.pid;
	(void)kill(target, SIGTERM);
	struct pollfd fd = {.fd = process->pidfd, .events = POLLIN};
	if (poll(&fd, 1, 2000) <= 0 || process->leads)
		(void)kill(target, SIGKILL);
}

int process_wait(struct process *process, double timeout_ms, struct process_result *ret, struct error **err)
{
	double deadline = timeout_ms > 0 ? clock_monotonic_ms() + timeout_ms : 0;
	struct process_result result = {0};
	_cleanup_error_ struct error *interruption = NULL;
	for (;;) {
		struct pollfd fds[2] = {{.fd = process->pidfd, .events = POLLIN},
					{.fd = interrupt_fd(), .events = POLLIN}};
		int ready = poll(fds, 2, remaining_ms(deadline));
		/* Ctrl-C reaches the child as well: that it ended of it is no answer of its own. */
		if (interrupt_check(&interruption) < 0 || fds[0].revents)
			break;
		if (ready == 0 && deadline > 0 && clock_monotonic_ms() >= deadline) {
			result.timed_out = true;
			break;
		}
	}
	if (interruption || result.timed_out)
		end_child(process);
	if (reap(process->id.pid, &result) < 0)
		return error_errno(err, errno, "cannot wait for process %d", (int)process->id.pid);
	if (interruption)
		return error_pass(err, TAKE_POINTER(interruption));
	if (result.timed_out)
		result.exited = false; /* some end with code 0 when they are asked to */
	*ret = result;
	return 0;
}

char *process_result_describe(const struct process_result *result)
{
	if (result->timed_out)
		return string_copy("did not end in time");
	if (result->exited)
		return string_format("exit code %d", result->code);
	return string_format("killed by SIG%s", sigabbrev_np(result->signal) ? sigabbrev_np(result->signal) : "?");
}
