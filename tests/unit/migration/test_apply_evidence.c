/* What the watch is asked, and in which order: it is a stand-in here, that keeps a diary. */
#include "script.h"

#include "evidence/evidence.h"

struct evidence {
	struct buffer diary;
	int hangs; /* the tick after which it says so; 0: never */
	int ticks;
	bool fails;           /* at the next tick */
	enum table_lock lock; /* that each statement took */
};

double evidence_now(const struct evidence *evidence)
{
	(void)evidence;
	return clock_monotonic_ms();
}

int evidence_statement_begin(struct evidence *evidence, struct error **err)
{
	(void)err;
	buffer_add_char(&evidence->diary, '(');
	return 0;
}

int evidence_statement_end(struct evidence *evidence, struct report_migration *migration, size_t statement,
			   struct error **err)
{
	(void)err;
	assert_int_equal(statement, migration->list_count - 1);
	struct report_statement *entry = &migration->list[statement];
	assert_true(entry->to_ms >= entry->from_ms && entry->from_ms > 0);
	buffer_addf(&evidence->diary, "%s)", entry->tag ? entry->tag : "-");
	if (evidence->lock) {
		entry->locks = memory_allocate(sizeof(*entry->locks));
		entry->locks[0] = (struct report_lock){.mode = evidence->lock};
		entry->lock_count = 1;
	}
	return 0;
}

int evidence_transaction_end(struct evidence *evidence, struct report_migration *migration, struct error **err)
{
	(void)migration;
	(void)err;
	buffer_add_char(&evidence->diary, '.');
	return 0;
}

int evidence_tick(struct evidence *evidence, char **ret_hang, struct error **err)
{
	if (evidence->fails)
		return error_set(err, ERROR_POSTGRES, "the observer is gone");
	if (++evidence->ticks == evidence->hangs)
		*ret_hang = string_copy("waits for a lock of process 7, which does nothing");
	return 0;
}

void evidence_watch_notices(struct evidence *evidence, const struct session_notices *notices)
{
	buffer_add_char(&evidence->diary, notices ? '[' : ']');
}

static struct report_migration watch(struct evidence *evidence, const char *text,
				     enum migration_transaction transaction)
{
	struct script kept;
	struct report_migration migration = {0};
	assert_success(migration_apply(connection, script_of(&kept, text, strlen(text), transaction), evidence, 0,
				       &migration, err));
	return migration;
}

static void assert_diary(const char *text, enum migration_transaction transaction, const char *expected)
{
	_cleanup_(report_migration_clear) struct report_migration migration = {0};
	struct evidence evidence = {0};
	migration = watch(&evidence, text, transaction);
	assert_string_equal(evidence.diary.data, expected);
	buffer_free(&evidence.diary);
}

static void test_the_order(void **state)
{
	(void)state;
	assert_diary("CREATE TABLE a (); DROP TABLE a;", TRANSACTION_FILE, "[(CREATE TABLE)(DROP TABLE)(COMMIT).]");
	assert_diary("CREATE TABLE a (); DROP TABLE a;", TRANSACTION_STATEMENT,
		     "[(CREATE TABLE)(COMMIT).(DROP TABLE)(COMMIT).]");
	/* A look takes a snapshot: none before SET TRANSACTION. */
	assert_diary(
		"BEGIN; SET LOCAL lock_timeout = '1s'; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1; END",
		TRANSACTION_STATEMENT, "[(SELECT)(COMMIT).]");
	assert_diary("CREATE TABLE a (i int); CREATE INDEX CONCURRENTLY x ON a (i); VACUUM a;", TRANSACTION_STATEMENT,
		     "[(CREATE TABLE)(COMMIT).(-).(CREATE INDEX).(VACUUM).]");
	assert_diary("BEGIN; DROP TABLE a; SELECT 1/0", TRANSACTION_STATEMENT, "[(DROP TABLE)(-).]");
	assert_diary("BEGIN; DROP TABLE a; ROLLBACK; DROP TABLE a;", TRANSACTION_STATEMENT,
		     "[(DROP TABLE)(ROLLBACK).(DROP TABLE)(COMMIT).]");
}

static void test_a_hang_is_told(void **state)
{
	(void)state;
	struct evidence evidence = {.hangs = 20};
	double begin = clock_monotonic_ms();
	struct report_migration migration =
		watch(&evidence, "CREATE TABLE a ();\nSELECT pg_sleep(60);", TRANSACTION_STATEMENT);
	double took = clock_monotonic_ms() - begin;
	assert_true(took >= 20 * EVIDENCE_TICK_MS && took < 30000);
	assert_string_equal(migration.failure->message, "waits for a lock of process 7, which does nothing");
	assert_int_equal(migration.failure->line, 2);
	assert_int_equal(evidence.ticks, 20);
	report_migration_clear(&migration);
	buffer_free(&evidence.diary);
	assert_value(connection, "SELECT to_regclass('a')", "a");
}

static void test_a_watch_that_fails_is_an_error(void **state)
{
	(void)state;
	struct evidence evidence = {.fails = true};
	struct report_migration migration = {0};
	struct script kept;
	static const char text[] = "SELECT 1;\nSELECT pg_sleep(60)";
	assert_failure(ERROR_POSTGRES, "cannot apply 1.sql: line 2: the observer is gone",
		       migration_apply(connection, script_of(&kept, text, sizeof(text) - 1, TRANSACTION_FILE),
				       &evidence, 0, &migration, err));
	buffer_free(&evidence.diary);
	assert_success(pg_execute(connection, "ROLLBACK", NULL, err)); /* it is usable */
}

static void test_short_statements_are_not_looked_at_while_they_run(void **state)
{
	(void)state;
	struct evidence evidence = {0};
	struct report_migration migration = watch(&evidence, "SELECT 1; SELECT 2; SELECT 3", TRANSACTION_FILE);
	assert_true(evidence.ticks < 3);
	report_migration_clear(&migration);
	buffer_free(&evidence.diary);
}

static size_t count_kept(enum table_lock lock, enum migration_transaction transaction)
{
	enum { COUNT = REPORT_STATEMENTS_MAX + 100 };
	_cleanup_buffer_ struct buffer text = {0};
	for (size_t i = 0; i < COUNT; i++)
		buffer_add_text(&text, "SELECT 1;");
	struct evidence evidence = {.lock = lock};
	struct report_migration migration = watch(&evidence, text.data, transaction);
	size_t kept = migration.list_count;
	assert_int_equal(migration.statements, COUNT);
	report_migration_clear(&migration);
	buffer_free(&evidence.diary);
	return kept;
}

static void test_what_stays_in_a_long_list(void **state)
{
	(void)state;
	assert_int_equal(count_kept(TABLE_LOCK_NONE, TRANSACTION_STATEMENT), REPORT_STATEMENTS_MAX);
	assert_int_equal(count_kept(TABLE_LOCK_ROW_EXCLUSIVE, TRANSACTION_STATEMENT), REPORT_STATEMENTS_MAX);
	/* A lock that is still held is in the watch's book by its statement's place. */
	assert_int_equal(count_kept(TABLE_LOCK_ROW_EXCLUSIVE, TRANSACTION_FILE), REPORT_STATEMENTS_MAX + 101);
	assert_true(count_kept(TABLE_LOCK_SHARE, TRANSACTION_STATEMENT) > REPORT_STATEMENTS_MAX + 99);
}

#define test(function) cmocka_unit_test_setup_teardown(function, script_setup, script_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_the_order),
		test(test_a_hang_is_told),
		test(test_a_watch_that_fails_is_an_error),
		test(test_short_statements_are_not_looked_at_while_they_run),
		test(test_what_stays_in_a_long_list),
	};
	cluster_identity();
	int failed =
		cmocka_run_group_tests_name("migration/apply watched on 15", tests, server_setup_15, server_teardown);
	failed += cmocka_run_group_tests_name("migration/apply watched on 18", tests, server_setup_18, server_teardown);
	return cluster_end(failed);
}
