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

/* Reads away what the cancelled query still sends. */
static bool drain(PGconn *connection, double deadline)
{
	for (;;) {
		while (PQisBusy(connection)) {
			struct pollfd fd = {.fd = PQsocket(connection), .events = POLLIN};
			if (poll(&fd, 1, pg_remaining_ms(deadline)) == 0 || !PQconsumeInput(connection))
				return false;
		}
		_cleanup_result_ PGresult *result = PQgetResult(connection);
		if (!result)
			return PQstatus(connection) == CONNECTION_OK;
		if (is_copy(PQresultStatus(result)))
			return false;
	}
}

/*
 * Afterwards the connection is either fit for the next query, or broken for good: with a request under way it must not
 * be used, for the request could hit a later query.
 */
static void cancel_query(PGconn *connection)
{
	double deadline = clock_monotonic_ms() + CANCEL_TIMEOUT_MS;
	if (!request_cancel(connection, deadline) || !drain(connection, deadline)) {
		if (PQsocket(connection) >= 0)
			(void)shutdown(PQsocket(connection), SHUT_RDWR);
	}
}

/* --- one query --- */

/* 1 when PQgetResult() will not block, 0 at the deadline, -1. */
static int await_result(PGconn *connection, double deadline, struct error **err)
{
	for (;;) {
		int unsent = PQflush(connection);
		if ((unsent == 0 && !PQisBusy(connection)) || PQstatus(connection) != CONNECTION_OK)
			return 1; /* a broken connection has its reason for a result */
		int ready = pg_wait_socket(connection, unsent > 0 ? POLLIN | POLLOUT : POLLIN, deadline, err);
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

static int timed_out(double timeout_ms, struct error **err)
{
	return error_set(err, ERROR_POSTGRES, "timed out after %.0f ms", timeout_ms);
}

static int collect_results(PGconn *connection, double timeout_ms, PGresult **ret, struct error **err)
{
	double deadline = timeout_ms > 0 ? clock_monotonic_ms() + timeout_ms : 0;
	_cleanup_result_ PGresult *last = NULL;
	for (;;) {
		int ready = await_result(connection, deadline, err);
		if (ready <= 0) {
			if (PQstatus(connection) == CONNECTION_OK)
				cancel_query(connection);
			return ready < 0 ? -1 : timed_out(timeout_ms, err);
		}
		PGresult *next = PQgetResult(connection);
		if (!next)
			break;
		if (PQresultStatus(last) == PGRES_FATAL_ERROR && last) { /* the first error says it */
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

/* While we wait nothing may block inside libpq; our callers copy data in its blocking mode. */
int pg_query(PGconn *connection, const char *sql, double timeout_ms, PGresult **ret, struct error **err)
{
	if (interrupt_check(err) < 0)
		return -1;
	(void)PQsetnonblocking(connection, 1);
	int result = PQsendQuery(connection, sql) ? collect_results(connection, timeout_ms, ret, err)
						  : connection_lost(connection, NULL, err);
	(void)PQsetnonblocking(connection, 0);
	return result;
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
