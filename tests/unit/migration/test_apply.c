#include "script.h"

static void test_a_file_is_applied_in_order(void **state)
{
	(void)state;
	assert_passes("", 0);
	assert_passes("-- nothing\n;", 0);
	assert_passes(
		"\xef\xbb\xbf"
		"CREATE TABLE t (a int, b text DEFAULT 'é;');\r\nINSERT INTO t VALUES (1), (2);\r\n"
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT max(a) FROM t; END;\r\n"
		"DO $$ BEGIN RAISE NOTICE 'not printed'; PERFORM f(); END $$;\nSELECT * FROM t",
		5);
	assert_value(connection, "SELECT f()", "2");
	assert_value(connection, "SELECT b FROM t LIMIT 1", "é;");
}

static void test_a_failure_has_its_exact_place(void **state)
{
	(void)state;
	struct report_migration migration = assert_fails(
		"CREATE TABLE t (total int);\r\n\r\n-- é\r\nSELECT 'é', '日本',\r\n\t'é' || totl\r\nFROM t;\nSELECT 1;",
		"42703", "column \"totl\" does not exist", 5, 9, true);
	assert_string_equal(migration.failure->source_line, "\t'é' || totl");
	assert_words(migration.failure->hint, "t.total");
	assert_int_equal(migration.statements, 2);
	report_migration_clear(&migration);
	assert_value(connection, "SELECT to_regclass('t')", NULL); /* rolled back */

	migration = assert_fails("SELECT 1;\nSELEC 2;\n", "42601", "syntax error", 2, 1, true);
	report_migration_clear(&migration);
	migration = assert_fails("SELECT (1", "42601", "end of input", 1, 10, true);
	report_migration_clear(&migration);
	migration = assert_fails("\xef\xbb\xbfSELECT x", "42703", "x", 1, 8, true);
	report_migration_clear(&migration);
}

static void test_a_failure_without_position_is_at_its_statement(void **state)
{
	(void)state;
	struct report_migration migration =
		assert_fails("CREATE TABLE t (a int, b text);\nINSERT INTO t VALUES (7, NULL);\n\n  ALTER TABLE t\n "
			     "ALTER b SET NOT NULL;",
			     "23502", "column \"b\" of relation \"t\" contains null values", 4, 3, false);
	assert_string_equal(migration.failure->source_line, "  ALTER TABLE t");
	report_migration_clear(&migration);

	migration = assert_fails("CREATE TABLE t (a int NOT NULL, b text); INSERT INTO t VALUES (NULL, 'x');", "23502",
				 "null value", 1, 42, false);
	assert_words(migration.failure->detail, "Failing row contains (null, x)");
	report_migration_clear(&migration);
}

static void test_a_failure_inside_a_function_tells_of_it(void **state)
{
	(void)state;
	struct report_migration migration = assert_fails("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ "
							 "BEGIN\n PERFORM totl FROM pg_class; END $$;\nSELECT f();",
							 "42703", "totl", 3, 1, false);
	assert_words(migration.failure->context, "in the query \"SELECT totl FROM pg_class\", character 8\n");
	assert_words(migration.failure->context, "PL/pgSQL function f() line 2");
	report_migration_clear(&migration);
	migration = assert_fails("DO $$ BEGIN RAISE EXCEPTION '%', repeat('é', 200000) USING HINT = 'h'; END $$",
				 "P0001", "éé", 1, 1, false);
	assert_true(strlen(migration.failure->message) < 70000);
	assert_string_equal(migration.failure->hint, "h");
	report_migration_clear(&migration);
}

static void test_a_failing_commit_says_so(void **state)
{
	(void)state;
	struct report_migration migration = assert_fails("CREATE TABLE a (i int PRIMARY KEY);\nCREATE TABLE b (i int "
							 "REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"
							 "INSERT INTO b VALUES (1);\nSELECT 1; -- the end",
							 "23503", "violates foreign key", 4, 1, false);
	assert_words(migration.failure->context, "COMMIT");
	assert_words(migration.failure->detail, "(i)=(1)");
	report_migration_clear(&migration);
	assert_value(connection, "SELECT to_regclass('a')", NULL);
}

static void test_transactions_in_the_file(void **state)
{
	(void)state;
	assert_passes("BEGIN; CREATE TABLE a (); COMMIT;", 3);
	assert_value(connection, "SELECT to_regclass('a')", "a");
	assert_passes("CREATE TABLE b (); ROLLBACK; CREATE TABLE c ();", 3);
	assert_value(connection, "SELECT to_regclass('b')", NULL);
	assert_value(connection, "SELECT to_regclass('c')", "c");
	assert_passes("COMMIT; BEGIN; CREATE TABLE d ();", 3); /* left open */
	assert_value(connection, "SELECT to_regclass('d')", "d");
	struct report_migration migration = assert_fails(
		"CREATE TABLE e (); COMMIT; BEGIN; CREATE TABLE f (); SELECT 1/0;", "22012", "division", 1, 54, false);
	report_migration_clear(&migration);
	assert_value(connection, "SELECT to_regclass('e')", "e");
	assert_value(connection, "SELECT to_regclass('f')", NULL);
}

static void test_what_cannot_run_in_a_transaction(void **state)
{
	(void)state;
	struct report_migration migration =
		assert_fails("CREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY i ON t (a);", "25001",
			     "transaction block", 2, 1, false);
	assert_words(migration.failure->hint, "begins with COMMIT");
	report_migration_clear(&migration);
	assert_passes("CREATE TABLE t (a int); COMMIT; CREATE INDEX CONCURRENTLY i ON t (a); VACUUM t;",
		      4); /* as the hint says */
	assert_value(connection, "SELECT to_regclass('i')", "i");
}

static void test_commands_of_psql(void **state)
{
	(void)state;
	struct report_migration migration =
		assert_fails("CREATE TABLE t (a int);\n\\copy t from 'it''s.csv' csv\n", NULL,
			     "psql meta-command \\copy is not supported in this migration", 2, 1, true);
	report_migration_clear(&migration);
	migration = assert_fails("SELECT 1 AS a \\gset\n", NULL, "meta-command \\gset is", 1, 15, true);
	assert_int_equal(migration.statements, 0);
	report_migration_clear(&migration);
	migration = assert_fails("\\! touch /tmp/harm", NULL, "meta-command \\! is", 1, 1, true);
	report_migration_clear(&migration);
}

static void test_the_time_limit(void **state)
{
	(void)state;
	struct report_migration migration = {0};
	static const char text[] = "CREATE TABLE t ();\nSELECT\npg_sleep(60);";
	double start = clock_monotonic_ms();
	assert_success(apply_bytes(text, sizeof(text) - 1, start + 1000, &migration, err));
	assert_true(clock_monotonic_ms() - start < 30000);
	assert_int_equal(migration.outcome, OUTCOME_FAILED);
	assert_words(migration.failure->message, "cancelled: the time limit of this run was reached");
	assert_null(migration.failure->sqlstate);
	assert_int_equal(migration.failure->line, 2);
	report_migration_clear(&migration);
	assert_value(connection, "SELECT to_regclass('t')", NULL);

	assert_success(apply_bytes(text, sizeof(text) - 1, clock_monotonic_ms() - 1, &migration, err));
	assert_int_equal(migration.outcome, OUTCOME_FAILED);
	assert_int_equal(migration.statements, 0);
	report_migration_clear(&migration);

	/* What fails by itself before the limit keeps its own words. */
	assert_success(apply_bytes("SELECT 1/0", 10, clock_monotonic_ms() + 60000, &migration, err));
	assert_string_equal(migration.failure->sqlstate, "22012");
	report_migration_clear(&migration);
}

static void test_a_lost_connection_is_an_error(void **state)
{
	(void)state;
	struct report_migration migration = {0};
	static const char text[] = "SELECT 1;\nSELECT pg_terminate_backend(pg_backend_pid());\nSELECT 2;";
	assert_failure(ERROR_POSTGRES, "cannot apply 1.sql: line 2: the connection is lost",
		       apply_bytes(text, sizeof(text) - 1, clock_monotonic_ms() + 60000, &migration, err));
	assert_null(migration.file);
	assert_failure(ERROR_POSTGRES, "cannot apply 1.sql", apply_bytes("SELECT 1", 8, 0, &migration, err));
}

static void test_files_do_not_leak_into_each_other(void **state)
{
	(void)state;
	assert_value(connection, "SELECT current_user", "owner");
	assert_passes("SET search_path = pg_catalog; SET work_mem = '7MB'; SET default_transaction_read_only = on; "
		      "SET vela.mine = 'x'; CREATE TEMP TABLE left_behind (); PREPARE p AS SELECT 1; "
		      "SELECT pg_advisory_lock(7); SET ROLE other;",
		      8);
	assert_value(connection, "SELECT current_user", "other");
	assert_passes("SELECT current_user", 1);
	assert_value(connection, "SELECT current_user || ' ' || session_user", "owner vela");
	assert_value(connection, "SHOW work_mem", "5MB");
	assert_value(connection, "SHOW search_path", "\"$user\", public");
	assert_value(connection, "SHOW default_transaction_read_only", "off");
	assert_value(connection, "SELECT to_regclass('left_behind')", NULL);
	assert_value(connection, "SELECT count(*) FROM pg_prepared_statements", "0");
	assert_value(connection, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "0");
	assert_value(connection, "SHOW vela.branch", server->instance.branch);
	assert_value(connection, "SHOW client_encoding", "UTF8");
	assert_passes("RESET ROLE; SET ROLE none; SET SESSION AUTHORIZATION DEFAULT; SET client_encoding = 'LATIN1'",
		      4);
	assert_passes("CREATE TABLE t ()", 1);
	assert_value(connection, "SELECT tableowner FROM pg_tables WHERE tablename = 't'", "owner");
	assert_value(connection, "SHOW client_encoding", "UTF8");
}

static void test_a_result_that_was_filled_is_replaced(void **state)
{
	(void)state;
	struct report_migration migration = {.file = string_copy("0.sql"), .outcome = OUTCOME_NOT_RUN};
	assert_success(apply_bytes("SELECT x", 8, 0, &migration, err));
	assert_success(apply_bytes("SELECT x", 8, 0, &migration, err));
	assert_string_equal(migration.file, "1.sql");
	assert_int_equal(migration.outcome, OUTCOME_FAILED);
	report_migration_clear(&migration);
}

#define test(function) cmocka_unit_test_setup_teardown(function, script_setup, script_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_a_file_is_applied_in_order),
		test(test_a_failure_has_its_exact_place),
		test(test_a_failure_without_position_is_at_its_statement),
		test(test_a_failure_inside_a_function_tells_of_it),
		test(test_a_failing_commit_says_so),
		test(test_transactions_in_the_file),
		test(test_what_cannot_run_in_a_transaction),
		test(test_commands_of_psql),
		test(test_the_time_limit),
		test(test_a_lost_connection_is_an_error),
		test(test_files_do_not_leak_into_each_other),
		test(test_a_result_that_was_filled_is_replaced),
	};
	cluster_identity();
	int failed = cmocka_run_group_tests_name("migration/apply on 15", tests, server_setup_15, server_teardown);
	failed += cmocka_run_group_tests_name("migration/apply on 18", tests, server_setup_18, server_teardown);
	return cluster_end(failed);
}
