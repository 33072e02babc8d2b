/* What the watch sees of single statements, and what it must not see. */
#include "evidence_cases_definition.h"
#include "evidence_cases_other.h"
#include "watched.h"

static const char fixture[] =
	"CREATE TYPE mood AS ENUM ('sad', 'ok');"
	"CREATE TABLE customers (id int PRIMARY KEY, name varchar(20), mood mood DEFAULT 'ok', note text);"
	"INSERT INTO customers SELECT i, 'n' || i, 'ok', CASE WHEN i % 4 = 0 THEN 'note' END FROM generate_series(1, "
	"1000) i;"
	"CREATE TABLE orders (id int PRIMARY KEY, customer int, qty int, price numeric(8, 2));"
	"INSERT INTO orders SELECT i, i % 1000 + 1, 1, 2.5 FROM generate_series(1, 2000) i;"
	"CREATE INDEX orders_qty ON orders (qty);"
	"CREATE TABLE vacant (id int, a int);"
	"CREATE TABLE parted (id int, at int) PARTITION BY RANGE (at);"
	"CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);"
	"CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (100) TO (200);"
	"INSERT INTO parted SELECT i, i FROM generate_series(0, 199) i;"
	"CREATE TABLE loose (id int, at int); INSERT INTO loose SELECT i, i FROM generate_series(200, 299) i;"
	"CREATE VIEW seen AS SELECT id FROM customers;"
	"CREATE MATERIALIZED VIEW kept AS SELECT id, name FROM customers;"
	"CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'";

static void lay_out(const char *setup)
{
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(admin,
				  "SET client_min_messages = error; DROP SCHEMA IF EXISTS public, other CASCADE; "
				  "CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO owner, PUBLIC; "
				  "CREATE SCHEMA other AUTHORIZATION owner",
				  NULL, err));
	assert_success(pg_execute(admin, "SET ROLE owner", NULL, err));
	assert_success(pg_execute(admin, fixture, NULL, err));
	if (setup)
		assert_success(pg_execute(admin, setup, NULL, err));
	assert_success(pg_execute(admin, "ANALYZE", NULL, err));
}

/* "*" stands for whatever locks were seen by looking now and then. */
static bool fits(const char *text, const char *expected)
{
	return *expected == '*' ? string_equal(strchr(text, '|'), strchr(expected, '|')) : string_equal(text, expected);
}

/* Compared once the run is over: some of what a statement did shows only then. The number that does not fit. */
static size_t run_case(const struct seen *seen)
{
	struct watched watched = {0};
	size_t places[ARRAY_SIZE(seen->steps)], problems = 0;
	lay_out(seen->setup);
	watched_begin(&watched);
	struct report_migration *migration = &watched.report.migrations[0];
	for (size_t i = 0; i < ARRAY_SIZE(seen->steps) && seen->steps[i].sql; i++) {
		(void)watched_run(&watched, seen->steps[i].sql);
		places[i] = migration->list_count - 1;
	}
	watched_end(&watched);
	for (size_t i = 0; i < ARRAY_SIZE(seen->steps) && seen->steps[i].sql; i++) {
		_cleanup_free_ char *text = statement_text(&migration->list[places[i]]);
		if (fits(text, seen->steps[i].seen))
			continue;
		problems++;
		print_error("%s: %s\n", seen->name, seen->steps[i].sql);
		print_error("    %s\nnot %s\n", text, seen->steps[i].seen);
	}
	for (size_t i = 0; i < watched.report.blind.count; i++)
		print_error("%s: %s\n", seen->name, watched.report.blind.items[i]);
	problems += watched.report.blind.count;
	watched_free(&watched);
	return problems;
}

static void run_cases(const struct seen *cases, size_t count)
{
	size_t problems = 0;
	for (size_t i = 0; i < count; i++)
		problems += run_case(&cases[i]);
	assert_int_equal(problems, 0);
}

static void test_definitions(void **state)
{
	(void)state;
	run_cases(definition_cases, ARRAY_SIZE(definition_cases));
}

static void test_other_statements(void **state)
{
	(void)state;
	run_cases(other_cases, ARRAY_SIZE(other_cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definitions),
		cmocka_unit_test(test_other_statements),
	};
	cluster_identity();
	int failures = cmocka_run_group_tests_name("PostgreSQL 15", tests, watched_setup_15, watched_teardown);
	failures += cmocka_run_group_tests_name("PostgreSQL 18", tests, watched_setup_18, watched_teardown);
	return cluster_end(failures);
}
