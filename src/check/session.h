/* What migrations and checks need of their connection. */
#ifndef VELA_CHECK_SESSION_H
#define VELA_CHECK_SESSION_H

#include <libpq-fe.h>

#include "base/error.h"

/*
 * Makes the session as if it had just begun: settings, role, temporary tables, prepared statements and locks of what
 * ran before are gone; the defaults of the role and of the database, `role` among them, are in force. Outside a
 * transaction.
 */
int session_reset(PGconn *connection, struct error **err);

/*
 * pg_query() within `deadline`, a clock_monotonic_ms() or 0. The time limit is a *success* with *ret NULL: the query
 * was cancelled and the connection is usable. A full disk is no answer of the statement's, but an error
 * (ERROR_STORAGE).
 */
int session_query(PGconn *connection, const char *sql, double deadline, PGresult **ret, struct error **err);

/* Leaves a COPY that began (`result` is its PGRES_COPY_…): there is nothing to copy from or to. */
void session_end_copy(PGconn *connection, const PGresult *result);

/* Rolls an open transaction back. */
int session_rollback(PGconn *connection, struct error **err);

#endif
