/* Standing a server still, and what it costs in memory. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "pg/family.h"
#include "pg/instance.h"

enum { STOP_TIMEOUT_MS = 10000 };

struct pg_pause {
	struct process_id postmaster;
	struct family children;
	pid_t guard;
	int guard_fd; /* the guard sees its end when we die */
};

void pg_instance_resume_stray(const struct process_id *id)
{
	_cleanup_family_ struct family children = {0};
	pg_family_children(id, &children);
	/* The postmaster last: it must not meet children that do not answer. */
	pg_family_signal(&children, SIGCONT);
	(void)process_signal(id, SIGCONT);
}

/* --- the guard --- */

/*
 * It must outlive whatever kills vela, so it leaves the session and ignores what a terminal sends; and it must hold
 * none of vela's descriptors, for with them it would hold vela's locks.
 */
static _Noreturn void run_guard(const struct process_id *id, int fd)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)setsid();
	if (dup2(fd, 0) < 0)
		_exit(1);
	closefrom(1);
	char resumed;
	ssize_t n;
	do
		n = read(0, &resumed, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		pg_instance_resume_stray(id);
	_exit(0);
}

static int start_guard(struct pg_pause *pause, struct error **err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot pause postgres");
	pause->guard = fork();
	if (pause->guard == 0) {
		close_descriptor(&ends[1]);
		run_guard(&pause->postmaster, ends[0]);
	}
	int saved = errno;
	close_descriptor(&ends[0]);
	pause->guard_fd = ends[1];
	if (pause->guard < 0)
		return error_errno(err, saved, "cannot pause postgres");
	return 0;
}

/* Told that all is well, or, with its pipe merely closed, resuming once more: both are harmless. */
static void end_guard(struct pg_pause *pause)
{
	if (pause->guard_fd >= 0 && descriptor_write(pause->guard_fd, "r", 1) < 0)
		(void)kill(pause->guard, SIGKILL);
	close_descriptor(&pause->guard_fd);
	if (pause->guard > 0)
		while (waitpid(pause->guard, NULL, 0) < 0 && errno == EINTR)
			;
}

/* --- pausing --- */

static int stop_one(const struct process_id *id, double deadline, struct error **err)
{
	double left = deadline - clock_monotonic_ms();
	if (pg_family_await_stopped(id, left > 0 ? left : 0))
		return 0;
	return error_set(err, ERROR_POSTGRES, "cannot pause postgres: process %d does not stop", (int)id->pid);
}

/* The postmaster first: once it stands still there are no new children. */
static int stop_all(struct pg_pause *pause, struct error **err)
{
	double deadline = clock_monotonic_ms() + STOP_TIMEOUT_MS;
	if (process_signal(&pause->postmaster, SIGSTOP) < 0)
		return error_errno(err, errno, "cannot pause postgres (process %d)", (int)pause->postmaster.pid);
	if (stop_one(&pause->postmaster, deadline, err) < 0)
		return -1;
	pg_family_children(&pause->postmaster, &pause->children);
	pg_family_signal(&pause->children, SIGSTOP);
	for (size_t i = 0; i < pause->children.count; i++)
		if (stop_one(&pause->children.members[i], deadline, err) < 0)
			return -1;
	return 0;
}

int pg_instance_pause(const struct process_id *id, struct pg_pause **ret, struct error **err)
{
	if (interrupt_check(err) < 0)
		return -1;
	if (!process_is_alive(id))
		return error_set(err, ERROR_POSTGRES, "cannot pause postgres: process %d has ended", (int)id->pid);
	_cleanup_pause_ struct pg_pause *pause = memory_allocate(sizeof(*pause));
	*pause = (struct pg_pause){.postmaster = *id, .guard_fd = -1};
	if (start_guard(pause, err) < 0 || stop_all(pause, err) < 0)
		return -1;
	*ret = TAKE_POINTER(pause);
	return 0;
}

void pg_instance_resume(struct pg_pause **pause)
{
	struct pg_pause *owned = *pause;
	if (!owned)
		return;
	pg_family_signal(&owned->children, SIGCONT);
	(void)process_signal(&owned->postmaster, SIGCONT);
	end_guard(owned);
	pg_family_free(&owned->children);
	free(owned);
	*pause = NULL;
}

/* --- memory --- */

static uint64_t proportional_bytes(pid_t pid)
{
	_cleanup_free_ char *path = string_format("/proc/%d/smaps_rollup", (int)pid);
	_cleanup_buffer_ struct buffer text = {0};
	if (file_read(path, 65536, FILE_FOLLOW, &text, NULL) < 0)
		return 0;
	const char *line = strstr(buffer_text(&text), "\nPss:");
	return line ? strtoull(line + strlen("\nPss:"), NULL, 10) * 1024 : 0;
}

uint64_t pg_instance_memory(const struct process_id *id)
{
	if (!process_is_alive(id))
		return 0;
	_cleanup_family_ struct family children = {0};
	pg_family_children(id, &children);
	uint64_t bytes = proportional_bytes(id->pid);
	for (size_t i = 0; i < children.count; i++)
		bytes += proportional_bytes(children.members[i].pid);
	return bytes;
}
