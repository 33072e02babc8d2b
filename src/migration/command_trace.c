#include <math.h>

#include "migration/command_parts.h"

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
		command_statement_end(trace, session, at, true);
	command_statement_begin(trace, session, entry, sql);
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
	command_statement_end(trace, session, session->sent_ms + took, true);
	const struct report_statement *record = command_trace_statement(trace, statement);
	command_statement_note_rollback(trace, session);
	if (log_entry_is_idle(entry)) {
		bool committed = !session->has_failed && !string_equal(record->tag, "ROLLBACK");
		session->transaction[0] = '\0'; /* its locks are gone with it */
		command_transaction_end(trace, session, record->to_ms, committed);
	} else {
		memcpy(session->transaction, entry->transaction, sizeof(session->transaction));
	}
	command_statement_trim(trace, session);
}

static void take_error(struct command_trace *trace, struct log_entry *entry)
{
	struct command_session *session = entry->fields[LOG_STATEMENT] || command_session_find(trace, entry->pid)
						  ? command_session_of(trace, entry->pid)
						  : NULL;
	if (!session || string_equal(entry->sqlstate, "57P01")) /* that is us, who ended it */
		return;
	if (session->open == SIZE_MAX && entry->fields[LOG_STATEMENT]) {
		command_statement_begin(trace, session, entry, entry->fields[LOG_STATEMENT]);
		session->part_ended = false;
	}
	if (session->open != SIZE_MAX)
		command_split_rest(trace, session);
	log_entry_free(&trace->error);
	trace->error_statement = session->open;
	trace->error_is_last = true;
	if (session->open != SIZE_MAX)
		command_statement_end(trace, session, command_trace_time(trace, entry), false);
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
			command_statement_end(trace, session, now, false);
		command_settle_locks(trace, session, INFINITY);
		command_transaction_end_unseen(trace, session);
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
