#include "migration/statement.h"

#include "base/clock.h"
#include "base/text.h"
#include "migration/copy.h"
#include "evidence/hang.h"
#include "migration/ignore.h"

/* From which they are worth telling of, whatever the limits are. */
enum { WORTH_TELLING_MS = 100, WORTH_TELLING_WAL_BYTES = 1 << 20, COMMIT_WORTH_TELLING_MS = 10 };

/* --- the list in the report --- */

char *statement_sql(const char *sql, size_t length)
{
	return text_cut(sql, length, REPORT_SQL_MAX);
}

static struct report_statement *last_entry(struct execution *execution)
{
	return &execution->report.list[execution->report.list_count - 1];
}

static struct report_statement *add_entry(struct execution *execution, char *sql)
{
	struct report_migration *report = &execution->report;
	report->list = memory_resize(report->list, report->list_count + 1, sizeof(*report->list));
	report->list[report->list_count++] = (struct report_statement){
		.sql = sql, .outcome = OUTCOME_FAILED, .rows = -1, .in_transaction = execution->in_block > 0};
	return last_entry(execution);
}

static void drop_entry(struct execution *execution)
{
	report_statement_clear(last_entry(execution));
	execution->report.list_count--;
}

bool statement_has_something_to_tell(const struct report_statement *statement)
{
	bool blocks = false;
	for (size_t i = 0; i < statement->lock_count; i++)
		blocks |= table_locks[statement->locks[i].mode].blocks_writes;
	return blocks || statement->change_count > 0 || statement->ignored_hazard ||
	       statement->outcome == OUTCOME_FAILED || statement->to_ms - statement->from_ms >= WORTH_TELLING_MS ||
	       statement->wal_bytes >= WORTH_TELLING_WAL_BYTES || statement->temp_bytes > 0;
}

/* The list is bounded: beyond that only what has something to tell stays. A lock that is still held is in the watch's
 * book by the statement's place, so such a one stays, too. */
static void trim_list(struct execution *execution)
{
	while (execution->report.list_count > REPORT_STATEMENTS_MAX) {
		const struct report_statement *last = last_entry(execution);
		bool holds = last->lock_count > 0 && PQtransactionStatus(execution->connection) != PQTRANS_IDLE;
		if (holds || statement_has_something_to_tell(last))
			return;
		drop_entry(execution);
	}
}

/* "INSERT 0 5" is INSERT and 5 rows. */
static void read_result(struct report_statement *entry, PGresult *result)
{
	static const char *const counted[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "COPY"};
	const char *tag = PQcmdStatus(result);
	size_t length = strlen(tag);
	while (length > 0 && strchr(" 0123456789", tag[length - 1]))
		length--;
	entry->outcome = OUTCOME_PASSED;
	string_replace(&entry->tag, string_copy_n(tag, length));
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++)
		if (string_equal(entry->tag, counted[i]))
			entry->rows = strtoll(PQcmdTuples(result), NULL, 10);
}

/* --- sending --- */

static bool tick(void *context)
{
	struct execution *execution = context;
	return evidence_tick(execution->evidence, &execution->hang, &execution->tick_error) == 0 && !execution->hang;
}

/* Why a statement was cancelled. -1: the watch itself failed. */
static int explain_cancelled(struct execution *execution, struct error **err)
{
	if (execution->tick_error)
		return error_pass(err, TAKE_POINTER(execution->tick_error));
	size_t start = execution->last.start;
	if (execution->hang) {
		execution->failure = failure_at(&execution->sql, start, false, execution->hang);
		execution->failure->hint = string_copy(hang_hint);
	} else {
		execution->failure = failure_of_time_limit(&execution->sql, start);
	}
	return 0;
}

static bool is_over_time(struct execution *execution)
{
	if (execution->deadline <= 0 || clock_monotonic_ms() < execution->deadline)
		return false;
	execution->failure = failure_of_time_limit(&execution->sql, execution->last.start);
	return true;
}

/* *ret NULL: it was cancelled. */
static int send(struct execution *execution, const char *sql, bool is_watched, bool whole, PGresult **ret,
		struct error **err)
{
	struct pg_watch watch = {
		.deadline = execution->deadline,
		.first_ms = EVIDENCE_TICK_MS,
		.every_ms = EVIDENCE_TICK_MS,
		.tick = is_watched && execution->evidence ? tick : NULL,
		.context = execution,
	};
	_cleanup_result_ PGresult *result = NULL;
	if (pg_query_watched(execution->connection, sql, &watch, &result, err) < 0 ||
	    copy_run(execution, &watch, whole, &result, err) < 0)
		return -1;
	if (!result)
		return execution->failure ? 0 : explain_cancelled(execution, err);
	PGresult *checked = NULL;
	if (session_refuse_full_disk(TAKE_POINTER(result), &checked, err) < 0)
		return -1;
	*ret = checked;
	return 0;
}

/* Sends what the last entry is of, measures it, and fills in what became of it. *ret NULL: it was cancelled, or there
 * was nothing to copy. */
static int measure(struct execution *execution, const char *sql, bool is_watched, bool whole, PGresult **ret,
		   struct error **err)
{
	struct evidence *evidence = is_watched ? execution->evidence : NULL;
	if (evidence && evidence_statement_begin(evidence, err) < 0)
		return -1;
	double from = evidence_now(execution->evidence);
	_cleanup_result_ PGresult *result = NULL;
	if (send(execution, sql, is_watched, whole, &result, err) < 0)
		return -1;
	struct report_statement *entry = last_entry(execution);
	entry->from_ms = from;
	entry->to_ms = evidence_now(execution->evidence);
	ExecStatusType status = PQresultStatus(result);
	if (result && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY))
		read_result(entry, result);
	if (evidence && evidence_statement_end(evidence, &execution->report, execution->report.list_count - 1, err) < 0)
		return -1;
	*ret = TAKE_POINTER(result);
	return 0;
}

int statement_run_own(struct execution *execution, const char *sql, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (session_query(execution->connection, sql, execution->deadline, &result, err) < 0)
		return -1;
	if (!result)
		execution->failure = failure_of_time_limit(&execution->sql, execution->last.start);
	else if (PQresultStatus(result) == PGRES_FATAL_ERROR)
		execution->failure = failure_of_result(result, &execution->sql, &execution->last);
	return 0;
}

static int end_transaction(struct execution *execution, struct error **err)
{
	execution->in_block = 0;
	execution->began_block = false;
	return execution->evidence ? evidence_transaction_end(execution->evidence, &execution->report, err) : 0;
}

int statement_rollback(struct execution *execution, struct error **err)
{
	if (PQtransactionStatus(execution->connection) == PQTRANS_IDLE)
		return 0;
	if (session_rollback(execution->connection, err) < 0)
		return -1;
	return end_transaction(execution, err);
}

/* --- statements of the file --- */

/* The server refuses this within a transaction: nobody else's business if the transaction is ours. */
static bool is_refused_in_transaction(const PGresult *result)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	return string_equal(state, "25001") || string_equal(state, "2D000");
}

/* An error is the migration's failure, unless it has one already. */
static void keep_refusal(struct execution *execution, PGresult **result)
{
	if (!*result || PQresultStatus(*result) != PGRES_FATAL_ERROR || execution->failure)
		return;
	execution->failure = failure_of_result(*result, &execution->sql, &execution->last);
	execution->refusal = TAKE_POINTER(*result);
}

static void add_statement(struct execution *execution, enum statement_how how)
{
	const struct sql_statement *last = &execution->last;
	struct report_statement *entry =
		add_entry(execution, statement_sql(execution->sql.text + last->start, last->length));
	entry->line = last->line;
	entry->column = last->column;
	entry->is_commit = how == STATEMENT_COMMIT;
	ignore_read(&execution->sql, execution->last_end, last->start, entry);
}

/* In a transaction of our own, or, with *ret_refused, in none afterwards. */
static int run_wrapped(struct execution *execution, const char *sql, bool whole, bool *ret_refused, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	*ret_refused = false;
	if (statement_run_own(execution, "BEGIN", err) < 0)
		return -1;
	if (execution->failure)
		return 0;
	if (measure(execution, sql, true, whole, &result, err) < 0)
		return -1;
	if (is_refused_in_transaction(result)) {
		*ret_refused = true;
		report_failure_free(TAKE_POINTER(execution->failure));
		return statement_rollback(execution, err);
	}
	keep_refusal(execution, &result);
	if (execution->failure)
		return statement_rollback(execution, err);
	return PQtransactionStatus(execution->connection) == PQTRANS_IDLE ? end_transaction(execution, err)
									  : statement_commit(execution, true, err);
}

static int run_bare(struct execution *execution, const char *sql, enum statement_how how, bool whole,
		    struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	bool is_plain = how == STATEMENT_PLAIN || how == STATEMENT_BEGIN;
	if (measure(execution, sql, !is_plain, whole, &result, err) < 0)
		return -1;
	keep_refusal(execution, &result);
	PGTransactionStatusType status = PQtransactionStatus(execution->connection);
	bool ended = status == PQTRANS_IDLE || (how == STATEMENT_COMMIT && !execution->failure);
	if (!is_plain && ended)
		return end_transaction(execution, err);
	if (!is_plain)
		execution->in_block++;
	return 0;
}

int statement_run(struct execution *execution, enum statement_how how, bool whole, struct error **err)
{
	if (is_over_time(execution))
		return 0;
	const struct sql_statement *last = &execution->last;
	_cleanup_free_ char *sql = string_copy_n(execution->sql.text + last->start, last->length);
	bool outside = PQtransactionStatus(execution->connection) == PQTRANS_IDLE;
	execution->report.statements++;
	add_statement(execution, how);
	bool refused = false;
	int result = 0;
	if (outside && how == STATEMENT_WRAPPED)
		result = run_wrapped(execution, sql, whole, &refused, err);
	if (refused) {
		drop_entry(execution);
		add_statement(execution, how);
	}
	if (result == 0 && (refused || !outside || how != STATEMENT_WRAPPED))
		result = run_bare(execution, sql, how, whole, err);
	if (result < 0)
		return error_wrap(err, "line %d", last->line);
	if (how == STATEMENT_BEGIN && outside)
		execution->began_block = PQtransactionStatus(execution->connection) == PQTRANS_INTRANS;
	trim_list(execution);
	return 0;
}

static void explain_commit(struct report_failure *failure)
{
	const char *context = failure->context ? failure->context : "";
	string_replace(
		&failure->context,
		string_format("at the COMMIT after the last statement, where deferred constraints are checked%s%s",
			      *context ? "\n" : "", context));
}

int statement_commit(struct execution *execution, bool is_wrap, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	execution->in_block += is_wrap;
	add_entry(execution, string_copy("COMMIT"))->is_commit = true;
	if (measure(execution, "COMMIT", true, false, &result, err) < 0)
		return -1;
	keep_refusal(execution, &result);
	if (execution->failure)
		explain_commit(execution->failure);
	if (end_transaction(execution, err) < 0)
		return -1;
	const struct report_statement *entry = last_entry(execution);
	bool is_short = entry->to_ms - entry->from_ms < COMMIT_WORTH_TELLING_MS;
	if (is_wrap && is_short && !statement_has_something_to_tell(entry))
		drop_entry(execution);
	return 0;
}
