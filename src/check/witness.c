#include "check/witness.h"

#include <inttypes.h>
#include <poll.h>

#include "base/clock.h"
#include "base/template.h"
#include "pg/connection.h"
#include "pg/wait.h"

enum { ANSWER_TIMEOUT_MS = 60000, FLUSH_SINCE = 150000 };

void testimony_free(struct testimony *testimony)
{
	relation_states_free(&testimony->states);
	pg_result_free(&testimony->rows);
	oid_list_free(&testimony->foreign_keys);
	*testimony = (struct testimony){0};
}

static char *prepare_sql(const struct witness *witness)
{
	bool can_flush = PQserverVersion(witness->connection) >= FLUSH_SINCE;
	struct template_value values[] = {
		{"size", "pg_catalog.pg_relation_size(c.oid)"},
		{"definition", "pg_catalog.pg_get_constraintdef(c.oid)"},
		{NULL, NULL},
	};
	struct template_value session_values[] = {
		{"flush", can_flush ? "pg_catalog.pg_stat_force_next_flush()" : "''"},
		{NULL, NULL},
	};
	_cleanup_free_ char *state = template_fill("sql/watch_state.sql", values);
	_cleanup_free_ char *session = template_fill("sql/watch_session.sql", session_values);
	return string_format("PREPARE vela_watch_%u (pg_catalog.oid[], pg_catalog.oid[], pg_catalog.oid) AS %s %s; ",
			     witness->number, state, session);
}

/* All results of one query string: the rows among them, and the first error. */
static int exchange(PGconn *connection, const char *sql, PGresult **ret_rows, PGresult **ret_error, struct error **err)
{
	double deadline = clock_monotonic_ms() + ANSWER_TIMEOUT_MS;
	if (!PQsendQuery(connection, sql))
		return error_set(err, ERROR_POSTGRES, "the connection is lost");
	for (;;) {
		while (PQisBusy(connection)) {
			int ready = pg_wait_socket(connection, POLLIN, deadline, err);
			if (ready < 0)
				return -1;
			if (ready == 0 || !PQconsumeInput(connection))
				return error_set(err, ERROR_POSTGRES, "the connection that migrates does not answer");
		}
		PGresult *result = PQgetResult(connection);
		if (!result)
			break;
		ExecStatusType status = PQresultStatus(result);
		PGresult **place = status == PGRES_TUPLES_OK ? ret_rows : status == PGRES_COMMAND_OK ? NULL : ret_error;
		if (place && !*place)
			*place = result;
		else
			PQclear(result);
	}
	return PQstatus(connection) == CONNECTION_OK ? 0 : error_set(err, ERROR_POSTGRES, "the connection is lost");
}

/* *ret NULL: the server refused. */
static int ask_once(struct witness *witness, const char *execute, PGresult **ret, struct error **err)
{
	_cleanup_free_ char *prepare = witness->prepared ? NULL : prepare_sql(witness);
	_cleanup_free_ char *sql =
		string_format("SAVEPOINT vela_watch; %sEXECUTE vela_watch_%u%s; RELEASE SAVEPOINT vela_watch",
			      prepare ? prepare : "", witness->number, execute);
	_cleanup_result_ PGresult *rows = NULL;
	_cleanup_result_ PGresult *error = NULL;
	if (exchange(witness->connection, sql, &rows, &error, err) < 0)
		return -1;
	if (error) {
		_cleanup_result_ PGresult *unused = NULL;
		_cleanup_result_ PGresult *again = NULL;
		witness->prepared = false;
		witness->number++;
		return exchange(witness->connection, "ROLLBACK TO SAVEPOINT vela_watch; RELEASE SAVEPOINT vela_watch",
				&unused, &again, err);
	}
	witness->prepared = true;
	*ret = TAKE_POINTER(rows);
	return 0;
}

static void read_testimony(struct testimony *testimony)
{
	const PGresult *rows = testimony->rows;
	relation_states_read(rows, &testimony->states);
	for (int row = 0; row < PQntuples(rows); row++) {
		char kind = PQgetvalue(rows, row, 0)[0];
		if (kind == 'f')
			oid_list_add(&testimony->foreign_keys, result_oid(rows, row, 1));
		if (kind == 't') {
			testimony->lock_timeout = !string_equal(PQgetvalue(rows, row, 2), "0");
			testimony->lsn = (uint64_t)result_number(rows, row, 3);
		}
	}
}

bool testimony_counts(const struct testimony *testimony, int row, uint32_t *ret_relation, struct relation_counts *ret)
{
	const PGresult *rows = testimony->rows;
	if (PQgetvalue(rows, row, 0)[0] != 's')
		return false;
	*ret_relation = result_oid(rows, row, 1);
	*ret = (struct relation_counts){
		.scans = result_number(rows, row, 2),
		.read = result_number(rows, row, 3),
		.inserted = result_number(rows, row, 4),
		.updated = result_number(rows, row, 5),
		.deleted = result_number(rows, row, 6),
	};
	return true;
}

int witness_ask(struct witness *witness, const struct oid_list *states, const struct oid_list *counts,
		uint32_t foreign_key, struct testimony *ret, bool *ret_answered, struct error **err)
{
	_cleanup_free_ char *state_list = oid_list_text(states);
	_cleanup_free_ char *count_list = oid_list_text(counts);
	_cleanup_free_ char *execute =
		string_format("('%s', '%s', '%" PRIu32 "')", state_list, count_list, foreign_key);
	_cleanup_result_ PGresult *rows = NULL;
	bool was_prepared = witness->prepared;
	if (ask_once(witness, execute, &rows, err) < 0)
		return -1;
	/* DEALLOCATE ALL, or another role's session: then it has to be prepared again. */
	if (!rows && was_prepared && ask_once(witness, execute, &rows, err) < 0)
		return -1;
	*ret_answered = rows != NULL;
	*ret = (struct testimony){.rows = TAKE_POINTER(rows)};
	if (*ret_answered)
		read_testimony(ret);
	return 0;
}

int witness_lock_timeout(struct witness *witness, bool *ret, struct error **err)
{
	_cleanup_result_ PGresult *rows = NULL;
	_cleanup_result_ PGresult *error = NULL;
	if (exchange(witness->connection, "SHOW lock_timeout", &rows, &error, err) < 0)
		return -1;
	*ret = rows && PQntuples(rows) == 1 && !string_equal(PQgetvalue(rows, 0, 0), "0");
	return 0;
}

int witness_flush_counts(struct witness *witness, struct error **err)
{
	_cleanup_result_ PGresult *rows = NULL;
	_cleanup_result_ PGresult *error = NULL;
	if (PQserverVersion(witness->connection) < FLUSH_SINCE)
		return 0;
	return exchange(witness->connection, "SELECT pg_catalog.pg_stat_force_next_flush()", &rows, &error, err);
}
