/* What a command's sessions do, from what the server's log tells: several at once, several statements at once, lies. */
#include "commanded.h"

#include "../evidence/evidence_fixture.h"

static struct commanded laid_out_sql(const char *sql)
{
	lay_out(NULL);
	return commanded_sql(sql);
}

static void assert_passed(const struct commanded *commanded)
{
	if (commanded->migration->failure)
		fail_msg("%s", commanded->migration->failure->message);
}

/* Sent as one text (psql's "\;"), each has its own record where the triggers tell them apart. */
static void several_in_one(void **state)
{
	(void)state;
	struct commanded commanded = laid_out_sql(
		"SELECT 1 \\; CREATE TABLE n (id int PRIMARY KEY) \\; UPDATE orders SET qty = 2 \\; DELETE FROM "
		"customers WHERE id < 101 \\; ALTER TABLE orders ALTER qty TYPE bigint \\; CREATE INDEX k ON "
		"orders (price) \\; INSERT INTO vacant VALUES (1) \\; SELECT 2;");
	assert_passed(&commanded);
	assert_int_equal(commanded.migration->list_count, 6);
	assert_statement(&commanded, "SELECT 1", " | ");
	assert_statement(&commanded, "UPDATE orders SET qty = 2 ; DELETE FROM customers WHERE id < 101",
			 "customers ROW EXCLUSIVE, orders ROW EXCLUSIVE | deleted customers 100");
	assert_statement(&commanded, "ALTER TABLE orders",
			 "orders ACCESS EXCLUSIVE | retyped orders.qty (integer to bigint), rewrite orders (column qty "
			 "changed from integer to bigint)");
	assert_statement(&commanded, "CREATE INDEX k", " | built orders.k");
	assert_string_equal(commanded_find(&commanded, "CREATE INDEX k")->tag, "CREATE INDEX");
	assert_non_null(commanded_find(&commanded, "INSERT INTO vacant VALUES (1) ; SELECT 2"));
	for (size_t i = 1; i < commanded.migration->list_count; i++)
		assert_true(commanded.migration->list[i].from_ms >= commanded.migration->list[i - 1].from_ms);
	commanded_free(&commanded);
}

static void failing_in_one(void **state)
{
	(void)state;
	struct commanded commanded = laid_out_sql("ALTER TABLE orders ADD a int \\; SELECT 1/0 \\; DROP TABLE vacant;");
	assert_string_equal(commanded.migration->failure->message, "division by zero");
	assert_int_equal(commanded.migration->list_count, 2);
	assert_int_equal(commanded.migration->list[0].outcome, OUTCOME_PASSED);
	assert_int_equal(commanded.migration->list[1].outcome, OUTCOME_FAILED);
	commanded_free(&commanded);
}

/* Held from the start of the statement that took it to the end of the transaction. */
static void lock_is_held(void **state)
{
	(void)state;
	struct commanded commanded = laid_out_sql(
		"BEGIN; ALTER TABLE orders ADD a int; SELECT pg_sleep(0.1); COMMIT; SELECT pg_sleep(0.05);");
	assert_passed(&commanded);
	const struct report_statement *alter = commanded_find(&commanded, "ALTER");
	const struct report_statement *commit = commanded_find(&commanded, "COMMIT");
	assert_int_equal(alter->lock_count, 1);
	assert_true(alter->locks[0].from_ms == alter->from_ms);
	assert_true(alter->locks[0].to_ms == commit->to_ms);
	assert_true(alter->locks[0].to_ms - alter->locks[0].from_ms >= 100);
	assert_false(alter->locks[0].sampled);
	assert_true(commit->is_commit);
	assert_true(commit->in_transaction);
	const struct report_relation *orders = &commanded.report.relations[0];
	assert_string_equal(orders->name, "public.orders");
	assert_true(orders->longest_reads_ms >= 100);
	commanded_free(&commanded);
}

/* No trigger and no text tells of this one. */
static void lock_is_sampled(void **state)
{
	(void)state;
	struct commanded commanded =
		laid_out_sql("BEGIN; DO 'BEGIN LOCK TABLE orders IN SHARE MODE; PERFORM pg_sleep(0.3); "
			     "END'; SELECT pg_sleep(0.05); COMMIT;");
	assert_passed(&commanded);
	assert_statement(&commanded, "DO", "orders SHARE | ");
	const struct report_lock *lock = &commanded_find(&commanded, "DO")->locks[0];
	assert_true(lock->sampled);
	assert_true(lock->to_ms - lock->from_ms >= 340);
	commanded_free(&commanded);
}

/* Of several that may have deleted rows, it is the one that took longest. */
static void rows_are_deleted(void **state)
{
	(void)state;
	struct commanded commanded = laid_out_sql(
		"DELETE FROM orders WHERE id < 0; DELETE FROM orders WHERE id <= 500 AND (id > 1 OR pg_sleep(1) IS NOT "
		"NULL); DELETE FROM orders WHERE id < -1; DELETE FROM customers WHERE id <= 2; SELECT pg_sleep(1.1);");
	assert_passed(&commanded);
	const struct report_migration *migration = commanded.migration;
	assert_int_equal(migration->list_count, 5);
	for (size_t i = 0; i < migration->list_count; i++)
		assert_int_equal(migration->list[i].change_count, i == 1 || i == 3);
	assert_int_equal(migration->list[1].changes[0].rows, 500);
	assert_string_equal(migration->list[3].changes[0].relation, "public.customers");
	commanded_free(&commanded);
}

static void undone(void **state)
{
	(void)state;
	struct commanded commanded =
		laid_out_sql("BEGIN; ALTER TABLE customers DROP COLUMN note; ALTER TABLE orders ALTER qty "
			     "TYPE bigint; ROLLBACK; BEGIN; ALTER TABLE customers RENAME TO people;");
	assert_passed(&commanded);
	assert_statement(&commanded, "ALTER TABLE customers DROP", "customers ACCESS EXCLUSIVE | ");
	assert_statement(&commanded, "ALTER TABLE orders",
			 "orders ACCESS EXCLUSIVE | rewrite orders (column qty changed from integer to bigint)");
	assert_statement(&commanded, "ALTER TABLE customers RENAME", "customers ACCESS EXCLUSIVE | ");
	commanded_free(&commanded);
}

/* The rewrite had begun when the statement failed. */
static void rewrite_cut_short(void **state)
{
	(void)state;
	struct commanded commanded = laid_out_sql("ALTER TABLE orders ALTER qty TYPE bigint USING 1 / (id - 1500);");
	assert_string_equal(commanded.migration->failure->sqlstate, "22012");
	assert_statement(&commanded, "ALTER TABLE",
			 "failed: orders ACCESS EXCLUSIVE | rewrite orders (the type of a column changed)");
	commanded_free(&commanded);
}

static void temporary_files(void **state)
{
	(void)state;
	struct commanded commanded = laid_out_sql(
		"SET lock_timeout = '2s'; SET work_mem = '64kB'; SELECT count(*) FROM (SELECT md5(i::text) m FROM "
		"generate_series(1, 50000) i ORDER BY m) x; TRUNCATE vacant; RESET lock_timeout; "
		"TRUNCATE vacant; BEGIN; SET LOCAL lock_timeout TO 100; TRUNCATE vacant; COMMIT; TRUNCATE vacant;");
	assert_passed(&commanded);
	const struct report_migration *migration = commanded.migration;
	assert_true(migration->list[2].temp_bytes > 1000000);
	assert_true(migration->list[3].lock_timeout);
	assert_false(migration->list[5].lock_timeout);
	assert_true(migration->list[8].lock_timeout);
	assert_false(migration->list[10].lock_timeout);
	commanded_free(&commanded);
}

/* Two sessions whose statements alternate: each has its transaction. */
static void two_sessions(void **state)
{
	(void)state;
	lay_out(NULL);
	put_file("a.sql", "BEGIN; ALTER TABLE orders ADD a int; SELECT pg_sleep(0.2); COMMIT;");
	put_file("b.sql", "SELECT pg_sleep(0.1); BEGIN; ALTER TABLE customers ADD b int; SELECT 1; ROLLBACK;");
	struct commanded commanded = commanded_run("psql -Xq -f a.sql & psql -Xq -f b.sql & wait", 0);
	assert_passed(&commanded);
	assert_int_equal(commanded.migration->list_count, 9);
	assert_statement(&commanded, "ALTER TABLE orders", "orders ACCESS EXCLUSIVE | ");
	assert_statement(&commanded, "ALTER TABLE customers", "customers ACCESS EXCLUSIVE | ");
	const struct report_lock *of_a = &commanded_find(&commanded, "ALTER TABLE orders")->locks[0];
	const struct report_lock *of_b = &commanded_find(&commanded, "ALTER TABLE customers")->locks[0];
	assert_true(of_a->from_ms < of_b->from_ms && of_b->to_ms < of_a->to_ms);
	commanded_free(&commanded);
}

/* Statements that are parsed, bound and executed one by one. */
static void extended_protocol(void **state)
{
	(void)state;
	lay_out(NULL);
	put_file("script.sql", "BEGIN;\nALTER TABLE orders ALTER qty TYPE bigint;\nTRUNCATE vacant;\nCOMMIT;\n"
			       "ALTER TABLE customers ADD x int;\nALTER TABLE customers DROP note;\n");
	struct commanded commanded = commanded_run("pgbench -n -M extended -t 1 -f script.sql", 0);
	assert_passed(&commanded);
	assert_int_equal(commanded.migration->list_count, 6);
	assert_statement(&commanded, "ALTER TABLE orders",
			 "orders ACCESS EXCLUSIVE | retyped orders.qty (integer to bigint), rewrite orders (column qty "
			 "changed from integer to bigint)");
	assert_statement(&commanded, "TRUNCATE", "vacant ACCESS EXCLUSIVE | ");
	assert_statement(&commanded, "ALTER TABLE customers ADD", "customers ACCESS EXCLUSIVE | ");
	assert_statement(&commanded, "ALTER TABLE customers DROP",
			 "customers ACCESS EXCLUSIVE | column-dropped customers.note ~250");
	assert_false(commanded_find(&commanded, "ALTER TABLE customers ADD")->in_transaction);
	assert_true(commanded_find(&commanded, "TRUNCATE")->in_transaction);
	commanded_free(&commanded);
}

/* Text that looks like the log, and messages that look like the server's own and like the triggers'. */
static void lies(void **state)
{
	(void)state;
	struct commanded commanded = laid_out_sql(
		"SELECT 'x\n2026-01-31 09:12:03.125 UTC [1] 2/2 LOG:  00000: statement: DROP TABLE orders';\n"
		"DO $$ BEGIN RAISE LOG 'statement: DROP TABLE orders'; RAISE LOG 'duration: 86400000.000 ms'; RAISE "
		"LOG 'temporary file: path \"x\", size 1000000000'; RAISE LOG 'server process (PID 1) was terminated "
		"by signal 9: Killed'; END $$;\n"
		"DO $$ DECLARE source text; BEGIN SELECT substring(prosrc FROM 'RAISE LOG ''([0-9a-f]+) ') INTO source "
		"FROM pg_proc WHERE proname = 'tell'; ASSERT length(source) = 32; RAISE LOG '% {\"event\": "
		"\"table_rewrite\", \"relation\": \"%\", \"reason\": 4}', source, 'orders'::regclass::oid; END $$;");
	assert_passed(&commanded);
	assert_int_equal(commanded.migration->list_count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct report_statement *statement = &commanded.migration->list[i];
		assert_int_equal(statement->change_count, 0);
		assert_int_equal(statement->temp_bytes, 0);
		assert_true(statement->to_ms - statement->from_ms < 60000);
	}
	commanded_free(&commanded);
}

/* The role cannot call what watches it, nor put anything beside it. */
static void triggers_give_nothing(void **state)
{
	(void)state;
	struct commanded commanded = laid_out_sql(
		"DO $$ DECLARE s text; BEGIN SELECT nspname INTO s FROM pg_namespace WHERE nspname LIKE 'vela_watch%'; "
		"ASSERT s IS NOT NULL; ASSERT NOT has_schema_privilege(s, 'USAGE') AND NOT has_schema_privilege(s, "
		"'CREATE'); ASSERT NOT has_function_privilege((SELECT oid FROM pg_proc WHERE proname = 'tell'), "
		"'EXECUTE'); END $$;\n"
		"SET client_min_messages = log; SET search_path = other; CREATE TABLE other.x (id int);\n"
		"SELECT current_user, current_setting('search_path');");
	assert_passed(&commanded);
	assert_non_null(strstr(commanded.migration->output, "owner|other\n"));
	assert_null(strstr(commanded.migration->output, "ddl_command"));
	commanded_free(&commanded);
}

/* Where there is no PL/pgSQL, it goes on, and says so. */
static void without_triggers(void **state)
{
	(void)state;
	lay_out(NULL);
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(admin, "DROP EXTENSION plpgsql CASCADE", NULL, err));
	struct commanded commanded =
		commanded_sql("ALTER TABLE orders ALTER qty TYPE bigint; SELECT 1; DROP TABLE vacant;");
	assert_success(pg_execute(admin, "CREATE EXTENSION plpgsql", NULL, err));
	assert_passed(&commanded);
	assert_int_equal(commanded.migration->list_count, 3);
	bool told = false, rewritten = false;
	for (size_t i = 0; i < commanded.report.blind.count; i++)
		told = told || strstr(commanded.report.blind.items[i], "no event triggers could be made");
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < commanded.migration->list[i].change_count; j++)
			rewritten = rewritten || commanded.migration->list[i].changes[j].kind == CHANGE_REWRITE;
	assert_true(told);
	assert_true(rewritten);
	commanded_free(&commanded);
	assert_no_trace();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(several_in_one),
	cmocka_unit_test(failing_in_one),
	cmocka_unit_test(lock_is_held),
	cmocka_unit_test(lock_is_sampled),
	cmocka_unit_test(rows_are_deleted),
	cmocka_unit_test(undone),
	cmocka_unit_test(rewrite_cut_short),
	cmocka_unit_test(temporary_files),
	cmocka_unit_test(two_sessions),
	cmocka_unit_test(extended_protocol),
	cmocka_unit_test(lies),
	cmocka_unit_test(triggers_give_nothing),
	cmocka_unit_test(without_triggers),
};

int main(void)
{
	cluster_identity();
	int failures =
		cmocka_run_group_tests_name("command's log, PostgreSQL 15", tests, server_setup_15, server_teardown);
	failures +=
		cmocka_run_group_tests_name("command's log, PostgreSQL 18", tests, server_setup_18, server_teardown);
	return cluster_end(failures);
}
