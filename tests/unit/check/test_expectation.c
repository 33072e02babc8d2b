#include "server.h"

#include "check/assertion.h"
#include "check/expectation.h"

/* As the configuration has them: not const, and changed by nobody. */
#define COLUMNS(...) ((char **)(uintptr_t)(const char *const[]){__VA_ARGS__, NULL})
#define ROW COLUMNS
#define ROWS(...) ((char **[]){__VA_ARGS__, NULL})
#define EXPECT(...) ((struct assertion){__VA_ARGS__})

static PGconn *connection, *before;
static char null_value[] = "null";

static int setup(void **state)
{
	(void)state;
	connection = server_connect();
	before = server_connect();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pg_disconnect(&connection);
	pg_disconnect(&before);
	return 0;
}

static void try(const char *sql, struct assertion assertion, struct report_check *ret)
{
	assertion.name = "the name";
	assertion.sql = sql;
	assertion.line = 14;
	assertion.null_value = null_value;
	assert_success(assertion_run(connection, &assertion, 0, ret, err));
	assert_int_equal(PQtransactionStatus(connection), PQTRANS_IDLE);
}

/* `actual` NULL: whatever it is. */
static void assert_judged(const char *sql, struct assertion assertion, enum report_outcome outcome, const char *actual)
{
	struct report_check result = {0};
	try(sql, assertion, &result);
	if (result.outcome != outcome || result.failure || (actual && !string_equal(result.actual, actual)))
		fail_msg("%s: expected %s: %s: %s", sql, result.expected ? result.expected : "nothing",
			 result.outcome == OUTCOME_PASSED ? "holds" : "does not hold",
			 result.failure ? result.failure->message : (result.actual ? result.actual : "NULL"));
	report_check_clear(&result);
}

static void assert_holds(const char *sql, struct assertion assertion)
{
	assert_judged(sql, assertion, OUTCOME_PASSED, NULL);
}

static void assert_does_not(const char *sql, struct assertion assertion)
{
	assert_judged(sql, assertion, OUTCOME_FAILED, NULL);
}

/* The check says nothing about the data, but why it cannot. */
static void assert_refused(const char *sql, struct assertion assertion, const char *words)
{
	struct report_check result = {0};
	try(sql, assertion, &result);
	assert_int_equal(result.outcome, OUTCOME_FAILED);
	if (!result.failure || !strstr(result.failure->message, words))
		fail_msg("%s: %s", sql, result.failure ? result.failure->message : "no failure");
	else
		assert_int_equal(result.failure->line, 14);
	report_check_clear(&result);
}

static void test_values(void **state)
{
	(void)state;
	assert_holds("SELECT 1", EXPECT(.not_equals = "0"));
	assert_does_not("SELECT 0", EXPECT(.not_equals = "0"));
	assert_does_not("SELECT true", EXPECT(.not_equals = "true"));
	assert_does_not("SELECT NULL", EXPECT(.not_equals = "0"));
	assert_holds("SELECT 'ab-12'", EXPECT(.matches = "^[a-z]+-\\d+$"));
	assert_does_not("SELECT 'ab-'", EXPECT(.matches = "^[a-z]+-\\d+$"));
	assert_does_not("SELECT NULL", EXPECT(.matches = ""));
	assert_refused("SELECT 'a'", EXPECT(.matches = "("), "invalid regular expression");
	assert_refused("SELECT 1, 2", EXPECT(.matches = "1"), "matches compares one row of one column");
	assert_refused("SELECT generate_series(1, 3)", EXPECT(.not_equals = "1"), "more than one row of 1 column");
	assert_holds("SHOW transaction_read_only", EXPECT(.equals = "on"));
	assert_refused("DO 'BEGIN END'", EXPECT(.equals = "1"), "the statement gave no rows; equals needs a query");
}

static void test_numbers_are_compared_exactly(void **state)
{
	(void)state;
	const struct assertion between = EXPECT(.between_low = "-1.5", .between_high = "2");
	assert_holds("SELECT -1.50", between);
	assert_holds("SELECT 2", between);
	assert_holds("SELECT 2.000::float8", between);
	assert_does_not("SELECT 2.00000000000000000000000000000001", between);
	assert_does_not("SELECT -1.50000000000000000000000000000001", between);
	assert_does_not("SELECT NULL::int", between);
	assert_holds("SELECT 9007199254740993", EXPECT(.at_least = "9007199254740993"));
	assert_does_not("SELECT 9007199254740992", EXPECT(.at_least = "9007199254740993"));
	assert_holds("SELECT 9007199254740993", EXPECT(.at_most = "9007199254740993"));
	assert_does_not("SELECT 9007199254740994", EXPECT(.at_most = "9007199254740993"));
	assert_does_not("SELECT 'NaN'::float8", EXPECT(.at_least = "1"));
	assert_holds("SELECT 'infinity'::float8", EXPECT(.at_least = "1"));
	assert_refused("SELECT 'many'", EXPECT(.at_least = "1"), "invalid input syntax for type numeric: \"many\"");
	assert_refused("SELECT 1, 2", EXPECT(.at_most = "1"), "at_most compares one row of one column");
}

static void test_a_search_path_does_not_change_what_numbers_are(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(
		pg_execute(admin,
			   "CREATE FUNCTION public.yes(numeric, numeric) RETURNS bool LANGUAGE sql AS 'SELECT "
			   "true'; CREATE OPERATOR public.>= (leftarg = numeric, rightarg = numeric, procedure = "
			   "public.yes); ALTER ROLE vela SET search_path = public, pg_catalog",
			   NULL, err));
	_cleanup_connection_ PGconn *fresh = server_connect();
	const struct assertion assertion = {.name = "n", .sql = "SELECT 0", .line = 1, .at_least = "1"};
	struct report_check result = {0};
	assert_value(fresh, "SELECT 0::numeric >= 1::numeric", "t");
	assert_success(assertion_run(fresh, &assertion, 0, &result, err));
	assert_int_equal(result.outcome, OUTCOME_FAILED);
	assert_null(result.failure);
	report_check_clear(&result);
	assert_success(
		pg_execute(admin, "ALTER ROLE vela RESET search_path; DROP FUNCTION public.yes CASCADE", NULL, err));
}

static void test_numbers_of_rows(void **state)
{
	(void)state;
	static const char three[] = "SELECT generate_series(1, 3)";
	assert_judged(three, EXPECT(.rows_exactly = "3"), OUTCOME_PASSED, "3 rows");
	assert_judged(three, EXPECT(.rows_exactly = "1"), OUTCOME_FAILED, "3 rows");
	assert_judged("SELECT 1", EXPECT(.rows_exactly = "1"), OUTCOME_PASSED, "1 row");
	assert_holds(three, EXPECT(.rows_at_least = "3"));
	assert_does_not(three, EXPECT(.rows_at_least = "4"));
	assert_holds(three, EXPECT(.rows_at_most = "3"));
	assert_does_not(three, EXPECT(.rows_at_most = "2"));
	assert_does_not(three, EXPECT(.rows_at_least = "1", .rows_at_most = "2"));
	assert_holds("EXPLAIN SELECT 1", EXPECT(.rows_exactly = "1"));
	assert_holds("VALUES (1), (2) -- two", EXPECT(.rows_exactly = "2"));
	assert_holds("(SELECT 1) UNION ALL SELECT 2;", EXPECT(.rows_exactly = "2"));
	assert_holds("TABLE pg_catalog.pg_class", EXPECT(.rows_at_least = "100"));
	assert_holds("WITH a AS (SELECT 1 AS x) SELECT x, x FROM a", EXPECT(.rows_exactly = "1"));
}

static void test_rows_that_must_not_be_there(void **state)
{
	(void)state;
	static const char people[] =
		"SELECT * FROM (VALUES (1, 'a', 'x'), (2, NULL, 'x'), (3, '', NULL), (4, 'a', 'x'), "
		"(5, NULL, 'x')) AS people (id, \"E-mail\", city)";
	assert_judged("SELECT 1 WHERE false", EXPECT(.empty = true), OUTCOME_PASSED, "0 rows");
	assert_judged("SELECT 7 AS id, NULL AS email", EXPECT(.empty = true), OUTCOME_FAILED,
		      "1 row: (id = 7, email = NULL)");
	assert_judged("SELECT 'a, b' AS id FROM generate_series(1, 100000)", EXPECT(.empty = true), OUTCOME_FAILED,
		      "100,000 rows, one of them: (id = 'a, b')");
	assert_judged(people, EXPECT(.not_null = COLUMNS("id")), OUTCOME_PASSED, "0 rows with a NULL");
	assert_judged(people, EXPECT(.not_null = COLUMNS("id", "E-mail", "city")), OUTCOME_FAILED,
		      "3 rows with a NULL, one of them: (id = 2, E-mail = NULL, city = x)");
	assert_judged(people, EXPECT(.unique = COLUMNS("id")), OUTCOME_PASSED, "0 values occur more than once");
	assert_judged(people, EXPECT(.unique = COLUMNS("E-mail", "city")), OUTCOME_FAILED,
		      "1 value occurs more than once: (E-mail = a, city = x, times = 2)");
	assert_holds("SELECT NULL AS a FROM generate_series(1, 2)", EXPECT(.unique = COLUMNS("a")));
	assert_refused(people, EXPECT(.unique = COLUMNS("email")), "column q.email does not exist");
	assert_refused(people, EXPECT(.not_null = COLUMNS("a\" IS NULL) --")), "does not exist");
	assert_refused("SHOW work_mem", EXPECT(.unique = COLUMNS("work_mem")), "unique needs a query that can stand");
}

static void test_rows_that_must_be_there(void **state)
{
	(void)state;
	static const char sql[] = "VALUES ('open', 12, true), ('done', NULL, false)";
	char ***const rows = ROWS(ROW("done", null_value, "false"), ROW("open", "12", "t"));
	char ***const in_order = ROWS(ROW("open", "12", "true"), ROW("done", null_value, "f"));
	assert_judged(sql, EXPECT(.returns = rows), OUTCOME_PASSED, "(open, 12, t), (done, NULL, f)");
	assert_holds(sql, EXPECT(.returns = in_order));
	assert_does_not(sql, EXPECT(.returns = rows, .ordered = true));
	assert_holds(sql, EXPECT(.returns = in_order, .ordered = true));
	assert_does_not(sql, EXPECT(.returns = ROWS(ROW("open", "12", "t"))));
	assert_judged("SELECT generate_series(1, 9)", EXPECT(.returns = ROWS(ROW("1"))), OUTCOME_FAILED, "(1), (2), …");
	assert_does_not("SELECT 1, 2", EXPECT(.returns = ROWS(ROW("1"))));
	assert_does_not("SELECT 'NULL'", EXPECT(.returns = ROWS(ROW(null_value))));
	assert_does_not("SELECT 'a', 'b'", EXPECT(.returns = ROWS(ROW("a, b"))));
	assert_does_not("VALUES (1), (1), (2)", EXPECT(.returns = ROWS(ROW("1"), ROW("2"), ROW("2"))));
	assert_holds("SELECT 1 WHERE false", EXPECT(.returns = (char **[]){NULL}));
	assert_judged("SELECT 1", EXPECT(.returns = (char **[]){NULL}), OUTCOME_FAILED, "(1), …");
}

static void test_what_has_to_fail(void **state)
{
	(void)state;
	assert_success(
		pg_execute(connection,
			   "CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE children (parent int REFERENCES "
			   "parents DEFERRABLE INITIALLY DEFERRED, age int CHECK (age > 0))",
			   NULL, err));
	static const char negative[] = "INSERT INTO children VALUES (NULL, -1)";
	assert_holds(negative, EXPECT(.fails = "23514"));
	assert_holds(negative, EXPECT(.fails = "children_age_check"));
	assert_does_not(negative, EXPECT(.fails = "23505"));
	assert_does_not(negative, EXPECT(.fails = "children_parent"));
	assert_holds("INSERT INTO children VALUES (5, 1)", EXPECT(.fails = "23503"));
	assert_judged("INSERT INTO children VALUES (NULL, 1)", EXPECT(.fails = "23514"), OUTCOME_FAILED,
		      "it succeeded");
	assert_judged("SELECT 1/0", EXPECT(.fails = "00000"), OUTCOME_FAILED, "division by zero (22012)");
	assert_holds("SELECT 1/0", EXPECT(.fails = "by zero"));
	assert_value(connection, "SELECT count(*) FROM children", "0");
	assert_refused("COPY children TO STDOUT", EXPECT(.fails = "COPY"), "COPY is not a query");
	struct report_check result = {0};
	const struct assertion slow = {.name = "n", .sql = "SELECT pg_sleep(60)", .line = 1, .fails = "cancel"};
	assert_success(assertion_run(connection, &slow, clock_monotonic_ms() + 200, &result, err));
	assert_int_equal(result.outcome, OUTCOME_FAILED);
	assert_non_null(result.failure);
	report_check_clear(&result);
	assert_success(pg_execute(connection, "DROP TABLE children, parents", NULL, err));
}

/* --- before against after --- */

static struct report_check compare(struct assertion assertion, const char *sql, const char *at_first, const char *then)
{
	struct report_check result = {0};
	assertion.name = "the name";
	assertion.sql = sql;
	assertion.line = 14;
	assert_true(assertion_needs_before(&assertion));
	assert_success(pg_execute(connection, at_first, NULL, err));
	assert_success(assertion_measure(before, &assertion, 0, &result, err));
	assert_int_equal(PQtransactionStatus(before), PQTRANS_IDLE);
	assert_success(pg_execute(connection, then, NULL, err));
	assert_success(assertion_run(connection, &assertion, 0, &result, err));
	assert_string_equal(result.name, "the name");
	assert_success(pg_execute(connection, "DROP TABLE IF EXISTS data", NULL, err));
	return result;
}

static void assert_compared(struct assertion assertion, const char *sql, const char *at_first, const char *then,
			    enum report_outcome outcome)
{
	struct report_check result = compare(assertion, sql, at_first, then);
	if (result.outcome != outcome || result.failure || !result.before || !result.actual)
		fail_msg("%s: %s, then %s: before %s, then %s: %s", sql, at_first, then, result.before, result.actual,
			 result.failure ? result.failure->message : "");
	report_check_clear(&result);
}

static void test_unchanged(void **state)
{
	(void)state;
	static const char make[] = "CREATE TABLE data AS VALUES (1, 'a'), (2, NULL)";
	static const char rewrite[] = "UPDATE data SET column1 = column1 WHERE column1 = 1";
	const struct assertion unchanged = EXPECT(.unchanged = true);
	assert_compared(unchanged, "SELECT * FROM data", make, rewrite, OUTCOME_PASSED);
	assert_compared(unchanged, "SELECT * FROM data", make, "UPDATE data SET column2 = ''", OUTCOME_FAILED);
	assert_compared(unchanged, "SELECT * FROM data", make, "DELETE FROM data", OUTCOME_FAILED);
	assert_compared(unchanged, "SELECT sum(column1) FROM data", make, rewrite, OUTCOME_PASSED);
	assert_compared(unchanged, "SELECT sum(column1) FROM data", make, "UPDATE data SET column1 = 1",
			OUTCOME_FAILED);
	assert_compared(unchanged, "SELECT max(column2) FROM data",
			"CREATE TABLE data AS SELECT 1, NULL::text AS column2", "UPDATE data SET column2 = 'NULL'",
			OUTCOME_FAILED);
	struct report_check result = compare(unchanged, "SELECT * FROM data", make, rewrite);
	assert_string_equal(result.before, "(1, a), (2, NULL)");
	assert_string_equal(result.actual, "(1, a), (2, NULL)");
	report_check_clear(&result);
	result = compare(unchanged, "SELECT * FROM data", "CREATE TABLE data AS SELECT generate_series(1, 5000)",
			 "SELECT 1");
	assert_non_null(strstr(result.failure->message, "gave more than 1000 rows"));
	report_check_clear(&result);
	result = compare(unchanged, "SELECT * FROM data", "SELECT 1", make); /* it was not there */
	assert_non_null(strstr(result.failure->message, "before the migrations: relation \"data\" does not exist"));
	assert_int_equal(result.outcome, OUTCOME_FAILED);
	report_check_clear(&result);
	assert_refused("SELECT 1", unchanged, "nothing from before the migrations");
}

static void test_a_long_value_is_compared_whole_and_shown_in_part(void **state)
{
	(void)state;
	static const char make[] = "CREATE TABLE data AS SELECT repeat('x', 9000) AS long";
	struct report_check result =
		compare(EXPECT(.unchanged = true), "SELECT long FROM data", make, "UPDATE data SET long = long || 'y'");
	assert_int_equal(result.outcome, OUTCOME_FAILED);
	assert_int_equal(strlen(result.before), ASSERTION_ACTUAL_MAX + strlen("…"));
	assert_int_equal(strlen(result.actual), ASSERTION_ACTUAL_MAX + strlen("…"));
	report_check_clear(&result);
}

static void test_change(void **state)
{
	(void)state;
	static const char sql[] = "SELECT n FROM data", make[] = "CREATE TABLE data AS SELECT -1000::numeric AS n";
	static const struct {
		const char *then, *at_most, *at_least;
		enum report_outcome outcome;
	} rows[] = {
		{"UPDATE data SET n = -1010", "1%", NULL, OUTCOME_PASSED},
		{"UPDATE data SET n = -990", "1%", NULL, OUTCOME_PASSED},
		{"UPDATE data SET n = -1010.00000000001", "1%", NULL, OUTCOME_FAILED},
		{"UPDATE data SET n = 1000", "10", NULL, OUTCOME_FAILED},
		{"UPDATE data SET n = -1010", "10", NULL, OUTCOME_PASSED},
		{"UPDATE data SET n = -1011", "10", NULL, OUTCOME_FAILED},
		{"UPDATE data SET n = -1010", NULL, "1%", OUTCOME_PASSED},
		{"UPDATE data SET n = -1009", NULL, "1%", OUTCOME_FAILED},
		{"UPDATE data SET n = -1020", "1%", "0.5%", OUTCOME_FAILED},
		{"UPDATE data SET n = 'NaN'", "1%", NULL, OUTCOME_FAILED},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_compared(EXPECT(.change_at_most = rows[i].at_most, .change_at_least = rows[i].at_least), sql,
				make, rows[i].then, rows[i].outcome);
	struct report_check result =
		compare(EXPECT(.change_at_most = "1%"), sql, "CREATE TABLE data AS SELECT NULL::int AS n", "SELECT 1");
	assert_non_null(strstr(result.failure->message, "before the migrations: the value is NULL"));
	report_check_clear(&result);
}

/* --- all of them --- */

static void test_in_words(void **state)
{
	(void)state;
	const struct {
		struct assertion assertion;
		const char *words;
	} rows[] = {
		{EXPECT(.equals = "3"), "3"},
		{EXPECT(.not_equals = "3"), "anything but 3"},
		{EXPECT(.between_low = "1", .between_high = "2"), "between 1 and 2"},
		{EXPECT(.at_least = "1"), "at least 1"},
		{EXPECT(.at_most = "1"), "at most 1"},
		{EXPECT(.matches = "^a"), "a match of ^a"},
		{EXPECT(.rows_exactly = "1"), "1 row"},
		{EXPECT(.rows_exactly = "0"), "0 rows"},
		{EXPECT(.rows_at_least = "1", .rows_at_most = "3"), "at least 1 and at most 3 rows"},
		{EXPECT(.empty = true), "no rows"},
		{EXPECT(.returns = ROWS(ROW("a", "it's"), ROW(null_value, "")), .null_value = null_value),
		 "(a, 'it''s'), (NULL, '')"},
		{EXPECT(.returns = (char **[]){NULL}), "no rows"},
		{EXPECT(.fails = "23505"), "that it fails with SQLSTATE 23505"},
		{EXPECT(.fails = "ERROR"), "that it fails with \"ERROR\""},
		{EXPECT(.unchanged = true), "the same as before the migrations"},
		{EXPECT(.change_at_most = "1%"), "a change by at most 1%"},
		{EXPECT(.not_null = COLUMNS("a", "b")), "no NULL in a, b"},
		{EXPECT(.unique = COLUMNS("a", "b")), "no two rows with the same a, b"},
		{EXPECT(.line = 1), NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *words = expectation_find(&rows[i].assertion)->describe(&rows[i].assertion);
		if (!string_equal(words, rows[i].words))
			fail_msg("%s, not %s", words, rows[i].words);
	}
}

static void test_errors_have_their_place_whatever_the_query_stands_in(void **state)
{
	(void)state;
	const struct assertion assertions[] = {
		EXPECT(.equals = "1"), EXPECT(.empty = true),          EXPECT(.rows_exactly = "1"),
		EXPECT(.line = 1),     EXPECT(.unique = COLUMNS("a")), EXPECT(.fails = "00000"),
	};
	static const struct {
		const char *sql, *words, *source_line;
		int column;
	} rows[] = {
		{"-- é\n  /* a\n */ SELECT é FROM pg_class", "column \"é\" does not exist",
		 " */ SELECT é FROM pg_class", 12},
		{"SELECT 1\nFROM nowhere", "relation \"nowhere\" does not exist", "FROM nowhere", 6},
		{"\xef\xbb\xbfSELECT b", "column \"b\" does not exist", NULL, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(assertions) * ARRAY_SIZE(rows); i++) {
		struct report_check result = {0};
		try(rows[i % 3].sql, assertions[i / 3], &result);
		assert_int_equal(result.outcome, OUTCOME_FAILED);
		if (assertions[i / 3].fails) {
			assert_non_null(strstr(result.actual, rows[i % 3].words));
		} else {
			assert_non_null(strstr(result.failure->message, rows[i % 3].words));
			if (rows[i % 3].source_line)
				assert_string_equal(result.failure->source_line, rows[i % 3].source_line);
			if (rows[i % 3].column)
				assert_int_equal(result.failure->column, rows[i % 3].column);
			assert_true(result.failure->has_caret);
		}
		report_check_clear(&result);
	}
	struct report_check result = {0};
	try("SELECT 1 FROM\n pg_class WHERE ", EXPECT(.equals = "1"), &result);
	assert_string_equal(result.failure->message, "syntax error at the end of the query");
	assert_string_equal(result.failure->source_line, " pg_class WHERE ");
	assert_int_equal(result.failure->column, 16);
	report_check_clear(&result);
	try("SELECT 1 AS b", EXPECT(.unique = COLUMNS("a")), &result); /* of ours, not of the query */
	assert_null(result.failure->source_line);
	assert_int_equal(result.failure->column, 0);
	report_check_clear(&result);
}

static void test_a_query_runs_to_its_end_without_being_fetched(void **state)
{
	(void)state;
	assert_refused("SELECT 1 / (100000 - i) FROM generate_series(1, 100000) AS i", EXPECT(.line = 1), "by zero");
	assert_refused("SELECT 1 / (100000 - i) FROM generate_series(1, 100000) AS i ORDER BY i", EXPECT(.line = 1),
		       "by zero");
	assert_holds("SELECT repeat('x', 1000) FROM generate_series(1, 100000)", EXPECT(.line = 1));
}

static void test_nothing_is_written(void **state)
{
	(void)state;
	assert_success(pg_execute(connection, "CREATE TABLE data (n int)", NULL, err));
	static const char insert[] = "INSERT INTO data VALUES (1) RETURNING n";
	static const char words[] = "in a read-only transaction";
	assert_refused(insert, EXPECT(.equals = "1"), words);
	assert_refused(insert, EXPECT(.rows_exactly = "1"), words);
	assert_refused(insert, EXPECT(.returns = ROWS(ROW("1"))), words);
	assert_judged(insert, EXPECT(.fails = "25006"), OUTCOME_FAILED, "it succeeded");
	assert_value(connection, "SELECT count(*) FROM data", "0");
	assert_success(pg_execute(connection, "DROP TABLE data", NULL, err));
}

static void test_a_warning_does_not_hold_either(void **state)
{
	(void)state;
	struct report_check result = {0};
	try("SELECT 1", EXPECT(.equals = "2", .severity = SEVERITY_WARNING), &result);
	assert_int_equal(result.severity, SEVERITY_WARNING);
	assert_int_equal(result.outcome, OUTCOME_FAILED);
	report_check_clear(&result);
	try("SELECT 1", EXPECT(.equals = "2", .severity = SEVERITY_ERROR), &result);
	assert_int_equal(result.severity, SEVERITY_ERROR);
	report_check_clear(&result);
}

static void test_the_server_ends_it_if_nobody_else_does(void **state)
{
	(void)state;
	const struct assertion shown = {
		.name = "n", .sql = "SHOW statement_timeout", .line = 1, .matches = "^(599|60[0-2])"};
	struct report_check result = {0};
	assert_success(assertion_run(connection, &shown, clock_monotonic_ms() + 600000, &result, err));
	assert_int_equal(result.outcome, OUTCOME_PASSED);
	report_check_clear(&result);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_values),
		test(test_numbers_are_compared_exactly),
		test(test_a_search_path_does_not_change_what_numbers_are),
		test(test_numbers_of_rows),
		test(test_rows_that_must_not_be_there),
		test(test_rows_that_must_be_there),
		test(test_what_has_to_fail),
		test(test_unchanged),
		test(test_a_long_value_is_compared_whole_and_shown_in_part),
		test(test_change),
		test(test_in_words),
		test(test_errors_have_their_place_whatever_the_query_stands_in),
		test(test_a_query_runs_to_its_end_without_being_fetched),
		test(test_nothing_is_written),
		test(test_a_warning_does_not_hold_either),
		test(test_the_server_ends_it_if_nobody_else_does),
	};
	cluster_identity();
	int failed = cmocka_run_group_tests_name("check/expectation on 15", tests, server_setup_15, server_teardown);
	failed += cmocka_run_group_tests_name("check/expectation on 18", tests, server_setup_18, server_teardown);
	return cluster_end(failed);
}
