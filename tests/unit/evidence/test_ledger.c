#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "evidence/ledger.h"

static struct ledger ledger;
static struct report_relation *relations;
static size_t count;

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < count; i++)
		report_relation_clear(&relations[i]);
	free(relations);
	relations = NULL;
	count = 0;
	ledger_free(&ledger);
	return 0;
}

static struct ledger_place open_hold(uint32_t oid, const char *name, enum table_lock mode, double from_ms)
{
	struct ledger_subject subject = {.oid = oid, .name = name, .kind = "table", .bytes = 7, .rows = 3};
	return ledger_open(&ledger, &subject, (struct report_hold){.mode = mode, .from_ms = from_ms});
}

static void hold(uint32_t oid, enum table_lock mode, double from_ms, double to_ms)
{
	char name[] = {'t', (char)('0' + oid), '\0'};
	ledger_close(&ledger, open_hold(oid, name, mode, from_ms), to_ms);
}

static void finish(void)
{
	ledger_finish(&ledger, &relations, &count);
}

static void assert_blocked(const struct report_relation *relation, double reads, double longest_reads, double writes,
			   double longest_writes)
{
	assert_true(relation->reads_blocked_ms == reads);
	assert_true(relation->longest_reads_ms == longest_reads);
	assert_true(relation->writes_blocked_ms == writes);
	assert_true(relation->longest_writes_ms == longest_writes);
}

static void test_nothing(void **state)
{
	(void)state;
	finish();
	assert_int_equal(count, 0);
}

/* What overlaps or touches is one piece; gaps count for neither. */
static void test_union(void **state)
{
	(void)state;
	hold(1, TABLE_LOCK_SHARE, 100, 200);
	hold(1, TABLE_LOCK_ACCESS_EXCLUSIVE, 150, 180);
	hold(1, TABLE_LOCK_SHARE_ROW_EXCLUSIVE, 200, 250);
	hold(1, TABLE_LOCK_EXCLUSIVE, 300, 310);
	hold(1, TABLE_LOCK_ACCESS_EXCLUSIVE, 305, 320);
	hold(1, TABLE_LOCK_ROW_EXCLUSIVE, 0, 1000);
	finish();
	assert_int_equal(count, 1);
	assert_blocked(&relations[0], 45, 30, 170, 150);
	assert_int_equal(relations[0].strongest, TABLE_LOCK_ACCESS_EXCLUSIVE);
	assert_int_equal(relations[0].hold_count, 6);
	assert_string_equal(relations[0].name, "t1");
	assert_string_equal(relations[0].kind, "table");
	assert_int_equal(relations[0].bytes, 7);
	assert_int_equal(relations[0].rows, 3);
}

/* In whatever order they were told. */
static void test_out_of_order(void **state)
{
	(void)state;
	hold(1, TABLE_LOCK_ACCESS_EXCLUSIVE, 50, 60);
	hold(1, TABLE_LOCK_ACCESS_EXCLUSIVE, 0, 10);
	hold(1, TABLE_LOCK_ACCESS_EXCLUSIVE, 5, 55);
	finish();
	assert_blocked(&relations[0], 60, 60, 60, 60);
	assert_true(relations[0].holds[0].from_ms == 0 && relations[0].holds[2].from_ms == 50);
}

static void test_weak_modes_block_nobody(void **state)
{
	(void)state;
	for (int mode = TABLE_LOCK_ACCESS_SHARE; mode <= TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE; mode++)
		hold(1, (enum table_lock)mode, 0, 100);
	finish();
	assert_blocked(&relations[0], 0, 0, 0, 0);
	assert_int_equal(relations[0].strongest, TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE);
}

static void test_order(void **state)
{
	(void)state;
	hold(1, TABLE_LOCK_SHARE, 0, 10);
	hold(2, TABLE_LOCK_SHARE, 0, 30);
	hold(3, TABLE_LOCK_ACCESS_EXCLUSIVE, 0, 10);
	hold(5, TABLE_LOCK_ACCESS_SHARE, 0, 99);
	hold(4, TABLE_LOCK_ACCESS_SHARE, 0, 99);
	hold(1, TABLE_LOCK_SHARE, 100, 110);
	hold(1, TABLE_LOCK_SHARE, 200, 210);
	finish();
	const char *const names[] = {"t2", "t3", "t1", "t4", "t5"};
	assert_int_equal(count, ARRAY_SIZE(names));
	for (size_t i = 0; i < count; i++)
		assert_string_equal(relations[i].name, names[i]);
	assert_blocked(&relations[2], 0, 0, 30, 10);
}

/* One that was never closed, or before it began, took no time. */
static void test_ends(void **state)
{
	(void)state;
	open_hold(1, "t1", TABLE_LOCK_ACCESS_EXCLUSIVE, 40);
	ledger_close(&ledger, open_hold(2, "t2", TABLE_LOCK_ACCESS_EXCLUSIVE, 40), 30);
	finish();
	assert_blocked(&relations[0], 0, 0, 0, 0);
	assert_true(relations[0].holds[0].to_ms == 40);
	assert_true(relations[1].holds[0].to_ms == 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_nothing, teardown),
		cmocka_unit_test_teardown(test_union, teardown),
		cmocka_unit_test_teardown(test_out_of_order, teardown),
		cmocka_unit_test_teardown(test_weak_modes_block_nobody, teardown),
		cmocka_unit_test_teardown(test_order, teardown),
		cmocka_unit_test_teardown(test_ends, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
