#include "pg/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "pg/connection.h"
#include "pg/log.h"

enum { STATUS_LINE = 8, FIRST_QUESTION_MS = 2000 };

int pg_startup_watch(const char *data, struct startup *startup, struct error **err)
{
	_cleanup_close_ int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd >= 0)
		startup->watch = inotify_add_watch(fd, data, IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO);
	if (fd < 0 || startup->watch < 0) {
		error_errno(err, errno, "cannot watch %s", data);
		return error_hint(err, "if too many files are watched, raise fs.inotify.max_user_instances");
	}
	startup->inotify_fd = TAKE_FD(fd);
	return 0;
}

/*
 * Closing a descriptor that has just watched something waits until the kernel has let go of the watch: a sixth of what
 * a whole start takes. So the watch goes now, and the descriptor when the next one comes, or with the process.
 */
void pg_startup_unwatch(struct startup *startup)
{
	static int retired = -1;
	if (startup->inotify_fd < 0)
		return;
	(void)inotify_rm_watch(startup->inotify_fd, startup->watch);
	close_descriptor(&retired);
	retired = TAKE_FD(startup->inotify_fd);
}

/*
 * postmaster.pid is the server's own word: its first line is the process id, its eighth the status. "standby" does not
 * count: with hot_standby off it is what a server says that replays WAL and accepts nobody yet.
 */
bool pg_startup_is_ready(const char *data, pid_t pid)
{
	_cleanup_free_ char *path = path_join(data, "postmaster.pid", NULL);
	_cleanup_buffer_ struct buffer text = {0};
	if (file_read(path, 8192, FILE_NO_FOLLOW, &text, NULL) < 0 || (int)strtol(buffer_text(&text), NULL, 10) != pid)
		return false;
	const char *line = buffer_text(&text);
	for (int number = 1; number < STATUS_LINE && line; number++) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return line && string_starts_with(line, "ready");
}

/* --- why it failed --- */

/* Lines that say more than the verdict after them: "configuration file … contains errors", "could not create any
 * socket". */
static const struct symptom {
	const char *text;
	enum error_kind kind;
} symptoms[] = {
	{"Address already in use", ERROR_CONFLICT},      {"could not bind", ERROR_CONFLICT},
	{"Is another postmaster", ERROR_CONFLICT},       {"No space left on device", ERROR_STORAGE},
	{"Disk quota exceeded", ERROR_STORAGE},          {"unrecognized configuration parameter", ERROR_POSTGRES},
	{"invalid value for parameter", ERROR_POSTGRES},
};

static const char *const verdicts[] = {"FATAL:  ", "PANIC:  ", "ERROR:  "};

/* The first line with a verdict, from the verdict on; NULL if there is none. Owned. */
static char *find_verdict(const char *log)
{
	for (const char *line = log; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		_cleanup_free_ char *text = string_copy_n(line, strcspn(line, "\n"));
		if (strstr(text, "the database system is ")) /* somebody tried to connect meanwhile */
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
			const char *found = strstr(text, verdicts[i]);
			if (found)
				return text_safe(found + strlen(verdicts[i]));
		}
	}
	return NULL;
}

/* The line with `needle`, without time and process id; owned. */
static char *line_with(const char *log, const char *needle)
{
	const char *found = strstr(log, needle);
	const char *start = found;
	while (start > log && start[-1] != '\n')
		start--;
	_cleanup_free_ char *line = string_copy_n(start, strcspn(start, "\n"));
	const char *level = strstr(line, ":  ");
	return text_safe(level ? level + 3 : line);
}

static char *last_line(const char *log)
{
	const char *end = log + strlen(log);
	while (end > log && end[-1] == '\n')
		end--;
	const char *start = end;
	while (start > log && start[-1] != '\n')
		start--;
	_cleanup_free_ char *line = string_copy_n(start, (size_t)(end - start));
	return text_safe(line);
}

/* The log's own words. */
static int explain(const struct startup *startup, const char *what, struct error **err)
{
	_cleanup_buffer_ struct buffer log = {0};
	pg_log_read(startup->log, startup->log_start, &log);
	const char *text = buffer_text(&log);
	for (size_t i = 0; i < ARRAY_SIZE(symptoms); i++) {
		if (!strstr(text, symptoms[i].text))
			continue;
		_cleanup_free_ char *line = line_with(text, symptoms[i].text);
		error_set(err, symptoms[i].kind, "%s: %s", what, line);
		return error_hint(err, "the server's log is %s", startup->log);
	}
	_cleanup_free_ char *verdict = find_verdict(text);
	_cleanup_free_ char *words = verdict ? TAKE_POINTER(verdict) : last_line(text);
	error_set(err, ERROR_POSTGRES, "%s%s%s", what, *words ? ": " : "", words);
	error_hint(err, "the server's log is %s", startup->log);
	pg_log_blame_disk(startup->log, startup->log_start, err);
	return -1;
}

/* --- waiting --- */

static void drain(int inotify_fd)
{
	char events[4096];
	while (read(inotify_fd, events, sizeof(events)) > 0)
		;
}

/* On a full disk a server that is ready cannot write so, and runs nevertheless. Rarely: it logs that it was asked. */
static bool is_ready_when_asked(const struct startup *startup, double *ask_at, double *pause_ms)
{
	if (!startup->socket_directory || clock_monotonic_ms() < *ask_at)
		return false;
	*pause_ms *= 2;
	*ask_at = clock_monotonic_ms() + *pause_ms;
	return pg_accepts(startup->socket_directory, startup->port);
}

/* Returns when something may have changed. */
static int wait_for_news(const struct startup *startup, const struct process *process, double patience_ms,
			 struct error **err)
{
	struct pollfd fds[3] = {{.fd = startup->inotify_fd, .events = POLLIN},
				{.fd = process->pidfd, .events = POLLIN},
				{.fd = interrupt_fd(), .events = POLLIN}};
	if (poll(fds, 3, patience_ms > 0 ? (int)patience_ms + 1 : 0) < 0 && errno != EINTR)
		return error_errno(err, errno, "cannot wait for postgres");
	if (interrupt_check(err) < 0)
		return -1;
	if (fds[1].revents)
		return explain(startup, "postgres did not start", err);
	drain(startup->inotify_fd);
	return 0;
}

int pg_startup_await(const struct startup *startup, const struct process *process, double timeout_ms,
		     struct error **err)
{
	double deadline = clock_monotonic_ms() + timeout_ms;
	double pause_ms = FIRST_QUESTION_MS, ask_at = clock_monotonic_ms() + pause_ms;
	while (!pg_startup_is_ready(startup->data, process->id.pid) &&
	       !is_ready_when_asked(startup, &ask_at, &pause_ms)) {
		double left = deadline - clock_monotonic_ms();
		if (left <= 0) {
			_cleanup_free_ char *what = string_format("postgres was not ready after %.0f ms", timeout_ms);
			return explain(startup, what, err);
		}
		double until_asked = startup->socket_directory ? ask_at - clock_monotonic_ms() : left;
		if (wait_for_news(startup, process, until_asked < left ? until_asked : left, err) < 0)
			return -1;
	}
	return 0;
}
