/* The watch over connections that a tool has opened by itself. */
#include "watched.h"

static const char fixture[] =
	"CREATE TABLE orders (id int PRIMARY KEY, qty int, note text);"
	"INSERT INTO orders SELECT i, i, CASE WHEN i <= 500 THEN 'x' END FROM generate_series(1, 2000) i;"
	"CREATE TABLE items (id int, o int); INSERT INTO items SELECT i, i FROM generate_series(1, 100) i;"
	"CREATE TABLE old (id int); CREATE INDEX orders_qty ON orders (qty)";

static struct report report;
static struct evidence *evidence;
static PGconn *observer, *tool, *probe;

static int setup(void **state)
{
	(void)state;
	struct pg_target target = server_target();
	observer = cluster_connect(server);
	assert_success(pg_execute(observer,
				  "SET client_min_messages = error; DROP SCHEMA IF EXISTS public CASCADE; "
				  "CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO owner, PUBLIC; SET ROLE owner",
				  NULL, err));
	assert_success(pg_execute(observer, fixture, NULL, err));
	assert_success(pg_execute(observer, "ANALYZE; RESET ROLE", NULL, err));
	assert_success(pg_connect(&target, &tool, err));
	assert_success(pg_connect(&target, &probe, err));
	assert_success(pg_execute(tool, "SET application_name = 'tool'", NULL, err));
	report.migrations = memory_allocate(sizeof(*report.migrations));
	report.migration_count = 1;
	struct report_migration *migration = &report.migrations[0];
	migration->list = memory_allocate(sizeof(*migration->list));
	migration->list_count = 1;
	migration->list[0] = (struct report_statement){.sql = string_copy("alembic upgrade head"), .rows = -1};
	assert_success(evidence_begin(observer, &report, &evidence, err));
	assert_success(evidence_outside_begin(evidence, 0, "vela", NULL, 0, err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	evidence_free(evidence);
	evidence = NULL;
	report_free(&report);
	pg_disconnect(&tool);
	pg_disconnect(&probe);
	pg_disconnect(&observer);
	return 0;
}

static void run_tool(const char *sql)
{
	assert_success(pg_execute(tool, sql, NULL, err));
}

static void tick(void)
{
	char *hang = NULL;
	assert_success(evidence_outside_tick(evidence, &hang, err));
	assert_null(hang);
}

static void finish(const char *expected)
{
	struct report_statement *statement = &report.migrations[0].list[0];
	statement->to_ms = evidence_now(evidence);
	assert_success(evidence_outside_end(evidence, &report.migrations[0], 0, err));
	assert_success(evidence_end(TAKE_POINTER(evidence), err));
	_cleanup_free_ char *text = statement_text(statement);
	assert_string_equal(text, expected);
}

static void test_changes(void **state)
{
	(void)state;
	run_tool("BEGIN; ALTER TABLE orders DROP COLUMN note, ALTER COLUMN qty TYPE bigint; DROP TABLE old; COMMIT");
	run_tool("ALTER TABLE items ADD CONSTRAINT f FOREIGN KEY (o) REFERENCES orders; ALTER TABLE items RENAME TO "
		 "things");
	run_tool("CREATE TABLE fresh (id int PRIMARY KEY); DROP TABLE fresh");
	finish(" | column-dropped orders.note ~500, constraint items.f, dropped old 0, renamed items.things, "
	       "retyped orders.qty (integer to bigint), rewrite orders (column qty changed from integer to bigint), "
	       "scan items, unindexed things.f (o)");
	assert_true(report.migrations[0].list[0].wal_bytes > 100000);
}

static void test_sampled_locks(void **state)
{
	(void)state;
	tick();
	run_tool("BEGIN; ALTER TABLE orders ADD COLUMN x int");
	tick();
	run_tool("COMMIT");
	tick();
	finish("orders ACCESS EXCLUSIVE | ");
	const struct report_lock *lock = &report.migrations[0].list[0].locks[0];
	assert_true(lock->sampled && lock->from_ms > 0 && lock->to_ms > lock->from_ms);
	assert_true(lock->to_ms < report.migrations[0].list[0].to_ms);
	assert_int_equal(report.relation_count, 1);
}

/* vela's own connections, and those that are left out by their number. */
static void test_others_are_not_the_tool(void **state)
{
	(void)state;
	int pid = PQbackendPID(tool);
	assert_success(evidence_outside_begin(evidence, 0, "vela", &pid, 1, err));
	assert_success(pg_execute(probe, "BEGIN; LOCK TABLE items", NULL, err));
	run_tool("BEGIN; LOCK TABLE orders");
	tick();
	finish(" | ");
}

static void test_locks_told_by_a_log(void **state)
{
	(void)state;
	_cleanup_free_ char *oid = NULL;
	assert_success(pg_value(observer, "SELECT 'public.orders'::regclass::oid", &oid, err));
	unsigned relation = (unsigned)strtoul(oid, NULL, 10);
	run_tool("BEGIN; LOCK TABLE orders IN SHARE MODE");
	tick();
	run_tool("COMMIT");
	evidence_outside_lock(evidence, relation, TABLE_LOCK_SHARE, 0.5, 7.5);
	evidence_outside_lock(evidence, 1, TABLE_LOCK_ACCESS_EXCLUSIVE, 0, 100);
	finish("orders SHARE | ");
	const struct report_lock *lock = &report.migrations[0].list[0].locks[0];
	assert_true(!lock->sampled && lock->from_ms == 0.5 && lock->to_ms == 7.5);
	assert_true(report.relations[0].longest_writes_ms == 7);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_changes),
		CASE(test_sampled_locks),
		CASE(test_others_are_not_the_tool),
		CASE(test_locks_told_by_a_log),
	};
	cluster_identity();
	int failures = cmocka_run_group_tests_name("PostgreSQL 15", tests, server_setup_15, server_teardown);
	failures += cmocka_run_group_tests_name("PostgreSQL 18", tests, server_setup_18, server_teardown);
	return cluster_end(failures);
}
