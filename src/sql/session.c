#include "sql/session.h"

#include <poll.h>

#include "base/clock.h"
#include "pg/connection.h"
#include "pg/wait.h"

enum { COPY_END_TIMEOUT_MS = 3000, ROLLBACK_TIMEOUT_MS = 60000 };

int session_reset(PGconn *connection, struct error **err)
{
	/* In older minor versions DISCARD ALL ends with the login role itself, not with the default of its setting
	 * `role`. */
	static const char *const statements[] = {"DISCARD ALL", "RESET ROLE"};
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		if (pg_execute(connection, statements[i], NULL, err) < 0)
			return error_wrap(err, "cannot reset the session");
	return 0;
}

/* The same statement would do on a disk with room: that says nothing about it. */
int session_refuse_full_disk(PGresult *result, PGresult **ret, struct error **err)
{
	_cleanup_result_ PGresult *owned = result;
	if (string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "53100")) {
		pg_result_error(result, err);
		return error_hint(err, "delete branches, run vela gc, or give the pool more space");
	}
	*ret = TAKE_POINTER(owned);
	return 0;
}

int session_query(PGconn *connection, const char *sql, double deadline, PGresult **ret, struct error **err)
{
	double left = deadline > 0 ? deadline - clock_monotonic_ms() : 0;
	if (deadline > 0 && left < 1) {
		*ret = NULL;
		return 0;
	}
	struct error *error = NULL;
	PGresult *result = NULL;
	if (pg_query(connection, sql, left, &result, &error) == 0)
		return session_refuse_full_disk(result, ret, err);
	if (error->kind != ERROR_INTERRUPTED && PQstatus(connection) == CONNECTION_OK && deadline > 0 &&
	    clock_monotonic_ms() >= deadline) {
		error_free(error);
		*ret = NULL;
		return 0;
	}
	return error_pass(err, error);
}

/* Reads rows away until the server notices that it was cancelled. False if it does not. */
static bool discard_rows(PGconn *connection, double deadline)
{
	for (;;) {
		char *row = NULL;
		int length = PQgetCopyData(connection, &row, 1);
		PQfreemem(row);
		if (length < 0)
			return true;
		if (length == 0 &&
		    (pg_wait_socket(connection, POLLIN, deadline, NULL) <= 0 || !PQconsumeInput(connection)))
			return false;
	}
}

static bool cancel_copy_out(PGconn *connection)
{
	char message[256];
	PGcancel *cancel = PQgetCancel(connection);
	bool sent = cancel && PQcancel(cancel, message, sizeof(message));
	PQfreeCancel(cancel);
	return sent && discard_rows(connection, clock_monotonic_ms() + COPY_END_TIMEOUT_MS);
}

void session_end_copy(PGconn *connection, const PGresult *result)
{
	bool ended = PQresultStatus(result) == PGRES_COPY_IN ? PQputCopyEnd(connection, "there is no input") == 1
							     : cancel_copy_out(connection);
	PGresult *rest;
	while (ended && (rest = PQgetResult(connection)))
		PQclear(rest);
}

int session_rollback(PGconn *connection, struct error **err)
{
	PGTransactionStatusType status = PQtransactionStatus(connection);
	if (status == PQTRANS_IDLE)
		return 0;
	_cleanup_result_ PGresult *result = NULL;
	if (pg_query(connection, "ROLLBACK", ROLLBACK_TIMEOUT_MS, &result, err) < 0)
		return -1;
	return PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : pg_result_error(result, err);
}
