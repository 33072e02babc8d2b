/* Scripts whose statements are each on their own, and what a file does to transactions itself. */
#include "script.h"

static const enum migration_transaction EACH = TRANSACTION_STATEMENT;

static void assert_each(const char *text, size_t statements)
{
	struct report_migration migration = passes(text, EACH);
	assert_int_equal(migration.statements, statements);
	report_migration_clear(&migration);
}

static void test_each_statement_is_on_its_own(void **state)
{
	(void)state;
	struct report_migration migration =
		fails("CREATE TABLE a ();\nSELECT 1/0;\nCREATE TABLE b ();", EACH, "22012", "division", 2, 1, false);
	assert_int_equal(migration.statements, 2);
	assert_true(migration.list_count >= 2); /* a COMMIT that took long is told as well */
	assert_false(migration.list[0].in_transaction);
	report_migration_clear(&migration);
	assert_value(connection, "SELECT to_regclass('a')", "a");
	assert_value(connection, "SELECT to_regclass('b')", NULL);
}

static void test_what_cannot_run_in_a_transaction(void **state)
{
	(void)state;
	assert_each("CREATE TABLE t (a int); CREATE INDEX CONCURRENTLY i ON t (a); VACUUM t;\n"
		    "REINDEX INDEX CONCURRENTLY i; DROP INDEX CONCURRENTLY i",
		    5);
}

static void test_procedures_that_commit(void **state)
{
	(void)state;
	assert_each("CREATE TABLE t (a int);\n"
		    "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; "
		    "INSERT INTO t VALUES (2); ROLLBACK; END $$;\nCALL p();\n"
		    "DO $$ BEGIN INSERT INTO t VALUES (3); COMMIT; END $$;",
		    4);
	assert_value(connection, "SELECT string_agg(a::text, ',' ORDER BY a) FROM t", "1,3");
}

static void test_transactions_of_the_file(void **state)
{
	(void)state;
	struct report_migration migration =
		passes("BEGIN;\nCREATE TABLE a (); CREATE TABLE b ();\nCOMMIT;\nCREATE TABLE c ();", EACH);
	assert_int_equal(migration.statements, 5);
	assert_false(migration.left_open);
	const struct report_statement *list = migration.list;
	assert_false(list[1].in_transaction);
	assert_true(list[2].in_transaction);
	assert_true(list[3].is_commit && list[3].in_transaction && list[3].line == 3);
	assert_false(list[4].in_transaction);
	report_migration_clear(&migration);

	migration = passes("BEGIN; CREATE TABLE d ();", EACH);
	assert_true(migration.left_open);
	report_migration_clear(&migration);
	assert_value(connection, "SELECT to_regclass('d')", NULL); /* as psql leaves it */

	migration = passes("CREATE TABLE e (); COMMIT; BEGIN; CREATE TABLE f ();", TRANSACTION_FILE);
	assert_true(migration.left_open);
	assert_true(migration.list[migration.list_count - 1].is_commit);
	report_migration_clear(&migration);
	assert_value(connection, "SELECT to_regclass('f')", "f"); /* as psql -1 does */

	migration = passes("CREATE TABLE g ();", TRANSACTION_FILE);
	assert_false(migration.left_open);
	assert_int_equal(migration.list_count, 2);
	assert_string_equal(migration.list[1].sql, "COMMIT");
	assert_int_equal(migration.list[1].line, 0);
	report_migration_clear(&migration);
}

static void test_savepoints_and_chains(void **state)
{
	(void)state;
	assert_each("BEGIN; CREATE TABLE a (); SAVEPOINT s; CREATE TABLE b (); ROLLBACK WORK TO SAVEPOINT s; "
		    "RELEASE s; COMMIT AND CHAIN; CREATE TABLE c (); ROLLBACK AND CHAIN; CREATE TABLE d (); END;",
		    11);
	assert_value(connection,
		     "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relname ~ '^[a-d]$'", "a,d");
}

static void test_nothing_interferes(void **state)
{
	(void)state;
	/* Each of these works, or is refused, as it does under psql. */
	assert_each("BEGIN; SET LOCAL lock_timeout = '5s'; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1; END;"
		    "SET search_path = ''; CREATE TEMP TABLE kept (a int); INSERT INTO kept VALUES (1); "
		    "PREPARE p AS SELECT a FROM pg_temp.kept; EXECUTE p; SELECT pg_advisory_lock(3); LISTEN l; "
		    "BEGIN; DECLARE c CURSOR FOR SELECT 1; FETCH c; CLOSE c; COMMIT; DISCARD ALL; SELECT 1",
		    19);
	static const struct {
		const char *text, *sqlstate;
	} refused[] = {
		{"CREATE TABLE IF NOT EXISTS t (); LOCK TABLE t;", "25P01"},
		{"DECLARE c CURSOR FOR SELECT 1;", "25P01"},
		{"SAVEPOINT s;", "25P01"},
		{"BEGIN; SELECT 1; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;", "25001"},
		{"BEGIN; VACUUM;", "25001"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct report_migration migration = apply_mode(refused[i].text, EACH);
		assert_non_null(migration.failure);
		assert_string_equal(migration.failure->sqlstate, refused[i].sqlstate);
		report_migration_clear(&migration);
	}
	struct report_migration migration = passes("SET LOCAL work_mem = '9MB'; SHOW work_mem", EACH);
	assert_string_equal(migration.output, "WARNING:  SET LOCAL can only be used in transaction blocks\n");
	report_migration_clear(&migration);
}

static void test_the_tools_own_record(void **state)
{
	(void)state;
	struct script kept;
	struct report_migration migration = {0};
	static char before[] = "CREATE TABLE versions (v int PRIMARY KEY)",
		    record[] = "INSERT INTO versions VALUES (1)";
	struct migration_script *script = script_of(&kept, "CREATE TABLE t ()", 17, TRANSACTION_FILE);
	script->before_sql = before;
	script->record_sql = record;
	assert_success(migration_apply(connection, script, NULL, 0, &migration, err));
	assert_int_equal(migration.outcome, OUTCOME_PASSED);
	assert_int_equal(migration.statements, 1);
	assert_int_equal(migration.list_count, 2);
	assert_value(connection, "SELECT v FROM versions", "1");
	script = script_of(&kept, "CREATE TABLE u ()", 17, TRANSACTION_FILE);
	script->record_sql = record;
	assert_success(migration_apply(connection, script, NULL, 0, &migration, err));
	assert_int_equal(migration.outcome, OUTCOME_FAILED);
	assert_string_equal(migration.failure->sqlstate, "23505");
	assert_words(migration.failure->context, "recorded as applied: INSERT INTO versions");
	assert_value(connection, "SELECT to_regclass('u')", NULL);
	report_migration_clear(&migration);
}

static void test_a_piece_that_is_sent_whole(void **state)
{
	(void)state;
	static const struct {
		const char *text, *relation, *found;
		bool passes;
	} rows[] = {
		{"CREATE TABLE a (); CREATE TABLE b ();\n", "b", "b", true},
		{"CREATE TABLE c (); SELECT 1/0", "c", NULL, false},
		{"BEGIN; CREATE TABLE d (); COMMIT; SELECT 1/0;", "d", "d", false},
		{"CREATE TABLE e (a int); CREATE INDEX CONCURRENTLY i ON e (a)", "e", NULL, false},
		{"CREATE INDEX CONCURRENTLY i ON pg_temp.nothing (a)", "i", NULL, false},
		{"-- nothing\n", "x", NULL, true},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct script kept;
		struct report_migration migration = {0};
		script_of(&kept, rows[i].text, strlen(rows[i].text), EACH)->segments->whole = true;
		assert_success(migration_apply(connection, &kept.script, NULL, 0, &migration, err));
		assert_int_equal(migration.outcome, rows[i].passes ? OUTCOME_PASSED : OUTCOME_FAILED);
		_cleanup_free_ char *query = string_format("SELECT to_regclass('%s')", rows[i].relation);
		assert_value(connection, query, rows[i].found);
		report_migration_clear(&migration);
	}
}

static void test_rows_that_made_it_fail(void **state)
{
	(void)state;
	assert_passes("CREATE TABLE \"My orders\" (id int, total int, state text);"
		      "INSERT INTO \"My orders\" SELECT i, nullif(i % 3, 0), 'open' FROM generate_series(1, 3000) i",
		      2);
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"ALTER TABLE \"My orders\" ALTER total SET NOT NULL",
		 "1,000 rows of public.My orders have no total; one: (3,,open)"},
		{"ALTER TABLE \"My orders\" ADD CONSTRAINT few CHECK (total < 2 -- or so\n)",
		 "1,000 rows of public.My orders violate few; one: (2,2,open)"},
		{"CREATE UNIQUE INDEX ON \"My orders\" (total)",
		 "2 values of (total) occur more than once in public.My"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct report_migration migration = apply(rows[i].text);
		assert_non_null(migration.failure);
		assert_words(migration.failure->rows, rows[i].words);
		report_migration_clear(&migration);
	}
}

static void test_marks_above_a_statement(void **state)
{
	(void)state;
	struct report_migration migration = passes(
		"-- vela:ignore one  the reason \n-- said\n  -- vela:ignore two\r\nSELECT 1; -- vela:ignore no no\n"
		"SELECT 2;\n-- vela:ignore far away\n\nSELECT 3;\n/* */ -- vela:ignore no no\nSELECT 4;\n"
		"-- vela:ignored no\nSELECT 5;",
		TRANSACTION_FILE);
	assert_string_equal(migration.list[0].ignored_hazard, "two");
	assert_null(migration.list[0].ignored_reason);
	assert_int_equal(migration.list[0].ignore_count, 1);
	assert_string_equal(migration.list[0].ignores[0].hazard, "one");
	assert_string_equal(migration.list[0].ignores[0].reason, "the reason");
	for (size_t i = 1; i < 5; i++)
		assert_null(migration.list[i].ignored_hazard);
	report_migration_clear(&migration);
}

#define test(function) cmocka_unit_test_setup_teardown(function, script_setup, script_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_each_statement_is_on_its_own), test(test_what_cannot_run_in_a_transaction),
		test(test_procedures_that_commit),       test(test_transactions_of_the_file),
		test(test_savepoints_and_chains),        test(test_nothing_interferes),
		test(test_the_tools_own_record),         test(test_a_piece_that_is_sent_whole),
		test(test_rows_that_made_it_fail),       test(test_marks_above_a_statement),
	};
	cluster_identity();
	int failed = cmocka_run_group_tests_name("migration/apply transactions on 15", tests, server_setup_15,
						 server_teardown);
	failed += cmocka_run_group_tests_name("migration/apply transactions on 18", tests, server_setup_18,
					      server_teardown);
	return cluster_end(failed);
}
