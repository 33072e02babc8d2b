#include "pg/orphans.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

enum { KILL_TIMEOUT_MS = 10000 };

struct search {
	struct stat directory;
	double deadline;
	pid_t remaining; /* does not even end when it is killed; 0: there is none */
	bool found;
};

/* All processes of a server work in its data directory. The name, since a shell may do so as well. */
static bool is_orphan(pid_t pid, const struct stat *directory)
{
	char path[32];
	struct stat st;
	_cleanup_buffer_ struct buffer name = {0};
	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	if (stat(path, &st) < 0 || st.st_dev != directory->st_dev || st.st_ino != directory->st_ino)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	return file_read(path, 64, FILE_FOLLOW, &name, NULL) == 0 && string_equal(buffer_text(&name), "postgres\n") &&
	       process_is_ours(pid);
}

/* By force, as the postmaster went: without it they have nothing to do but to leave, and the log is replayed anyway. */
static bool end_orphan(void *context, pid_t pid)
{
	struct search *search = context;
	struct process_id id;
	/* Asked again after it was identified: the pid may have changed hands in between. */
	if (!is_orphan(pid, &search->directory) || !process_identify(pid, &id) || !is_orphan(pid, &search->directory))
		return true;
	search->found = true;
	(void)process_signal(&id, SIGKILL);
	double left = search->deadline - clock_monotonic_ms();
	if (!process_await_end(&id, left > 0 ? left : 0))
		search->remaining = pid;
	return search->remaining == 0;
}

int pg_orphans_end(const char *data, struct error **err)
{
	struct search search = {.deadline = clock_monotonic_ms() + KILL_TIMEOUT_MS};
	if (stat(data, &search.directory) < 0)
		return 0;
	/* Again until none is found: one that was about to fork may have been passed by. */
	do {
		search.found = false;
		process_each_id(end_orphan, &search);
	} while (search.found && search.remaining == 0);
	if (search.remaining == 0)
		return 0;
	return error_set(err, ERROR_POSTGRES,
			 "process %d of the server that ran on %s does not end, not even when killed",
			 (int)search.remaining, data);
}
