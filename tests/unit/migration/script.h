/* Scripts for the tests of check/apply, built here and not read from files. */
#ifndef VELA_TESTS_CHECK_SCRIPT_H
#define VELA_TESTS_CHECK_SCRIPT_H

#include "../check/server.h"

#include "migration/apply.h"
#include "sql/session.h"

static PGconn *connection;

static inline int script_setup(void **state)
{
	(void)state;
	struct pg_target target = server_target();
	target.options = SESSION_OPTIONS;
	assert_success(pg_connect(&target, &connection, err));
	return 0;
}

static inline int script_teardown(void **state)
{
	(void)state;
	pg_disconnect(&connection);
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(
		admin, "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO owner", NULL,
		err));
	return 0;
}

/* One segment with the whole text, which is borrowed. */
struct script {
	struct migration_script script;
	struct migration_segment segment;
};

static inline struct migration_script *script_of(struct script *kept, const char *text, size_t length,
						 enum migration_transaction transaction)
{
	static char file[] = "1.sql";
	*kept = (struct script){.segment = {.length = length}};
	kept->script = (struct migration_script){.file = file, .segments = &kept->segment, .segment_count = 1};
	kept->script.text = (struct buffer){.length = length};
	*(const char **)(void *)&kept->script.text.data = text;
	kept->script.transaction = transaction;
	return &kept->script;
}

static inline int apply_bytes(const char *text, size_t length, double deadline, struct report_migration *ret,
			      struct error **err)
{
	struct script kept;
	return migration_apply(connection, script_of(&kept, text, length, TRANSACTION_FILE), NULL, deadline, ret, err);
}

static inline struct report_migration apply_mode(const char *text, enum migration_transaction transaction)
{
	struct script kept;
	struct report_migration migration = {0};
	assert_success(migration_apply(connection, script_of(&kept, text, strlen(text), transaction), NULL, 0,
				       &migration, err));
	assert_int_equal(PQtransactionStatus(connection), PQTRANS_IDLE);
	assert_string_equal(migration.file, "1.sql");
	assert_true(migration.milliseconds > 0);
	assert_int_equal(migration.failure != NULL, migration.outcome == OUTCOME_FAILED);
	return migration;
}

static inline struct report_migration apply(const char *text)
{
	return apply_mode(text, TRANSACTION_FILE);
}

/* The caller clears the result. */
static inline struct report_migration passes(const char *text, enum migration_transaction transaction)
{
	struct report_migration migration = apply_mode(text, transaction);
	if (migration.failure)
		fail_msg("line %d: %s", migration.failure->line, migration.failure->message);
	return migration;
}

static inline void assert_passes(const char *text, size_t statements)
{
	struct report_migration migration = passes(text, TRANSACTION_FILE);
	assert_int_equal(migration.statements, statements);
	report_migration_clear(&migration);
}

/* `words` are in the message; the caller clears the result. */
static inline struct report_migration fails(const char *text, enum migration_transaction transaction,
					    const char *sqlstate, const char *words, int line, int column,
					    bool has_caret)
{
	struct report_migration migration = apply_mode(text, transaction);
	assert_int_equal(migration.outcome, OUTCOME_FAILED);
	const struct report_failure *failure = migration.failure;
	if (!strstr(failure->message, words) || !string_equal(failure->sqlstate, sqlstate) || failure->line != line ||
	    failure->column != column || failure->has_caret != has_caret)
		fail_msg("%d:%d: %s (%s), caret %d", failure->line, failure->column, failure->message,
			 failure->sqlstate ? failure->sqlstate : "-", failure->has_caret);
	return migration;
}

static inline struct report_migration assert_fails(const char *text, const char *sqlstate, const char *words, int line,
						   int column, bool has_caret)
{
	return fails(text, TRANSACTION_FILE, sqlstate, words, line, column, has_caret);
}

#define assert_words(text, words)                                                                                      \
	do {                                                                                                           \
		if (!(text) || !strstr((text), (words)))                                                               \
			fail_msg("\"%s\" is not in: %s", (words), (text) ? (text) : "NULL");                           \
	} while (0)

#endif
