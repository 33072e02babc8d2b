#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "server.h"

#include "base/file.h"
#include "check/workload.h"

static const struct workload_query queries[] = {
	{"read", "SELECT count(*) FROM played", 50},
	{"write", "UPDATE played SET i = i + 1 WHERE i < 5", 20},
};

static struct pg_target target_of_server(void)
{
	return (struct pg_target){.host = "127.0.0.1",
				  .port = server->instance.port,
				  .database = "postgres",
				  .user = "vela",
				  .password = "secret",
				  .branch = server->instance.branch};
}

static struct workload_wanted wanted_queries(void)
{
	return (struct workload_wanted){.queries = queries, .query_count = 2, .around_ms = 200};
}

static PGconn *prepare(void)
{
	PGconn *connection = server_connect();
	assert_success(pg_execute(
		connection, "DROP TABLE IF EXISTS played; CREATE TABLE played AS SELECT generate_series(1, 100) i",
		NULL, err));
	return connection;
}

/* Holds the table for a while, as a migration would. */
static void hold(PGconn *connection, const char *mode, const char *seconds)
{
	_cleanup_free_ char *sql =
		string_format("BEGIN; LOCK TABLE played IN %s MODE; SELECT pg_sleep(%s); COMMIT", mode, seconds);
	assert_success(pg_execute(connection, sql, NULL, err));
}

static void test_a_stall_is_seen(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = prepare();
	struct pg_target target = target_of_server();
	struct workload_wanted wanted = wanted_queries();
	struct report report = {0};
	struct workload *workload = NULL;
	wanted.max_stall_ms = 100;
	assert_success(workload_begin(&wanted, &target, &report, &workload, err));
	report.started = clock_monotonic_ms(); /* the watch begins later */
	workload_migrations_begin(workload);
	hold(connection, "SHARE", "0.4"); /* writes wait, reads do not */
	workload_migrations_end(workload);
	assert_success(workload_end(workload, err));
	const struct report_workload *result = &report.workload;
	assert_true(result->ran);
	assert_int_equal(result->outcome, OUTCOME_FAILED);
	assert_int_equal(result->query_count, 2);
	const struct report_workload_query *reads = &result->queries[0], *writes = &result->queries[1];
	assert_string_equal(reads->name, "read");
	assert_null(reads->error);
	assert_true(reads->before.count > 2 && reads->during.count > 10 && reads->after.count > 2);
	assert_true(result->from_ms < 0 && result->from_ms > -wanted.around_ms - 1000);
	assert_true(writes->stall_from_ms >= -100 && writes->stall_from_ms < 300);
	assert_true(writes->longest_stall_ms > 250);
	assert_true(reads->longest_stall_ms < writes->longest_stall_ms);
	assert_true(writes->during.count >= 7); /* those that came due while it waited are counted as well */
	assert_true(writes->during.p50_ms > 20);
	assert_int_equal(writes->before.errors + writes->during.errors + writes->after.errors, 0);
	report_free(&report);
}

static void test_queries_that_fail(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = prepare();
	struct pg_target target = target_of_server();
	struct workload_wanted wanted = wanted_queries();
	struct report report = {.started = clock_monotonic_ms()};
	struct workload *workload = NULL;
	_cleanup_error_ struct error *error = NULL;
	const struct workload_query bad[] = {{"bad", "SELECT missing FROM played", 10}};
	wanted.queries = bad;
	wanted.query_count = 1;
	assert_int_equal(workload_begin(&wanted, &target, &report, &workload, &error), -1);
	assert_int_equal(error->kind, ERROR_CONFIG);
	assert_non_null(strstr(error->message, "workload query \"bad\""));
	assert_non_null(strstr(error->message, "missing"));
	/* One that begins to fail with the migration is what the report is for. */
	wanted = wanted_queries();
	assert_success(workload_begin(&wanted, &target, &report, &workload, err));
	workload_migrations_begin(workload);
	assert_success(pg_execute(connection, "ALTER TABLE played RENAME TO renamed", NULL, err));
	workload_migrations_end(workload);
	assert_success(workload_end(workload, err));
	assert_non_null(strstr(report.workload.queries[0].error, "played"));
	assert_true(report.workload.queries[0].after.errors > 2);
	assert_int_equal(report.workload.queries[0].before.errors, 0);
	assert_success(pg_execute(connection, "DROP TABLE renamed", NULL, err));
	report_free(&report);
}

static void test_a_lost_connection_and_a_call_without_end(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = prepare();
	struct pg_target target = target_of_server();
	struct workload_wanted wanted = wanted_queries();
	struct report report = {.started = clock_monotonic_ms()};
	struct workload *workload = NULL;
	wanted.query_count = 1;
	assert_success(workload_begin(&wanted, &target, &report, &workload, err));
	workload_migrations_begin(workload);
	assert_success(pg_execute(connection,
				  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'vela' AND "
				  "pid <> pg_backend_pid()",
				  NULL, err));
	workload_migrations_end(workload);
	assert_success(workload_end(workload, err));
	assert_non_null(report.workload.queries[0].error);
	report_free(&report);
	report = (struct report){.started = clock_monotonic_ms()};
	assert_success(workload_begin(&wanted, &target, &report, &workload, err));
	workload_migrations_begin(workload);
	assert_success(pg_execute(connection, "BEGIN; LOCK TABLE played; SELECT pg_sleep(0.2)", NULL, err));
	double began = clock_monotonic_ms();
	workload_migrations_end(workload);
	assert_success(workload_end(workload, err)); /* although nobody commits */
	assert_true(clock_monotonic_ms() - began < 30000);
	assert_success(pg_execute(connection, "COMMIT", NULL, err));
	assert_true(report.workload.queries[0].longest_stall_ms > 150);
	report_free(&report);
}

static void test_a_script_of_pgbench(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = prepare();
	struct pg_target target = target_of_server();
	identity_caller_begin();
	char directory[] = "/tmp/vela-test.XXXXXX";
	assert_non_null(mkdtemp(directory));
	_cleanup_free_ char *good = path_join(directory, "good.sql", NULL),
			    *bad = path_join(directory, "bad.sql", NULL), *scratch = string_format("%s.log", directory);
	static const char script[] = "\\set i random(1, 100)\nSELECT * FROM played WHERE i = :i;\n";
	static const char *const hostile[] = {"SELECT 1;\n  \\shell touch /tmp/x\n",
					      "SELECT 1; \\shell touch /tmp/x\n",
					      "\f\\SHELL touch /tmp/x\n",
					      "/* */\\ shell touch /tmp/x\n",
					      "\\\\\nshell touch /tmp/x\n",
					      "SELECT 1\\setshell x echo 1\n"};
	assert_success(file_replace(good, script, strlen(script), 0600, FILE_VOLATILE, err));
	identity_caller_end();
	struct workload_wanted wanted = {.script = "good.sql",
					 .repository = directory,
					 .pgbench = PG15 "/pgbench",
					 .scratch = scratch,
					 .clients = 2,
					 .rate = 100,
					 .around_ms = 400};
	struct report report = {.started = clock_monotonic_ms()};
	struct workload *workload = NULL;
	assert_success(workload_begin(&wanted, &target, &report, &workload, err));
	workload_migrations_begin(workload);
	hold(connection, "ACCESS EXCLUSIVE", "0.3");
	workload_migrations_end(workload);
	assert_success(workload_end(workload, err));
	assert_int_equal(report.workload.query_count, 1);
	const struct report_workload_query *query = &report.workload.queries[0];
	assert_null(query->error);
	assert_false(file_exists(scratch));
	assert_string_equal(query->name, "good.sql");
	assert_true(query->longest_stall_ms > 200 && query->longest_stall_ms < clock_monotonic_ms() - report.started);
	assert_true(query->after.count > 5);
	report_free(&report);
	wanted.script = "bad.sql";
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		identity_caller_begin();
		assert_success(file_replace(bad, hostile[i], strlen(hostile[i]), 0600, FILE_VOLATILE, err));
		identity_caller_end();
		assert_failure(ERROR_REFUSED, "a workload runs no programs",
			       workload_begin(&wanted, &target, &report, &workload, err));
	}
	identity_caller_begin();
	assert_success(directory_remove(directory, err));
	identity_caller_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stall_is_seen),
		cmocka_unit_test(test_queries_that_fail),
		cmocka_unit_test(test_a_lost_connection_and_a_call_without_end),
		cmocka_unit_test(test_a_script_of_pgbench),
	};
	cluster_identity();
	int failed = cmocka_run_group_tests_name("check/workload on 15", tests, server_setup_15, server_teardown);
	failed += cmocka_run_group_tests_name("check/workload on 18", tests, server_setup_18, server_teardown);
	return cluster_end(failed);
}
