/* The transactions of a command's session, and the statements in them. */
#include <math.h>

#include "migration/command_parts.h"
#include "migration/statement.h"

/* --- transactions --- */

static void undo_statements(struct command_trace *trace, const struct command_session *session)
{
	for (size_t i = session->first_statement; i < trace->migration->list_count; i++)
		if (trace->owners[i] == session->pid)
			watch_undo(trace->migration, i, i + 1);
}

void command_transaction_end(struct command_trace *trace, struct command_session *session, double at_ms, bool committed)
{
	struct evidence *evidence = trace->evidence;
	command_settle_locks(trace, session, INFINITY);
	/* What was rolled back on purpose did not happen; what a failure took back is what the tool wants. */
	if (!committed && !session->has_failed && session->first_statement != SIZE_MAX)
		undo_statements(trace, session);
	command_trace_enter(trace, session);
	watch_release_all(evidence, trace->migration, at_ms);
	for (size_t i = 0; i < evidence->touched.count; i++)
		registry_find(&evidence->registry, evidence->touched.items[i])->counts = (struct relation_counts){0};
	watch_settle(evidence, committed);
	evidence->first_statement = SIZE_MAX;
	command_trace_leave(trace, session);
	session->transaction[0] = '\0';
	session->last = session->rolled_back = SIZE_MAX;
	session->began_block = session->has_failed = false;
	if (session->has_local_timeout)
		session->lock_timeout = session->outer_timeout;
	session->has_local_timeout = false;
}

/* Of a transaction that is over, and nobody has said how: what BEGIN began and no COMMIT ended is lost. */
void command_transaction_end_unseen(struct command_trace *trace, struct command_session *session)
{
	if (!*session->transaction)
		return;
	double at = session->last == SIZE_MAX ? 0 : command_trace_statement(trace, session->last)->to_ms;
	command_transaction_end(trace, session, at, !session->began_block && !session->has_failed);
}

/* Another statement begins: in the open transaction, or that one is over. */
static void leave_statement(struct command_trace *trace, struct command_session *session, const struct log_entry *entry)
{
	if (strcmp(session->transaction, entry->transaction) != 0)
		command_transaction_end_unseen(trace, session);
	command_settle_locks(trace, session, command_trace_time(trace, entry));
	memcpy(session->transaction, entry->transaction, sizeof(session->transaction));
}

void command_trace_follow(struct command_trace *trace, struct command_session *session, const struct log_entry *entry)
{
	if (strcmp(session->transaction, entry->transaction) == 0)
		return;
	if (*session->transaction)
		command_transaction_end(trace, session, command_trace_time(trace, entry), !session->has_failed);
	memcpy(session->transaction, entry->transaction, sizeof(session->transaction));
}

/* --- statements --- */

static char *kept_sql(const struct command_trace *trace, const char *sql)
{
	size_t length = strnlen(sql, 2 * (size_t)REPORT_SQL_MAX);
	_cleanup_free_ char *start = string_copy_n(sql, length);
	_cleanup_free_ char *blanked = command_blank(start, trace->secret);
	length = strlen(blanked);
	size_t from = strspn(blanked, "; \t\r\n");
	while (length > from && strchr("; \t\r\n", blanked[length - 1]))
		length--;
	return statement_sql(blanked + from, length - from);
}

void command_trace_retell(struct command_trace *trace, const struct command_session *session, const char *sql)
{
	struct report_statement *record = command_trace_statement(trace, session->open);
	bool blind;
	string_replace(&record->sql, kept_sql(trace, sql));
	string_replace(&record->tag, command_tag(record->sql, &blind));
	record->is_commit = string_equal(record->tag, "COMMIT");
}

static void add_statement(struct command_trace *trace, struct command_session *session, const char *sql, double at_ms)
{
	struct report_migration *migration = trace->migration;
	migration->list = memory_resize(migration->list, migration->list_count + 1, sizeof(*migration->list));
	trace->owners = memory_resize(trace->owners, migration->list_count + 1, sizeof(*trace->owners));
	trace->owners[migration->list_count] = session->pid;
	migration->list[migration->list_count] = (struct report_statement){.outcome = OUTCOME_FAILED,
									   .from_ms = at_ms,
									   .to_ms = at_ms,
									   .rows = -1,
									   .in_transaction = session->last != SIZE_MAX};
	const char *slash = strchr(session->transaction, '/');
	session->number = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : 0;
	session->open = migration->list_count++;
	migration->statements++;
	command_trace_retell(trace, session, sql);
}

/* As of migrations that vela applies: beyond that many only what has something to tell stays. */
void command_statement_trim(struct command_trace *trace, struct command_session *session)
{
	struct report_migration *migration = trace->migration;
	size_t last = migration->list_count - 1;
	if (migration->list_count <= REPORT_STATEMENTS_MAX || session->last != last || session->unsettled == last ||
	    statement_has_something_to_tell(&migration->list[last]))
		return;
	for (size_t i = 0; i < session->hold_count; i++)
		if (session->holds[i].statement == last)
			return;
	report_statement_clear(&migration->list[last]);
	migration->list_count--;
	session->last = last - 1; /* any that is there */
}

/* A limit is set by a statement of the session's own, unless the triggers have told already. */
static void note_lock_timeout(struct command_session *session, const struct report_statement *record)
{
	const char *name = strcasestr(record->sql, "lock_timeout");
	bool is_set = string_equal(record->tag, "SET") && name;
	bool is_reset = string_equal(record->tag, "DISCARD") || (string_equal(record->tag, "RESET") && name);
	if (is_set && strcasestr(record->sql, "local") && !session->has_local_timeout) {
		session->has_local_timeout = true;
		session->outer_timeout = session->lock_timeout;
	}
	if (is_set) {
		name += strlen("lock_timeout");
		name += strspn(name, " \t\n='\"TOto");
		session->lock_timeout = *name >= '1' && *name <= '9';
	}
	session->lock_timeout = session->lock_timeout && !is_reset;
}

/* A rewrite that began, and did not get to its end. */
static void add_cut_short(struct command_trace *trace, struct command_session *session)
{
	const struct relation *relation = registry_find(&trace->evidence->registry, session->rewrite.relation);
	struct report_statement *record = command_trace_statement(trace, session->open);
	if (!relation || relation->bytes == 0)
		return;
	session->cut_short = relation->oid;
	struct report_change change = {
		.kind = CHANGE_REWRITE,
		.relation = string_copy(relation_name(relation)),
		.detail = command_rewrite_reason(session->rewrite.reason),
		.rows = relation->rows,
		.bytes = relation->bytes,
		.estimated = relation->rows > 0,
	};
	record->changes = memory_resize(record->changes, record->change_count + 1, sizeof(change));
	record->changes[record->change_count++] = change;
}

void command_statement_end(struct command_trace *trace, struct command_session *session, double to_ms, bool passed)
{
	struct report_statement *record = command_trace_statement(trace, session->open);
	record->to_ms = to_ms > record->from_ms ? to_ms : record->from_ms;
	record->outcome = passed ? OUTCOME_PASSED : OUTCOME_FAILED;
	record->wal_bytes = command_sampler_wal(trace->sampler, record->from_ms, record->to_ms);
	if (!passed)
		string_replace(&record->tag, NULL);
	note_lock_timeout(session, record);
	record->lock_timeout = session->lock_timeout;
	if (session->rewrite.relation)
		add_cut_short(trace, session);
	session->rewrite = (struct command_rewrite){0};
	if (session->first_statement == SIZE_MAX)
		session->first_statement = session->open;
	session->last = session->unsettled = session->open;
	session->open = SIZE_MAX;
	session->has_started = false;
	session->dropped.count = 0;
	session->has_failed = session->has_failed || !passed;
}

void command_statement_begin(struct command_trace *trace, struct command_session *session,
			     const struct log_entry *entry, const char *sql)
{
	leave_statement(trace, session, entry);
	add_statement(trace, session, sql, command_trace_time(trace, entry));
}

void command_trace_next(struct command_trace *trace, struct command_session *session, const char *sql, double at_ms)
{
	command_statement_end(trace, session, at_ms, true);
	command_settle_locks(trace, session, at_ms);
	add_statement(trace, session, sql, at_ms);
}

static bool is_rollback_to(const struct report_statement *record)
{
	return string_equal(record->tag, "ROLLBACK") && strcasestr(record->sql, " to ");
}

void command_statement_note_rollback(struct command_trace *trace, struct command_session *session)
{
	if (!is_rollback_to(command_trace_statement(trace, session->last)))
		return;
	session->rolled_back = session->last;
	session->has_failed = false;
	watch_undo_to_savepoint(trace->migration, session->last);
}
