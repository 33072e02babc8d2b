/* Queries that can be interrupted, and what comes back from them. */
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "pg/connection.h"
#include "pg/query.h"
#include "pg/wait.h"

static const char DISK_FULL[] = "53100";

enum { CANCEL_TIMEOUT_MS = 3000 };

/* --- cancelling --- */

static void *send_cancel(void *cancel)
{
	char message[256];
	(void)PQcancel(cancel, message, sizeof(message));
	PQfreeCancel(cancel);
	return NULL;
}

/* PQcancel() blocks until the server has taken the request, and a server that hangs never does: hence a thread. */
static bool request_cancel(PGconn *connection, double deadline)
{
	PGcancel *cancel = PQgetCancel(connection);
	pthread_t thread;
	if (!cancel)
		return false;
	if (pthread_create(&thread, NULL, send_cancel, cancel) != 0) {
		PQfreeCancel(cancel);
		return false;
	}
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int left = pg_remaining_ms(deadline);
	until.tv_sec += left / 1000;
	until.tv_nsec += (long)(left % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0)
		return true;
	(void)pthread_detach(thread);
	return false;
}

static bool is_copy(ExecStatusType status)
{
	return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

/* Waits until something came, and sends what is unsent. False when the time is over or the connection lost. */
static bool drain_wait(PGconn *connection, double deadline)
{
	short events = PQflush(connection) > 0 ? POLLIN | POLLOUT : POLLIN;
	struct pollfd fd = {.fd = PQsocket(connection), .events = events};
	return clock_monotonic_ms() < deadline && poll(&fd, 1, pg_remaining_ms(deadline)) != 0 &&
	       PQconsumeInput(connection);
}

static bool drain_copy_out(PGconn *connection, double deadline)
{
	for (;;) {
		char *row = NULL;
		int length = PQgetCopyData(connection, &row, 1);
		PQfreemem(row);
		if (length < 0)
			return true;
		if (length == 0 && !drain_wait(connection, deadline))
			return false;
	}
}

/* Reads away what the cancelled query still sends. */
static bool drain(PGconn *connection, double deadline)
{
	for (;;) {
		while (PQisBusy(connection))
			if (!drain_wait(connection, deadline))
				return false;
		_cleanup_result_ PGresult *result = PQgetResult(connection);
		if (!result)
			return PQstatus(connection) == CONNECTION_OK;
		if (PQresultStatus(result) == PGRES_COPY_OUT ? !drain_copy_out(connection, deadline)
							     : is_copy(PQresultStatus(result)))
			return false;
	}
}

/*
 * Afterwards the connection is either fit for the next query, or broken for good: with a request under way it must not
 * be used, for the request could hit a later query.
 */
static void cancel_query(PGconn *connection)
{
	if (PQstatus(connection) != CONNECTION_OK)
		return;
	double deadline = clock_monotonic_ms() + CANCEL_TIMEOUT_MS;
	if (!request_cancel(connection, deadline) || !drain(connection, deadline)) {
		if (PQsocket(connection) >= 0)
			(void)shutdown(PQsocket(connection), SHUT_RDWR);
	}
}

/* --- one query --- */

struct pg_request pg_request_start(const struct pg_watch *watch)
{
	struct pg_request request = {.watch = watch, .deadline = watch->deadline};
	if (watch->tick)
		request.next_tick = clock_monotonic_ms() + watch->first_ms;
	return request;
}

/* 1 to go on waiting, 0 when it has to end. */
static int keep_watch(struct pg_request *request)
{
	double now = clock_monotonic_ms();
	if (request->deadline > 0 && now >= request->deadline)
		return 0;
	if (request->next_tick > 0 && now >= request->next_tick) {
		if (!request->watch->tick(request->watch->context))
			return 0;
		request->next_tick = clock_monotonic_ms() + request->watch->every_ms;
	}
	return 1;
}

int pg_request_wait(PGconn *connection, short events, struct pg_request *request, struct error **err)
{
	for (;;) { /* first, for the socket may be ready always */
		if (!keep_watch(request))
			return 0;
		double until = request->deadline;
		if (request->next_tick > 0 && (until <= 0 || request->next_tick < until))
			until = request->next_tick;
		int ready = pg_wait_socket(connection, events, until, err);
		if (ready != 0)
			return ready;
	}
}

/* 1 when PQgetResult() will not block, 0 when it has to end, -1. */
static int await_result(PGconn *connection, struct pg_request *request, struct error **err)
{
	for (;;) {
		int unsent = PQflush(connection);
		if ((unsent == 0 && !PQisBusy(connection)) || PQstatus(connection) != CONNECTION_OK)
			return 1; /* a broken connection has its reason for a result */
		int ready = pg_request_wait(connection, unsent > 0 ? POLLIN | POLLOUT : POLLIN, request, err);
		if (ready <= 0)
			return ready;
		(void)PQconsumeInput(connection); /* failing, it breaks the connection */
	}
}

static int connection_lost(const PGconn *connection, const PGresult *result, struct error **err)
{
	const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	_cleanup_free_ char *words = primary ? text_safe(primary) : pg_connection_message(connection);
	bool full = result && string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), DISK_FULL);
	error_set(err, full ? ERROR_STORAGE : ERROR_POSTGRES, "the connection is lost%s%s", *words ? ": " : "", words);
	return full ? error_hint(err, "free space on the disk, or make it larger") : -1;
}

/* Of several results the last, or the first error. NULL after cancelling. */
static int collect_results(PGconn *connection, struct pg_request *request, PGresult **ret, struct error **err)
{
	_cleanup_result_ PGresult *last = NULL;
	for (;;) {
		int ready = await_result(connection, request, err);
		if (ready <= 0) {
			*ret = NULL;
			return ready;
		}
		PGresult *next = PQgetResult(connection);
		if (!next)
			break;
		bool failed = last && PQresultStatus(last) == PGRES_FATAL_ERROR; /* the first error says it */
		if (failed || PQresultStatus(next) == PGRES_SINGLE_TUPLE) {
			PQclear(next);
			continue;
		}
		pg_result_free(&last);
		last = next;
		if (is_copy(PQresultStatus(last)))
			break; /* the caller's to carry on */
	}
	if (PQstatus(connection) != CONNECTION_OK || !last)
		return connection_lost(connection, last, err);
	*ret = TAKE_POINTER(last);
	return 0;
}

int pg_request_end(PGconn *connection, struct pg_request *request, PGresult **ret, struct error **err)
{
	int result = collect_results(connection, request, ret, err);
	if (result < 0 || !*ret)
		cancel_query(connection);
	if (result == 0 && !*ret && PQstatus(connection) != CONNECTION_OK)
		return connection_lost(connection, NULL, err);
	return result;
}

int pg_request_stop(PGconn *connection, int result, PGresult **ret, struct error **err)
{
	cancel_query(connection);
	if (result == 0 && PQstatus(connection) != CONNECTION_OK)
		return connection_lost(connection, NULL, err);
	if (result == 0)
		*ret = NULL;
	return result;
}

/* While we wait nothing may block inside libpq; our callers copy data in its blocking mode. */
static int run_query(PGconn *connection, const char *sql, bool keep_rows, const struct pg_watch *watch, PGresult **ret,
		     struct error **err)
{
	if (interrupt_check(err) < 0)
		return -1;
	struct pg_request request = pg_request_start(watch);
	(void)PQsetnonblocking(connection, 1);
	int result = -1;
	if (!PQsendQuery(connection, sql))
		(void)connection_lost(connection, NULL, err);
	else if (keep_rows || PQsetSingleRowMode(connection))
		result = pg_request_end(connection, &request, ret, err);
	(void)PQsetnonblocking(connection, 0);
	return result;
}

int pg_query_watched(PGconn *connection, const char *sql, const struct pg_watch *watch, PGresult **ret,
		     struct error **err)
{
	return run_query(connection, sql, false, watch, ret, err);
}

int pg_query(PGconn *connection, const char *sql, double timeout_ms, PGresult **ret, struct error **err)
{
	struct pg_watch watch = {.deadline = timeout_ms > 0 ? clock_monotonic_ms() + timeout_ms : 0};
	PGresult *result = NULL;
	if (run_query(connection, sql, true, &watch, &result, err) < 0)
		return -1;
	if (!result)
		return error_set(err, ERROR_POSTGRES, "timed out after %.0f ms", timeout_ms);
	*ret = result;
	return 0;
}

/* --- queries that have to succeed --- */

static int expect_success(PGresult *result, PGresult **ret, struct error **err)
{
	_cleanup_result_ PGresult *owned = result;
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		if (ret)
			*ret = TAKE_POINTER(owned);
		return 0;
	case PGRES_FATAL_ERROR:
	case PGRES_BAD_RESPONSE:
		return pg_result_error(result, err);
	default:
		return error_set(err, ERROR_INTERNAL, "unexpected answer of the server: %s",
				 PQresStatus(PQresultStatus(result)));
	}
}

int pg_execute(PGconn *connection, const char *sql, PGresult **ret, struct error **err)
{
	PGresult *result = NULL;
	if (pg_query(connection, sql, 0, &result, err) < 0)
		return -1;
	return expect_success(result, ret, err);
}

int pg_value(PGconn *connection, const char *sql, char **ret, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(connection, sql, &result, err) < 0)
		return -1;
	if (PQntuples(result) != 1 || PQnfields(result) != 1)
		return error_set(err, ERROR_INTERNAL, "expected one value, got %d rows of %d columns",
				 PQntuples(result), PQnfields(result));
	*ret = PQgetisnull(result, 0, 0) ? NULL : string_copy(PQgetvalue(result, 0, 0));
	return 0;
}

int pg_result_error(const PGresult *result, struct error **err)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	_cleanup_free_ char *message = text_safe(primary ? primary : PQresultErrorMessage(result));
	_cleanup_free_ char *more = detail ? text_safe(detail) : NULL;
	enum error_kind kind = string_equal(state, DISK_FULL) ? ERROR_STORAGE : ERROR_POSTGRES;
	error_set(err, kind, "%s (%s)%s%s", message, state ? state : "no SQLSTATE", more ? ": " : "", more ? more : "");
	if (hint) {
		_cleanup_free_ char *advice = text_safe(hint);
		error_hint(err, "%s", advice);
	}
	return -1;
}
