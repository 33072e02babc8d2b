/* What the triggers say of their own session, as the watch knows it from sessions that it asks. */
#include <jansson.h>

#include "migration/command_parts.h"

enum { STATE_COLUMNS = 16, COUNT_COLUMNS = 7 };

static const char no_reason[] = "its rows were written anew";

/* --- JSON --- */

static void read_oids(const json_t *list, struct oid_list *ret)
{
	size_t i;
	const json_t *item;
	json_array_foreach(list, i, item)
		oid_list_add(ret, (uint32_t)(json_is_string(item) ? strtoul(json_string_value(item), NULL, 10)
								  : (unsigned long)json_integer_value(item)));
}

/* Rows of texts, as the server would have answered. Owned. */
static PGresult *read_rows(const json_t *rows, int columns)
{
	PGresAttDesc attributes[STATE_COLUMNS] = {0};
	static char name[] = "";
	for (int i = 0; i < columns; i++)
		attributes[i] = (PGresAttDesc){.name = name, .typlen = -1, .atttypmod = -1};
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	if (!result || !PQsetResultAttrs(result, columns, attributes))
		abort(); /* out of memory */
	for (int row = 0; row < (int)json_array_size(rows); row++)
		for (int column = 0; column < columns; column++) {
			const char *value =
				json_string_value(json_array_get(json_array_get(rows, (size_t)row), (size_t)column));
			_cleanup_free_ char *copy = string_copy(value ? value : "");
			if (!PQsetvalue(result, row, column, copy, value ? (int)strlen(copy) : -1))
				abort();
		}
	return result;
}

/* --- what it is about --- */

static void add_once(struct oid_list *list, uint32_t oid)
{
	if (!oid_list_has(list, oid))
		oid_list_add(list, oid);
}

/* Of what existed before, each with its table. */
static void add_tables(const struct evidence *evidence, const struct oid_list *from, struct oid_list *ret)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct relation *table =
			registry_table_of(&evidence->registry, registry_find(&evidence->registry, from->items[i]));
		if (table && strchr("rpmvf", table->kind))
			add_once(ret, table->oid);
	}
}

static void make_question(const struct command_trace *trace, const struct command_session *session,
			  const json_t *message, struct watch_question *ret)
{
	_cleanup_oids_ struct oid_list touched = {0};
	_cleanup_oids_ struct oid_list counted = {0};
	read_oids(json_object_get(message, "touched"), &touched);
	read_oids(json_object_get(message, "counted"), &counted);
	if (string_equal(json_string_value(json_object_get(message, "event")), "ddl_command_end")) {
		add_tables(trace->evidence, &touched, &ret->states);
		add_tables(trace->evidence, &session->dropped, &ret->states);
	}
	for (size_t i = 0; i < counted.count; i++)
		if (registry_find(&trace->evidence->registry, counted.items[i]))
			oid_list_add(&ret->counts, counted.items[i]);
}

/* Counters of what did not exist before are nobody's, and a foreign key is told of once. */
static void make_testimony(const struct command_trace *trace, const json_t *message, struct testimony *ret)
{
	PGresult *states = read_rows(json_object_get(message, "states"), STATE_COLUMNS);
	json_t *counts = json_object_get(message, "counts");
	for (size_t i = json_array_size(counts); i-- > 0;) {
		const json_t *row = json_array_get(counts, i);
		const char *oid = json_string_value(json_array_get(row, 1));
		if (string_equal(json_string_value(json_array_get(row, 0)), "s") && oid &&
		    !registry_find(&trace->evidence->registry, (uint32_t)strtoul(oid, NULL, 10)))
			(void)json_array_remove(counts, i);
	}
	testimony_read(states, read_rows(counts, COUNT_COLUMNS), ret);
	PQclear(states);
	size_t kept = 0;
	for (size_t i = 0; i < ret->foreign_keys.count; i++)
		if (ret->foreign_keys.items[i] > trace->evidence->foreign_key_newest)
			ret->foreign_keys.items[kept++] = ret->foreign_keys.items[i];
	ret->foreign_keys.count = kept;
}

/* --- both events of a command --- */

char *command_rewrite_reason(int reason)
{
	static const char *const reasons[] = {"it became logged or unlogged",
					      "a column was added whose default differs from row to row",
					      "the type of a column changed", "its access method changed"};
	struct buffer out = {0};
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reason & (1 << i))
			buffer_addf(&out, "%s%s", out.length ? ", " : "", reasons[i]);
	return out.length ? buffer_steal(&out) : string_copy(no_reason);
}

static void explain_rewrites(struct command_session *session, struct report_statement *record)
{
	for (size_t i = 0; i < record->change_count && session->rewrite.relation; i++)
		if (record->changes[i].kind == CHANGE_REWRITE && string_equal(record->changes[i].detail, no_reason))
			string_replace(&record->changes[i].detail, command_rewrite_reason(session->rewrite.reason));
	session->rewrite = (struct command_rewrite){0};
}

/* Outside a transaction of its own, a command is looked at when all is over: it has ended several. */
static bool is_concurrent(const struct report_statement *record, const struct log_entry *entry,
			  const struct command_session *session)
{
	return strcasestr(record->sql, "concurrently") && !string_equal(entry->transaction, session->transaction);
}

static void touch(struct command_trace *trace, const struct oid_list *relations, size_t statement)
{
	for (size_t i = 0; i < relations->count; i++) {
		trace->touches = memory_resize(trace->touches, trace->touch_count + 1, sizeof(*trace->touches));
		trace->touches[trace->touch_count++] = (struct command_touch){relations->items[i], statement};
	}
}

/* The query in it has its locks before the command starts. */
static bool is_analysed_before(const char *tag)
{
	return string_equal(tag, "CREATE TABLE AS") || string_equal(tag, "SELECT INTO") ||
	       string_equal(tag, "CREATE MATERIALIZED VIEW");
}

/*
 * Whose doing it is that is told of: at the end of a command the statement's that runs, at the start that of what went
 * before. If that is the statement's own first command, it was an earlier one.
 */
static size_t told_statement(struct command_session *session, bool is_end, bool is_nested, const char *tag)
{
	bool is_first = !session->has_started && !is_nested;
	if (is_end)
		return session->open;
	session->has_started = true;
	return is_first && !is_analysed_before(tag) ? session->last : session->open;
}

static int testify(struct command_trace *trace, struct command_session *session, size_t statement,
		   const json_t *message, const struct watch_question *question, struct error **err)
{
	struct evidence *evidence = trace->evidence;
	_cleanup_testimony_ struct testimony testimony = {0};
	_cleanup_look_ struct look look = {0};
	const char *locks = json_string_value(json_object_get(message, "locks"));
	look_read(&look, locks ? locks : "");
	look_sort(&look);
	make_testimony(trace, message, &testimony);
	command_trace_enter(trace, session);
	if (statement != SIZE_MAX || look.lock_count > 0)
		watch_locks(evidence, trace->migration, statement != SIZE_MAX ? statement : session->open, &look);
	/* What a savepoint took back shows now; so this is not compared with what was before. */
	bool is_back = session->rolled_back != SIZE_MAX && question->states.count > 0;
	int result = watch_testified(evidence, trace->migration, is_back ? session->rolled_back : statement, question,
				     &testimony, err);
	command_trace_leave(trace, session);
	return result;
}

static int take_command(struct command_trace *trace, struct command_session *session, const struct log_entry *entry,
			const json_t *message, bool is_end, struct error **err)
{
	const char *tag = json_string_value(json_object_get(message, "tag"));
	const json_t *lsn = json_array_get(json_object_get(message, "counts"),
					   json_array_size(json_object_get(message, "counts")) - 1);
	_cleanup_question_ struct watch_question question = {0};
	double at = command_trace_time(trace, entry);
	bool is_nested = strchr(entry->fields[LOG_CONTEXT], '\n') != NULL; /* in a function or a DO */
	if (!is_end && !is_nested)
		command_split_start(trace, session, at, tag);
	struct report_statement *record = command_trace_statement(trace, session->open);
	bool concurrent = is_concurrent(record, entry, session);
	command_trace_follow(trace, session, entry);
	make_question(trace, session, message, &question);
	record->to_ms = at > record->from_ms ? at : record->from_ms;
	session->part_ended = is_end && !is_nested;
	if (json_string_value(json_array_get(lsn, 3)))
		command_sampler_mark(trace->sampler, at, strtoull(json_string_value(json_array_get(lsn, 3)), NULL, 10));
	if (is_end && !is_nested && tag)
		string_replace(&record->tag, string_copy(tag));
	if (concurrent) {
		touch(trace, &question.states, session->open);
		return 0;
	}
	size_t statement = told_statement(session, is_end, is_nested, tag);
	if (testify(trace, session, statement, message, &question, err) < 0)
		return -1;
	if (!is_end)
		return 0;
	session->rolled_back = SIZE_MAX;
	session->dropped.count = 0;
	explain_rewrites(session, record);
	return 0;
}

/* --- all --- */

static void note_problem(const struct command_trace *trace, const json_t *message)
{
	const char *words = json_string_value(json_object_get(message, "message"));
	_cleanup_free_ char *told = string_format("a statement of the command could not tell what it does: %s",
						  words ? words : "for an unknown reason");
	watch_blind(trace->evidence, told);
}

int command_told(struct command_trace *trace, struct command_session *session, const struct log_entry *entry,
		 struct error **err)
{
	json_t *message = json_loads(entry->fields[LOG_MESSAGE] + strlen(trace->trap->token), 0, NULL);
	const char *event = json_string_value(json_object_get(message, "event"));
	bool is_end = string_equal(event, "ddl_command_end");
	int result = 0;
	if (!event) {
		watch_blind(trace->evidence, "a statement of the command told more than the server's log could hold");
	} else if (string_equal(event, "problem")) {
		note_problem(trace, message);
	} else if (session->open == SIZE_MAX) {
		; /* what ended it was not seen */
	} else if (string_equal(event, "sql_drop")) {
		read_oids(json_object_get(message, "objects"), &session->dropped);
	} else if (string_equal(event, "table_rewrite")) {
		const char *relation = json_string_value(json_object_get(message, "relation"));
		session->rewrite = (struct command_rewrite){
			.relation = (uint32_t)strtoul(relation ? relation : "0", NULL, 10),
			.reason = (int)json_integer_value(json_object_get(message, "reason")),
		};
	} else {
		result = take_command(trace, session, entry, message, is_end, err);
	}
	json_decref(message);
	return result;
}
