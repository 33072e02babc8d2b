#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory.h"
#include "check/workload_sample.h"

static const struct workload_span span = {.first_ms = -1000, .from_ms = 0, .to_ms = 1000, .last_ms = 2000};

static void add(struct workload_samples *samples, double from_ms, double to_ms)
{
	workload_samples_add(samples, (struct workload_sample){from_ms, to_ms, false});
}

static void assert_near(double value, double expected)
{
	if (value < expected - 0.01 || value > expected + 0.01)
		fail_msg("%f is not %f", value, expected);
}

static void release(struct workload_samples *samples, struct report_workload_query *query)
{
	free(samples->items);
	free(query->timeline);
}

static void test_phases(void **state)
{
	(void)state;
	struct workload_samples samples = {0};
	struct report_workload_query query = {0};
	for (int i = 0; i < 100; i++)
		add(&samples, -1000 + i * 10,
		    -1000 + i * 10 + (i == 99 ? 2 : 1)); /* the last takes 2 ms, and ends at -8 */
	add(&samples, -5, 3);                            /* the migrations had begun when it ended */
	workload_samples_add(&samples, (struct workload_sample){500, 510, true});
	add(&samples, 1001, 1004);
	struct report report = {0};
	workload_summarize(&samples, &span, 30, &report, &query);
	assert_int_equal(query.before.count, 100);
	assert_near(query.before.p50_ms, 1);
	assert_near(query.before.p99_ms, 2);
	assert_near(query.before.max_ms, 2);
	assert_int_equal(query.during.count, 2);
	assert_int_equal(query.during.errors, 1);
	assert_near(query.during.max_ms, 10);
	assert_int_equal(query.after.count, 1);
	assert_near(query.after.p50_ms, 3);
	assert_near(query.longest_stall_ms, 10);
	assert_near(query.stall_from_ms, 500);
	assert_true(query.stall_statement == SIZE_MAX && query.stall_migration == SIZE_MAX);
	release(&samples, &query);
}

static void test_nothing(void **state)
{
	(void)state;
	struct workload_samples samples = {0};
	struct report_workload_query query = {0};
	struct report report = {0};
	workload_summarize(&samples, &span, 30, &report, &query);
	assert_int_equal(query.before.count + query.during.count + query.after.count, 0);
	assert_near(query.longest_stall_ms, 0);
	for (int i = 0; i < 30; i++)
		assert_near(query.timeline[i], -1);
	release(&samples, &query);
}

static void test_timeline(void **state)
{
	(void)state;
	struct workload_samples samples = {0};
	struct report_workload_query query = {0};
	struct report report = {0};
	add(&samples, -1100, -1099); /* due before the first moment, and after the last: at the ends */
	add(&samples, 0, 7);
	add(&samples, 50, 52);
	add(&samples, 2100, 2109);
	workload_summarize(&samples, &span, 30, &report, &query);
	assert_near(query.timeline[0], 1);
	assert_near(query.timeline[9], -1);
	assert_near(query.timeline[10], 7);
	assert_near(query.timeline[11], -1);
	assert_near(query.timeline[29], 9);
	release(&samples, &query);
}

/* Not the statement that ran when it began, but the one whose lock was in the way. */
static void test_the_cause_of_a_stall(void **state)
{
	(void)state;
	struct report_lock weak = {.mode = TABLE_LOCK_ROW_EXCLUSIVE, .from_ms = 0, .to_ms = 1000};
	struct report_lock brief = {.mode = TABLE_LOCK_ACCESS_EXCLUSIVE, .from_ms = 90, .to_ms = 110};
	struct report_lock strong = {.mode = TABLE_LOCK_SHARE, .from_ms = 100, .to_ms = 900};
	struct report_statement first[] = {{.locks = &weak, .lock_count = 1}, {.locks = &brief, .lock_count = 1}};
	struct report_statement second[] = {{.lock_count = 0}, {.locks = &strong, .lock_count = 1}};
	struct report_migration migrations[] = {{.list = first, .list_count = 2}, {.list = second, .list_count = 2}};
	struct report report = {.migrations = migrations, .migration_count = 2};
	struct workload_samples samples = {0};
	struct report_workload_query query = {0};
	add(&samples, 20, 25);
	add(&samples, 100, 901);
	workload_summarize(&samples, &span, 30, &report, &query);
	assert_near(query.longest_stall_ms, 801);
	assert_int_equal(query.stall_migration, 1);
	assert_int_equal(query.stall_statement, 1);
	release(&samples, &query);
}

/* A row that a statement wrote is in no list of locks, and a lock that was gone at once is not what one waited for. */
static void test_the_cause_without_a_lock(void **state)
{
	(void)state;
	struct report_lock brief = {.mode = TABLE_LOCK_ACCESS_EXCLUSIVE, .from_ms = 90, .to_ms = 110};
	struct report_statement list[] = {{.from_ms = 90, .to_ms = 110, .locks = &brief, .lock_count = 1},
					  {.from_ms = 110, .to_ms = 890}};
	struct report_migration migration = {.list = list, .list_count = 2};
	struct report report = {.migrations = &migration, .migration_count = 1};
	struct workload_samples samples = {0};
	struct report_workload_query query = {0};
	add(&samples, 100, 901);
	workload_summarize(&samples, &span, 30, &report, &query);
	assert_int_equal(query.stall_statement, 1);
	release(&samples, &query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_timeline),
		cmocka_unit_test(test_the_cause_of_a_stall),
		cmocka_unit_test(test_the_cause_without_a_lock),
	};
	return cmocka_run_group_tests_name("check/workload_sample", tests, NULL, NULL);
}
