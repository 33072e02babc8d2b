#include "evidence/witness.h"

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
	pg_result_free(&testimony->counts);
	oid_list_free(&testimony->foreign_keys);
	*testimony = (struct testimony){0};
}

bool witness_can_flush(const struct witness *witness)
{
	return PQserverVersion(witness->connection) >= FLUSH_SINCE;
}

/* Two queries: the small one after every statement, the large one before it where definitions may have changed. */
static char *prepare_sql(const struct witness *witness)
{
	struct template_value values[] = {
		{"size", "pg_catalog.pg_relation_size(c.oid)"},
		{"definition", "pg_catalog.pg_get_constraintdef(c.oid)"},
		{NULL, NULL},
	};
	struct template_value session_values[] = {
		{"flush", witness_can_flush(witness) ? "pg_catalog.pg_stat_force_next_flush()" : "''"},
		{NULL, NULL},
	};
	_cleanup_free_ char *state = template_fill("sql/watch_state.sql", values);
	_cleanup_free_ char *session = template_fill("sql/watch_session.sql", session_values);
	return string_format("PREPARE vela_states_%u (pg_catalog.oid[], pg_catalog.oid) AS %s %s; "
			     "PREPARE vela_counts_%u (pg_catalog.oid[]) AS %s; ",
			     witness->number, state, template_text("sql/watch_foreign_keys.sql"), witness->number,
			     session);
}

struct answer {
	PGresult *rows[2]; /* of the first queries that gave some */
	size_t count;
	PGresult *error; /* the first */
};

static void answer_free(struct answer *answer)
{
	pg_result_free(&answer->rows[0]);
	pg_result_free(&answer->rows[1]);
	pg_result_free(&answer->error);
}
#define _cleanup_answer_ _cleanup_(answer_free)

static void take_result(struct answer *answer, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	if (status == PGRES_TUPLES_OK && answer->count < ARRAY_SIZE(answer->rows))
		answer->rows[answer->count++] = result;
	else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && !answer->error)
		answer->error = result;
	else
		PQclear(result);
}

/* All results of one query string. */
static int exchange(PGconn *connection, const char *sql, struct answer *ret, struct error **err)
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
		take_result(ret, result);
	}
	return PQstatus(connection) == CONNECTION_OK ? 0 : error_set(err, ERROR_POSTGRES, "the connection is lost");
}

static const char enter[] = "SAVEPOINT vela_watch; SET LOCAL statement_timeout = 0; ";
static const char leave[] = "ROLLBACK TO SAVEPOINT vela_watch; RELEASE SAVEPOINT vela_watch";

static int send_question(const struct witness *witness, const char *execute, struct answer *ret, struct error **err)
{
	_cleanup_free_ char *prepare = witness->prepared ? NULL : prepare_sql(witness);
	/* The time that parsing a long text takes would count for the file's own time limit. */
	if (prepare && (exchange(witness->connection, enter, ret, err) < 0 || ret->error))
		return ret->error ? 0 : -1;
	_cleanup_free_ char *sql =
		string_format("%sSET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off; "
			      "SET LOCAL max_parallel_workers_per_gather = 0; %s%s%s",
			      prepare ? "" : enter, prepare ? prepare : "", execute, leave);
	return exchange(witness->connection, sql, ret, err);
}

/* answer->error: the server refused. Either way nothing is left, not even the settings. */
static int ask_once(struct witness *witness, const char *execute, struct answer *ret, struct error **err)
{
	if (send_question(witness, execute, ret, err) < 0)
		return -1;
	witness->prepared = !ret->error;
	if (!ret->error)
		return 0;
	_cleanup_answer_ struct answer unused = {0};
	witness->number++;
	if (exchange(witness->connection, leave, &unused, err) < 0)
		return -1;
	if (PQtransactionStatus(witness->connection) == PQTRANS_INTRANS)
		return 0;
	error_set(err, ERROR_POSTGRES, "looking at what a statement did has ended its transaction: %s",
		  PQresultErrorField(ret->error, PG_DIAG_MESSAGE_PRIMARY));
	return error_hint(err,
			  "the migration's settings, such as a very short statement_timeout, leave no time for it");
}

static void read_counts(struct testimony *testimony, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++)
		if (PQgetvalue(rows, row, 0)[0] == 't') {
			testimony->lock_timeout = !string_equal(PQgetvalue(rows, row, 2), "0");
			testimony->lsn = (uint64_t)result_number(rows, row, 3);
		}
}

static void read_states(struct testimony *testimony, const PGresult *rows)
{
	relation_states_read(rows, &testimony->states);
	for (int row = 0; row < PQntuples(rows); row++)
		if (PQgetvalue(rows, row, 0)[0] == 'f')
			oid_list_add(&testimony->foreign_keys, result_oid(rows, row, 1));
}

void testimony_read(const PGresult *states, PGresult *counts, struct testimony *ret)
{
	*ret = (struct testimony){.counts = counts};
	if (states)
		read_states(ret, states);
	read_counts(ret, counts);
}

bool testimony_counts(const struct testimony *testimony, int row, uint32_t *ret_relation, struct relation_counts *ret)
{
	const PGresult *rows = testimony->counts;
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

static char *questions(const struct witness *witness, const struct oid_list *states, const struct oid_list *counts,
		       uint32_t foreign_key)
{
	_cleanup_free_ char *count_list = oid_list_text(counts);
	if (!states)
		return string_format("EXECUTE vela_counts_%u ('%s'); ", witness->number, count_list);
	_cleanup_free_ char *state_list = oid_list_text(states);
	return string_format("EXECUTE vela_states_%u ('%s', '%" PRIu32 "'); EXECUTE vela_counts_%u ('%s'); ",
			     witness->number, state_list, foreign_key, witness->number, count_list);
}

int witness_ask(struct witness *witness, const struct oid_list *states, const struct oid_list *counts,
		uint32_t foreign_key, struct testimony *ret, bool *ret_answered, struct error **err)
{
	bool was_prepared = witness->prepared;
	for (int attempt = 0; attempt < 2; attempt++) {
		_cleanup_answer_ struct answer answer = {0};
		_cleanup_free_ char *execute = questions(witness, states, counts, foreign_key);
		if (ask_once(witness, execute, &answer, err) < 0)
			return -1;
		*ret_answered = !answer.error && answer.count == (states ? 2 : 1);
		if (*ret_answered) {
			testimony_read(states ? answer.rows[0] : NULL, TAKE_POINTER(answer.rows[answer.count - 1]),
				       ret);
			return 0;
		}
		/* After DEALLOCATE ALL it has to be prepared again. */
		if (!was_prepared)
			return 0;
	}
	return 0;
}

int witness_lock_timeout(struct witness *witness, bool *ret, struct error **err)
{
	_cleanup_answer_ struct answer answer = {0};
	if (exchange(witness->connection, "SHOW lock_timeout", &answer, err) < 0)
		return -1;
	*ret = answer.count == 1 && PQntuples(answer.rows[0]) == 1 &&
	       !string_equal(PQgetvalue(answer.rows[0], 0, 0), "0");
	return 0;
}

int witness_flush_counts(struct witness *witness, struct error **err)
{
	_cleanup_answer_ struct answer unused = {0};
	if (!witness_can_flush(witness))
		return 0;
	return exchange(witness->connection, "SELECT pg_catalog.pg_stat_force_next_flush()", &unused, err);
}
