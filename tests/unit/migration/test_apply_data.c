/* COPY in migrations, and how much of everything may come. */
#include "script.h"

#include <poll.h>
#include <signal.h>

static void test_data_are_read_from_the_file(void **state)
{
	(void)state;
	assert_passes("CREATE TABLE t (a int, b text);\nCOPY t FROM stdin;\n1\tone; SELECT 1/0;\n2\t\\N\n\\.\n"
		      "SELECT count(*) FROM t;\nCOPY t (a) FROM STDIN WITH (FORMAT csv);\r\n3\r\n4\r\n\\.\r\n"
		      "INSERT INTO t VALUES (5);",
		      5);
	assert_value(connection, "SELECT string_agg(a || b, ',' ORDER BY a) FROM t", "1one; SELECT 1/0;");
	assert_value(connection, "SELECT sum(a) FROM t", "15");
	assert_passes("COPY t FROM stdin;\n6\tsix", 1); /* the end of the file ends the data */
	assert_passes("COPY t FROM stdin;", 1);
	assert_passes("COPY t FROM stdin;\n\\.", 1);
	/* What stands on the same line comes after the data. */
	assert_passes("COPY t FROM stdin; COPY t FROM stdin; DELETE FROM t WHERE a = 7; -- '\n7\tx\n\\.\n7\ty\n\\.\n",
		      3);
	assert_value(connection, "SELECT sum(a) FROM t", "21");
}

static void test_data_that_fail(void **state)
{
	(void)state;
	struct report_migration migration = assert_fails(
		"CREATE TABLE t (a int, b text);\n\nCOPY t FROM stdin;\n1\tone\n2\ttwo\nx\tthree\n\\.\nSELECT 1;",
		"22P02", "invalid input syntax for type integer: \"x\"", 6, 1, false);
	assert_string_equal(migration.failure->source_line, "x\tthree");
	assert_words(migration.failure->context, "COPY t, line 3, column a");
	assert_int_equal(migration.statements, 2);
	assert_int_equal(migration.list_count, 2);
	assert_int_equal(migration.list[1].outcome, OUTCOME_FAILED);
	report_migration_clear(&migration);

	/* The data of a COPY that is refused are no statements. */
	migration =
		assert_fails("COPY nothing FROM stdin;\nDROP SCHEMA public;\n\\.\n", "42P01", "nothing", 1, 1, false);
	assert_int_equal(migration.statements, 1);
	report_migration_clear(&migration);
	migration = assert_fails("CREATE TABLE t (a int);\nCOPY t FROM stdin (FORMAT binary);\nx\n\\.\n", NULL,
				 "binary format", 2, 1, false);
	report_migration_clear(&migration);
	migration = assert_fails("CREATE TABLE t (a int);\nCOPY t FROM stdin; SELECT\n1\n\\.\n1;", NULL,
				 "has to end on it", 2, 20, true);
	report_migration_clear(&migration);
	assert_value(connection, "SELECT 1", "1");
}

static void test_data_that_come_out(void **state)
{
	(void)state;
	struct report_migration migration =
		passes("COPY (SELECT generate_series(1, 100000)) TO STDOUT; DO $$ BEGIN RAISE WARNING 'é %', 1; END $$",
		       TRANSACTION_FILE);
	assert_words(migration.output, "99999\n100000\nWARNING:  é 1\n");
	assert_true(strlen(migration.output) <= SESSION_OUTPUT_MAX);
	report_migration_clear(&migration);
}

static void test_a_copy_within_the_time_limit(void **state)
{
	(void)state;
	struct report_migration migration = {0};
	static const char text[] = "COPY (SELECT generate_series(1, 1000000000000)) TO STDOUT";
	double start = clock_monotonic_ms();
	assert_success(apply_bytes(text, sizeof(text) - 1, start + 300, &migration, err));
	assert_true(clock_monotonic_ms() - start < 30000);
	assert_words(migration.failure->message, "time limit");
	report_migration_clear(&migration);
	/* The server does not take the data: a trigger sleeps. */
	assert_passes("CREATE TABLE t (a text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
		      "PERFORM pg_sleep(60); RETURN new; END $$; CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW "
		      "EXECUTE FUNCTION f()",
		      3);
	_cleanup_buffer_ struct buffer copy = {0};
	buffer_add_text(&copy, "COPY t FROM stdin;\n");
	for (size_t i = 0; i < 1000000; i++)
		buffer_add_text(&copy, "0123456789\n");
	start = clock_monotonic_ms();
	assert_success(apply_bytes(copy.data, copy.length, start + 500, &migration, err));
	assert_true(clock_monotonic_ms() - start < 30000);
	assert_words(migration.failure->message, "time limit");
	assert_value(connection, "SELECT count(*) FROM t", "0");
	report_migration_clear(&migration);
}

/* In KiB. The address sanitizer keeps what was freed: then nothing can be said. */
static size_t memory_peak(void)
{
#ifdef __SANITIZE_ADDRESS__
	return 0;
#endif
	_cleanup_buffer_ struct buffer status = {0};
	assert_int_equal(file_read("/proc/self/status", 1 << 16, FILE_FOLLOW, &status, NULL), 0);
	return strtoull(strstr(status.data, "VmHWM:") + 6, NULL, 10);
}

static void test_rows_and_notices_are_not_kept(void **state)
{
	(void)state;
	size_t before = memory_peak();
	struct report_migration migration =
		passes("SELECT repeat('x', 1000) FROM generate_series(1, 100000);\n"
		       "DO $$ BEGIN FOR i IN 1..20000 LOOP RAISE NOTICE '% %', i, repeat('x', 1000); END LOOP; END $$;",
		       TRANSACTION_FILE);
	assert_true(memory_peak() - before < 20 << 10);
	assert_string_equal(migration.list[0].tag, "SELECT");
	assert_words(migration.output, "NOTICE:  20000 xxx");
	assert_true(strlen(migration.output) <= SESSION_OUTPUT_MAX);
	report_migration_clear(&migration);
}

static void test_temporary_files_are_counted(void **state)
{
	(void)state;
	struct session_notices notices = {0};
	session_notices_attach(connection, &notices);
	assert_success(pg_execute(
		connection, "DO $$ BEGIN RAISE LOG 'temporary file: path \"x\", size 999999999'; END $$", NULL, err));
	assert_int_equal(notices.temp_bytes, 0);
	assert_success(
		pg_execute(connection,
			   "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT i FROM generate_series(1, 100000) i "
			   "ORDER BY i DESC OFFSET 1) AS sorted",
			   NULL, err));
	assert_true(notices.temp_bytes > 1000000 && notices.temp_bytes < 10000000);
	assert_null(session_notices_take(&notices));
	session_notices_detach(connection);
}

static void test_many_statements(void **state)
{
	(void)state;
	enum { COUNT = 20000 };
	_cleanup_buffer_ struct buffer text = {0};
	buffer_add_text(&text, "CREATE TABLE t (a int);");
	for (size_t i = 0; i < COUNT; i++)
		buffer_add_text(&text, "SELECT 1;");
	buffer_add_text(&text, "\n-- vela:ignore table-rewrite it is small\nINSERT INTO t VALUES (1), (2);SELECT 2;"
			       "SELECT pg_sleep(0.15);SELECT 3;");
	struct report_migration migration = passes(text.data, TRANSACTION_FILE);
	assert_int_equal(migration.statements, COUNT + 5);
	/* Behind the first: what the machine made slow, the marked one, the slow one, and the COMMIT. */
	assert_in_range(migration.list_count, REPORT_STATEMENTS_MAX + 3, REPORT_STATEMENTS_MAX + 20);
	const struct report_statement *marked = &migration.list[migration.list_count - 3];
	assert_string_equal(marked->ignored_hazard, "table-rewrite");
	assert_string_equal(marked->ignored_reason, "it is small");
	assert_int_equal(marked->rows, 2);
	assert_string_equal(marked[1].sql, "SELECT pg_sleep(0.15)");
	assert_true(marked[2].is_commit);
	report_migration_clear(&migration);
}

static void test_a_long_statement_is_cut_in_the_report(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer text = {0};
	buffer_add_text(&text, "SELECT '");
	for (size_t i = 0; i < 1000000; i++)
		buffer_add_text(&text, "é");
	buffer_add_text(&text, "'");
	struct report_migration migration = passes(text.data, TRANSACTION_FILE);
	assert_true(strlen(migration.list[0].sql) < REPORT_SQL_MAX + 4);
	assert_string_equal(migration.list[0].sql + strlen(migration.list[0].sql) - 5, "é…");
	report_migration_clear(&migration);
}

/* A killed server process makes the postmaster restart all of them; wait until it lets somebody in again. */
static void await_server(void)
{
	for (int i = 0; i < 200; i++) {
		struct pg_target target = server_target();
		PGconn *again = NULL;
		if (pg_connect(&target, &again, NULL) == 0) {
			pg_disconnect(&again);
			return;
		}
		(void)poll(NULL, 0, 50);
	}
	fail_msg("the server does not come back");
}

static void test_a_killed_server_process_is_an_error(void **state)
{
	(void)state;
	struct report_migration migration = {0};
	_cleanup_free_ char *pid = NULL;
	assert_success(pg_value(connection, "SELECT pg_backend_pid()", &pid, err));
	struct process_id id;
	assert_true(process_identify((pid_t)strtol(pid, NULL, 10), &id));
	assert_int_equal(process_signal(&id, SIGKILL), 0);
	assert_failure(ERROR_POSTGRES, "cannot apply 1.sql", apply_bytes("SELECT 1", 8, 0, &migration, err));
	await_server();
}

#define test(function) cmocka_unit_test_setup_teardown(function, script_setup, script_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_data_are_read_from_the_file),
		test(test_data_that_fail),
		test(test_data_that_come_out),
		test(test_a_copy_within_the_time_limit),
		test(test_rows_and_notices_are_not_kept),
		test(test_temporary_files_are_counted),
		test(test_many_statements),
		test(test_a_long_statement_is_cut_in_the_report),
		test(test_a_killed_server_process_is_an_error),
	};
	cluster_identity();
	int failed = cmocka_run_group_tests_name("migration/apply data on 15", tests, server_setup_15, server_teardown);
	failed += cmocka_run_group_tests_name("migration/apply data on 18", tests, server_setup_18, server_teardown);
	return cluster_end(failed);
}
