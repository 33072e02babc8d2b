#include "../check/server.h"

#include "schema/checksum.h"

static PGconn *admin;

static int setup(void **state)
{
	(void)state;
	admin = cluster_connect(server);
	assert_success(pg_execute(admin,
				  "SET client_min_messages = warning; DROP SCHEMA IF EXISTS t CASCADE; CREATE SCHEMA t",
				  NULL, err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pg_disconnect(&admin);
	return 0;
}

static void sql(const char *statements)
{
	assert_success(pg_execute(admin, statements, NULL, err));
}

static struct table_checksums read_tables(const char *first, const char *second)
{
	char *const tables[] = {(char *)(uintptr_t)first, (char *)(uintptr_t)second};
	struct table_checksums checksums = {0};
	assert_success(table_checksums_read(admin, tables, second ? 2 : 1, 0, &checksums, err));
	return checksums;
}

/* What is said after `change` of t.a, which `before` makes; the sentences with a newline each. */
static void assert_sentences(const char *before, const char *change, enum checksum_depth depth, const char *expected)
{
	sql("DROP SCHEMA t CASCADE; CREATE SCHEMA t");
	sql(before);
	_cleanup_checksums_ struct table_checksums first = read_tables("t.a", "t.b");
	sql(change);
	_cleanup_checksums_ struct table_checksums second = read_tables("t.a", "t.b");
	struct string_list sentences = {0};
	_cleanup_buffer_ struct buffer text = {0};
	table_checksums_compare(&first, &second, depth, &sentences);
	for (size_t i = 0; i < sentences.count; i++)
		buffer_addf(&text, "%s\n", sentences.items[i]);
	string_list_free(&sentences);
	if (strcmp(buffer_text(&text), expected) != 0)
		fail_msg("%s\n%s\ngives\n%s\nnot\n%s", before, change, buffer_text(&text), expected);
}

static void test_what_differs(void **state)
{
	(void)state;
#define NUMBERS "CREATE TABLE t.a (id int, v text); INSERT INTO t.a SELECT i, 'x' || i FROM generate_series(1, 100) i"
#define OTHER_VALUES(rows) "t.a has the same number of rows (" rows "), but other values\n"
	static const struct {
		const char *before, *change, *expected;
	} rows[] = {
		{NUMBERS, "SELECT 1", ""},
		{NUMBERS, "CREATE TABLE t.c AS TABLE t.a ORDER BY v; TRUNCATE t.a; INSERT INTO t.a TABLE t.c", ""},
		{NUMBERS,
		 "ALTER TABLE t.a RENAME TO o; CREATE TABLE t.a (v text, id int); INSERT INTO t.a SELECT v, id FROM "
		 "t.o",
		 ""},
		{NUMBERS, "UPDATE t.a SET v = 'y' WHERE id = 50", OTHER_VALUES("100")},
		{NUMBERS, "UPDATE t.a SET v = NULL WHERE id = 50", OTHER_VALUES("100")},
		{NUMBERS, "DELETE FROM t.a WHERE id > 1", "t.a has 1 row instead of 100\n"},
		{NUMBERS, "INSERT INTO t.a TABLE t.a", "t.a has 200 rows instead of 100\n"},
		{NUMBERS, "DROP TABLE t.a", ""},
		{NUMBERS, "DROP TABLE t.a; CREATE VIEW t.a AS SELECT 1", ""},
		{NUMBERS, "ALTER TABLE t.a ADD w int",
		 "t.a has other columns, so that its values cannot be compared\n"},
		{NUMBERS, "ALTER TABLE t.a ALTER id TYPE numeric",
		 "t.a has other columns, so that its values cannot be compared\n"},
		/* two of one and none of another are not what one of each is */
		{"CREATE TABLE t.a (v text); INSERT INTO t.a VALUES ('a'), ('a'), ('b'), ('b')",
		 "UPDATE t.a SET v = 'c'", OTHER_VALUES("4")},
		{"CREATE TABLE t.a (v text, w text); INSERT INTO t.a VALUES ('a,b', 'c')",
		 "UPDATE t.a SET v = 'a', w = 'b,c'", OTHER_VALUES("1")},
		{"CREATE TABLE t.a (v text); INSERT INTO t.a VALUES ('')", "UPDATE t.a SET v = NULL",
		 OTHER_VALUES("1")},
		{"CREATE TABLE t.a (v float8, w float4); INSERT INTO t.a VALUES (0.1, 0.1)",
		 "UPDATE t.a SET v = v + 1e-16; SET extra_float_digits = -10", OTHER_VALUES("1")},
		{"CREATE TABLE t.a (v timestamptz, i interval, b bytea); INSERT INTO t.a VALUES (now(), '1 day', "
		 "'\\x00')",
		 "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = German; SET IntervalStyle = iso_8601; SET bytea_output "
		 "= "
		 "escape",
		 ""},
		{"CREATE TABLE t.a (); INSERT INTO t.a DEFAULT VALUES", "INSERT INTO t.a DEFAULT VALUES",
		 "t.a has 2 rows instead of 1\n"},
		{"CREATE TABLE t.a (v int) PARTITION BY LIST (v); CREATE TABLE t.b PARTITION OF t.a DEFAULT; INSERT "
		 "INTO t.a "
		 "VALUES (1)",
		 "UPDATE t.a SET v = 2", "t.b has the same number of rows (1), but other values\n"},
		{"CREATE TABLE t.a (v int, g int GENERATED ALWAYS AS (v + 1) STORED); INSERT INTO t.a VALUES (1)",
		 "UPDATE t.a SET v = 2", OTHER_VALUES("1")},
		{"CREATE TABLE t.a (v int); CREATE TABLE t.b () INHERITS (t.a)", "INSERT INTO t.b VALUES (1)",
		 "t.b has 1 row instead of 0\n"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_sentences(rows[i].before, rows[i].change, CHECKSUM_VALUES, rows[i].expected);
	assert_sentences(NUMBERS, "UPDATE t.a SET v = 'y'", CHECKSUM_ROWS, "");
	assert_sentences(NUMBERS, "DELETE FROM t.a", CHECKSUM_ROWS, "t.a has 0 rows instead of 100\n");
}

static void test_hostile_names(void **state)
{
	(void)state;
	sql("CREATE TABLE t.\"a\"\"; DROP SCHEMA t; --\n\" (\"x') FROM t; --\" int); "
	    "INSERT INTO t.\"a\"\"; DROP SCHEMA t; --\n\" VALUES (1)");
	_cleanup_checksums_ struct table_checksums checksums =
		read_tables("t.\"a\"\"; DROP SCHEMA t; --\n\"", "t.\"'); DROP SCHEMA t; --\"");
	assert_int_equal(checksums.count, 1);
	assert_int_equal(checksums.items[0].rows, 1);
	assert_string_equal(checksums.items[0].table, "t.\"a\"\"; DROP SCHEMA t; --\n\"");
	assert_string_equal(checksums.items[0].columns, "\"x') FROM t; --\" integer");
}

static void test_runs_nobodys_code(void **state)
{
	(void)state;
	sql("CREATE TYPE t.pair AS (a int, b int); CREATE DOMAIN t.d AS int; "
	    "CREATE TABLE t.a (p t.pair, d t.d, n numeric); INSERT INTO t.a VALUES ((1, 2), 3, 4); "
	    "CREATE FUNCTION t.boom(t.pair) RETURNS text LANGUAGE plpgsql AS 'begin raise exception ''boom''; end'; "
	    "CREATE FUNCTION t.boom(t.a) RETURNS text LANGUAGE plpgsql AS 'begin raise exception ''boom''; end'; "
	    "CREATE CAST (t.pair AS text) WITH FUNCTION t.boom(t.pair) AS IMPLICIT; "
	    "CREATE CAST (t.a AS text) WITH FUNCTION t.boom(t.a) AS IMPLICIT; "
	    "CREATE FUNCTION t.boom(numeric, numeric) RETURNS numeric LANGUAGE sql AS 'select 1/0'; "
	    "CREATE AGGREGATE t.sum(bigint) (sfunc = int8pl, stype = bigint); "
	    "ALTER TABLE t.a ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; "
	    "CREATE POLICY p ON t.a USING (t.boom(p) = 'x'); "
	    "CREATE FUNCTION t.tell(n numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS "
	    "'begin perform set_config(''t.ran'', ''yes'', false); return n; end'; "
	    "CREATE INDEX ON t.a ((n + t.tell(1))); CREATE INDEX ON t.a (n) WHERE n > t.tell(1); "
	    "CREATE STATISTICS t.s ON (n + t.tell(1)), d FROM t.a; "
	    "ALTER TABLE t.a ADD CHECK (n > t.tell(1)); SET search_path = t, pg_catalog; SET t.ran = 'no'");
	_cleanup_checksums_ struct table_checksums checksums = read_tables("t.a", NULL);
	assert_int_equal(checksums.items[0].rows, 1);
	assert_int_equal(PQtransactionStatus(admin), PQTRANS_IDLE);
	assert_value(admin, "SHOW t.ran", "no");
	sql("SELECT pg_catalog.count(*) FROM t.a");
	assert_value(admin, "SHOW t.ran", "yes"); /* so it would be told */
}

static void test_the_time_limit(void **state)
{
	(void)state;
	char *const tables[] = {(char *)(uintptr_t) "t.a"};
	struct table_checksums checksums = {0};
	sql("CREATE TABLE t.a (v int)");
	_cleanup_connection_ PGconn *other = cluster_connect(server);
	assert_success(pg_execute(other, "BEGIN; LOCK t.a", NULL, err));
	double began = clock_monotonic_ms();
	assert_failure(ERROR_POSTGRES, "cannot compare the rows of tables: t.a: the time limit was reached",
		       table_checksums_read(admin, tables, 1, began + 200, &checksums, err));
	assert_true(clock_monotonic_ms() - began < 5000);
	assert_int_equal(PQtransactionStatus(admin), PQTRANS_IDLE);
	assert_success(pg_execute(other, "COMMIT", NULL, err));
	assert_success(table_checksums_read(admin, tables, 1, 0, &checksums, err));
	table_checksums_free(&checksums);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_what_differs),
		test(test_hostile_names),
		test(test_runs_nobodys_code),
		test(test_the_time_limit),
	};
	cluster_identity();
	int failed = cmocka_run_group_tests_name("schema/checksum on 15", tests, server_setup_15, server_teardown);
	failed += cmocka_run_group_tests_name("schema/checksum on 18", tests, server_setup_18, server_teardown);
	return cluster_end(failed);
}
