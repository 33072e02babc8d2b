/* What the files that wait for a query's answer share. Only for src/pg. */
#ifndef VELA_PG_QUERY_H
#define VELA_PG_QUERY_H

#include "pg/connection.h"

/* A query under way. */
struct pg_request {
	const struct pg_watch *watch; /* borrowed */
	double deadline, next_tick;   /* 0: none */
};
struct pg_request pg_request_start(const struct pg_watch *watch);
/* 1 once the socket is ready for one of `events`, 0 when the request has to end, -1 when interrupted or lost. */
int pg_request_wait(PGconn *connection, short events, struct pg_request *request, struct error **err);
/* Waits for the answer; *ret NULL: it was cancelled. */
int pg_request_end(PGconn *connection, struct pg_request *request, PGresult **ret, struct error **err);
/* Cancels it, after pg_request_wait() gave `result`: 0 gives *ret NULL, -1 stays. */
int pg_request_stop(PGconn *connection, int result, PGresult **ret, struct error **err);

#endif
