#include <math.h>

#include "migration/command_parts.h"
#include "migration/statement.h"

struct report_statement *command_trace_statement(const struct command_trace *trace, size_t statement)
{
	return &trace->migration->list[statement];
}

void command_trace_free(struct command_trace *trace)
{
	for (size_t i = 0; i < trace->session_count; i++) {
		free(trace->sessions[i].holds);
		oid_list_free(&trace->sessions[i].touched);
		oid_list_free(&trace->sessions[i].dropped);
		free(trace->sessions[i].text);
	}
	free(trace->sessions);
	free(trace->owners);
	free(trace->touches);
	oid_list_free(&trace->gone);
	log_entry_free(&trace->error);
	free(trace->crash);
	*trace = (struct command_trace){0};
}

double command_trace_time(const struct command_trace *trace, const struct log_entry *entry)
{
	return entry->when_ms - trace->sampler->offset_ms;
}

/* --- transactions --- */

static void undo_statements(struct command_trace *trace, const struct command_session *session)
{
	for (size_t i = session->first_statement; i < trace->migration->list_count; i++)
		if (trace->owners[i] == session->pid)
			watch_undo(trace->migration, i, i + 1);
}

static void end_transaction(struct command_trace *trace, struct command_session *session, double at_ms, bool committed)
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
static void end_unseen(struct command_trace *trace, struct command_session *session)
{
	if (!*session->transaction)
		return;
	double at = session->last == SIZE_MAX ? 0 : command_trace_statement(trace, session->last)->to_ms;
	end_transaction(trace, session, at, !session->began_block && !session->has_failed);
}

/* Another statement begins: in the open transaction, or that one is over. */
static void leave_statement(struct command_trace *trace, struct command_session *session, const struct log_entry *entry)
{
	if (!string_equal(session->transaction, entry->transaction))
		end_unseen(trace, session);
	command_settle_locks(trace, session, command_trace_time(trace, entry));
	memcpy(session->transaction, entry->transaction, sizeof(session->transaction));
}

void command_trace_follow(struct command_trace *trace, struct command_session *session, const struct log_entry *entry)
{
	if (strcmp(session->transaction, entry->transaction) == 0)
		return;
	if (*session->transaction)
		end_transaction(trace, session, command_trace_time(trace, entry), !session->has_failed);
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
static void trim_list(struct command_trace *trace, struct command_session *session)
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

static void finish_statement(struct command_trace *trace, struct command_session *session, double to_ms, bool passed)
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

void command_trace_next(struct command_trace *trace, struct command_session *session, const char *sql, double at_ms)
{
	finish_statement(trace, session, at_ms, true);
	command_settle_locks(trace, session, at_ms);
	add_statement(trace, session, sql, at_ms);
}

static bool is_rollback_to(const struct report_statement *record)
{
	return string_equal(record->tag, "ROLLBACK") && strcasestr(record->sql, " to ");
}

static void roll_back_to(struct command_trace *trace, struct command_session *session)
{
	session->rolled_back = session->last;
	session->has_failed = false;
	watch_undo_to_savepoint(trace->migration, session->last);
}

/* --- entries --- */

/* What the server itself says, as opposed to what code says in its place: that comes with where it stands. */
static bool is_servers_own(const struct log_entry *entry)
{
	return string_equal(entry->severity, "LOG") && !entry->fields[LOG_CONTEXT] && !entry->fields[LOG_STATEMENT];
}

/* The statement that an entry tells of the start of; NULL: of none. */
static const char *started_sql(const struct log_entry *entry)
{
	const char *message = entry->fields[LOG_MESSAGE];
	if (string_starts_with(message, "statement: "))
		return message + strlen("statement: ");
	const char *colon = string_starts_with(message, "execute ") ? strstr(message, ": ") : NULL;
	return colon ? colon + 2 : NULL;
}

static void take_start(struct command_trace *trace, const struct log_entry *entry, const char *sql)
{
	struct command_session *session = command_session_of(trace, entry->pid);
	double at = command_trace_time(trace, entry);
	if (!session)
		return;
	if (session->open != SIZE_MAX)
		finish_statement(trace, session, at, true);
	leave_statement(trace, session, entry);
	add_statement(trace, session, sql, at);
	command_split_begin(session, sql);
	session->sent_ms = at;
	const char *tag = command_trace_statement(trace, session->open)->tag;
	if (session->last == SIZE_MAX)
		session->began_block = string_equal(tag, "BEGIN") || string_equal(tag, "START TRANSACTION");
	if (trace->error.pid == session->pid && !string_equal(tag, "ROLLBACK"))
		trace->error_is_last = false;
}

static void take_duration(struct command_trace *trace, const struct log_entry *entry)
{
	struct command_session *session = command_session_find(trace, entry->pid);
	if (!session || session->open == SIZE_MAX)
		return; /* of the parsing that came before the statement */
	double took = strtod(entry->fields[LOG_MESSAGE] + strlen("duration: "), NULL);
	command_split_rest(trace, session);
	size_t statement = session->open;
	finish_statement(trace, session, session->sent_ms + took, true);
	const struct report_statement *record = command_trace_statement(trace, statement);
	if (is_rollback_to(record))
		roll_back_to(trace, session);
	if (log_entry_is_idle(entry)) {
		bool committed = !session->has_failed && !string_equal(record->tag, "ROLLBACK");
		session->transaction[0] = '\0'; /* its locks are gone with it */
		end_transaction(trace, session, record->to_ms, committed);
	} else {
		memcpy(session->transaction, entry->transaction, sizeof(session->transaction));
	}
	trim_list(trace, session);
}

static void take_error(struct command_trace *trace, struct log_entry *entry)
{
	struct command_session *session = entry->fields[LOG_STATEMENT] || command_session_find(trace, entry->pid)
						  ? command_session_of(trace, entry->pid)
						  : NULL;
	if (!session || string_equal(entry->sqlstate, "57P01")) /* that is us, who ended it */
		return;
	if (session->open == SIZE_MAX && entry->fields[LOG_STATEMENT]) {
		leave_statement(trace, session, entry);
		add_statement(trace, session, entry->fields[LOG_STATEMENT], command_trace_time(trace, entry));
		session->part_ended = false;
	}
	if (session->open != SIZE_MAX)
		command_split_rest(trace, session);
	log_entry_free(&trace->error);
	trace->error_statement = session->open;
	trace->error_is_last = true;
	if (session->open != SIZE_MAX)
		finish_statement(trace, session, command_trace_time(trace, entry), false);
	trace->error = *entry;
	*entry = (struct log_entry){0};
}

static void take_temporary_file(struct command_trace *trace, const struct log_entry *entry)
{
	const struct command_session *session = command_session_find(trace, entry->pid);
	const char *size = strstr(entry->fields[LOG_MESSAGE], ", size ");
	if (!session || !size)
		return;
	size_t statement = session->open != SIZE_MAX ? session->open : session->last;
	if (statement != SIZE_MAX)
		command_trace_statement(trace, statement)->temp_bytes += strtoull(size + strlen(", size "), NULL, 10);
}

static bool is_told(const struct command_trace *trace, const struct log_entry *entry)
{
	_cleanup_free_ char *source = string_format("PL/pgSQL function %s line ", trace->trap->teller);
	return string_starts_with(entry->fields[LOG_MESSAGE], trace->trap->token) && entry->fields[LOG_CONTEXT] &&
	       string_starts_with(entry->fields[LOG_CONTEXT], source);
}

/* The postmaster's word on one of its processes. */
static void take_crash(struct command_trace *trace, const struct log_entry *entry)
{
	const char *message = entry->fields[LOG_MESSAGE], *detail = entry->fields[LOG_DETAIL];
	if (trace->crash || *entry->transaction || !strstr(message, " (PID ") ||
	    !strstr(message, ") was terminated by signal "))
		return;
	trace->crash = string_format("%s%s%s", message, detail ? "\n" : "", detail ? detail : "");
}

static int take_entry(struct command_trace *trace, struct log_entry *entry, struct error **err)
{
	const char *message = entry->fields[LOG_MESSAGE];
	const char *location = entry->fields[LOG_LOCATION];
	bool own = is_servers_own(entry);
	const char *sql = own ? started_sql(entry) : NULL;
	if (!message)
		return 0;
	if (sql)
		take_start(trace, entry, sql);
	else if (own && string_starts_with(message, "duration: "))
		take_duration(trace, entry);
	else if (location && string_starts_with(location, "ReportTemporaryFileUsage,"))
		take_temporary_file(trace, entry);
	else if (string_equal(entry->severity, "ERROR") || string_equal(entry->severity, "FATAL"))
		take_error(trace, entry);
	else if (is_told(trace, entry)) {
		struct command_session *session = command_session_find(trace, entry->pid);
		return session ? command_told(trace, session, entry, err) : 0;
	} else {
		take_crash(trace, entry);
	}
	return 0;
}

/* What nobody saw the end of, was cut short. */
static void finish_all(struct command_trace *trace)
{
	double now = evidence_now(trace->evidence);
	for (size_t i = 0; i < trace->session_count; i++) {
		struct command_session *session = &trace->sessions[i];
		if (session->open != SIZE_MAX)
			finish_statement(trace, session, now, false);
		command_settle_locks(trace, session, INFINITY);
		end_unseen(trace, session);
	}
}

int command_trace_read(struct command_trace *trace, const char *path, struct error **err)
{
	_cleanup_log_reader_ struct log_reader reader = {.fd = -1};
	trace->error_statement = SIZE_MAX;
	if (log_reader_open(path, trace->trap->log_start, &reader, err) < 0)
		return -1;
	for (;;) {
		_cleanup_entry_ struct log_entry entry = {0};
		if (!log_reader_next(&reader, &entry))
			break;
		if (take_entry(trace, &entry, err) < 0)
			return -1;
	}
	finish_all(trace);
	return 0;
}
