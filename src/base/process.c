#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"

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

static _Noreturn void run_child(const struct process_spec *spec, int error_fd, int hold_fd)
{
	reset_signals();
	if (spec->new_session)
		(void)setsid();
	if (identity_become(spec->user) < 0 || redirect(0, &spec->in) < 0 || redirect(1, &spec->out) < 0 ||
	    redirect(2, &spec->err) < 0 || (spec->directory && chdir(spec->directory) < 0))
		fail_child(error_fd);
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

int process_spawn(const struct process_spec *spec, struct process *ret, struct error **err)
{
	int error_pipe[2], hold_pipe[2] = {-1, -1};
	if (pipe2(error_pipe, O_CLOEXEC) < 0 || (spec->hold && pipe2(hold_pipe, O_CLOEXEC) < 0))
		return error_errno(err, errno, "cannot run %s", spec->argv[0]);
	pid_t pid = fork();
	if (pid == 0) {
		close_descriptor(&hold_pipe[1]); /* else the child would keep its own pipe open */
		run_child(spec, error_pipe[1], hold_pipe[0]);
	}
	int saved = errno;
	close_descriptor(&error_pipe[1]);
	close_descriptor(&hold_pipe[0]);
	struct process process = {.id = {.pid = pid}, .pidfd = -1, .hold_fd = hold_pipe[1], .error_fd = error_pipe[0]};
	if (pid < 0) {
		process_free(&process);
		return error_errno(err, saved, "cannot run %s", spec->argv[0]);
	}
	process.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	(void)process_identify(pid, &process.id);
	if (!spec->hold && report_exec(&process, spec->argv[0], err) < 0) {
		process_free(&process);
		return -1;
	}
	*ret = process;
	return 0;
}

int process_release(struct process *process, const char *program, struct error **err)
{
	ssize_t n = write(process->hold_fd, "g", 1);
	close_descriptor(&process->hold_fd);
	process->hold_fd = -1;
	if (n != 1)
		return error_errno(err, errno, "cannot run %s", program);
	return report_exec(process, program, err);
}

void process_free(struct process *process)
{
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

/* Asks a child to end, and insists after two seconds. */
static void end_child(const struct process *process)
{
	(void)kill(process->id.pid, SIGTERM);
	struct pollfd fd = {.fd = process->pidfd, .events = POLLIN};
	if (poll(&fd, 1, 2000) <= 0)
		(void)kill(process->id.pid, SIGKILL);
}

int process_wait(struct process *process, double timeout_ms, struct process_result *ret, struct error **err)
{
	double deadline = timeout_ms > 0 ? clock_monotonic_ms() + timeout_ms : 0;
	struct process_result result = {0};
	_cleanup_error_ struct error *interruption = NULL;
	for (;;) {
		struct pollfd fds[2] = {{.fd = process->pidfd, .events = POLLIN}, {.fd = interrupt_fd(), .events = POLLIN}};
		int ready = poll(fds, 2, remaining_ms(deadline));
		if (fds[0].revents)
			break;
		if (interrupt_check(&interruption) < 0)
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
	*ret = result;
	return 0;
}

/* --- running to the end with output captured --- */

struct capture {
	int fd;
	struct buffer *data;
	struct buffer line;
	process_line_function *on_line;
	void *context;
};

static void feed_lines(struct capture *capture, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] != '\n' && bytes[i] != '\r') {
			if (capture->line.length < 4096)
				buffer_add_char(&capture->line, bytes[i]);
		} else if (capture->line.length > 0) {
			capture->on_line(capture->context, capture->line.data);
			buffer_truncate(&capture->line, 0);
		}
	}
}

/* Returns false at the end of the stream. */
static bool read_capture(struct capture *capture)
{
	char chunk[16384];
	ssize_t n = read(capture->fd, chunk, sizeof(chunk));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	buffer_add(capture->data, chunk, (size_t)n);
	if (capture->data->length > 2 * PROCESS_OUTPUT_MAX) {
		size_t drop = capture->data->length - PROCESS_OUTPUT_MAX;
		memmove(capture->data->data, capture->data->data + drop, PROCESS_OUTPUT_MAX);
		buffer_truncate(capture->data, PROCESS_OUTPUT_MAX);
	}
	if (capture->on_line)
		feed_lines(capture, chunk, (size_t)n);
	return true;
}

/* Reads until both streams end or the process did and nothing is left to read: a daemon that the child left behind may
 * hold the pipe for ever. Returns -1 when interrupted, 1 when the time was over. */
static int pump(const struct process *process, struct capture captures[2], double deadline, struct error **err)
{
	bool open[2] = {true, true};
	bool ended = false;
	while ((open[0] || open[1])) {
		struct pollfd fds[4] = {{.fd = open[0] ? captures[0].fd : -1, .events = POLLIN},
		                        {.fd = open[1] ? captures[1].fd : -1, .events = POLLIN},
		                        {.fd = ended ? -1 : process->pidfd, .events = POLLIN},
		                        {.fd = interrupt_fd(), .events = POLLIN}};
		int ready = poll(fds, 4, ended ? 0 : remaining_ms(deadline));
		for (int i = 0; i < 2; i++)
			if (fds[i].revents)
				open[i] = read_capture(&captures[i]);
		if (ended && ready <= 0)
			break;
		if (fds[2].revents)
			ended = true;
		if (interrupt_check(err) < 0)
			return -1;
		if (deadline > 0 && clock_monotonic_ms() >= deadline)
			return 1;
	}
	return 0;
}

static int run_captured(const struct process_spec *spec, double timeout_ms, struct capture captures[2], int write_ends[2],
                        struct process_result *result, struct error **err)
{
	struct process_spec child = *spec;
	child.out = (struct process_stdio){STREAM_FD, write_ends[0]};
	child.err = (struct process_stdio){STREAM_FD, write_ends[1]};
	_cleanup_process_ struct process process = {.pidfd = -1, .hold_fd = -1, .error_fd = -1};
	int spawned = process_spawn(&child, &process, err);
	close_descriptor(&write_ends[0]);
	close_descriptor(&write_ends[1]);
	if (spawned < 0)
		return -1;
	double deadline = timeout_ms > 0 ? clock_monotonic_ms() + timeout_ms : 0;
	int pumped = pump(&process, captures, deadline, err);
	if (pumped == 0)
		return process_wait(&process, deadline > 0 ? (double)remaining_ms(deadline) + 1 : 0, result, err);
	end_child(&process);
	(void)reap(process.id.pid, result);
	result->timed_out = pumped > 0;
	return pumped < 0 ? -1 : 0;
}

int process_run(const struct process_spec *spec, double timeout_ms, process_line_function *on_line, void *context,
                struct process_output *ret, struct error **err)
{
	int out[2] = {-1, -1}, errors[2] = {-1, -1};
	if (pipe2(out, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot run %s", spec->argv[0]);
	if (pipe2(errors, O_CLOEXEC) < 0) {
		int saved = errno;
		close_descriptor(&out[0]);
		close_descriptor(&out[1]);
		return error_errno(err, saved, "cannot run %s", spec->argv[0]);
	}
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	(void)fcntl(errors[0], F_SETFL, O_NONBLOCK);
	struct process_output output = {0};
	struct capture captures[2] = {{.fd = out[0], .data = &output.out},
	                              {.fd = errors[0], .data = &output.err, .on_line = on_line, .context = context}};
	int write_ends[2] = {out[1], errors[1]};
	int result = run_captured(spec, timeout_ms, captures, write_ends, &output.result, err);
	close_descriptor(&out[0]);
	close_descriptor(&errors[0]);
	buffer_free(&captures[1].line);
	if (result < 0) {
		process_output_free(&output);
		return -1;
	}
	*ret = output;
	return 0;
}

/* The last line that says something: programs put the reason there. */
static char *last_words(const struct buffer *text)
{
	const char *start = buffer_text(text);
	const char *end = start + text->length;
	while (end > start && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == ' '))
		end--;
	const char *line = end;
	while (line > start && line[-1] != '\n')
		line--;
	_cleanup_free_ char *raw = string_copy_n(line, (size_t)(end - line));
	return text_safe(raw);
}

int process_run_checked(const struct process_spec *spec, double timeout_ms, struct process_output *ret, struct error **err)
{
	_cleanup_output_ struct process_output output = {0};
	if (process_run(spec, timeout_ms, NULL, NULL, &output, err) < 0)
		return -1;
	if (!output.result.exited || output.result.code != 0) {
		_cleanup_free_ char *how = process_result_describe(&output.result);
		_cleanup_free_ char *words = last_words(&output.err);
		return error_set(err, ERROR_INTERNAL, "%s: %s%s%s", path_basename(spec->argv[0]), how, *words ? ": " : "", words);
	}
	if (ret) {
		*ret = output;
		output = (struct process_output){0};
	}
	return 0;
}

void process_output_free(struct process_output *output)
{
	buffer_free(&output->out);
	buffer_free(&output->err);
}

char *process_result_describe(const struct process_result *result)
{
	if (result->timed_out)
		return string_copy("did not end in time");
	if (result->exited)
		return string_format("exit code %d", result->code);
	return string_format("killed by SIG%s", sigabbrev_np(result->signal) ? sigabbrev_np(result->signal) : "?");
}
