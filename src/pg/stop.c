/* Ending a server. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "pg/family.h"
#include "pg/instance.h"

enum { KILL_TIMEOUT_MS = 10000 };

/* --- by force --- */

enum { MAPS_MAX = 16 << 20, SEGMENTS_MAX = 64 };

/* Shared memory outlives a killed server, and the kernel has only so many segments. */
struct shared_memory {
	int segments[SEGMENTS_MAX]; /* System V's, by id */
	size_t count;
	struct string_list files; /* below /dev/shm */
};

/* In /proc/PID/maps a System V segment is the file "/SYSVkey (deleted)" with the id for its inode. */
static void add_mapping(struct shared_memory *shared, const char *line)
{
	static const char prefix[] = "/dev/shm/PostgreSQL.";
	const char *path = strchr(line, '/');
	int id;
	if (!path)
		return;
	if (string_starts_with(path, prefix) && !strchr(path, ' '))
		string_list_add(&shared->files, path);
	else if (string_starts_with(path, "/SYSV") && shared->count < SEGMENTS_MAX &&
		 sscanf(line, "%*s %*s %*s %*s %d", &id) == 1)
		shared->segments[shared->count++] = id;
}

static void collect_shared_memory(pid_t pid, struct shared_memory *shared)
{
	_cleanup_free_ char *path = string_format("/proc/%d/maps", (int)pid);
	_cleanup_buffer_ struct buffer maps = {0};
	if (file_read(path, MAPS_MAX, FILE_FOLLOW, &maps, NULL) < 0 || maps.length == 0)
		return;
	for (char *next, *line = maps.data; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		add_mapping(shared, line);
	}
}

static void remove_shared_memory(struct shared_memory *shared)
{
	struct shmid_ds state;
	for (size_t i = 0; i < shared->count; i++)
		if (shmctl(shared->segments[i], IPC_STAT, &state) == 0 && state.shm_nattch == 0)
			(void)shmctl(shared->segments[i], IPC_RMID, NULL);
	for (size_t i = 0; i < shared->files.count; i++)
		(void)file_unlink(shared->files.items[i], NULL);
	string_list_free(&shared->files);
}

/* Killed, the postmaster can neither end its children nor clean up: both are collected while it stands still. */
static bool kill_all(const struct process_id *id)
{
	_cleanup_family_ struct family children = {0};
	struct shared_memory shared = {0};
	(void)process_signal(id, SIGSTOP);
	(void)pg_family_await_stopped(id, KILL_TIMEOUT_MS);
	pg_family_children(id, &children);
	collect_shared_memory(id->pid, &shared);
	for (size_t i = 0; i < children.count; i++)
		collect_shared_memory(children.members[i].pid, &shared);
	(void)process_signal(id, SIGKILL);
	pg_family_signal(&children, SIGKILL);
	bool gone = process_await_end(id, KILL_TIMEOUT_MS);
	for (size_t i = 0; i < children.count; i++)
		gone &= process_await_end(&children.members[i], KILL_TIMEOUT_MS);
	remove_shared_memory(&shared);
	return gone;
}

/* --- in order --- */

/* A paused server acts on no signal before it is resumed. */
static void resume_for_end(const struct process_id *id)
{
	if (process_state(id->pid) != 'T')
		return;
	_cleanup_family_ struct family children = {0};
	pg_family_children(id, &children);
	pg_family_signal(&children, SIGCONT);
	(void)process_signal(id, SIGCONT);
}

int pg_instance_stop(const struct process_id *id, enum pg_stop how, double timeout_ms, struct error **err)
{
	INTERRUPT_DEFER_SCOPE;
	if (process_signal(id, how == PG_STOP_CLEAN ? SIGINT : SIGQUIT) < 0 && errno != ESRCH)
		return error_errno(err, errno, "cannot stop postgres (process %d)", (int)id->pid);
	resume_for_end(id);
	if (!process_await_end(id, timeout_ms) && !kill_all(id))
		return error_set(err, ERROR_POSTGRES, "postgres (process %d) does not end, not even when killed",
				 (int)id->pid);
	(void)waitpid(id->pid, NULL, WNOHANG); /* if it is our own child, it must not stay as a zombie */
	return 0;
}
