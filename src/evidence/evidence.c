#include "evidence/evidence.h"

#include "base/clock.h"
#include "sql/session.h"
#include "evidence/watch.h"
#include "pg/connection.h"

double evidence_now(const struct evidence *evidence)
{
	return clock_monotonic_ms() - (evidence ? evidence->report->started : 0);
}

void watch_blind(struct evidence *evidence, const char *sentence)
{
	struct string_list *blind = &evidence->report->blind;
	for (size_t i = 0; i < blind->count; i++)
		if (string_equal(blind->items[i], sentence))
			return;
	string_list_add(blind, sentence);
}

/* --- the run --- */

static int read_beginning(struct evidence *evidence, struct error **err)
{
	struct moment moment;
	if (observer_prepare(evidence->observer, err) < 0 ||
	    observer_registry(evidence->observer, &evidence->registry, err) < 0 ||
	    observer_newest_foreign_key(evidence->observer, &evidence->foreign_key_begin, err) < 0 ||
	    observer_database_size(evidence->observer, &evidence->size_begin, err) < 0 ||
	    observer_checkpoint(evidence->observer, err) < 0 || observer_moment(evidence->observer, &moment, err) < 0)
		return error_wrap(err, "cannot watch the migrations");
	evidence->foreign_key_newest = evidence->foreign_key_begin;
	evidence->lsn_begin = evidence->lsn = moment.lsn;
	evidence->begin_transaction = moment.transaction;
	return 0;
}

int evidence_begin(PGconn *observer, struct report *report, struct evidence **ret, struct error **err)
{
	struct evidence *evidence = memory_allocate(sizeof(*evidence));
	*evidence = (struct evidence){.observer = observer, .report = report, .first_statement = SIZE_MAX};
	if (read_beginning(evidence, err) < 0) {
		evidence_free(evidence);
		return -1;
	}
	report->started = clock_monotonic_ms();
	*ret = evidence;
	return 0;
}

static int finish(struct evidence *evidence, struct error **err)
{
	struct report *report = evidence->report;
	struct moment moment;
	if (observer_moment(evidence->observer, &moment, err) < 0 || watch_foreign_keys(evidence, err) < 0 ||
	    watch_invalid_indexes(evidence, err) < 0)
		return -1;
	for (size_t i = 0; i < evidence->ledger.count; i++) {
		struct ledger_relation *entry = &evidence->ledger.relations[i];
		const struct relation *relation = registry_find(&evidence->registry, entry->oid);
		entry->record.bytes = relation->bytes;
		entry->record.rows = relation->rows;
	}
	ledger_finish(&evidence->ledger, &report->relations, &report->relation_count);
	report->wal_bytes = moment.lsn - evidence->lsn_begin;
	report->peak_bytes = evidence->peak_bytes;
	report->has_evidence = true;
	if (evidence->others_write)
		watch_blind(evidence, "how much of the WAL is the migrations' own: other sessions wrote meanwhile");
	return 0;
}

int evidence_end(struct evidence *evidence, struct error **err)
{
	if (!evidence)
		return 0;
	int result = finish(evidence, err);
	evidence_free(evidence);
	return result;
}

void evidence_free(struct evidence *evidence)
{
	if (!evidence)
		return;
	registry_free(&evidence->registry);
	ledger_free(&evidence->ledger);
	oid_list_free(&evidence->touched);
	pg_result_free(&evidence->statistics);
	free(evidence->outside_role);
	free(evidence->foreign_keys);
	free(evidence->samples);
	free(evidence->holds);
	free(evidence);
}

/* --- a migration --- */

int evidence_migration_begin(struct evidence *evidence, PGconn *connection, size_t migration, struct error **err)
{
	evidence->witness = (struct witness){.connection = connection, .number = evidence->witness.number + 1};
	evidence->pid = PQbackendPID(connection);
	evidence->migration = migration;
	evidence->notices = NULL;
	evidence->lock_timeout = false;
	evidence->first_statement = SIZE_MAX;
	if (PQtransactionStatus(connection) != PQTRANS_IDLE)
		return 0;
	return witness_flush_counts(&evidence->witness, err);
}

void evidence_watch_notices(struct evidence *evidence, const struct session_notices *notices)
{
	evidence->notices = notices;
}

/* Of those that were there when the watch began. */
static uint32_t newest_relation(const struct evidence *evidence)
{
	const struct registry *registry = &evidence->registry;
	return registry->count ? registry->items[registry->count - 1].oid : 0;
}

static bool in_transaction(const struct evidence *evidence)
{
	PGTransactionStatusType status = PQtransactionStatus(evidence->witness.connection);
	return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

int evidence_statement_begin(struct evidence *evidence, struct error **err)
{
	evidence->temp_bytes = evidence->notices ? evidence->notices->temp_bytes : 0;
	evidence->began_in_transaction = in_transaction(evidence);
	evidence->last_look = evidence_now(evidence);
	evidence->next_slow_tick = evidence->last_look + WATCH_SLOW_TICK_MS;
	evidence->hang = (struct hang){0};
	evidence->sample_count = 0;
	if (evidence->began_in_transaction)
		return 0;
	struct moment moment;
	if (observer_moment(evidence->observer, &moment, err) < 0)
		return -1;
	evidence->lsn = moment.lsn;
	evidence->begin_transaction = moment.transaction;
	return 0;
}

int watch_peak(struct evidence *evidence, const struct report_statement *statement, struct error **err)
{
	bool notable = statement->wal_bytes >= WATCH_NOTABLE_BYTES || statement->temp_bytes >= WATCH_NOTABLE_BYTES;
	for (size_t i = 0; i < statement->change_count && !notable; i++)
		notable = !change_is_lasting(statement->changes[i].kind) &&
			  statement->changes[i].bytes >= WATCH_NOTABLE_BYTES;
	uint64_t size;
	if (!notable)
		return 0;
	if (observer_database_size(evidence->observer, &size, err) < 0)
		return -1;
	uint64_t used = size + statement->temp_bytes;
	if (used > evidence->size_begin && used - evidence->size_begin > evidence->peak_bytes)
		evidence->peak_bytes = used - evidence->size_begin;
	return 0;
}

/* What the state of the connection allows to be seen. */
static int see(struct evidence *evidence, struct report_migration *migration, size_t statement, const struct look *look,
	       struct error **err)
{
	PGTransactionStatusType status = PQtransactionStatus(evidence->witness.connection);
	if (evidence->began_in_transaction || status != PQTRANS_IDLE) {
		watch_sampled(evidence, migration, statement);
		return status == PQTRANS_INTRANS ? watch_transaction(evidence, migration, statement, look, err) : 0;
	}
	if (watch_committed(evidence, migration, statement, err) < 0 ||
	    witness_lock_timeout(&evidence->witness, &evidence->lock_timeout, err) < 0)
		return -1;
	return witness_flush_counts(&evidence->witness, err);
}

int evidence_statement_end(struct evidence *evidence, struct report_migration *migration, size_t statement,
			   struct error **err)
{
	struct report_statement *record = &migration->list[statement];
	_cleanup_look_ struct look look = {0};
	if (observer_look(evidence->observer, evidence->pid, newest_relation(evidence), &look, err) < 0)
		return -1;
	if (evidence->first_statement == SIZE_MAX)
		evidence->first_statement = statement;
	record->wal_bytes = look.lsn - evidence->lsn;
	record->temp_bytes = evidence->notices ? evidence->notices->temp_bytes - evidence->temp_bytes : 0;
	evidence->lsn = look.lsn;
	evidence->others_write = evidence->others_write || look.others_write;
	watch_locks(evidence, migration, statement, &look);
	if (see(evidence, migration, statement, &look, err) < 0)
		return -1;
	record->lock_timeout = evidence->lock_timeout;
	return watch_peak(evidence, record, err);
}

/* --- a transaction --- */

static bool any_failed(const struct report_migration *migration, size_t first)
{
	for (size_t i = first; i < migration->list_count; i++)
		if (migration->list[i].outcome == OUTCOME_FAILED)
			return true;
	return false;
}

/* More than one before its COMMIT. Not all are asked what became of what the others had locked. */
static bool has_several(const struct evidence *evidence, const struct report_migration *migration)
{
	return evidence->first_statement < migration->list_count &&
	       migration->list_count - evidence->first_statement > 2;
}

int evidence_transaction_end(struct evidence *evidence, struct report_migration *migration, struct error **err)
{
	const struct report_statement *last =
		migration->list_count ? &migration->list[migration->list_count - 1] : NULL;
	bool committed = last && last->outcome == OUTCOME_PASSED &&
			 (string_equal(last->tag, "COMMIT") || string_equal(last->tag, "PREPARE TRANSACTION"));
	watch_release_all(evidence, migration, evidence_now(evidence));
	watch_settle(evidence, committed);
	/* What was rolled back on purpose did not happen; what a failure took back is what the migration wants. */
	if (!committed && evidence->began_in_transaction && evidence->first_statement < migration->list_count &&
	    !any_failed(migration, evidence->first_statement))
		watch_undo(migration, evidence->first_statement, migration->list_count);
	bool is_to_be_verified = committed && (evidence->is_untold || has_several(evidence, migration));
	evidence->first_statement = SIZE_MAX;
	evidence->has_read = false;
	evidence->is_untold = false;
	return is_to_be_verified ? watch_untold(evidence, migration, migration->list_count - 1, err) : 0;
}

/* --- while a statement runs --- */

void evidence_set_guard(struct evidence *evidence, evidence_guard *guard, void *context)
{
	evidence->guard = guard;
	evidence->guard_context = context;
}

int evidence_ask_guard(const struct evidence *evidence, struct error **err)
{
	return evidence->guard ? evidence->guard(evidence->guard_context, err) : 0;
}

int evidence_tick(struct evidence *evidence, char **ret_hang, struct error **err)
{
	*ret_hang = NULL;
	double now = evidence_now(evidence);
	bool slow = now >= evidence->next_slow_tick;
	if (evidence->began_in_transaction && !slow)
		return 0;
	_cleanup_look_ struct look look = {0};
	if (observer_look(evidence->observer, evidence->pid, newest_relation(evidence), &look, err) < 0)
		return -1;
	evidence->others_write = evidence->others_write || look.others_write;
	watch_sample(evidence, &look);
	if (!slow)
		return 0;
	evidence->next_slow_tick = now + WATCH_SLOW_TICK_MS;
	if (evidence_ask_guard(evidence, err) < 0)
		return -1;
	return hang_check(&evidence->hang, evidence->observer, evidence->pid, now, EVIDENCE_HANG_MS, ret_hang, err);
}
