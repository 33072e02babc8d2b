#include "server.h"

#include "check/plan.h"

/* The side after is the database `postgres`, the side before another one. */
static struct plan_side before, after;

static PGconn *connect_to(const char *database)
{
	struct pg_target target = {
		.host = "127.0.0.1",
		.port = server->instance.port,
		.database = database,
		.user = "vela",
		.password = "secret",
		.branch = server->instance.branch,
	};
	PGconn *connection = NULL;
	assert_success(pg_connect(&target, &connection, err));
	return connection;
}

static void on_both(const char *sql)
{
	assert_success(pg_execute(before.connection, sql, NULL, err));
	assert_success(pg_execute(after.connection, sql, NULL, err));
}

static int setup(void **state)
{
	(void)state;
	before.connection = connect_to("old");
	after.connection = connect_to("postgres");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	on_both("DROP SCHEMA IF EXISTS sales CASCADE; DROP TABLE IF EXISTS events; DROP RULE IF EXISTS also ON orders; "
		"CREATE INDEX IF NOT EXISTS orders_made ON orders (made); ALTER TABLE orders DROP COLUMN IF EXISTS "
		"total");
	pg_disconnect(&before.connection);
	pg_disconnect(&after.connection);
	plan_side_clear(&before);
	plan_side_clear(&after);
	return 0;
}

static int start(int major, const char *binaries)
{
	server_start(major, binaries);
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(
		admin,
		"SET ROLE owner; CREATE TABLE orders (id int PRIMARY KEY, status text, made date NOT NULL, "
		"note text); INSERT INTO orders SELECT i, CASE WHEN i % 1000 = 0 THEN 'open' ELSE 'done' END, "
		"'2024-01-01'::date + i / 100, repeat('x', 100) FROM generate_series(1, 60000) i; "
		"CREATE INDEX orders_made ON orders (made); RESET ROLE; GRANT CREATE ON DATABASE postgres "
		"TO owner",
		NULL, err));
	pg_disconnect(&admin); /* a template has to be left alone */
	struct pg_target target = cluster_target(server);
	target.database = "template1";
	PGconn *other = NULL;
	assert_success(pg_connect(&target, &other, err));
	assert_success(pg_execute(other, "CREATE DATABASE old OWNER owner TEMPLATE postgres", NULL, err));
	pg_disconnect(&other);
	return 0;
}

static int start_15(void **state)
{
	(void)state;
	return start(15, PG15);
}

static int start_18(void **state)
{
	(void)state;
	return start(18, pg18());
}

static struct report_plan explain(const char *sql, struct plan_wanted wanted)
{
	struct report_plan plan = {0};
	wanted.name = "the name";
	wanted.sql = sql;
	wanted.line = 9;
	assert_success(plan_run(&before, &after, &wanted, 0, &plan, err));
	assert_int_equal(PQtransactionStatus(before.connection), PQTRANS_IDLE);
	assert_int_equal(PQtransactionStatus(after.connection), PQTRANS_IDLE);
	assert_string_equal(plan.name, "the name");
	assert_string_equal(plan.sql, sql);
	assert_int_equal(plan.line, 9);
	return plan;
}

static bool has_sentence(char *const *sentences, const char *words)
{
	for (; sentences && *sentences; sentences++)
		if (strstr(*sentences, words))
			return true;
	return false;
}

static void assert_sentence(char *const *sentences, const char *words)
{
	if (has_sentence(sentences, words))
		return;
	for (; sentences && *sentences; sentences++)
		print_message("%s\n", *sentences);
	fail_msg("no \"%s\"", words);
}

static const struct plan_node *find(const struct plan_node *node, const char *label)
{
	if (string_starts_with(node->label, label))
		return node;
	const struct plan_node *found = NULL;
	for (size_t i = 0; i < node->child_count && !found; i++)
		found = find(&node->children[i], label);
	return found;
}

static const char recent[] = "SELECT * FROM orders WHERE made = '2024-03-01'";

static void test_the_same_plan_says_nothing(void **state)
{
	(void)state;
	struct report_plan plan =
		explain(recent, (struct plan_wanted){.buffers_max_ratio = 1, .unchanged = true, .no_spill = true});
	assert_int_equal(plan.outcome, OUTCOME_PASSED);
	assert_false(plan.changed);
	assert_null(plan.differences);
	assert_null(plan.violations);
	assert_null(plan.failure);
	assert_null(plan.before_failure);
	assert_non_null(find(plan.before.root, "Index Scan using orders_made on orders"));
	const struct plan_node *scan = find(plan.after.root, "Index Scan using orders_made on orders");
	assert_non_null(scan);
	assert_string_equal(scan->detail, "index cond: (orders.made = '2024-03-01'::date)");
	assert_int_equal(scan->rows_actual, 100);
	assert_int_equal(plan.after.rows, 100);
	assert_true(plan.after.blocks > 2 && plan.after.blocks < 100);
	assert_true(plan.after.milliseconds > 0);
	report_plan_clear(&plan);
}

static void test_a_lost_index_is_seen(void **state)
{
	(void)state;
	assert_success(pg_execute(after.connection, "DROP INDEX orders_made", NULL, err));
	struct report_plan plan = explain(recent, (struct plan_wanted){
							  .buffers_max_ratio = 1.5,
							  .no_seq_scan_on = (char *[]){(char[]){"orders"}, NULL},
							  .uses_index = (char *[]){(char[]){"orders_pkey"}, NULL},
							  .unchanged = true,
						  });
	assert_int_equal(plan.outcome, OUTCOME_FAILED);
	assert_true(plan.changed);
	assert_true(find(plan.after.root, "Seq Scan on orders")->differs);
	assert_true(find(plan.before.root, "Index Scan")->differs);
	assert_sentence(plan.differences,
			"orders: was read by Index Scan using orders_made, is now read whole (Seq Scan)");
	assert_sentence(plan.differences, " blocks instead of ");
	assert_sentence(plan.violations, "; buffers.max_ratio is 1.5");
	assert_sentence(plan.violations, "orders is read whole (Seq Scan on orders), which no_seq_scan_on forbids");
	assert_sentence(plan.violations, "the index orders_pkey is not used");
	assert_sentence(plan.violations, "unchanged is set");
	assert_non_null(strstr(find(plan.after.root, "Seq Scan")->detail, "rows removed by filter: 59,900"));
	report_plan_clear(&plan);
}

static void test_names_are_the_servers(void **state)
{
	(void)state;
	on_both("CREATE SCHEMA sales; CREATE TABLE sales.\"Big Orders\" AS SELECT * FROM orders; "
		"CREATE INDEX \"by Id\" ON sales.\"Big Orders\" (id)");
	struct report_plan plan =
		explain("SELECT count(*) FROM sales.\"Big Orders\" WHERE status = 'open'",
			(struct plan_wanted){
				.no_seq_scan_on = (char *[]){(char[]){"orders"}, (char[]){"sales.\"Big Orders\""},
							     (char[]){"sales.nothing"}, NULL},
				.uses_index = (char *[]){(char[]){"sales.\"by Id\""}, (char[]){"orders_mad"}, NULL},
			});
	assert_sentence(plan.violations, "sales.\"Big Orders\" is read whole (Seq Scan on sales.Big Orders)");
	assert_false(has_sentence(plan.violations, "orders is read whole"));
	assert_sentence(plan.violations, "there is no table sales.nothing");
	assert_sentence(plan.violations, "there is no index orders_mad");
	assert_sentence(plan.violations, "the index sales.\"by Id\" is not used");
	report_plan_clear(&plan);
	plan = explain("SELECT * FROM sales.\"Big Orders\" WHERE id = 7",
		       (struct plan_wanted){
			       .no_seq_scan_on = (char *[]){(char[]){"sales.\"Big Orders\""}, NULL},
			       .uses_index = (char *[]){(char[]){"sales.\"by Id\""}, NULL},
		       });
	assert_int_equal(plan.outcome, OUTCOME_PASSED);
	report_plan_clear(&plan);
}

static void test_a_table_is_its_partitions_and_only_what_is_executed_counts(void **state)
{
	(void)state;
	on_both("CREATE TABLE events (day date, n int) PARTITION BY RANGE (day); CREATE TABLE events_2024 PARTITION OF "
		"events "
		"FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); INSERT INTO events SELECT '2024-02-01', i FROM "
		"generate_series(1, 5000) i; CREATE INDEX events_day ON events (day)");
	char *tables[] = {(char[]){"events"}, NULL}, *indexes[] = {(char[]){"events_day"}, NULL};
	struct report_plan plan =
		explain("SELECT * FROM events WHERE n = 1", (struct plan_wanted){.no_seq_scan_on = tables});
	assert_sentence(plan.violations, "events is read whole (Seq Scan on events_2024");
	report_plan_clear(&plan);
	plan = explain("SELECT * FROM events WHERE day = '2024-05-05'",
		       (struct plan_wanted){.no_seq_scan_on = tables, .uses_index = indexes});
	assert_int_equal(plan.outcome, OUTCOME_PASSED);
	report_plan_clear(&plan);
	/* In the plan, and never executed: the other side of the join has no row. */
	plan = explain("SELECT FROM orders o, LATERAL (SELECT n FROM events WHERE n = o.id LIMIT 1) e WHERE o.id < 0",
		       (struct plan_wanted){.no_seq_scan_on = tables});
	assert_int_equal(plan.outcome, OUTCOME_PASSED);
	assert_true(find(plan.after.root, "Seq Scan on events_2024")->rows_actual < 0);
	report_plan_clear(&plan);
}

static void test_what_writes_leaves_nothing(void **state)
{
	(void)state;
	struct report_plan plan = explain("UPDATE orders SET status = 'lost' WHERE id < 100", (struct plan_wanted){0});
	assert_int_equal(plan.outcome, OUTCOME_PASSED);
	assert_string_equal(plan.after.root->label, "Update on orders");
	report_plan_clear(&plan);
	plan = explain("DELETE FROM orders WHERE id > 50000", (struct plan_wanted){0});
	assert_int_equal(plan.outcome, OUTCOME_PASSED);
	report_plan_clear(&plan);
	assert_value(after.connection, "SELECT count(*) FROM orders WHERE status <> 'lost'", "60000");
	assert_value(before.connection, "SELECT count(*) FROM orders WHERE status <> 'lost'", "60000");
}

static void test_spills_are_told(void **state)
{
	(void)state;
	static const char sql[] = "SELECT * FROM orders ORDER BY note, id DESC";
	struct report_plan plan = explain(sql, (struct plan_wanted){.no_spill = true});
	assert_int_equal(plan.outcome, OUTCOME_FAILED);
	assert_sentence(plan.violations, "sorts on disk (");
	assert_non_null(strstr(find(plan.after.root, "Sort")->detail, "on disk: external merge, "));
	assert_non_null(strstr(find(plan.after.root, "Sort")->detail, "sort key: orders.note, orders.id DESC"));
	assert_true(plan.after.temp_blocks > 0);
	report_plan_clear(&plan);
	plan = explain("WITH c AS MATERIALIZED (SELECT * FROM orders) SELECT (SELECT count(*) FROM c), (SELECT "
		       "count(note) FROM c)",
		       (struct plan_wanted){.no_spill = true});
	assert_sentence(plan.violations, "keeps rows on disk (");
	report_plan_clear(&plan);
	plan = explain("SELECT * FROM orders ORDER BY id LIMIT 1", (struct plan_wanted){.no_spill = true});
	assert_int_equal(plan.outcome, OUTCOME_PASSED);
	report_plan_clear(&plan);
}

static void test_estimates(void **state)
{
	(void)state;
	/* Conditions that say the same: the planner takes each for rare. */
	static const char sql[] = "SELECT * FROM orders WHERE id % 7 = 0 AND id % 14 = 0 AND id % 28 = 0";
	struct report_plan plan = explain(sql, (struct plan_wanted){.max_rows_misestimate = 10});
	assert_int_equal(plan.outcome, OUTCOME_FAILED);
	assert_sentence(plan.violations, "rows of Seq Scan on orders: estimated 1, actual 2,142 (2,142×); ");
	report_plan_clear(&plan);
	plan = explain("SELECT * FROM orders WHERE status = 'done'", (struct plan_wanted){.max_rows_misestimate = 1.2});
	assert_int_equal(plan.outcome, OUTCOME_PASSED);
	report_plan_clear(&plan);
	plan = explain("SELECT * FROM orders LIMIT 1", (struct plan_wanted){.max_rows_misestimate = 2});
	assert_int_equal(plan.outcome, OUTCOME_PASSED); /* stopped early */
	report_plan_clear(&plan);
}

static void test_statistics_are_made_once_for_what_is_read(void **state)
{
	(void)state;
	static const char count[] = "SELECT analyze_count FROM pg_stat_user_tables WHERE relname = 'counted'";
	static const char never[] = "SELECT analyze_count FROM pg_stat_user_tables WHERE relname = 'aside'";
	static const char sql[] = "SELECT * FROM counted WHERE n = 1";
	const struct plan_wanted wanted = {.max_rows_misestimate = 2};
	on_both("CREATE TABLE counted AS SELECT 1 AS n FROM generate_series(1, 5000); CREATE TABLE aside ()");
	for (int i = 0; i < 2; i++) {
		struct report_plan plan = explain(sql, wanted);
		assert_int_equal(plan.outcome, OUTCOME_PASSED); /* without statistics: 0.5 % of the rows */
		report_plan_clear(&plan);
		assert_value(before.connection, count, "1");
		assert_value(after.connection, count, "1");
		assert_value(after.connection, never, "0");
	}
	assert_int_equal(after.analyzed.count, 1);
	assert_string_equal(after.analyzed.items[0], "public.counted");
	on_both("DROP TABLE counted, aside");
}

static void test_the_role_may_lack_the_right_to_analyze(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(admin, "CREATE TABLE theirs AS SELECT 1 AS n; GRANT SELECT ON theirs TO vela, owner",
				  NULL, err));
	struct plan_wanted wanted = {.name = "n", .sql = "SELECT * FROM theirs", .line = 1};
	struct report_plan plan = {0};
	assert_success(plan_run(NULL, &after, &wanted, 0, &plan, err));
	assert_int_equal(plan.outcome, OUTCOME_PASSED);
	assert_null(plan.before.root);
	assert_sentence(plan.differences, "public.theirs are as they came: the role has no right to ANALYZE it");
	report_plan_clear(&plan);
	assert_success(pg_execute(admin, "DROP TABLE theirs", NULL, err));
}

static void test_what_is_new_has_no_before(void **state)
{
	(void)state;
	assert_success(pg_execute(after.connection, "ALTER TABLE orders ADD total int", NULL, err));
	struct report_plan plan = explain("SELECT total FROM orders WHERE id = 1",
					  (struct plan_wanted){.unchanged = true, .buffers_max_ratio = 1});
	assert_int_equal(plan.outcome, OUTCOME_PASSED);
	assert_string_equal(plan.before_failure, "column \"total\" does not exist");
	assert_null(plan.before.root);
	assert_non_null(plan.after.root);
	assert_false(plan.changed);
	report_plan_clear(&plan);
}

static void test_what_cannot_be_explained(void **state)
{
	(void)state;
	static const struct {
		const char *sql, *words, *source_line;
		int column;
	} rows[] = {
		{"SELECT *\n FROM nowhere", "relation \"nowhere\" does not exist", " FROM nowhere", 7},
		{"SELECT 1; SELECT 2", "a plan is one query, and here a second one begins", "SELECT 1; SELECT 2", 11},
		{"SELECT 1/0", "division by zero", "SELECT 1/0", 1},
		{"VACUUM", "syntax error", "VACUUM", 1},
		{"SELECT * FROM orders WHERE", "syntax error at the end of the query", "SELECT * FROM orders WHERE",
		 27},
		{"", "the plan has no query", NULL, 0},
		{"CREATE TABLE t AS EXECUTE nothing", "does not exist", "CREATE TABLE t AS EXECUTE nothing", 1},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct report_plan plan = explain(rows[i].sql, (struct plan_wanted){0});
		assert_int_equal(plan.outcome, OUTCOME_FAILED);
		assert_null(plan.after.root);
		if (!plan.failure || !strstr(plan.failure->message, rows[i].words) ||
		    plan.failure->column != rows[i].column ||
		    !string_equal(plan.failure->source_line, rows[i].source_line))
			fail_msg("%s: %s, column %d", rows[i].sql, plan.failure ? plan.failure->message : "",
				 plan.failure ? plan.failure->column : 0);
		else
			assert_int_equal(plan.failure->line, 9);
		report_plan_clear(&plan);
	}
}

static void test_a_rule_is_no_plan(void **state)
{
	(void)state;
	on_both("CREATE RULE also AS ON DELETE TO orders DO ALSO UPDATE orders SET note = ''");
	struct report_plan plan = explain("DELETE FROM orders WHERE id = 1", (struct plan_wanted){0});
	assert_int_equal(plan.outcome, OUTCOME_FAILED);
	assert_non_null(strstr(plan.failure->message, "a rule makes several statements of it"));
	report_plan_clear(&plan);
}

static void test_the_time_limit(void **state)
{
	(void)state;
	const struct plan_wanted wanted = {.name = "slow", .sql = "SELECT pg_sleep(60)", .line = 3};
	struct report_plan plan = {0};
	double start = clock_monotonic_ms();
	assert_success(plan_run(&before, &after, &wanted, start + 300, &plan, err));
	assert_true(clock_monotonic_ms() - start < 10000);
	assert_int_equal(plan.outcome, OUTCOME_FAILED);
	assert_non_null(strstr(plan.failure->message, "the time limit"));
	assert_non_null(strstr(plan.before_failure, "the time limit"));
	report_plan_clear(&plan);
}

static void test_a_lost_connection_is_an_error(void **state)
{
	(void)state;
	const struct plan_wanted wanted = {
		.name = "the name", .sql = "SELECT pg_terminate_backend(pg_backend_pid())", .line = 3};
	struct report_plan plan = {0};
	assert_failure(ERROR_POSTGRES, "cannot explain the plan \"the name\": the connection is lost",
		       plan_run(NULL, &after, &wanted, 0, &plan, err));
	assert_null(plan.name);
	pg_disconnect(&after.connection);
	after.connection = connect_to("postgres");
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_the_same_plan_says_nothing),
		test(test_a_lost_index_is_seen),
		test(test_names_are_the_servers),
		test(test_a_table_is_its_partitions_and_only_what_is_executed_counts),
		test(test_what_writes_leaves_nothing),
		test(test_spills_are_told),
		test(test_estimates),
		test(test_statistics_are_made_once_for_what_is_read),
		test(test_the_role_may_lack_the_right_to_analyze),
		test(test_what_is_new_has_no_before),
		test(test_what_cannot_be_explained),
		test(test_a_rule_is_no_plan),
		test(test_the_time_limit),
		test(test_a_lost_connection_is_an_error),
	};
	cluster_identity();
	int failed = cmocka_run_group_tests_name("check/plan on 15", tests, start_15, server_teardown);
	failed += cmocka_run_group_tests_name("check/plan on 18", tests, start_18, server_teardown);
	return cluster_end(failed);
}
