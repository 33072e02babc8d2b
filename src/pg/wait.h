/* The one place where a connection's socket is waited for. */
#ifndef VELA_PG_WAIT_H
#define VELA_PG_WAIT_H

#include <libpq-fe.h>

#include "base/error.h"

/* Milliseconds for poll() until `deadline` on the monotonic clock; deadline 0 is none (-1). */
int pg_remaining_ms(double deadline);
/* 1 once the socket is ready for one of `events` (as for poll), 0 at the deadline, -1 when interrupted or lost. */
int pg_wait_socket(const PGconn *connection, short events, double deadline, struct error **err);
/* libpq's message on one line, without its advice; owned. */
char *pg_connection_message(const PGconn *connection);

#endif
