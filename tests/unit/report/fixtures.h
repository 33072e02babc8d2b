/* Reports with evidence in them: what the renderers of every format are tried with. See samples.h for plain ones. */
#ifndef VELA_TESTS_REPORT_FIXTURES_H
#define VELA_TESTS_REPORT_FIXTURES_H

#include "fixture_build.h"

#define FIXTURE_STORY "db/migrations/0042_orders_processed_at.sql"

/* One harmless migration, watched, and nothing to say of it. */
static inline struct report fixture_silent(void)
{
	struct report report = sample_base(VERDICT_PASSED);
	report.has_evidence = report.has_schema = true;
	report.migrate_ms = 12.4;
	report.limits = (struct report_limits){.blocking_ms = 1000, .statement_ms = 60000};
	report.wal_bytes = 24576;
	report.peak_bytes = 16384;
	struct report_migration *migration =
		sample_add_migration(&report, "db/migrations/0041_create_refunds.sql", OUTCOME_PASSED, 12.41);
	migration->version = string_copy("0041");
	struct report_statement *statement = fixture_add_statement(
		migration, "CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)",
		"CREATE TABLE", 1, 0.2, 10.1);
	statement->wal_bytes = 24000;
	fixture_add_lock(statement, "public.orders", TABLE_LOCK_SHARE_ROW_EXCLUSIVE, 0.2, 11);
	statement = fixture_add_statement(migration, "COMMIT", "COMMIT", 0, 10.2, 11);
	statement->is_commit = true;
	fixture_add_relation(&report, "public.orders", 2254857830, 18204133, TABLE_LOCK_SHARE_ROW_EXCLUSIVE, 0.2, 11);
	fixture_add_schema(&report, '+', "table public.refunds",
			   "+ column id bigint NOT NULL\n+ column order_id bigint\n+ primary key (id)");
	return report;
}

static inline void fixture_add_story_hazards(struct report *report)
{
	struct report_hazard *hazard =
		fixture_add_hazard(report, "blocking-lock", SEVERITY_ERROR, FIXTURE_STORY, 2,
				   "ACCESS EXCLUSIVE on public.orders (2.1 GiB, 18,204,133 rows) blocked reads and "
				   "writes for 41.3 s; the limit is 1.0 s");
	fixture_advise(hazard, 0, 0,
		       "Every query of the application that touches public.orders waits until the transaction ends, "
		       "and the connections pile up behind it.",
		       "Add the column in a migration of its own, and fill it in another one, in batches of a few "
		       "thousand rows:\nUPDATE orders SET processed_at = created_at WHERE id BETWEEN 1 AND 5000 AND "
		       "status = 'complete';");
	hazard = fixture_add_hazard(report, "work-under-lock", SEVERITY_ERROR, FIXTURE_STORY, 5,
				    "UPDATE ran for 41.2 s while ACCESS EXCLUSIVE on public.orders was held");
	fixture_advise(hazard, 0, 1, "What is slow makes the lock of what was quick as long as itself.",
		       "End the transaction between the two statements.");
	hazard = fixture_add_hazard(report, "lock-queue", SEVERITY_WARNING, FIXTURE_STORY, 2,
				    "ALTER TABLE took ACCESS EXCLUSIVE on public.orders without a lock_timeout");
	fixture_advise(hazard, 0, 0, "It would queue behind any long transaction, and everyone else behind it.",
		       "SET LOCAL lock_timeout = '2s'; and run the migration again when it expires.");
	hazard = fixture_add_hazard(report, "wal-heavy", SEVERITY_WARNING, FIXTURE_STORY, 5,
				    "UPDATE wrote 4.4 GiB to the log; the limit is 1.0 GiB");
	fixture_advise(hazard, 0, 1, "Replicas fall behind, and archives fill.", "Update in batches, with pauses.");
	hazard->accepted = string_copy("the replicas can take it");
}

/* A column is added, filled and made NOT NULL, all in one transaction, and the last does not hold for the data. */
static inline struct report fixture_story(void)
{
	struct report report = sample_base(VERDICT_FAILED);
	report.branch_kept = report.has_evidence = report.has_schema = true;
	report.migrate_ms = 41600;
	report.total_ms = 41920;
	report.limits = (struct report_limits){.blocking_ms = 1000, .statement_ms = 60000};
	report.wal_bytes = 4724464026;
	report.peak_bytes = 2362232013;
	report.exclusive_bytes = 2362412237;
	string_list_add(&report.blind, "locks that the function public.normalize() took and gave back again");
	struct report_migration *migration = sample_add_migration(&report, FIXTURE_STORY, OUTCOME_FAILED, 41600);
	migration->version = string_copy("0042");
	struct report_statement *statement = fixture_add_statement(
		migration, "ALTER TABLE orders ADD COLUMN processed_at timestamptz", "ALTER TABLE", 2, 0.3, 4.1);
	statement->in_transaction = true;
	statement->wal_bytes = 2048;
	fixture_add_lock(statement, "public.orders", TABLE_LOCK_ACCESS_EXCLUSIVE, 0.3, 41310);
	statement = fixture_add_statement(migration,
					  "UPDATE orders\n   SET processed_at = created_at\n WHERE status = 'complete'",
					  "UPDATE", 5, 4.2, 41204);
	statement->in_transaction = true;
	statement->wal_bytes = 4724461978;
	statement->temp_bytes = 67108864;
	statement->rows = 17000482;
	struct report_change *change = fixture_add_change(statement, CHANGE_FULL_SCAN, "public.orders", NULL, NULL);
	change->bytes = 2254857830;
	change->rows = 18204133;
	statement = fixture_add_statement(migration, "ALTER TABLE orders ALTER COLUMN processed_at SET NOT NULL", NULL,
					  8, 41204.2, 41309);
	statement->in_transaction = true;
	migration->failure =
		sample_failure("column \"processed_at\" of relation \"orders\" contains null values", "23502", 8, 1,
			       "ALTER TABLE orders ALTER COLUMN processed_at SET NOT NULL;", false);
	migration->failure->rows = string_copy("1,204 rows of public.orders are in the way; one of them: id 41723");
	sample_add_migration(&report, "db/migrations/0043_index_orders_processed_at.sql", OUTCOME_NOT_RUN, 0);
	fixture_add_relation(&report, "public.orders", 2254857830, 18204133, TABLE_LOCK_ACCESS_EXCLUSIVE, 0.3, 41310);
	fixture_add_story_hazards(&report);
	fixture_add_schema(&report, '~', "table public.orders",
			   "+ column processed_at timestamp with time zone\n~ column status text → order_status\n"
			   "- index orders_status_idx (status)");
	fixture_add_schema(&report, '+', "function public.normalize(text)", NULL);
	sample_add_check(&report, "every completed order has a date", "SELECT 1", OUTCOME_NOT_RUN, 0);
	return report;
}

/* Everything applies; what was measured fails the check. A command, warnings, a change in a number. */
static inline struct report fixture_hazards(void)
{
	struct report report = sample_base(VERDICT_FAILED);
	report.has_evidence = true;
	report.limits = (struct report_limits){1000, 60000, 1073741824, 104857600};
	report.wal_bytes = 1288490188;
	struct report_migration *migration =
		sample_add_migration(&report, "db/migrations/0050_amounts.sql", OUTCOME_PASSED, 9120);
	struct report_statement *statement = fixture_add_statement(
		migration, "ALTER TABLE payments ALTER COLUMN amount TYPE numeric(14, 4)", "ALTER TABLE", 1, 10, 9010);
	statement->wal_bytes = 1288490000;
	fixture_add_lock(statement, "public.payments", TABLE_LOCK_ACCESS_EXCLUSIVE, 10, 9110);
	struct report_change *change =
		fixture_add_change(statement, CHANGE_REWRITE, "public.payments", NULL, "a column's type changed");
	change->bytes = 1181116006;
	change->rows = 9000000;
	fixture_add_change(statement, CHANGE_COLUMN_RETYPED, "public.payments", "amount",
			   "numeric(10,2) to numeric(14,4)");
	statement = fixture_add_statement(migration, "COMMIT", "COMMIT", 0, 9010, 9110);
	statement->is_commit = true;
	migration = sample_add_migration(&report, "npx knex migrate:latest", OUTCOME_PASSED, 800);
	migration->is_command = true;
	migration->output = string_copy("Batch 2 run: 1 migrations\nDone in 0.7 s.");
	statement = fixture_add_statement(migration, "ALTER TABLE \"sessions\" DROP COLUMN \"ip\"", "ALTER TABLE", 0,
					  9200, 9230);
	fixture_add_lock(statement, "public.sessions", TABLE_LOCK_ACCESS_EXCLUSIVE, 9200, 9232);
	statement->locks[0].sampled = true;
	change = fixture_add_change(statement, CHANGE_COLUMN_DROPPED, "public.sessions", "ip", NULL);
	change->rows = 412000;
	change->bytes = 6400000;
	fixture_add_relation(&report, "public.payments", 1181116006, 9000000, TABLE_LOCK_ACCESS_EXCLUSIVE, 10, 9110);
	struct report_relation *sessions = fixture_add_relation(&report, "public.sessions", 94371840, 412000,
								TABLE_LOCK_ACCESS_EXCLUSIVE, 9200, 9232);
	sessions->holds[0].migration = 1;
	struct report_hazard *hazard = fixture_add_hazard(
		&report, "table-rewrite", SEVERITY_ERROR, "db/migrations/0050_amounts.sql", 1,
		"public.payments (1.1 GiB) was rewritten under ACCESS EXCLUSIVE in 9.0 s: a column's type changed");
	fixture_advise(hazard, 0, 0, "Nobody reads or writes the table until every row has been written anew.",
		       "Add a column of the new type, fill it in batches, and swap the two.");
	hazard = fixture_add_hazard(&report, "data-loss", SEVERITY_WARNING, "npx knex migrate:latest", 0,
				    "the column public.sessions.ip was dropped with 412,000 values (6.1 MiB)");
	fixture_advise(hazard, 1, 0, "What is dropped is gone.", "Drop it one release after the last use.");
	fixture_add_hazard(&report, "wal-heavy", SEVERITY_WARNING, NULL, 0,
			   "1.2 GiB were written to the log; the limit is 1.0 GiB");
	string_list_add(&report.blind, "TRUNCATE, CLUSTER and LOCK within npx knex migrate:latest");
	struct report_check *check =
		sample_add_check(&report, "no payment is lost", "SELECT count(*) FROM payments", OUTCOME_FAILED, 300.5);
	check->severity = SEVERITY_WARNING;
	check->expected = string_copy("unchanged");
	check->actual = string_copy("8999999");
	check->before = string_copy("9000000");
	return report;
}

static inline void fixture_set_plan_trees(struct report_plan *plan)
{
	struct plan_node before = fixture_node("Limit", NULL, 50, 50, 1, 214);
	fixture_add_child(&before, fixture_node("Index Scan Backward using orders_created_at_idx on orders",
						"filter: (status = 'complete'::text)", 12012, 50, 1, 214));
	struct plan_node after = fixture_node("Limit", NULL, 50, 50, 1, 288412);
	struct plan_node *sort =
		fixture_add_child(&after, fixture_node("Sort", "key: created_at DESC", 12012, 50, 1, 288412));
	sort->differs = true;
	struct plan_node *scan = fixture_add_child(sort, fixture_node("Seq Scan on orders",
								      "filter: (status = 'complete'::order_status)",
								      91021, 17000482, 1, 288412));
	scan->differs = true;
	before.children[0].differs = true;
	fixture_set_side(&plan->before, before, 1.4);
	fixture_set_side(&plan->after, after, 2210.2);
	plan->after.temp_blocks = 812;
	plan->changed = true;
}

static inline struct report fixture_plans(void)
{
	struct report report = sample_base(VERDICT_FAILED);
	report.plan_ms = 4800;
	report.has_evidence = report.has_schema = true;
	sample_add_migration(&report, "db/migrations/0044_drop_orders_index.sql", OUTCOME_PASSED, 4.4);
	struct report_plan *plan = fixture_add_plan(
		&report, "recent orders",
		"SELECT * FROM orders WHERE status = 'complete' ORDER BY created_at DESC LIMIT 50", 31, OUTCOME_FAILED);
	fixture_set_plan_trees(plan);
	fixture_add_sentence(&plan->differences, "orders: Index Scan using orders_created_at_idx became Seq Scan");
	fixture_add_sentence(&plan->violations, "reads the whole of orders, which no_seq_scan_on forbids");
	fixture_add_sentence(&plan->violations,
			     "touches 288,412 blocks instead of 214: 1,347 times; the limit is 1.5 times");
	plan = fixture_add_plan(&report, "an order", "SELECT * FROM orders WHERE id = 7", 35, OUTCOME_PASSED);
	fixture_set_side(&plan->before, fixture_node("Index Scan using orders_pkey on orders", NULL, 1, 1, 1, 4), 0.1);
	fixture_set_side(&plan->after, fixture_node("Index Scan using orders_pkey on orders", NULL, 1, 1, 1, 4), 0.1);
	plan = fixture_add_plan(&report, "refunds of a day", "SELECT * FROM refunds", 38, OUTCOME_PASSED);
	plan->before_failure = string_copy("relation \"refunds\" does not exist");
	fixture_set_side(&plan->after, fixture_node("Seq Scan on refunds", NULL, 12, 0, 1, 0), 0.1);
	plan = fixture_add_plan(&report, "the dashboard", "SELECT * FROM dashboard", 41, OUTCOME_FAILED);
	plan->is_warning = true;
	plan->failure = sample_failure("relation \"dashboard\" does not exist", "42P01", 41, 15,
				       "SELECT * FROM dashboard", true);
	fixture_set_side(&plan->before, fixture_node("Seq Scan on dashboard", NULL, 12, 12, 1, 3), 0.2);
	return report;
}

/* A closed table as the application feels it: a wall in the timeline of whoever needs it. */
static inline struct report fixture_workload(void)
{
	struct report report = sample_base(VERDICT_FAILED);
	report.has_evidence = true;
	report.limits.blocking_ms = 1000;
	report.migrate_ms = 4200;
	struct report_migration *migration =
		sample_add_migration(&report, "db/migrations/0045_orders_total.sql", OUTCOME_PASSED, 4200);
	struct report_statement *statement = fixture_add_statement(
		migration, "ALTER TABLE orders ALTER COLUMN total TYPE numeric(14, 2)", "ALTER TABLE", 3, 80, 4180);
	fixture_add_lock(statement, "public.orders", TABLE_LOCK_ACCESS_EXCLUSIVE, 80, 4190);
	struct report_change *change =
		fixture_add_change(statement, CHANGE_REWRITE, "public.orders", NULL, "a column's type changed");
	change->bytes = 2254857830;
	fixture_add_relation(&report, "public.orders", 2254857830, 18204133, TABLE_LOCK_ACCESS_EXCLUSIVE, 80, 4190);
	struct report_workload *workload = &report.workload;
	*workload = (struct report_workload){.ran = true,
					     .max_stall_ms = 500,
					     .outcome = OUTCOME_FAILED,
					     .from_ms = -1000,
					     .bucket_ms = 100,
					     .bucket_count = 62};
	double quiet[62], wall[62];
	for (int i = 0; i < 62; i++) {
		quiet[i] = 0.8 + 0.1 * (i * 7 % 5);
		wall[i] = i < 10 || i >= 52 ? 1.2 + 0.2 * (i * 3 % 4) : -1;
	}
	for (int i = 10; i < 14; i++)
		wall[i] = 4110 - 100 * (i - 10);
	wall[52] = 12;
	struct report_workload_query *query = fixture_add_query(workload, "order by id", 50, wall);
	query->before = (struct workload_phase){50, 0, 0.9, 2.1, 4.2};
	query->during = (struct workload_phase){12, 0, 3811, 4110, 4110};
	query->after = (struct workload_phase){50, 0, 1.0, 2.4, 12};
	query->longest_stall_ms = 4110;
	query->stall_from_ms = 80;
	query->stall_migration = query->stall_statement = 0;
	query = fixture_add_query(workload, "customer by mail", 20, quiet);
	query->before = (struct workload_phase){20, 0, 0.8, 1.2, 1.2};
	query->during = (struct workload_phase){84, 0, 0.9, 1.3, 1.6};
	query->after = (struct workload_phase){20, 0, 0.8, 1.2, 1.3};
	query->longest_stall_ms = 51;
	query->stall_from_ms = 2000;
	query = fixture_add_query(workload, "new order", 5, wall);
	query->before = (struct workload_phase){5, 0, 1.8, 2.2, 2.2};
	query->during = (struct workload_phase){4, 3, 3000, 3000, 3000};
	query->after = (struct workload_phase){5, 0, 1.8, 2.2, 2.3};
	query->longest_stall_ms = 4110;
	query->stall_from_ms = 80;
	query->stall_migration = query->stall_statement = 0;
	query->error = string_copy("canceling statement due to statement timeout");
	return report;
}

static inline struct report fixture_reversal(void)
{
	struct report report = sample_passed();
	report.verdict = VERDICT_FAILED;
	struct report_reversal *reversal = &report.reversal;
	reversal->ran = true;
	reversal->outcome = OUTCOME_FAILED;
	struct report_schema_change *change = FIXTURE_APPEND(reversal->schema, reversal->schema_count);
	*change = (struct report_schema_change){'~', string_copy("table public.orders"),
						string_copy("- column processed_at timestamp with time zone")};
	fixture_add_sentence(&reversal->tables, "public.orders: 1,204 of 18,204,133 rows are not what they were");
	fixture_add_sentence(&reversal->skipped, "0043_index_orders_processed_at.sql has no way down");
	struct report_migration *step = FIXTURE_APPEND(reversal->steps, reversal->step_count);
	*step = (struct report_migration){.file = string_copy("db/migrations/0042_orders_processed_at.down.sql"),
					  .outcome = OUTCOME_PASSED,
					  .milliseconds = 5.1,
					  .statements = 1};
	step = FIXTURE_APPEND(reversal->steps, reversal->step_count);
	*step = (struct report_migration){.file = string_copy("db/migrations/0041_create_refunds.down.sql"),
					  .outcome = OUTCOME_FAILED,
					  .milliseconds = 1.1,
					  .statements = 1};
	step->failure = sample_failure("table \"refund\" does not exist", "42P01", 1, 12, "DROP TABLE refund;", true);
	return report;
}

/* Nothing of it was tried. */
static inline struct report fixture_untried(void)
{
	struct report report = sample_passed();
	report.verdict = VERDICT_FAILED;
	report.reversal.ran = true;
	report.reversal.outcome = OUTCOME_FAILED;
	fixture_add_sentence(&report.reversal.skipped, "0043_index_orders_processed_at.sql has no way down");
	return report;
}

#include "fixture_hostile.h"

static const struct sample fixtures[] = {
	{"silent", fixture_silent},   {"story", fixture_story},       {"hazards", fixture_hazards},
	{"plans", fixture_plans},     {"workload", fixture_workload}, {"reversal", fixture_reversal},
	{"untried", fixture_untried}, {"poisoned", fixture_poisoned}, {"crowded", fixture_crowded},
};

#endif
