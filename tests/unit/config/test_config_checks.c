#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "parse.h"

/* Of a check with that expectation. */
static struct config expect(const char *expectation)
{
	_cleanup_free_ char *line = string_format("checks: [{name: a, sql: b, %s}]", expectation);
	return parse(line);
}

static void test_expectations(void **state)
{
	(void)state;
	_cleanup_config_ struct config between = expect("between: [-1.5, 10], severity: warn");
	assert_string_equal(between.checks[0].between_low, "-1.5");
	assert_string_equal(between.checks[0].between_high, "10");
	assert_string_equal(between.checks[0].severity, "warn");
	_cleanup_config_ struct config exactly = expect("rows: 3");
	assert_string_equal(exactly.checks[0].rows_exactly, "3");
	assert_string_equal(exactly.checks[0].severity, "error");
	_cleanup_config_ struct config rows = expect("rows: {at_least: 1, at_most: 5}");
	assert_string_equal(rows.checks[0].rows_at_least, "1");
	assert_string_equal(rows.checks[0].rows_at_most, "5");
	assert_null(rows.checks[0].rows_exactly);
	_cleanup_config_ struct config returns =
		expect("returns: [[1, null, true], ['null', \"x y\", '']], ordered: true");
	assert_string_equal(returns.checks[0].returns[0][0], "1");
	assert_ptr_equal(returns.checks[0].returns[0][1], config_null);
	assert_string_equal(returns.checks[0].returns[0][2], "t");
	assert_null(returns.checks[0].returns[0][3]);
	assert_string_equal(returns.checks[0].returns[1][0], "null");
	assert_ptr_not_equal(returns.checks[0].returns[1][0], config_null);
	assert_null(returns.checks[0].returns[2]);
	assert_true(returns.checks[0].ordered);
	_cleanup_config_ struct config change = expect("change: {at_most: 1%, at_least: 0}");
	assert_string_equal(change.checks[0].change_at_most, "1%");
	assert_string_equal(change.checks[0].change_at_least, "0");
	_cleanup_config_ struct config columns = expect("not_null: email");
	assert_string_equal(columns.checks[0].not_null[0], "email");
	assert_null(columns.checks[0].not_null[1]);
	_cleanup_config_ struct config unique = expect("unique: [a, b]");
	assert_string_equal(unique.checks[0].unique[1], "b");
	_cleanup_config_ struct config empty = expect("empty: true");
	assert_true(empty.checks[0].empty);
	assert_line_refused("checks: [{name: a, sql: b, empty: false}]",
			    "35: checks[0].empty must be true; else leave the key out, not \"false\"");
	assert_line_refused("checks: [{name: a, sql: b, equals: 1, empty: true}]",
			    "39: equals and empty cannot both be expected of one query: make it two");
	assert_line_refused("checks: [{name: a, sql: b, between: [1]}]",
			    "37: checks[0].between must be two numbers such as [1, 10]");
	assert_line_refused("checks: [{name: a, sql: b, at_least: x}]",
			    "38: checks[0].at_least must be a number such as 10 or -0.5, not \"x\"");
	assert_line_refused("checks: [{name: a, sql: b, returns: [[1], [1, 2]]}]",
			    "37: checks[0].returns must have as many values in each row; row 2 has 2, the first has 1");
	assert_line_refused("checks: [{name: a, sql: b, ordered: true}]",
			    "28: checks[0].ordered means nothing without returns");
	assert_line_refused(
		"checks: [{name: a, sql: b, change: {at_most: -1}}]",
		"46: checks[0].change.at_most must be a number such as 100 or a percentage such as 1%, not \"-1\"");
}

static void test_plans(void **state)
{
	(void)state;
	_cleanup_config_ struct config config = parse(
		"plans: [{name: a, sql: b, no_seq_scan_on: [orders, items], uses_index: i, buffers: {max_ratio: 1.5}, "
		"rows: {max_misestimate: 100}, unchanged: true, no_spill: true}]");
	assert_int_equal(config.plan_count, 1);
	assert_string_equal(config.plans[0].no_seq_scan_on[1], "items");
	assert_string_equal(config.plans[0].uses_index[0], "i");
	assert_true(config.plans[0].buffers_max_ratio > 1.49 && config.plans[0].buffers_max_ratio < 1.51);
	assert_true(config.plans[0].rows_max_misestimate > 99);
	assert_true(config.plans[0].unchanged && config.plans[0].no_spill);
	assert_string_equal(config.plans[0].severity, "error");
	assert_int_equal(config.plans[0].line, 2);
	assert_line_refused("plans: [{name: a, sql: b, buffers: {max_ratio: 0.5}}]",
			    "48: plans[0].buffers.max_ratio must be at least 1 and at most 1000000");
}

static void test_workload(void **state)
{
	(void)state;
	_cleanup_config_ struct config config =
		parse("workload:\n  queries: [{name: a, sql: b}, {name: c, sql: d, rate: 0.5}]\n  max_stall: 500ms\n  "
		      "script: bench/a.sql\n  clients: 2\n  rate: 100");
	assert_int_equal(config.workload_query_count, 2);
	assert_true(config.workload_queries[0].rate > 19.9 && config.workload_queries[0].rate < 20.1);
	assert_true(config.workload_queries[1].rate > 0.49 && config.workload_queries[1].rate < 0.51);
	assert_int_equal(config.workload_max_stall_ms, 500);
	assert_string_equal(config.workload_script, "bench/a.sql");
	assert_int_equal(config.workload_clients, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expectations),
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_workload),
	};
	return cmocka_run_group_tests_name("config/config_checks", tests, NULL, NULL);
}
