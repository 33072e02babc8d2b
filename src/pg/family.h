/* A server as the operating system sees it: the postmaster, whose process id names the server, and its children. */
#ifndef VELA_PG_FAMILY_H
#define VELA_PG_FAMILY_H

#include "base/process.h"

struct family {
	struct process_id *members;
	size_t count;
};

/* The postmaster's children, without itself. None can be missed while the postmaster is stopped. */
void pg_family_children(const struct process_id *postmaster, struct family *ret);
void pg_family_signal(const struct family *family, int number);
void pg_family_free(struct family *family);
#define _cleanup_family_ _cleanup_(pg_family_free)

/* Waits until the process is stopped, or gone. False if it is neither after `timeout_ms`. */
bool pg_family_await_stopped(const struct process_id *id, double timeout_ms);

#endif
