#include "hazard_report.h"

#define ORDERS "public.orders"
#define AEL TABLE_LOCK_ACCESS_EXCLUSIVE

/* A statement with one change of a table of a million rows. */
static struct report changed(const char *tag, enum report_change_kind kind, int64_t rows)
{
	struct report report = a_report();
	has_relation(&report, ORDERS, "table", 1000000, 120ULL * MIB);
	struct report_change *change = changes(add_statement(&report, tag, "…", 0, 1), kind, ORDERS);
	change->rows = rows;
	change->object = string_copy("status");
	change->detail = string_copy("state");
	return report;
}

static struct report_change *first_change(struct report *report)
{
	return &report->migrations[0].list[0].changes[0];
}

static void test_dropped_tables(void **state)
{
	(void)state;
	struct report report = changed("DROP TABLE", CHANGE_TABLE_DROPPED, 0);
	assert_hazards(&report, "");
	report = changed("DROP TABLE", CHANGE_TABLE_DROPPED, 1);
	assert_hazards(&report, "data-loss error 1.sql:1");
	report = changed("DROP TABLE", CHANGE_TABLE_DROPPED, -1);
	assert_hazards(&report, "data-loss error 1.sql:1");
	report = changed("DROP TABLE", CHANGE_TABLE_DROPPED, -1);
	report.relations[0].rows = 0;
	assert_hazards(&report, "");
	report = changed("DROP TABLE", CHANGE_TABLE_DROPPED, 10);
	assert_measured(&report, "public.orders (10 rows, 120 MiB) is dropped");
	/* What is computed from other tables can be computed again. */
	report = changed("DROP MATERIALIZED VIEW", CHANGE_TABLE_DROPPED, 10);
	string_replace(&report.relations[0].kind, string_copy("materialized view"));
	assert_hazards(&report, "");
	/* Several tables of one statement are one hazard. */
	report = changed("DROP TABLE", CHANGE_TABLE_DROPPED, 10);
	for (int i = 0; i < 100; i++)
		changes(&report.migrations[0].list[0], CHANGE_TABLE_DROPPED, "public.items")->rows = 3;
	assert_int_equal(hazards_find(&report), true);
	assert_non_null(strstr(report.hazards[0].measured, "public.orders (10 rows, 120 MiB) is dropped; public.items "
							   "(3 rows) is dropped; "));
	assert_true(strlen(report.hazards[0].measured) < 700);
	assert_hazards(&report, "data-loss error 1.sql:1");
}

static void test_dropped_columns(void **state)
{
	(void)state;
	struct report report = changed("ALTER TABLE", CHANGE_COLUMN_DROPPED, 0);
	assert_hazards(&report, "");
	report = changed("ALTER TABLE", CHANGE_COLUMN_DROPPED, 1);
	first_change(&report)->bytes = 17;
	assert_measured(&report, "public.orders.status is dropped with 1 value (17 B)");
	report = changed("ALTER TABLE", CHANGE_COLUMN_DROPPED, 5000);
	first_change(&report)->estimated = true;
	first_change(&report)->bytes = 20480;
	assert_measured(&report, "public.orders.status is dropped with about 5,000 values (20.0 KiB)");
	report = changed("ALTER TABLE", CHANGE_COLUMN_DROPPED, -1);
	assert_measured(&report, "public.orders.status is dropped");
}

static struct report deleted(int64_t rows, int64_t of)
{
	struct report report = changed("DELETE", CHANGE_ROWS_DELETED, rows);
	report.relations[0].rows = of;
	return report;
}

static void test_deleted_rows(void **state)
{
	(void)state;
	struct report report = deleted(499999, 1000000);
	assert_hazards(&report, "");
	report = deleted(500000, 1000000);
	assert_hazards(&report, "data-loss warning 1.sql:1");
	report = deleted(999, 999);
	assert_hazards(&report, "");
	report = deleted(1000, 1000);
	assert_hazards(&report, "data-loss warning 1.sql:1");
	report = deleted(1000, -1);
	assert_hazards(&report, "");
	report = changed("TRUNCATE TABLE", CHANGE_ROWS_DELETED, 0);
	assert_hazards(&report, "");
	report = changed("TRUNCATE TABLE", CHANGE_ROWS_DELETED, 1);
	assert_hazards(&report, "data-loss error 1.sql:1");
	report = changed("TRUNCATE TABLE", CHANGE_ROWS_DELETED, -1);
	assert_hazards(&report, "data-loss error 1.sql:1");
}

static void test_truncate_within_a_block(void **state)
{
	(void)state;
	struct report report = changed("DO", CHANGE_ROWS_DELETED, 1000000);
	takes(&report.migrations[0].list[0], ORDERS, AEL, 1);
	assert_hazards(&report, "data-loss error 1.sql:1");
	report = changed("DO", CHANGE_ROWS_DELETED, 999999);
	takes(&report.migrations[0].list[0], ORDERS, AEL, 1);
	assert_hazards(&report, "data-loss warning 1.sql:1");
	report = changed("DO", CHANGE_ROWS_DELETED, 1000000);
	takes(&report.migrations[0].list[0], ORDERS, TABLE_LOCK_ROW_EXCLUSIVE, 1);
	assert_hazards(&report, "data-loss warning 1.sql:1");
}

static void test_renames(void **state)
{
	(void)state;
	struct report report = changed("ALTER TABLE", CHANGE_TABLE_RENAMED, -1);
	assert_measured(&report, "public.orders becomes status");
	report = changed("ALTER TABLE", CHANGE_COLUMN_RENAMED, -1);
	assert_measured(&report, "public.orders.status becomes state");
	report = changed("ALTER TABLE", CHANGE_TABLE_RENAMED, 0);
	assert_hazards(&report, "");
	report = changed("ALTER INDEX", CHANGE_TABLE_RENAMED, -1);
	string_replace(&report.relations[0].kind, string_copy("index"));
	assert_hazards(&report, "");
	/* A view in its place keeps the old application running; of a column it does not. */
	report = changed("ALTER TABLE", CHANGE_TABLE_RENAMED, 5);
	add_statement(&report, "CREATE VIEW", "CREATE VIEW my_orders_x AS SELECT 1", 1, 2);
	assert_hazards(&report, "rename warning 1.sql:1");
	report = changed("ALTER TABLE", CHANGE_TABLE_RENAMED, 5);
	add_statement(&report, "CREATE VIEW", "CREATE VIEW public.Orders AS SELECT * FROM sales", 1, 2);
	assert_hazards(&report, "");
	report = changed("ALTER TABLE", CHANGE_COLUMN_RENAMED, 5);
	add_statement(&report, "CREATE VIEW", "CREATE VIEW o AS SELECT * FROM orders", 1, 2);
	assert_hazards(&report, "rename warning 1.sql:1");
}

/* What the ledger knows of a table is known under the names that it got, too. */
static void test_a_table_with_new_names(void **state)
{
	(void)state;
	struct report report = changed("ALTER TABLE", CHANGE_TABLE_RENAMED, -1);
	struct report_change *change = changes(add_statement(&report, "ALTER TABLE", "ALTER TABLE", 1, 2),
					       CHANGE_TABLE_RENAMED, first_change(&report)->object);
	change->object = string_copy("public.archive");
	change = changes(add_statement(&report, "ALTER TABLE", "ALTER TABLE", 2, 3), CHANGE_FOREIGN_KEY_UNINDEXED,
			 "public.archive");
	change->object = string_copy("archive_fkey");
	change->detail = string_copy("customer");
	assert_hazards(&report, "rename warning 1.sql:1\nrename warning 1.sql:2\nmissing-fk-index warning 1.sql:3");
}

static void test_missing_fk_index(void **state)
{
	(void)state;
	struct report report = changed("ALTER TABLE", CHANGE_FOREIGN_KEY_UNINDEXED, 9999);
	assert_hazards(&report, "");
	report = changed("ALTER TABLE", CHANGE_FOREIGN_KEY_UNINDEXED, 10000);
	assert_hazards(&report, "missing-fk-index warning 1.sql:1");
	report = changed("ALTER TABLE", CHANGE_FOREIGN_KEY_UNINDEXED, -1); /* as the ledger has it */
	assert_hazards(&report, "missing-fk-index warning 1.sql:1");
}

static void test_unvalidated_constraint(void **state)
{
	(void)state;
	struct report report = changed("ALTER TABLE", CHANGE_CONSTRAINT_ADDED, -1);
	assert_measured(&report, "status on public.orders (about 1,000,000 rows, 120 MiB) stays NOT VALID");
	report = changed("ALTER TABLE", CHANGE_CONSTRAINT_ADDED, -1);
	first_change(&report)->validated = true;
	assert_hazards(&report, "");
	report = changed("ALTER TABLE", CHANGE_CONSTRAINT_ADDED, 0);
	assert_hazards(&report, "");
	report = changed("ALTER TABLE", CHANGE_CONSTRAINT_ADDED, -1);
	add_migration(&report, "2.sql");
	changes(add_statement(&report, "ALTER TABLE", "…", 1, 2), CHANGE_CONSTRAINT_VALIDATED, ORDERS)->object =
		string_copy("other");
	assert_hazards(&report, "unvalidated-constraint warning 1.sql:1");
	report = changed("ALTER TABLE", CHANGE_CONSTRAINT_ADDED, -1);
	add_migration(&report, "2.sql");
	changes(add_statement(&report, "ALTER TABLE", "…", 1, 2), CHANGE_CONSTRAINT_VALIDATED, ORDERS)->object =
		string_copy("status");
	assert_hazards(&report, "");
}

static void test_invalid_index(void **state)
{
	(void)state;
	struct report report = changed("CREATE INDEX", CHANGE_INDEX_INVALID, -1);
	assert_hazards(&report, "invalid-index error 1.sql:1");
}

/* A statement that fails; `before` it one in the same transaction, or in one that was committed. */
static struct report failing(const char *sql, const char *sqlstate, const char *before, bool committed)
{
	struct report report = a_report();
	struct report_migration *migration = add_migration(&report, "1.sql");
	if (before)
		add_statement(&report, before, "…", 0, 1);
	if (committed)
		add_commit(&report, 1, 2);
	add_statement(&report, NULL, sql, 2, 3)->in_transaction = before && !committed;
	fails(migration, sqlstate, "it does not work");
	return report;
}

static void test_failures_with_a_name(void **state)
{
	(void)state;
	struct report report = failing("create index concurrently i ON t (a)", "25001", NULL, false);
	assert_hazards(&report, "concurrently-in-transaction error 1.sql:1");
	report = failing("VACUUM t", "25001", NULL, false);
	assert_hazards(&report, "");
	report = failing("CREATE INDEX CONCURRENTLY i ON t (a)", "23505", NULL, false);
	assert_hazards(&report, "");
	report = failing("ALTER TABLE t ALTER a SET NOT NULL", "23502", NULL, false);
	assert_measured(&report, "it does not work");
	report = failing("alter table t ALTER a SET NOT NULL", "23502", NULL, false);
	assert_hazards(&report, "not-null-on-data error 1.sql:1");
	report = failing("INSERT INTO t VALUES (NULL)", "23502", NULL, false);
	assert_hazards(&report, "");
	report = failing("ALTER TABLE t …", NULL, NULL, false);
	assert_hazards(&report, "");
}

static void test_not_repeatable(void **state)
{
	(void)state;
	struct report report = failing("SELECT 1/0", "22012", "CREATE TABLE", false);
	assert_hazards(&report, "");
	report = failing("SELECT 1/0", "22012", "CREATE TABLE", true);
	assert_hazards(&report, "not-repeatable error 1.sql:3");
	report = failing("SELECT 1/0", "22012", "SET", true);
	assert_hazards(&report, "");
	report = failing("SELECT 1/0", "22012", "ROLLBACK", true);
	assert_hazards(&report, "");
	report = failing("SELECT 1/0", "22012", "CREATE TABLE", true);
	string_replace(&report.migrations[0].list[0].sql, string_copy("CREATE TABLE if not exists t (a int)"));
	assert_hazards(&report, "");
	report = failing("SELECT 1/0", "22012", "SELECT", true);
	assert_hazards(&report, "");
	report = failing("SELECT 1/0", "22012", "SELECT", true);
	string_replace(&report.migrations[0].list[0].sql, string_copy("CREATE TABLE t AS SELECT 1"));
	assert_hazards(&report, "not-repeatable error 1.sql:3");
	report = failing("SELECT 1/0", "22012", "UPDATE", true);
	report.migrations[0].list[0].rows = 0;
	assert_hazards(&report, "");
	/* What a ROLLBACK took back is not there. */
	report = a_report();
	add_statement(&report, "CREATE TABLE", "…", 0, 1);
	add_statement(&report, "ROLLBACK", "ROLLBACK", 1, 2);
	add_statement(&report, NULL, "SELECT 1/0", 2, 3)->in_transaction = false;
	fails(&report.migrations[0], "22012", "division by zero");
	assert_hazards(&report, "");
	/* Nor what the COMMIT refused. */
	report = a_report();
	add_statement(&report, "INSERT", "…", 0, 1);
	add_commit(&report, 1, 2);
	fails(&report.migrations[0], "23503", "violates foreign key constraint");
	assert_hazards(&report, "");
}

static void test_open_transaction(void **state)
{
	(void)state;
	struct report report = a_report();
	add_statement(&report, "BEGIN", "BEGIN", 0, 1);
	add_statement(&report, "UPDATE", "UPDATE t SET a = 1", 1, 2);
	report.migrations[0].left_open = true;
	assert_hazards(&report, "open-transaction error 1.sql:2");
	report = a_report();
	add_migration(&report, "alembic upgrade head")->left_open = true;
	assert_hazards(&report, "open-transaction error alembic upgrade head:0");
}

static struct report ignoring(const char *hazard, const char *reason)
{
	struct report report = changed("DROP TABLE", CHANGE_TABLE_DROPPED, 10);
	report.migrations[0].list[0].ignored_hazard = string_copy(hazard);
	report.migrations[0].list[0].ignored_reason = string_copy(reason);
	return report;
}

static void test_acceptance(void **state)
{
	(void)state;
	struct report report = ignoring("data-loss", "empty since <2019>");
	assert_int_equal(hazards_find(&report), false);
	assert_string_equal(report.hazards[0].accepted, "empty since <2019>");
	assert_hazards(&report, "data-loss error 1.sql:1 accepted");
	report = ignoring("rename", "another one");
	assert_hazards(&report, "data-loss error 1.sql:1");
	report = ignoring("data-loss", NULL);
	assert_hazards(&report, "data-loss error 1.sql:1\ninvalid-ignore warning 1.sql:1");
	report = ignoring("data-loss", "");
	assert_hazards(&report, "data-loss error 1.sql:1\ninvalid-ignore warning 1.sql:1");
	report = ignoring("data-los", "we know");
	hazards_find(&report);
	assert_string_equal(report.hazards[1].measured, "there is no hazard \"data-los\"; did you mean data-loss?");
	assert_hazards(&report, "data-loss error 1.sql:1\ninvalid-ignore warning 1.sql:1");
	/* Several marks above one statement. */
	report = ignoring("rename", "another one");
	struct report_statement *statement = &report.migrations[0].list[0];
	statement->ignores = memory_resize(NULL, 2, sizeof(*statement->ignores));
	statement->ignores[0] = (struct report_ignore){string_copy("data-loss"), string_copy("it is old")};
	statement->ignores[1] = (struct report_ignore){string_copy("xyz"), NULL};
	statement->ignore_count = 2;
	assert_hazards(&report, "invalid-ignore warning 1.sql:1\ndata-loss error 1.sql:1 accepted");
	report = ignoring("", "we know");
	assert_hazards(&report, "data-loss error 1.sql:1\ninvalid-ignore warning 1.sql:1");
}

static void test_order(void **state)
{
	(void)state;
	struct report report = changed("ALTER TABLE", CHANGE_TABLE_RENAMED, 10);
	has_relation(&report, "public.items", "table", 20, 8192);
	for (int i = 0; i < 2; i++) {
		struct report_statement *statement = add_statement(&report, "DROP TABLE", "…", 1, 2);
		changes(statement, CHANGE_TABLE_DROPPED, "public.items");
		statement->ignored_hazard = string_copy(i == 0 ? "data-loss" : NULL);
		statement->ignored_reason = string_copy(i == 0 ? "it is old" : NULL);
	}
	report.wal_bytes = 4096ULL * MIB;
	report.migrations[0].is_command = true;
	add_migration(&report, "2.sql");
	changes(add_statement(&report, "DROP TABLE", "…", 1, 2), CHANGE_TABLE_DROPPED, "public.items");
	changes(add_statement(&report, "ALTER TABLE", "…", 1, 2), CHANGE_TABLE_RENAMED, "public.items")->object =
		string_copy("things");
	assert_hazards(&report, "data-loss error 1.sql:3\ndata-loss error 2.sql:1\nwal-heavy error -:0\n"
				"rename warning 1.sql:1\nrename warning 2.sql:2\ndata-loss error 1.sql:2 accepted");
}

static void test_every_row_is_complete(void **state)
{
	(void)state;
	size_t count = 0;
	for (const struct hazard *hazard = hazards; hazard->id; hazard++, count++) {
		assert_ptr_equal(hazard_find(hazard->id), hazard);
		assert_true(*hazard->title && *hazard->why && *hazard->instead);
	}
	assert_int_equal(count, 21);
	assert_null(hazard_find("nothing"));
	struct report report = a_report();
	assert_hazards(&report, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dropped_tables),
		cmocka_unit_test(test_dropped_columns),
		cmocka_unit_test(test_deleted_rows),
		cmocka_unit_test(test_truncate_within_a_block),
		cmocka_unit_test(test_renames),
		cmocka_unit_test(test_a_table_with_new_names),
		cmocka_unit_test(test_missing_fk_index),
		cmocka_unit_test(test_unvalidated_constraint),
		cmocka_unit_test(test_invalid_index),
		cmocka_unit_test(test_failures_with_a_name),
		cmocka_unit_test(test_not_repeatable),
		cmocka_unit_test(test_open_transaction),
		cmocka_unit_test(test_acceptance),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_every_row_is_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
