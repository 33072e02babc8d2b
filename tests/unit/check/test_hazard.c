#include "hazard_report.h"

#define ORDERS "public.orders"
#define AEL TABLE_LOCK_ACCESS_EXCLUSIVE

/* A statement that runs that long, with a lock of that mode that ends with it, and the change that explains it. */
static struct report timed(enum table_lock mode, enum report_change_kind kind, double milliseconds)
{
	struct report report = a_report();
	has_relation(&report, ORDERS, "table", 1000000, 120ULL * MIB);
	struct report_statement *statement =
		add_statement(&report, "ALTER TABLE", "ALTER TABLE orders …", 0, milliseconds);
	takes(statement, ORDERS, mode, milliseconds);
	if (kind < CHANGE_KIND_COUNT)
		changes(statement, kind, ORDERS)->validated = true;
	return report;
}

static void assert_levels(enum table_lock mode, enum report_change_kind kind, const char *id)
{
	struct report report = timed(mode, kind, 250);
	assert_hazards(&report, "");
	report = timed(mode, kind, 251);
	_cleanup_free_ char *warning = string_format("%s warning 1.sql:1", id);
	assert_hazards(&report, warning);
	report = timed(mode, kind, 1000);
	assert_hazards(&report, warning);
	report = timed(mode, kind, 1001);
	_cleanup_free_ char *error = string_format("%s error 1.sql:1", id);
	assert_hazards(&report, error);
	report = timed(mode, kind, 100000);
	report.limits.blocking_ms = 0; /* no limit */
	report.limits.statement_ms = 0;
	assert_hazards(&report, "");
}

static void test_time_under_a_lock_has_one_cause(void **state)
{
	(void)state;
	assert_levels(AEL, CHANGE_REWRITE, "table-rewrite");
	assert_levels(TABLE_LOCK_SHARE, CHANGE_INDEX_BUILT, "blocking-index-build");
	assert_levels(TABLE_LOCK_SHARE_ROW_EXCLUSIVE, CHANGE_CONSTRAINT_ADDED, "constraint-scan");
	assert_levels(AEL, CHANGE_CONSTRAINT_VALIDATED, "constraint-scan");
	assert_levels(AEL, CHANGE_COLUMN_NOT_NULL, "constraint-scan");
	assert_levels(AEL, CHANGE_FULL_SCAN, "constraint-scan");
	assert_levels(AEL, CHANGE_KIND_COUNT, "blocking-lock");
	assert_levels(TABLE_LOCK_SHARE, CHANGE_KIND_COUNT, "blocking-lock");
}

static void test_locks_that_block_nobody_are_silent(void **state)
{
	(void)state;
	for (int mode = TABLE_LOCK_ACCESS_SHARE; mode <= TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE; mode++) {
		struct report report = timed((enum table_lock)mode, CHANGE_CONSTRAINT_VALIDATED, 14000);
		assert_hazards(&report, "");
		report = timed((enum table_lock)mode, CHANGE_INDEX_BUILT, 14000);
		report.migrations[0].list[0].changes[0].concurrently = true;
		assert_hazards(&report, "");
	}
}

static void test_of_several_causes_the_weightiest_counts(void **state)
{
	(void)state;
	struct report report = timed(AEL, CHANGE_CONSTRAINT_ADDED, 2000);
	changes(&report.migrations[0].list[0], CHANGE_INDEX_BUILT, ORDERS);
	assert_hazards(&report, "blocking-index-build error 1.sql:1");
	report = timed(AEL, CHANGE_CONSTRAINT_ADDED, 2000);
	changes(&report.migrations[0].list[0], CHANGE_INDEX_BUILT, ORDERS);
	changes(&report.migrations[0].list[0], CHANGE_REWRITE, ORDERS);
	assert_hazards(&report, "table-rewrite error 1.sql:1");
	report = timed(AEL, CHANGE_REWRITE, 2000);
	changes(&report.migrations[0].list[0], CHANGE_COLUMN_RETYPED, ORDERS)->is_enum = true;
	assert_hazards(&report, "enum-rewrite error 1.sql:1");
	/* REINDEX INDEX writes an index anew. */
	report = timed(TABLE_LOCK_SHARE, CHANGE_KIND_COUNT, 2000);
	has_relation(&report, "public.orders_pkey", "index", -1, 20ULL * MIB);
	changes(&report.migrations[0].list[0], CHANGE_REWRITE, "public.orders_pkey");
	assert_hazards(&report, "blocking-index-build error 1.sql:1");
	report = timed(TABLE_LOCK_SHARE, CHANGE_REWRITE, 2000);
	report.migrations[0].list[0].changes[0].object = string_copy("public.orders_pkey");
	assert_measured(&report, "public.orders (about 1,000,000 rows, 120 MiB) is built anew: SHARE blocks writes for "
				 "2.0 s (limit 1.0 s)");
}

static void test_a_refreshed_view_is_locked_and_not_rewritten(void **state)
{
	(void)state;
	struct report report = timed(AEL, CHANGE_REWRITE, 2000);
	string_replace(&report.relations[0].kind, string_copy("materialized view"));
	assert_hazards(&report, "blocking-lock error 1.sql:1");
}

static struct report rewritten(uint64_t bytes)
{
	struct report report = timed(AEL, CHANGE_KIND_COUNT, 10);
	changes(&report.migrations[0].list[0], CHANGE_REWRITE, ORDERS)->bytes = bytes;
	return report;
}

static void test_rewrites_count_by_size_too(void **state)
{
	(void)state;
	struct report report = rewritten(256ULL * MIB);
	assert_hazards(&report, "");
	report = rewritten(256ULL * MIB + 1);
	assert_hazards(&report, "table-rewrite warning 1.sql:1");
	report = rewritten(1024ULL * MIB);
	assert_hazards(&report, "table-rewrite warning 1.sql:1");
	report = rewritten(1024ULL * MIB + 1);
	assert_hazards(&report, "table-rewrite error 1.sql:1");
	report = rewritten(2048ULL * MIB);
	report.limits.rewrite_bytes = 0;
	assert_hazards(&report, "");
	/* As the ledger has it, where the change does not say. */
	report = rewritten(0);
	report.relations[0].bytes = 2048ULL * MIB;
	assert_hazards(&report, "table-rewrite error 1.sql:1");
	/* VACUUM FULL of a table whose lock nobody saw. */
	report = a_report();
	changes(add_statement(&report, "VACUUM", "VACUUM FULL orders", 0, 1200), CHANGE_REWRITE, ORDERS);
	assert_hazards(&report, "table-rewrite error 1.sql:1");
}

/* ALTER TABLE (10 ms), UPDATE, COMMIT: of the times given. */
static struct report transaction(double update, double commit)
{
	struct report report = a_report();
	has_relation(&report, ORDERS, "table", 1000000, 120ULL * MIB);
	double end = 10 + update + commit;
	takes(add_statement(&report, "ALTER TABLE", "ALTER TABLE orders ADD note text", 0, 10), ORDERS, AEL, end);
	add_statement(&report, "UPDATE", "UPDATE orders SET note = ''", 10, 10 + update)->rows = 1000000;
	add_commit(&report, 10 + update, end);
	return report;
}

static void test_work_under_a_lock(void **state)
{
	(void)state;
	struct report report = transaction(200, 5);
	assert_hazards(&report, "");
	report = transaction(300, 5);
	assert_hazards(&report, "work-under-lock warning 1.sql:2");
	report = transaction(1001, 5);
	assert_hazards(&report, "work-under-lock error 1.sql:2");
	/* After the transaction nobody has to wait. */
	report = transaction(10, 5);
	add_statement(&report, "UPDATE", "UPDATE orders SET note = ''", 25, 9000)->in_transaction = false;
	assert_hazards(&report, "");
	/* Nor under a lock that blocks neither reads nor writes. */
	report = transaction(9000, 5);
	report.migrations[0].list[0].locks[0].mode = TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE;
	assert_hazards(&report, "");
	/* Many small ones add up, and are one hazard at the longest. */
	report = a_report();
	takes(add_statement(&report, "ALTER TABLE", "ALTER TABLE orders …", 0, 1), ORDERS, AEL, 2001);
	for (int i = 1; i <= 200; i++)
		add_statement(&report, "UPDATE", "UPDATE other …", i * 10, i * 10 + (i == 100 ? 10 : 9));
	assert_hazards(&report, "work-under-lock error 1.sql:101");
}

static void test_slow_commit(void **state)
{
	(void)state;
	struct report report = transaction(10, 200);
	assert_hazards(&report, "");
	report = transaction(10, 300);
	assert_hazards(&report, "slow-commit warning 1.sql:3");
	report = transaction(10, 1100);
	assert_hazards(&report, "slow-commit error 1.sql:3");
	/* With nobody kept out, it is as long as any other statement. */
	report = transaction(10, 14000);
	report.migrations[0].list[0].lock_count = 0;
	report_lock_clear(&report.migrations[0].list[0].locks[0]);
	assert_hazards(&report, "");
	report = transaction(10, 61000);
	report.migrations[0].list[0].lock_count = 0;
	report_lock_clear(&report.migrations[0].list[0].locks[0]);
	assert_hazards(&report, "slow-commit error 1.sql:3");
}

static void test_the_largest_part_answers_for_the_whole(void **state)
{
	(void)state;
	/* Each is short of the limit, all together are not. */
	struct report report = transaction(700, 500);
	assert_hazards(&report, "work-under-lock error 1.sql:2\nslow-commit warning 1.sql:3");
	report = transaction(500, 700);
	assert_hazards(&report, "slow-commit error 1.sql:3\nwork-under-lock warning 1.sql:2");
	report = transaction(150, 100);
	assert_hazards(&report, "work-under-lock warning 1.sql:2");
	report = transaction(700, 500);
	changes(&report.migrations[0].list[0], CHANGE_REWRITE, ORDERS);
	report.migrations[0].list[0].from_ms = report.migrations[0].list[0].locks[0].from_ms = -800;
	assert_hazards(&report, "table-rewrite error 1.sql:1\nwork-under-lock warning 1.sql:2\n"
				"slow-commit warning 1.sql:3");
}

static void test_what_needs_the_lock_is_no_work_under_it(void **state)
{
	(void)state;
	/* An index on the table that is locked already, and two tables rewritten one after the other. */
	struct report report = transaction(2000, 5);
	changes(&report.migrations[0].list[1], CHANGE_INDEX_BUILT, ORDERS);
	assert_hazards(&report, "blocking-index-build error 1.sql:2");
	report = transaction(2000, 5);
	changes(&report.migrations[0].list[1], CHANGE_REWRITE, "public.items");
	takes(&report.migrations[0].list[1], "public.items", AEL, 2015);
	assert_hazards(&report, "table-rewrite error 1.sql:2");
	/* A stronger lock on the same table. */
	report = transaction(2000, 5);
	report.migrations[0].list[0].locks[0].mode = TABLE_LOCK_SHARE;
	takes(&report.migrations[0].list[1], ORDERS, AEL, 2015);
	assert_hazards(&report, "blocking-lock error 1.sql:2");
}

static void test_texts_have_numbers(void **state)
{
	(void)state;
	struct report report = timed(AEL, CHANGE_REWRITE, 3400);
	assert_measured(&report,
			"public.orders (about 1,000,000 rows, 120 MiB) is written anew: ACCESS EXCLUSIVE blocks "
			"reads and writes for 3.4 s (limit 1.0 s)");
	report = rewritten(2048ULL * MIB);
	report.migrations[0].list[0].changes[0].rows = 5;
	assert_measured(&report,
			"public.orders (5 rows, 2.0 GiB) is written anew: 2.0 GiB of data (limit 1.0 GiB); ACCESS "
			"EXCLUSIVE blocks reads and writes for 10.0 ms (limit 1.0 s)");
	report = transaction(2000, 500);
	report.migrations[0].list[2].to_ms = report.migrations[0].list[2].from_ms + 100;
	assert_measured(&report, "this runs under the lock of public.orders (ACCESS EXCLUSIVE since line 1): ACCESS "
				 "EXCLUSIVE blocks reads and writes for 2.0 s, and for 2.5 s to the end of the "
				 "transaction (limit 1.0 s)");
}

static struct report slow(const char *tag, int64_t rows, double milliseconds)
{
	struct report report = a_report();
	add_statement(&report, tag, "…", 0, milliseconds)->rows = rows;
	return report;
}

static void test_slow_statement(void **state)
{
	(void)state;
	struct report report = slow("UPDATE", 7, 15000);
	assert_hazards(&report, "");
	report = slow("UPDATE", 7, 15001);
	assert_hazards(&report, "slow-statement warning 1.sql:1");
	report = slow("UPDATE", 7, 60001);
	assert_hazards(&report, "slow-statement error 1.sql:1");
	/* What keeps nobody out is no more than a warning. */
	report = slow("CREATE INDEX", -1, 600000);
	assert_hazards(&report, "slow-statement warning 1.sql:1");
	report = slow("SELECT", 12, 600000);
	assert_hazards(&report, "slow-statement warning 1.sql:1");
	report = slow("UPDATE", 7, 600000);
	report.limits.statement_ms = 0;
	assert_hazards(&report, "");
}

static struct report queued(int64_t rows, uint64_t bytes, enum table_lock mode)
{
	struct report report = a_report();
	has_relation(&report, ORDERS, "table", rows, bytes);
	struct report_statement *statement = add_statement(&report, "ALTER TABLE", "ALTER TABLE orders …", 0, 1);
	statement->lock_timeout = false;
	takes(statement, ORDERS, mode, 1);
	return report;
}

static void test_lock_queue(void **state)
{
	(void)state;
	struct report report = queued(9999, 10 * MIB - 1, AEL);
	assert_hazards(&report, "");
	report = queued(10000, 0, AEL);
	assert_hazards(&report, "lock-queue warning 1.sql:1");
	report = queued(-1, 10 * MIB, TABLE_LOCK_SHARE);
	assert_hazards(&report, "lock-queue warning 1.sql:1");
	report = queued(10000, 0, TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE);
	assert_hazards(&report, "");
	report = queued(10000, 0, AEL);
	report.migrations[0].list[0].lock_timeout = true;
	assert_hazards(&report, "");
	report = queued(10000, 0, AEL);
	report.migrations[0].list[0].locks[0].sampled = true;
	assert_hazards(&report, "");
	/* The lock that is held too long is the hazard, not the waiting for it. */
	report = timed(AEL, CHANGE_KIND_COUNT, 2000);
	report.migrations[0].list[0].lock_timeout = false;
	assert_hazards(&report, "blocking-lock error 1.sql:1");
}

static void test_lock_queue_is_told_once(void **state)
{
	(void)state;
	struct report report = queued(10000, 0, AEL);
	add_migration(&report, "2.sql");
	for (int i = 0; i < 5; i++) {
		struct report_statement *statement = add_statement(&report, "ALTER TABLE", "…", 10 + i, 11 + i);
		statement->lock_timeout = false;
		takes(statement, ORDERS, AEL, 11 + i);
	}
	report.migrations[1].list[1].ignored_hazard = string_copy("lock-queue");
	report.migrations[1].list[1].ignored_reason = string_copy("nobody is awake then");
	hazards_find(&report);
	assert_int_equal(report.hazard_count, 2);
	assert_string_equal(report.hazards[0].measured,
			    "5 statements wait without a lock_timeout for locks of public.orders");
	assert_hazards(&report, "lock-queue warning 1.sql:1\nlock-queue warning 2.sql:2 accepted");
}

static struct report logged(uint64_t bytes)
{
	struct report report = a_report();
	report.wal_bytes = 3 * bytes;
	add_statement(&report, "UPDATE", "…", 0, 1)->wal_bytes = bytes;
	return report;
}

static void test_wal_heavy(void **state)
{
	(void)state;
	struct report report = logged(256ULL * MIB);
	assert_hazards(&report, "");
	report = logged(256ULL * MIB + 1);
	assert_hazards(&report, "wal-heavy warning 1.sql:1");
	report = logged(1024ULL * MIB + 1);
	assert_hazards(&report, "wal-heavy error 1.sql:1");
	report = logged(4096ULL * MIB);
	assert_measured(&report, "it writes 4.0 GiB of WAL (limit 1.0 GiB)");
	report = logged(4096ULL * MIB);
	report.limits.wal_bytes = 0;
	assert_hazards(&report, "");
	/* Batches are the right way. */
	report = logged(200ULL * MIB);
	for (int i = 0; i < 50; i++)
		add_statement(&report, "UPDATE", "…", i, i + 1)->wal_bytes = 200ULL * MIB;
	report.wal_bytes = 51 * 200ULL * MIB;
	assert_hazards(&report, "");
	/* A rewrite is named as such. */
	report = rewritten(2048ULL * MIB);
	report.migrations[0].list[0].wal_bytes = 2048ULL * MIB;
	assert_hazards(&report, "table-rewrite error 1.sql:1");
}

static void test_the_log_of_a_command(void **state)
{
	(void)state;
	struct report report = a_report();
	add_migration(&report, "alembic upgrade head")->is_command = true;
	report.wal_bytes = 256ULL * MIB;
	assert_hazards(&report, "");
	report = logged(100ULL * MIB);
	report.migrations[0].is_command = true;
	report.wal_bytes = 356ULL * MIB + 1;
	assert_hazards(&report, "wal-heavy warning -:0");
}

static void test_temp_spill(void **state)
{
	(void)state;
	struct report report = slow("UPDATE", 1, 1);
	report.migrations[0].list[0].temp_bytes = 64ULL * MIB - 1;
	assert_hazards(&report, "");
	report = slow("UPDATE", 1, 1);
	report.migrations[0].list[0].temp_bytes = 64ULL * MIB;
	assert_hazards(&report, "temp-spill warning 1.sql:1");
	report = slow("CREATE INDEX", -1, 1);
	report.migrations[0].list[0].temp_bytes = 640ULL * MIB;
	changes(&report.migrations[0].list[0], CHANGE_INDEX_BUILT, ORDERS)->concurrently = true;
	assert_hazards(&report, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_under_a_lock_has_one_cause),
		cmocka_unit_test(test_locks_that_block_nobody_are_silent),
		cmocka_unit_test(test_of_several_causes_the_weightiest_counts),
		cmocka_unit_test(test_a_refreshed_view_is_locked_and_not_rewritten),
		cmocka_unit_test(test_rewrites_count_by_size_too),
		cmocka_unit_test(test_work_under_a_lock),
		cmocka_unit_test(test_slow_commit),
		cmocka_unit_test(test_the_largest_part_answers_for_the_whole),
		cmocka_unit_test(test_what_needs_the_lock_is_no_work_under_it),
		cmocka_unit_test(test_texts_have_numbers),
		cmocka_unit_test(test_slow_statement),
		cmocka_unit_test(test_lock_queue),
		cmocka_unit_test(test_lock_queue_is_told_once),
		cmocka_unit_test(test_wal_heavy),
		cmocka_unit_test(test_the_log_of_a_command),
		cmocka_unit_test(test_temp_spill),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
