#include "pg/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

enum { TAIL_MAX = 64 << 10, FULL = 1 << 20, CRASH_PATIENCE_MS = 500, CRASH_POLL_MS = 10 };

off_t pg_log_end(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? st.st_size : 0;
}

void pg_log_read(const char *path, off_t start, struct buffer *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	char chunk[4096];
	off_t end = lseek(fd, 0, SEEK_END);
	off_t at = end - start > TAIL_MAX ? end - TAIL_MAX : start;
	ssize_t n;
	while (at < end && (n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		buffer_add(ret, chunk, (size_t)n);
		at += n;
	}
}

/* Before a server begins anew it tells why, unless there was no room even for that. */
static bool has_lost_lines(const char *log)
{
	return strstr(log, "all server processes terminated; reinitializing") &&
	       !strstr(log, "terminating any other active server processes");
}

/* What the log tells of a full disk; NULL: nothing. */
static const char *find_symptom(const char *path, off_t start)
{
	static const char *const symptoms[] = {"No space left on device", "Disk quota exceeded"};
	_cleanup_buffer_ struct buffer log = {0};
	struct space space;
	pg_log_read(path, start, &log);
	for (size_t i = 0; i < ARRAY_SIZE(symptoms); i++)
		if (strstr(buffer_text(&log), symptoms[i]))
			return symptoms[i];
	bool full = space_of(path, &space, NULL) == 0 && space.available < FULL;
	return full || has_lost_lines(buffer_text(&log)) ? symptoms[0] : NULL;
}

void pg_log_blame_disk(const char *path, off_t start, struct error **err)
{
	if (!err || !*err || ((*err)->kind != ERROR_POSTGRES && (*err)->kind != ERROR_NETWORK))
		return;
	const char *symptom = find_symptom(path, start);
	if (!symptom)
		return;
	if (!strstr((*err)->message, symptom))
		string_replace(&(*err)->message, string_format("%s (%s)", (*err)->message, symptom));
	error_rekind(err, ERROR_STORAGE);
	error_hint(err, "delete branches, run vela gc, or give the pool more space");
}

/* "server process (PID 7) was terminated by signal 9: Killed", without more than that; owned, NULL: none is told of. */
static char *find_crash(const char *log)
{
	static const char process[] = "server process (PID ", ending[] = ") was terminated by signal ";
	const char *found = NULL;
	for (const char *at = log; (at = strstr(at, process)); at++)
		if (string_starts_with(at + sizeof(process) - 1 + strspn(at + sizeof(process) - 1, "0123456789"),
				       ending))
			found = at;
	if (!found)
		return NULL;
	_cleanup_free_ char *line = string_copy_n(found, strcspn(found, "\n"));
	return text_safe(line);
}

/* A client learns of the end of its connection before the server tells of it. */
static char *await_crash(const char *path, off_t start)
{
	double deadline = clock_monotonic_ms() + CRASH_PATIENCE_MS;
	for (;;) {
		_cleanup_buffer_ struct buffer log = {0};
		pg_log_read(path, start, &log);
		char *crash = find_crash(buffer_text(&log));
		if (crash || has_lost_lines(buffer_text(&log)) || clock_monotonic_ms() >= deadline)
			return crash;
		(void)poll(NULL, 0, CRASH_POLL_MS);
	}
}

void pg_log_blame_server(const char *path, off_t start, struct error **err)
{
	bool lost = err && *err && (*err)->kind == ERROR_POSTGRES;
	_cleanup_free_ char *crash = lost ? await_crash(path, start) : NULL;
	pg_log_blame_disk(path, start, err);
	if (!crash || (*err)->kind != ERROR_POSTGRES)
		return;
	string_replace(&(*err)->message, string_format("%s (%s)", (*err)->message, crash));
	error_hint(err, "PostgreSQL or an extension has crashed; signal 9 can be the kernel's, out of memory");
}
