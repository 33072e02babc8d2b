#include "server.h"

#include "check/assertion.h"

static PGconn *connection;

static int setup(void **state)
{
	(void)state;
	connection = server_connect();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pg_disconnect(&connection);
	return 0;
}

static void try(const char *sql, struct assertion assertion, struct report_check *ret)
{
	assertion.name = "the name";
	assertion.sql = sql;
	assertion.line = 14;
	assert_success(assertion_run(connection, &assertion, 0, ret, err));
	assert_int_equal(PQtransactionStatus(connection), PQTRANS_IDLE);
	assert_string_equal(ret->name, "the name");
	assert_string_equal(ret->sql, sql);
	assert_int_equal(ret->line, 14);
}

static struct report_check check(const char *sql, const char *equals)
{
	struct assertion assertion = {.equals = equals};
	struct report_check result = {0};
	try(sql, assertion, &result);
	assert_true(string_equal(result.expected, equals));
	return result;
}

static void test_what_holds(void **state)
{
	(void)state;
	static const struct {
		const char *sql, *equals, *actual;
	} rows[] = {
		{"SELECT 0", "0", "0"},
		{"-- how many\nSELECT count(*) FROM pg_class WHERE oid = 0;\n", "0", "0"},
		{"SELECT 'é'", "é", "é"},
		{"SELECT ''", "", ""},
		{"SELECT true", "true", "t"},
		{"SELECT true", "t", "t"},
		{"SELECT false", "false", "f"},
		{"VALUES (1.50)", "1.50", "1.50"},
		{"SELECT 'NULL'", "NULL", "NULL"},
		{"SELECT 1 UNION ALL SELECT 2", NULL, NULL},
		{"SELECT 1 WHERE false", NULL, NULL},
		{"DO $$ BEGIN PERFORM 1; END $$", NULL, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct report_check result = check(rows[i].sql, rows[i].equals);
		if (result.outcome != OUTCOME_PASSED || result.failure || !string_equal(result.actual, rows[i].actual))
			fail_msg("%s: %s", rows[i].sql, result.failure ? result.failure->message : result.actual);
		report_check_clear(&result);
	}
}

static void test_what_does_not_hold(void **state)
{
	(void)state;
	static const struct {
		const char *sql, *equals, *actual;
	} rows[] = {
		{"SELECT 1204", "0", "1204"},   {"SELECT 0.0", "0", "0.0"},    {"SELECT true", "false", "t"},
		{"SELECT 'true'", "t", "true"}, {"SELECT NULL", "NULL", NULL}, {"SELECT NULL", "", NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct report_check result = check(rows[i].sql, rows[i].equals);
		assert_int_equal(result.outcome, OUTCOME_FAILED);
		assert_null(result.failure);
		assert_true(string_equal(result.actual, rows[i].actual));
		report_check_clear(&result);
	}
}

static void test_what_is_no_check(void **state)
{
	(void)state;
	static const struct {
		const char *sql, *equals, *words;
		int column;
	} rows[] = {
		{"SELECT 1 UNION SELECT 2", "1", "gave more than one row of 1 column;", 0},
		{"SELECT 1, 2", "1", "gave 1 row of 2 columns;", 0},
		{"SELECT 1 WHERE false", "1", "gave no row of 1 column;", 0},
		{"DO $$ BEGIN PERFORM 1; END $$", "1", "gave no rows", 0},
		{"", NULL, "has no query", 0},
		{"-- nothing", NULL, "has no query", 0},
		{"COMMIT;\nSELECT 1; ", NULL, "one query", 1},
		{"\\! touch /tmp/harm", NULL, "psql meta-command \\! is not supported in a check", 1},
		{"COPY pg_class TO STDOUT", NULL, "COPY is not a query", 1},
		{"SELECT\n é", NULL, "column \"é\" does not exist", 2},
		{"SELECT 1/0", NULL, "division by zero", 1},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct report_check result = check(rows[i].sql, rows[i].equals);
		assert_int_equal(result.outcome, OUTCOME_FAILED);
		assert_non_null(result.failure);
		if (!strstr(result.failure->message, rows[i].words) || result.failure->column != rows[i].column)
			fail_msg("%s: column %d: %s", rows[i].sql, result.failure->column, result.failure->message);
		assert_int_equal(result.failure->line, 14);
		report_check_clear(&result);
	}
	assert_value(connection, "SELECT 1", "1");
}

static void test_an_error_shows_its_line_of_the_query(void **state)
{
	(void)state;
	struct report_check result = check("SELECT count(*)\nFROM orders", "0");
	assert_string_equal(result.failure->sqlstate, "42P01");
	assert_string_equal(result.failure->source_line, "FROM orders");
	assert_int_equal(result.failure->column, 6);
	assert_true(result.failure->has_caret);
	report_check_clear(&result);
}

static void test_nothing_is_changed(void **state)
{
	(void)state;
	static const char *const attempts[] = {
		"CREATE TABLE t ()",
		"SELECT 1 AS a INTO t",
		"DO $$ BEGIN SET LOCAL transaction_read_only = off; CREATE TABLE t (); END $$",
		"DO $$ BEGIN COMMIT; CREATE TABLE t (); END $$",
		"SELECT set_config('transaction_read_only', 'off', false), query_to_xml('SELECT 1', true, true, '')",
	};
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		struct report_check result = check(attempts[i], NULL);
		if (result.outcome != OUTCOME_FAILED)
			fail_msg("%s passes", attempts[i]);
		report_check_clear(&result);
	}
	assert_value(connection, "SELECT to_regclass('t')", NULL);
	struct report_check result = check("SET search_path = pg_catalog", NULL);
	report_check_clear(&result);
	assert_value(connection, "SHOW search_path", "\"$user\", public");
	result = check("COMMIT", NULL); /* ends the transaction, and changes nothing */
	report_check_clear(&result);
}

static void test_what_ran_before_does_not_matter(void **state)
{
	(void)state;
	assert_success(
		pg_execute(connection, "SET search_path = nowhere; SET ROLE other; CREATE TEMP TABLE t ()", NULL, err));
	struct report_check result = check("SELECT current_user || current_schemas(false)::text", "owner{public}");
	assert_int_equal(result.outcome, OUTCOME_PASSED);
	report_check_clear(&result);
}

static void test_a_large_value_is_cut_for_the_report_only(void **state)
{
	(void)state;
	struct buffer expected = {0};
	buffer_add_repeat(&expected, 'x', 100000);
	struct report_check result = check("SELECT repeat('x', 100000)", buffer_text(&expected));
	assert_int_equal(result.outcome, OUTCOME_PASSED);
	assert_int_equal(strlen(result.actual), ASSERTION_ACTUAL_MAX + strlen("…"));
	report_check_clear(&result);
	buffer_free(&expected);
}

static void test_the_time_limit(void **state)
{
	(void)state;
	struct assertion assertion = {.name = "slow", .sql = "SELECT pg_sleep(60)", .line = 3};
	struct report_check result = {0};
	double start = clock_monotonic_ms();
	assert_success(assertion_run(connection, &assertion, start + 300, &result, err));
	assert_true(clock_monotonic_ms() - start < 30000);
	assert_int_equal(result.outcome, OUTCOME_FAILED);
	assert_non_null(strstr(result.failure->message, "cancelled: the time limit"));
	report_check_clear(&result);
	result = check("SELECT 1", "1"); /* the connection is usable */
	assert_int_equal(result.outcome, OUTCOME_PASSED);
	report_check_clear(&result);
}

static void test_a_lost_connection_is_an_error(void **state)
{
	(void)state;
	struct assertion assertion = {
		.name = "the name",
		.sql = "SELECT pg_terminate_backend(pg_backend_pid())",
		.line = 3,
	};
	struct report_check result = {0};
	assert_failure(ERROR_POSTGRES, "cannot run the check \"the name\": the connection is lost",
		       assertion_run(connection, &assertion, 0, &result, err));
	assert_null(result.name);
}

static void test_what_is_known_before(void **state)
{
	(void)state;
	const struct assertion assertion = {
		.name = "few", .sql = "SELECT 1", .line = 7, .at_most = "3", .severity = SEVERITY_ERROR};
	struct report_check check = {0};
	assertion_announce(&assertion, &check);
	assert_int_equal(check.outcome, OUTCOME_NOT_RUN);
	assert_int_equal(check.severity, SEVERITY_ERROR);
	assert_int_equal(check.line, 7);
	assert_string_equal(check.expected, "at most 3");
	report_check_clear(&check);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_what_is_known_before),
		test(test_what_holds),
		test(test_what_does_not_hold),
		test(test_what_is_no_check),
		test(test_an_error_shows_its_line_of_the_query),
		test(test_nothing_is_changed),
		test(test_what_ran_before_does_not_matter),
		test(test_a_large_value_is_cut_for_the_report_only),
		test(test_the_time_limit),
		test(test_a_lost_connection_is_an_error),
	};
	cluster_identity();
	int failed = cmocka_run_group_tests_name("check/assertion on 15", tests, server_setup_15, server_teardown);
	failed += cmocka_run_group_tests_name("check/assertion on 18", tests, server_setup_18, server_teardown);
	return cluster_end(failed);
}
