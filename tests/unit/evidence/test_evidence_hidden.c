/* What a migration does by ways that its text does not show, or that it would like to hide. */
#include "watched.h"

#include "evidence/witness.h"

static const char fixture[] =
	"CREATE TABLE orders (id int PRIMARY KEY, qty int, note text); INSERT INTO orders VALUES (1, 1, 'x');"
	"CREATE TABLE items (id int); INSERT INTO items SELECT generate_series(1, 100); "
	"CREATE TABLE kinds (id int PRIMARY KEY); INSERT INTO kinds SELECT generate_series(1, 100); "
	"CREATE TABLE things (kind int REFERENCES kinds); INSERT INTO things SELECT * FROM kinds; "
	"CREATE FUNCTION harm() RETURNS int LANGUAGE plpgsql AS 'begin execute ''alter table ord'' || ''ers drop "
	"column "
	"note''; return 1; end'; "
	"CREATE FUNCTION ruin() RETURNS int LANGUAGE plpgsql AS 'begin execute ''drop table ord'' || ''ers''; return "
	"1; "
	"end'";

static PGconn *admin;
static struct watched watched;

static int setup(void **state)
{
	(void)state;
	admin = cluster_connect(server);
	assert_success(pg_execute(admin,
				  "SET client_min_messages = error; DROP SCHEMA IF EXISTS public CASCADE; "
				  "CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO owner, PUBLIC; SET ROLE owner",
				  NULL, err));
	assert_success(pg_execute(admin, fixture, NULL, err));
	assert_success(pg_execute(admin, "ANALYZE; RESET ROLE", NULL, err));
	watched_begin(&watched);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	watched_free(&watched);
	pg_disconnect(&admin);
	return 0;
}

/* All that was found, statement by statement, without locks. */
static char *found(void)
{
	struct string_list changes = {0};
	struct buffer out = {0};
	const struct report_migration *migration = &watched.report.migrations[0];
	for (size_t i = 0; i < migration->list_count; i++)
		for (size_t j = 0; j < migration->list[i].change_count; j++)
			string_list_take(&changes, change_text(&migration->list[i].changes[j]));
	add_sorted(&out, &changes);
	return buffer_steal(&out);
}

static void assert_found(const char *const *statements, const char *expected)
{
	for (; *statements; statements++)
		watched_run(&watched, *statements);
	watched_end(&watched);
	_cleanup_free_ char *changes = found();
	if (!string_equal(changes, expected))
		fail_msg("got \"%s\", not \"%s\"", changes, expected);
}

#define FOUND(expected, ...) assert_found((const char *const[]){__VA_ARGS__, NULL}, expected)
#define HIDING(name, expected, ...)                                                                                    \
	static void name(void **state)                                                                                 \
	{                                                                                                              \
		(void)state;                                                                                           \
		FOUND(expected, __VA_ARGS__);                                                                          \
	}

/* The server goes back to the last of two savepoints of the same name, however that is written. */
HIDING(test_savepoint_of_the_same_name, "dropped items ~100", "SAVEPOINT a", "DROP TABLE items", "SAVEPOINT\ta",
       "ROLLBACK TO a")
HIDING(test_savepoint_in_capitals, "dropped items ~100", "SAVEPOINT a", "DROP TABLE items", "SAVEPOINT \"a\"",
       "ROLLBACK TO SAVEPOINT A")
HIDING(test_savepoint_in_escapes, "dropped items ~100", "SAVEPOINT a", "DROP TABLE items", "SAVEPOINT U&\"\\0061\"",
       "ROLLBACK TO a")
HIDING(test_savepoint_behind_a_comment, "dropped items ~100", "SAVEPOINT a", "DROP TABLE items", "SAVEPOINT/* */a",
       "ROLLBACK TO a")
HIDING(test_savepoint_with_blanks, "dropped items ~100", "SAVEPOINT \"x a\"", "DROP TABLE items", "SAVEPOINT a",
       "ROLLBACK TO a")
HIDING(test_savepoint_of_another_name, "", "SAVEPOINT \"a\"", "DROP TABLE items", "SAVEPOINT \"b\"",
       "ROLLBACK TO \"a\"")

/* Of a query nobody expects that it changes what an earlier statement has locked. */
HIDING(test_query_that_calls, "column-dropped orders.note -1", "LOCK TABLE orders", "SELECT harm()")
HIDING(test_update_that_calls, "column-dropped orders.note -1", "LOCK TABLE orders",
       "UPDATE items SET id = harm() WHERE id = 1")
HIDING(test_query_that_drops, "dropped orders ~1", "LOCK TABLE orders", "SELECT ruin()")
HIDING(test_what_is_told_is_told_once, "column-dropped orders.note ~1, dropped items ~100",
       "ALTER TABLE orders DROP note", "DROP TABLE items", "SELECT 1")

/* What another statement has locked already, and this one does not name. */
HIDING(test_foreign_key_made_anew,
       "retyped kinds.id (integer to bigint), rewrite kinds (column id changed from integer to bigint), scan things, "
       "unindexed things.things_kind_fkey (kind)",
       "ALTER TABLE things ADD COLUMN x int", "ALTER TABLE kinds ALTER COLUMN id TYPE bigint")
HIDING(test_emptied_with_another, "deleted kinds ~100, deleted things ~100", "ALTER TABLE things ADD COLUMN x int",
       "TRUNCATE kinds CASCADE")
/* A name in another way of writing it. */
HIDING(test_name_in_escapes, "dropped items ~100", "ALTER TABLE items ADD COLUMN x int", "DROP TABLE U&\"\\0069tems\"")

static void test_session_that_does_not_tell(void **state)
{
	(void)state;
	assert_success(
		pg_execute(admin, "REVOKE EXECUTE ON FUNCTION pg_get_constraintdef(oid) FROM PUBLIC", NULL, err));
	watched_run(&watched, "DROP TABLE items");
	watched_run(&watched, "COMMIT");
	assert_success(pg_execute(admin, "GRANT EXECUTE ON FUNCTION pg_get_constraintdef(oid) TO PUBLIC", NULL, err));
	FOUND("dropped items ~100", "SELECT 1");
	assert_int_equal(watched.report.blind.count, 1);
}

/* The time limit of the file is not that of the watch. */
HIDING(test_short_time_limit, "dropped items ~100", "SET statement_timeout = '50ms'", "DROP TABLE items")

/* If it is so short that nothing can be asked, that is no success. */
static void test_ended_transaction(void **state)
{
	(void)state;
	watched_plain(&watched, "BEGIN");
	struct witness witness = {.connection = watched.migrant};
	struct testimony testimony;
	struct oid_list none = {0};
	bool answered;
	PQclear(PQexec(watched.migrant, "SELECT 1/0"));
	assert_failure(ERROR_POSTGRES, "has ended its transaction",
		       witness_ask(&witness, NULL, &none, 0, &testimony, &answered, err));
	watched_plain(&watched, "ROLLBACK");
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_savepoint_of_the_same_name),
		CASE(test_savepoint_in_capitals),
		CASE(test_savepoint_in_escapes),
		CASE(test_savepoint_behind_a_comment),
		CASE(test_savepoint_with_blanks),
		CASE(test_savepoint_of_another_name),
		CASE(test_query_that_calls),
		CASE(test_update_that_calls),
		CASE(test_query_that_drops),
		CASE(test_what_is_told_is_told_once),
		CASE(test_foreign_key_made_anew),
		CASE(test_emptied_with_another),
		CASE(test_name_in_escapes),
		CASE(test_session_that_does_not_tell),
		CASE(test_short_time_limit),
		CASE(test_ended_transaction),
	};
	cluster_identity();
	int failures = cmocka_run_group_tests_name("PostgreSQL 15", tests, watched_setup_15, watched_teardown);
	failures += cmocka_run_group_tests_name("PostgreSQL 18", tests, watched_setup_18, watched_teardown);
	return cluster_end(failures);
}
