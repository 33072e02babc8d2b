/* Watching a server that was just spawned until it accepts connections, or fails. */
#ifndef VELA_PG_STARTUP_H
#define VELA_PG_STARTUP_H

#include "base/error.h"
#include "base/process.h"

struct startup {
	const char *data;
	const char *log;
	const char *socket_directory; /* where it can be asked; NULL: only its own word counts */
	int port;
	off_t log_start; /* what this start writes begins here */
	int inotify_fd;  /* watches the data directory since before the server ran; -1: not yet, or no more */
	int watch;
};

bool pg_startup_is_ready(const char *data, pid_t pid);
int pg_startup_watch(const char *data, struct startup *startup, struct error **err);
void pg_startup_unwatch(struct startup *startup);
int pg_startup_await(const struct startup *startup, const struct process *process, double timeout_ms,
		     struct error **err);

#endif
