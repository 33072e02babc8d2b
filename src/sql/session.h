/* What migrations and checks need of their connection. */
#ifndef VELA_SQL_SESSION_H
#define VELA_SQL_SESSION_H

#include <libpq-fe.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * For pg_target.options: the server tells the session itself of the temporary files that its statements leave. Files
 * cannot see it, but by SHOW; one that sets it otherwise keeps that to itself.
 */
#define SESSION_OPTIONS "-c client_min_messages=log"

/* What the server says while statements run. */
struct session_notices {
	uint64_t temp_bytes;  /* of temporary files that statements wrote, since the start */
	struct buffer output; /* notices and warnings as psql shows them, COPY TO STDOUT's rows: the end of all that */
};
enum { SESSION_OUTPUT_MAX = 16 << 10 };

/* From now on the connection's notices go there; `notices` has to live until _detach(), which drops what comes later.
 */
void session_notices_attach(PGconn *connection, struct session_notices *notices);
void session_notices_detach(PGconn *connection);
void session_notices_add(struct session_notices *notices, const char *text, size_t length); /* to the output */
char *session_notices_take(struct session_notices *notices); /* the output, bounded; owned, NULL: none */

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

/* A full disk says nothing about the statement: then the result is freed and -1, ERROR_STORAGE. */
int session_refuse_full_disk(PGresult *result, PGresult **ret, struct error **err);

/* Leaves a COPY that began (`result` is its PGRES_COPY_…): there is nothing to copy from or to. */
void session_end_copy(PGconn *connection, const PGresult *result);

/* Rolls an open transaction back. */
int session_rollback(PGconn *connection, struct error **err);

#endif
