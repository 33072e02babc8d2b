/* Running a program to its end with its output captured. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "base/text.h"

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

static void keep_last(struct buffer *data, size_t max)
{
	if (data->length <= max)
		return;
	memmove(data->data, data->data + data->length - max, max);
	buffer_truncate(data, max);
}

/* Reads once, at most `max` bytes; returns how many there were. -1: the end of the stream. */
static ssize_t read_capture(struct capture *capture, size_t max)
{
	char chunk[16384];
	ssize_t n = read(capture->fd, chunk, max < sizeof(chunk) ? max : sizeof(chunk));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	if (n == 0)
		return -1;
	buffer_add(capture->data, chunk, (size_t)n);
	if (capture->data->length > 2 * PROCESS_OUTPUT_MAX) /* not each time: it moves a megabyte */
		keep_last(capture->data, PROCESS_OUTPUT_MAX);
	if (capture->on_line)
		feed_lines(capture, chunk, (size_t)n);
	return n;
}

/* What the process has left in its pipe, and no more: a daemon of its own may go on writing for ever. */
static void drain_capture(struct capture *capture)
{
	int left = 0;
	(void)ioctl(capture->fd, FIONREAD, &left);
	while (left > 0) {
		ssize_t n = read_capture(capture, (size_t)left);
		if (n <= 0)
			return;
		left -= (int)n;
	}
}

/* Reads until both streams end or the process does (a daemon that it left behind may hold the pipes for ever), until an
 * interrupt or until the time is over. */
static void pump(const struct process *process, struct capture captures[2], double deadline)
{
	bool open[2] = {true, true};
	bool ended = false;
	while ((open[0] || open[1]) && !ended && interrupt_check(NULL) == 0) {
		double left = deadline > 0 ? deadline - clock_monotonic_ms() : 1e6;
		if (left <= 0)
			return;
		struct pollfd fds[4] = {{.fd = open[0] ? captures[0].fd : -1, .events = POLLIN},
					{.fd = open[1] ? captures[1].fd : -1, .events = POLLIN},
					{.fd = process->pidfd, .events = POLLIN},
					{.fd = interrupt_fd(), .events = POLLIN}};
		(void)poll(fds, 4, left > 1e6 ? 1000000 : (int)left + 1);
		ended = fds[2].revents != 0;
		for (int i = 0; i < 2; i++) {
			if (ended && open[i])
				drain_capture(&captures[i]);
			else if (fds[i].revents)
				open[i] = read_capture(&captures[i], SIZE_MAX) >= 0;
		}
	}
}

static int run_captured(const struct process_spec *spec, double timeout_ms, struct capture captures[2],
			int write_ends[2], struct process_result *result, struct error **err)
{
	struct process_spec child = *spec;
	child.out = (struct process_stdio){STREAM_FD, write_ends[0]};
	child.err = (struct process_stdio){STREAM_FD, write_ends[1]};
	_cleanup_process_ struct process process = {.pidfd = -1, .hold_fd = -1, .error_fd = -1};
	double deadline = timeout_ms > 0 ? clock_monotonic_ms() + timeout_ms : 0;
	int spawned = process_spawn(&child, &process, err);
	close_descriptor(&write_ends[0]);
	close_descriptor(&write_ends[1]);
	if (spawned < 0)
		return -1;
	pump(&process, captures, deadline);
	double left = deadline > 0 ? deadline - clock_monotonic_ms() : 0;
	return process_wait(&process, deadline > 0 && left < 1 ? 1 : left, result, err);
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
	keep_last(&output.out, PROCESS_OUTPUT_MAX);
	keep_last(&output.err, PROCESS_OUTPUT_MAX);
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

int process_run_checked(const struct process_spec *spec, double timeout_ms, struct process_output *ret,
			struct error **err)
{
	_cleanup_output_ struct process_output output = {0};
	if (process_run(spec, timeout_ms, NULL, NULL, &output, err) < 0)
		return -1;
	if (!output.result.exited || output.result.code != 0) {
		_cleanup_free_ char *how = process_result_describe(&output.result);
		_cleanup_free_ char *words = last_words(&output.err);
		return error_set(err, ERROR_INTERNAL, "%s: %s%s%s", path_basename(spec->argv[0]), how,
				 *words ? ": " : "", words);
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
