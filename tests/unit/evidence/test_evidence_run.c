/* What the watch tells of a run: for how long locks were held, what it cost, and what it could not see. */
#include "watched.h"

static const char fixture[] =
	"CREATE TABLE orders (id int PRIMARY KEY, qty int, note text);"
	"INSERT INTO orders SELECT i, i, repeat('x', 100) FROM generate_series(1, 20000) i;"
	"CREATE TABLE items (id int, o int); INSERT INTO items SELECT i, i FROM generate_series(1, 100) i";

static struct watched watched;

static int setup(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(admin,
				  "SET client_min_messages = error; DROP SCHEMA IF EXISTS public CASCADE; "
				  "CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO owner, PUBLIC; SET ROLE owner",
				  NULL, err));
	assert_success(pg_execute(admin, fixture, NULL, err));
	assert_success(pg_execute(admin, "ANALYZE", NULL, err));
	watched_begin(&watched);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	watched_free(&watched);
	return 0;
}

static struct report_statement *statement(size_t index)
{
	assert_true(index < watched.report.migrations[0].list_count);
	return &watched.report.migrations[0].list[index];
}

static const struct report_relation *relation(const char *name)
{
	for (size_t i = 0; i < watched.report.relation_count; i++)
		if (string_equal(watched.report.relations[i].name, name))
			return &watched.report.relations[i];
	fail_msg("%s is not in the ledger", name);
	return NULL;
}

static void assert_text(size_t index, const char *expected)
{
	_cleanup_free_ char *text = statement_text(statement(index));
	assert_string_equal(text, expected);
}

static void test_locks_are_held_to_the_end_of_commit(void **state)
{
	(void)state;
	watched_run(&watched, "ALTER TABLE items ADD COLUMN x int");
	watched_run(&watched, "SELECT pg_sleep(0.05)");
	watched_run(&watched, "CREATE INDEX i ON orders (qty)");
	watched_run(&watched, "COMMIT");
	watched_end(&watched);
	double from = statement(0)->from_ms, to = statement(3)->to_ms;
	assert_true(to - from >= 50);
	assert_true(statement(0)->locks[0].from_ms == from && statement(0)->locks[0].to_ms == to);
	assert_true(statement(2)->locks[0].from_ms == statement(2)->from_ms && statement(2)->locks[0].to_ms == to);
	assert_false(statement(0)->locks[0].sampled);
	const struct report_relation *items = relation("public.items");
	assert_ptr_equal(items, &watched.report.relations[0]); /* it was closed for longest */
	assert_true(items->longest_reads_ms == to - from && items->longest_writes_ms == to - from);
	assert_int_equal(items->strongest, TABLE_LOCK_ACCESS_EXCLUSIVE);
	assert_int_equal(items->rows, 100);
	assert_int_equal(items->bytes, 8192);
	assert_int_equal(items->holds[0].statement, 0);
	const struct report_relation *orders = relation("public.orders");
	assert_true(orders->longest_reads_ms == 0 && orders->longest_writes_ms > 0);
	assert_int_equal(orders->holds[0].statement, 2);
	assert_true(orders->bytes > 2 << 20);
	assert_true(watched.report.has_evidence);
}

static void test_stronger_mode_and_savepoint(void **state)
{
	(void)state;
	watched_run(&watched, "SELECT count(*) FROM items");
	watched_run(&watched, "SAVEPOINT s");
	watched_run(&watched, "LOCK TABLE items");
	watched_run(&watched, "ROLLBACK TO s");
	watched_run(&watched, "LOCK TABLE items");
	watched_run(&watched, "COMMIT");
	watched_end(&watched);
	assert_text(0, "items ACCESS SHARE | ");
	assert_text(2, "items ACCESS EXCLUSIVE | ");
	assert_text(4, "items ACCESS EXCLUSIVE | ");
	assert_true(statement(2)->locks[0].to_ms == statement(3)->to_ms);
	assert_true(statement(4)->locks[0].to_ms == statement(5)->to_ms);
	assert_int_equal(relation("public.items")->hold_count, 3);
}

static void test_failure_ends_locks(void **state)
{
	(void)state;
	watched_run(&watched, "DELETE FROM items WHERE id <= 10");
	watched_run(&watched, "DO $$ BEGIN LOCK TABLE orders; PERFORM pg_sleep(0.3); RAISE 'no'; END $$");
	assert_true(statement(0)->locks[0].to_ms == statement(1)->to_ms);
	watched_plain(&watched, "ROLLBACK");
	assert_success(evidence_transaction_end(watched.evidence, &watched.report.migrations[0], err));
	watched_end(&watched);
	assert_text(0, "items ROW EXCLUSIVE | deleted items 10");
	assert_text(1, "failed: orders ACCESS EXCLUSIVE | ");
	assert_true(statement(1)->locks[0].sampled);
	assert_true(relation("public.orders")->longest_reads_ms >= 200);
}

static void test_cost(void **state)
{
	(void)state;
	watched_plain(&watched, "SET work_mem = '64kB'; SET max_parallel_workers_per_gather = 0");
	watched_run(&watched, "SELECT count(*) FROM (SELECT DISTINCT note || id FROM orders) x");
	watched_run(&watched, "UPDATE items SET o = o + 1");
	watched_run(&watched, "ALTER TABLE orders ALTER COLUMN qty TYPE bigint");
	watched_run(&watched,
		    "DO $$ BEGIN UPDATE items SET o = 0 WHERE id <= 7; DELETE FROM items WHERE id = 8; END $$");
	watched_end(&watched);
	assert_true(statement(0)->temp_bytes > 1 << 20);
	assert_true(statement(0)->wal_bytes < 100 << 10);
	assert_true(statement(1)->wal_bytes > 5000 && statement(1)->wal_bytes < 200 << 10);
	assert_true(statement(2)->wal_bytes > 2 << 20);
	assert_int_equal(statement(2)->temp_bytes, 0);
	assert_int_equal(statement(3)->rows, 8);
	assert_true(watched.report.wal_bytes > statement(1)->wal_bytes + statement(2)->wal_bytes);
	assert_true(watched.report.peak_bytes > 2 << 20 && watched.report.peak_bytes < 20 << 20);
}

/* Each statement has its own bytes, though nobody is asked anything in between. */
static void test_log_of_new_tables(void **state)
{
	(void)state;
	watched_run(&watched, "CREATE TABLE fresh (i int)");
	watched_run(&watched, "INSERT INTO fresh SELECT generate_series(1, 20000)");
	watched_run(&watched, "SELECT 1");
	watched_end(&watched);
	assert_true(statement(1)->wal_bytes > 1 << 20);
	assert_true(statement(2)->wal_bytes < 64 << 10);
}

static void test_lock_timeout(void **state)
{
	(void)state;
	watched_run(&watched, "ALTER TABLE items ADD COLUMN a int");
	watched_run(&watched, "SET lock_timeout = '3s'");
	watched_run(&watched, "ALTER TABLE items ADD COLUMN b int");
	watched_run(&watched, "COMMIT");
	watched_run(&watched, "LOCK TABLE items");
	watched_run(&watched, "COMMIT");
	watched_run(&watched, "!CREATE INDEX CONCURRENTLY ON items (o)");
	watched_end(&watched);
	assert_false(statement(0)->lock_timeout);
	assert_true(statement(2)->lock_timeout);
	assert_true(statement(4)->lock_timeout);
	assert_true(statement(6)->lock_timeout);
}

static size_t blind_count(const char *words)
{
	size_t count = 0;
	for (size_t i = 0; i < watched.report.blind.count; i++)
		count += strstr(watched.report.blind.items[i], words) != NULL;
	return count;
}

/* Nothing that the watch asks may make a migration fail. */
static void test_session_that_cannot_tell(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(
		pg_execute(admin, "REVOKE EXECUTE ON FUNCTION pg_get_constraintdef(oid) FROM PUBLIC", NULL, err));
	watched_run(&watched, "ALTER TABLE items ADD COLUMN a int");
	watched_run(&watched, "ALTER TABLE items ADD COLUMN b int");
	watched_run(&watched, "COMMIT");
	assert_success(pg_execute(admin, "GRANT EXECUTE ON FUNCTION pg_get_constraintdef(oid) TO PUBLIC", NULL, err));
	watched_end(&watched);
	assert_text(0, "items ACCESS EXCLUSIVE | ");
	assert_int_equal(statement(1)->outcome, OUTCOME_PASSED);
	assert_string_equal(statement(2)->tag, "COMMIT");
	assert_int_equal(blind_count("keeps its session from telling"), 1);
}

static void test_session_is_left_as_it_was(void **state)
{
	(void)state;
	watched_run(&watched, "SET LOCAL jit = on");
	watched_run(&watched, "ALTER TABLE items ADD COLUMN a int");
	watched_run(&watched, "PREPARE p AS SELECT 1");
	watched_run(&watched, "ROLLBACK TO SAVEPOINT vela_watch");
	assert_int_equal(statement(3)->outcome, OUTCOME_FAILED);
	watched_plain(&watched, "ROLLBACK");
	assert_success(evidence_transaction_end(watched.evidence, &watched.report.migrations[0], err));
	watched_run(&watched, "ALTER TABLE items ADD COLUMN a int");
	assert_value(watched.migrant, "SELECT current_setting('plan_cache_mode') || current_setting('jit')", "autoon");
	watched_end(&watched);
}

static void test_foreign_key_gets_its_index_late(void **state)
{
	(void)state;
	watched_run(&watched, "ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (o) REFERENCES orders");
	watched_run(&watched, "CREATE TABLE parts (i int, o int REFERENCES orders)");
	watched_run(&watched, "COMMIT");
	watched_run(&watched, "!CREATE INDEX CONCURRENTLY ON items (o, id)");
	watched_run(&watched, "CREATE INDEX ON parts (o) WHERE o > 1");
	watched_end(&watched);
	for (size_t i = 0; i < statement(0)->change_count; i++)
		assert_int_not_equal(statement(0)->changes[i].kind, CHANGE_FOREIGN_KEY_UNINDEXED);
	assert_text(1, " | unindexed parts.parts_o_fkey (o)");
}

static void test_foreign_key_that_was_there(void **state)
{
	(void)state;
	watched_run(&watched, "ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (o) REFERENCES orders");
	watched_end(&watched);
	watched_free(&watched);
	watched_begin(&watched);
	watched_run(&watched, "ALTER TABLE items ADD COLUMN x int");
	watched_end(&watched);
	assert_text(0, "items ACCESS EXCLUSIVE | ");
}

static void test_others_that_write(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *other = server_connect();
	assert_success(pg_execute(other, "BEGIN; CREATE TABLE mine (i int)", NULL, err));
	watched_run(&watched, "SELECT 1");
	assert_success(pg_execute(other, "COMMIT", NULL, err));
	watched_end(&watched);
	assert_int_equal(blind_count("other sessions wrote"), 1);
}

static void test_procedure_that_commits(void **state)
{
	(void)state;
	watched_plain(&watched, "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN CREATE INDEX i ON orders (qty); "
				"COMMIT; ALTER TABLE items RENAME TO things; END $$");
	watched_run(&watched, "!CALL p()");
	watched_end(&watched);
	_cleanup_free_ char *text = statement_text(statement(0));
	assert_string_equal(strchr(text, '|'), "| built orders.i, renamed items.things");
	assert_int_equal(blind_count("commits by itself"), 1);
}

/* Each change is that of its statement, though all relations stay locked, more than are looked at each time. */
static void test_many_locked_relations(void **state)
{
	(void)state;
	watched_end(&watched);
	watched_free(&watched);
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(
		admin,
		"SET ROLE owner; DO $$ BEGIN FOR i IN 1..40 LOOP EXECUTE format('CREATE TABLE \"T %s\" (a int, "
		"b int)', i); END LOOP; END $$",
		NULL, err));
	watched_begin(&watched);
	for (int i = 1; i <= 40; i++) {
		_cleanup_free_ char *sql = string_format("ALTER TABLE \"T %d\" ADD CHECK (a > 0)", i);
		watched_run(&watched, sql);
	}
	watched_run(&watched, "ALTER TABLE \"T 7\" RENAME COLUMN b TO c");
	watched_run(&watched, "DO $$ BEGIN EXECUTE 'ALTER TABLE \"T ' || 2 * 4 || '\" RENAME COLUMN b TO c'; END $$");
	watched_end(&watched);
	assert_text(40, " | column-renamed \"T 7\".b (c)");
	assert_text(41, " | column-renamed \"T 8\".b (c)");
	assert_int_equal(watched.report.relation_count, 40);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_locks_are_held_to_the_end_of_commit),
		CASE(test_stronger_mode_and_savepoint),
		CASE(test_failure_ends_locks),
		CASE(test_cost),
		CASE(test_log_of_new_tables),
		CASE(test_lock_timeout),
		CASE(test_session_that_cannot_tell),
		CASE(test_session_is_left_as_it_was),
		CASE(test_foreign_key_gets_its_index_late),
		CASE(test_foreign_key_that_was_there),
		CASE(test_others_that_write),
		CASE(test_procedure_that_commits),
		CASE(test_many_locked_relations),
	};
	cluster_identity();
	int failures = cmocka_run_group_tests_name("PostgreSQL 15", tests, watched_setup_15, watched_teardown);
	failures += cmocka_run_group_tests_name("PostgreSQL 18", tests, watched_setup_18, watched_teardown);
	return cluster_end(failures);
}
