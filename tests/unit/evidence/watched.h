/* A tiny executor under a watch, for tests of evidence/evidence.h: what it saw, as text. */
#ifndef VELA_TESTS_CHECK_WATCHED_H
#define VELA_TESTS_CHECK_WATCHED_H

#include "../check/server.h"

#include <ctype.h>

#include "evidence/evidence.h"
#include "sql/session.h"

enum { WATCHED_STATEMENTS_MAX = 16 };

static const char *const change_words[CHANGE_KIND_COUNT] = {
	"rewrite", "scan",           "built",   "invalid",  "dropped",    "column-dropped", "deleted",
	"renamed", "column-renamed", "retyped", "not-null", "constraint", "validated",      "unindexed"};

/* One run of migrations: the connections, and what came of it. */
struct watched {
	PGconn *observer, *migrant;
	struct session_notices notices;
	struct report report;
	struct evidence *evidence;
	bool is_open; /* a transaction of ours */
};

/* Logging in takes longer than most tests: one connection of the role's does for all of them. */
static PGconn *watched_migrant;

static inline int watched_setup(void)
{
	struct pg_target target = server_target();
	target.options = SESSION_OPTIONS;
	assert_success(pg_connect(&target, &watched_migrant, err));
	return 0;
}

static inline int watched_setup_15(void **state)
{
	server_setup_15(state);
	return watched_setup();
}

static inline int watched_setup_18(void **state)
{
	server_setup_18(state);
	return watched_setup();
}

static inline int watched_teardown(void **state)
{
	pg_disconnect(&watched_migrant);
	return server_teardown(state);
}

static inline void watched_begin(struct watched *watched)
{
	watched->observer = cluster_connect(server);
	watched->migrant = watched_migrant;
	assert_success(session_rollback(watched->migrant, err));
	assert_success(session_reset(watched->migrant, err));
	session_notices_attach(watched->migrant, &watched->notices);
	watched->report.migrations = memory_allocate(sizeof(*watched->report.migrations));
	watched->report.migration_count = 1;
	watched->report.migrations[0].list =
		memory_allocate(WATCHED_STATEMENTS_MAX * 64 * sizeof(*watched->report.migrations[0].list));
	assert_success(evidence_begin(watched->observer, &watched->report, &watched->evidence, err));
	assert_success(evidence_migration_begin(watched->evidence, watched->migrant, 0, err));
	evidence_watch_notices(watched->evidence, &watched->notices);
}

static inline void watched_free(struct watched *watched)
{
	evidence_free(watched->evidence);
	pg_disconnect(&watched->observer);
	session_notices_detach(watched->migrant);
	buffer_free(&watched->notices.output);
	report_free(&watched->report);
	*watched = (struct watched){0};
}

static inline void watched_plain(struct watched *watched, const char *sql)
{
	assert_success(pg_execute(watched->migrant, sql, NULL, err));
}

static inline bool watched_tick(void *context)
{
	struct watched *watched = context;
	char *hang = NULL;
	assert_success(evidence_tick(watched->evidence, &hang, err));
	free(hang);
	return true;
}

/* Sends one statement as it is, ticks meanwhile, and ends the transaction's locks if it has ended one. */
static inline struct report_statement *watched_send(struct watched *watched, const char *sql)
{
	struct report_migration *migration = &watched->report.migrations[0];
	struct pg_watch watch = {.first_ms = 1, .every_ms = EVIDENCE_TICK_MS, .tick = watched_tick, .context = watched};
	assert_success(evidence_statement_begin(watched->evidence, err));
	struct report_statement *statement = &migration->list[migration->list_count++];
	*statement = (struct report_statement){.sql = string_copy(sql), .rows = -1};
	statement->from_ms = evidence_now(watched->evidence);
	_cleanup_result_ PGresult *result = NULL;
	assert_success(pg_query_watched(watched->migrant, sql, &watch, &result, err));
	statement->to_ms = evidence_now(watched->evidence);
	statement->outcome = PQresultStatus(result) == PGRES_FATAL_ERROR ? OUTCOME_FAILED : OUTCOME_PASSED;
	if (statement->outcome == OUTCOME_PASSED) {
		size_t length = strlen(PQcmdStatus(result));
		while (length > 0 && strchr(" 0123456789", PQcmdStatus(result)[length - 1]))
			length--;
		statement->tag = string_copy_n(PQcmdStatus(result), length);
		if (*PQcmdTuples(result))
			statement->rows = strtoll(PQcmdTuples(result), NULL, 10);
	}
	assert_success(evidence_statement_end(watched->evidence, migration, migration->list_count - 1, err));
	if (PQtransactionStatus(watched->migrant) == PQTRANS_IDLE)
		assert_success(evidence_transaction_end(watched->evidence, migration, err));
	return statement;
}

/* "!" in front: on its own. Else in the transaction that is open, or in one that is begun. */
static inline struct report_statement *watched_run(struct watched *watched, const char *sql)
{
	bool alone = *sql == '!';
	bool open = PQtransactionStatus(watched->migrant) != PQTRANS_IDLE;
	if (alone && open)
		watched_send(watched, "COMMIT");
	if (!alone && !open)
		watched_plain(watched, "BEGIN");
	return watched_send(watched, sql + alone);
}

static inline void watched_end(struct watched *watched)
{
	if (PQtransactionStatus(watched->migrant) != PQTRANS_IDLE)
		watched_send(watched, "COMMIT");
	struct evidence *evidence = watched->evidence;
	watched->evidence = NULL;
	assert_success(evidence_end(evidence, err));
}

/* --- as text --- */

static inline int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void add_sorted(struct buffer *out, struct string_list *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), compare_text);
	for (size_t i = 0; i < list->count; i++)
		buffer_addf(out, "%s%s", i ? ", " : "", list->items[i]);
	string_list_free(list);
}

static inline const char *short_name(const char *name)
{
	return string_starts_with(name, "public.") ? name + strlen("public.") : name;
}

static inline char *change_text(const struct report_change *change)
{
	struct buffer out = {0};
	buffer_addf(&out, "%s %s", change_words[change->kind], short_name(change->relation));
	if (change->object && !string_equal(change->object, change->relation))
		buffer_addf(&out, ".%s", short_name(change->object));
	bool counted = change->kind == CHANGE_TABLE_DROPPED || change->kind == CHANGE_COLUMN_DROPPED ||
		       change->kind == CHANGE_ROWS_DELETED;
	if (counted)
		buffer_addf(&out, " %s%lld", change->estimated ? "~" : "", (long long)change->rows);
	if (change->kind == CHANGE_CONSTRAINT_ADDED || change->kind == CHANGE_COLUMN_NOT_NULL)
		buffer_add_text(&out, change->validated ? "" : " not valid");
	else if (change->detail && change->kind != CHANGE_CONSTRAINT_VALIDATED)
		buffer_addf(&out, " (%s)", change->detail);
	if (change->concurrently)
		buffer_add_text(&out, " concurrently");
	return buffer_steal(&out);
}

/* "orders ACCESS EXCLUSIVE | rewrite orders (…)"; locks that block nobody's reading or writing are "-MODE". */
static inline char *statement_text(const struct report_statement *statement)
{
	struct string_list locks = {0}, changes = {0};
	struct buffer out = {0};
	for (size_t i = 0; i < statement->lock_count; i++)
		string_list_addf(&locks, "%s %s", short_name(statement->locks[i].relation),
				 table_locks[statement->locks[i].mode].sql);
	for (size_t i = 0; i < statement->change_count; i++)
		string_list_take(&changes, change_text(&statement->changes[i]));
	buffer_add_text(&out, statement->outcome == OUTCOME_FAILED ? "failed: " : "");
	add_sorted(&out, &locks);
	buffer_add_text(&out, " | ");
	add_sorted(&out, &changes);
	return buffer_steal(&out);
}

#endif
