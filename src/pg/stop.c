/* Ending a server. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/interrupt.h"
#include "pg/family.h"
#include "pg/instance.h"

enum { KILL_TIMEOUT_MS = 10000 };

/* Killed, the postmaster cannot end its children any more: they are collected while it stands still. */
static bool kill_all(const struct process_id *id)
{
	_cleanup_family_ struct family children = {0};
	(void)process_signal(id, SIGSTOP);
	(void)pg_family_await_stopped(id, KILL_TIMEOUT_MS);
	pg_family_children(id, &children);
	(void)process_signal(id, SIGKILL);
	pg_family_signal(&children, SIGKILL);
	bool gone = process_await_end(id, KILL_TIMEOUT_MS);
	for (size_t i = 0; i < children.count; i++)
		gone &= process_await_end(&children.members[i], KILL_TIMEOUT_MS);
	return gone;
}

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
		return error_set(err, ERROR_POSTGRES, "postgres (process %d) does not end, not even when killed", (int)id->pid);
	(void)waitpid(id->pid, NULL, WNOHANG); /* if it is our own child, it must not stay as a zombie */
	return 0;
}
