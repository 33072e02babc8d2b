#include "migration/apply.h"

#include "base/clock.h"
#include "base/text.h"
#include "migration/rows.h"
#include "migration/statement.h"

static void explain_refused(struct execution *execution)
{
	struct report_failure *failure = execution->failure;
	bool in_transaction = PQtransactionStatus(execution->connection) == PQTRANS_INERROR;
	if (string_equal(failure->sqlstate, "25001") && !failure->hint && in_transaction)
		failure->hint = string_copy(
			"each file runs in a transaction; put what cannot into a file of its own that begins "
			"with COMMIT; what follows it there runs outside a transaction");
}

static int run_statement(struct execution *execution, const struct sql_statement *statement, bool whole,
			 enum statement_how how, struct error **err)
{
	execution->last = *statement;
	if (statement->meta_command != SQL_NO_OFFSET) {
		execution->failure = failure_of_meta_command(&execution->sql, statement, "this migration");
		return 0;
	}
	if (sql_scanner_crosses_data(&execution->scanner, statement)) {
		execution->failure = failure_at(&execution->sql, statement->start, true,
						"a statement that begins on the line of a COPY … FROM STDIN has to "
						"end on it");
		return 0;
	}
	if (statement_run(execution, how, whole, err) < 0)
		return -1;
	if (execution->failure)
		explain_refused(execution);
	execution->last_end = statement->start + statement->length;
	return 0;
}

/* A piece that is sent as one statement. If it ends transactions by itself, none is put around it. */
static int run_whole(struct execution *execution, size_t end, struct error **err)
{
	struct sql_scanner *scanner = &execution->scanner;
	struct sql_statement first, next;
	if (!sql_scanner_next(scanner, &first))
		return 0;
	enum statement_how how = statement_how(execution->sql.text, &first);
	bool single = true;
	while (sql_scanner_next(scanner, &next)) {
		enum statement_how other = statement_how(execution->sql.text, &next);
		bool is_control = other == STATEMENT_BEGIN || other == STATEMENT_COMMIT || other == STATEMENT_ROLLBACK;
		if (single || is_control)
			how = is_control || how != STATEMENT_WRAPPED ? STATEMENT_BARE : STATEMENT_WRAPPED;
		single = false;
	}
	while (end > first.start && strchr(" \t\r\n\f\v", execution->sql.text[end - 1]))
		end--;
	first.length = end - first.start;
	first.meta_command = SQL_NO_OFFSET;
	return run_statement(execution, &first, true, how, err);
}

static int run_segment(struct execution *execution, const struct migration_segment *segment, struct error **err)
{
	struct sql_scanner *scanner = &execution->scanner;
	size_t end = segment->start + segment->length;
	scanner->length = end;
	if (scanner->position < segment->start)
		scanner->position = segment->start;
	if (execution->last_end < segment->start)
		execution->last_end = segment->start;
	if (segment->whole)
		return run_whole(execution, end, err);
	struct sql_statement statement;
	while (!execution->failure && sql_scanner_next(scanner, &statement))
		if (run_statement(execution, &statement, false, statement_how(execution->sql.text, &statement), err) <
		    0)
			return -1;
	return 0;
}

/* What the tool does beside the file. The file has no place for what goes wrong there. */
static int run_bookkeeping(struct execution *execution, const char *sql, struct error **err)
{
	if (!sql || execution->failure)
		return 0;
	if (statement_run_own(execution, sql, err) < 0)
		return -1;
	struct report_failure *failure = execution->failure;
	if (!failure)
		return 0;
	failure->line = failure->column = 0;
	failure->has_caret = false;
	string_replace(&failure->source_line, NULL);
	_cleanup_free_ char *context = TAKE_POINTER(failure->context);
	failure->context = string_format("when the migration was recorded as applied: %s%s%s", sql, context ? "\n" : "",
					 context ? context : "");
	return 0;
}

/* After the last statement: the version is recorded, and what is open ends as it would under psql. */
static int finish(struct execution *execution, struct error **err)
{
	bool is_one = execution->script->transaction == TRANSACTION_FILE;
	bool is_open = PQtransactionStatus(execution->connection) != PQTRANS_IDLE;
	execution->report.left_open = is_open && execution->began_block;
	if (is_open && !is_one && statement_rollback(execution, err) < 0)
		return -1;
	if (run_bookkeeping(execution, execution->script->record_sql, err) < 0)
		return -1;
	if (!execution->failure && PQtransactionStatus(execution->connection) != PQTRANS_IDLE)
		return statement_commit(execution, false, err);
	return 0;
}

static int run_script(struct execution *execution, struct error **err)
{
	const struct migration_script *script = execution->script;
	if (session_reset(execution->connection, err) < 0 || run_bookkeeping(execution, script->before_sql, err) < 0)
		return -1;
	if (!execution->failure && script->transaction == TRANSACTION_FILE &&
	    statement_run_own(execution, "BEGIN", err) < 0)
		return -1;
	for (size_t i = 0; i < script->segment_count && !execution->failure; i++)
		if (run_segment(execution, &script->segments[i], err) < 0)
			return -1;
	if (!execution->failure && finish(execution, err) < 0)
		return -1;
	if (statement_rollback(execution, err) < 0)
		return -1;
	return execution->failure && execution->refusal ? rows_explain(execution, err) : 0;
}

static void execution_clear(struct execution *execution)
{
	session_notices_detach(execution->connection);
	if (execution->evidence)
		evidence_watch_notices(execution->evidence, NULL);
	buffer_free(&execution->notices.output);
	report_migration_clear(&execution->report);
	report_failure_free(execution->failure);
	pg_result_free(&execution->refusal);
	free(execution->hang);
	error_free(execution->tick_error);
}

int migration_apply(PGconn *connection, const struct migration_script *script, struct evidence *evidence,
		    double deadline, struct report_migration *ret, struct error **err)
{
	double start = clock_monotonic_ms();
	_cleanup_(execution_clear) struct execution execution = {
		.connection = connection,
		.evidence = evidence,
		.script = script,
		.deadline = deadline,
		.sql = {buffer_text(&script->text), script->text.length},
	};
	sql_scanner_init(&execution.scanner, execution.sql.text, execution.sql.length);
	session_notices_attach(connection, &execution.notices);
	if (evidence)
		evidence_watch_notices(evidence, &execution.notices);
	if (run_script(&execution, err) < 0) {
		_cleanup_free_ char *shown = text_safe(script->file);
		return error_wrap(err, "cannot apply %s", shown);
	}
	struct report_migration *report = &execution.report;
	report->file = string_copy(script->file);
	report->version = string_copy(script->version);
	report->output = session_notices_take(&execution.notices);
	report->failure = TAKE_POINTER(execution.failure);
	report->outcome = report->failure ? OUTCOME_FAILED : OUTCOME_PASSED;
	report->milliseconds = clock_monotonic_ms() - start;
	report_migration_clear(ret);
	*ret = *report;
	*report = (struct report_migration){0};
	return 0;
}
