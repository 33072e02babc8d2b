/* The data of COPY, in and out. */
#include <poll.h>

#include "base/interrupt.h"
#include "pg/query.h"

enum { CHUNK = 256 << 10 };

/* Sends what libpq holds, so that it never holds more than a chunk. 1, or as pg_request_wait(). */
static int flush_data(PGconn *connection, struct pg_request *request, struct error **err)
{
	while (PQflush(connection) > 0) {
		int ready = pg_request_wait(connection, POLLIN | POLLOUT, request, err);
		if (ready <= 0)
			return ready;
		(void)PQconsumeInput(connection); /* failing, it breaks the connection */
	}
	return 1;
}

/* As flush_data(). A connection that breaks has its reason for a result. */
static int send_data(PGconn *connection, const char *data, size_t length, struct pg_request *request,
		     struct error **err)
{
	for (size_t sent = 0; sent < length && PQstatus(connection) == CONNECTION_OK;) {
		size_t size = length - sent < CHUNK ? length - sent : CHUNK;
		if (PQputCopyData(connection, data + sent, (int)size) < 0)
			return 1;
		sent += size;
		int ready = flush_data(connection, request, err);
		if (ready <= 0)
			return ready;
		if (interrupt_check(err) < 0)
			return -1;
	}
	(void)PQputCopyEnd(connection, NULL);
	return 1;
}

/* Leaves the state of copying, in which a connection cannot be drained. */
static void give_up_copy_in(PGconn *connection)
{
	(void)PQputCopyEnd(connection, "cancelled");
}

int pg_copy_in(PGconn *connection, const char *data, size_t length, const struct pg_watch *watch, PGresult **ret,
	       struct error **err)
{
	struct pg_request request = pg_request_start(watch);
	(void)PQsetnonblocking(connection, 1);
	int ready = send_data(connection, data, length, &request, err);
	int result;
	if (ready > 0) {
		result = pg_request_end(connection, &request, ret, err);
	} else {
		give_up_copy_in(connection);
		result = pg_request_stop(connection, ready, ret, err);
	}
	(void)PQsetnonblocking(connection, 0);
	return result;
}

/* 1 at the end of the data, else as pg_request_wait(). */
static int take_data(PGconn *connection, pg_copy_take *take, void *context, struct pg_request *request,
		     struct error **err)
{
	for (;;) {
		char *row = NULL;
		int length = PQgetCopyData(connection, &row, 1);
		if (length > 0 && take)
			take(context, row, (size_t)length);
		PQfreemem(row);
		if (length < 0)
			return 1;
		if (length > 0)
			continue;
		int ready = pg_request_wait(connection, POLLIN, request, err);
		if (ready <= 0)
			return ready;
		if (!PQconsumeInput(connection))
			return 1;
	}
}

int pg_copy_out(PGconn *connection, pg_copy_take *take, void *context, const struct pg_watch *watch, PGresult **ret,
		struct error **err)
{
	struct pg_request request = pg_request_start(watch);
	(void)PQsetnonblocking(connection, 1);
	int ready = take_data(connection, take, context, &request, err);
	int result = ready > 0 ? pg_request_end(connection, &request, ret, err)
			       : pg_request_stop(connection, ready, ret, err);
	(void)PQsetnonblocking(connection, 0);
	return result;
}
