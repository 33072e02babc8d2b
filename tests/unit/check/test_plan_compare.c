#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/plan_facts.h"

/* One of a tree, in the order of its fields; children follow in parentheses. */
#define CHILDREN(...) "\"Plans\": [" __VA_ARGS__ "]"
#define NODE(type, estimated, actual, ...)                                                                             \
	"{\"Node Type\": \"" type "\", \"Plan Rows\": " #estimated ", \"Actual Rows\": " #actual                       \
	", \"Actual Loops\": 1, " __VA_ARGS__ "}"
#define SEQ_SCAN(table, estimated, actual, ...)                                                                        \
	NODE("Seq Scan", estimated, actual, "\"Relation Name\": \"" table "\", \"Schema\": \"public\"" __VA_ARGS__)
#define INDEX_SCAN(table, index, estimated, actual, ...)                                                               \
	NODE("Index Scan", estimated, actual,                                                                          \
	     "\"Relation Name\": \"" table "\", \"Schema\": \"public\", \"Index Name\": \"" index "\"" __VA_ARGS__)
#define BLOCKS(hit, read) ", \"Shared Hit Blocks\": " #hit ", \"Shared Read Blocks\": " #read
#define INNER ", \"Parent Relationship\": \"Inner\""

static struct plan_facts before, after;
static struct string_list differences, violations;
static struct plan_wanted wanted;
static struct plan_name tables[1], indexes[1];
static bool changed;

static int teardown(void **state)
{
	(void)state;
	plan_facts_free(&before);
	plan_facts_free(&after);
	string_list_free(&differences);
	string_list_free(&violations);
	string_list_free(&tables[0].members);
	string_list_free(&indexes[0].members);
	tables[0] = indexes[0] = (struct plan_name){0};
	wanted = (struct plan_wanted){0};
	return 0;
}

static void parse(const char *node, struct plan_facts *ret)
{
	_cleanup_error_ struct error *error = NULL;
	_cleanup_free_ char *json = string_format("[{\"Plan\": %s, \"Execution Time\": 1.5}]", node);
	plan_facts_free(ret);
	if (plan_parse(json, strlen(json), ret, &error) < 0)
		fail_msg("%s: %s", error->message, json);
}

/* What comes before is NULL where there is none. */
static void compare(const char *old, const char *new)
{
	string_list_free(&differences);
	string_list_free(&violations);
	if (old)
		parse(old, &before);
	parse(new, &after);
	struct plan_gates gates = {
		.wanted = &wanted,
		.tables = tables,
		.indexes = indexes,
		.table_count = tables[0].given ? 1 : 0,
		.index_count = indexes[0].given ? 1 : 0,
	};
	changed = plan_compare(old ? &before : NULL, &after, &differences);
	plan_judge(old ? &before : NULL, &after, changed, &gates, &violations);
}

static void assert_texts(const struct string_list *texts, ...)
{
	va_list arguments;
	va_start(arguments, texts);
	size_t i = 0;
	for (const char *text; (text = va_arg(arguments, const char *)); i++)
		if (i >= texts->count || !string_equal(texts->items[i], text))
			fail_msg("%zu: \"%s\", not \"%s\"", i, i < texts->count ? texts->items[i] : "nothing", text);
	va_end(arguments);
	if (i != texts->count)
		fail_msg("one too many: %s", texts->items[i]);
}
#define assert_differences(...) assert_texts(&differences, __VA_ARGS__, NULL)
#define assert_violations(...) assert_texts(&violations, __VA_ARGS__, NULL)

/* --- what is shown --- */

static void assert_shown(const char *node, const char *label, const char *detail)
{
	parse(node, &after);
	assert_string_equal(after.side.root->label, label);
	if (!string_equal(after.side.root->detail, detail))
		fail_msg("%s: %s", label, after.side.root->detail);
}

static void test_labels_are_psqls(void **state)
{
	(void)state;
	assert_shown(SEQ_SCAN("orders", 1, 1, ", \"Alias\": \"o\""), "Seq Scan on orders o", NULL);
	assert_shown(SEQ_SCAN("orders", 1, 1, ", \"Alias\": \"orders\""), "Seq Scan on orders", NULL);
	assert_shown(NODE("Seq Scan", 1, 1, "\"Relation Name\": \"t\", \"Schema\": \"sales\""), "Seq Scan on sales.t",
		     NULL);
	assert_shown(INDEX_SCAN("orders", "by_day", 1, 1, ", \"Scan Direction\": \"Backward\""),
		     "Index Scan Backward using by_day on orders", NULL);
	assert_shown(NODE("Bitmap Index Scan", 1, 1, "\"Index Name\": \"by_day\""), "Bitmap Index Scan on by_day",
		     NULL);
	assert_shown(NODE("Hash Join", 1, 1, "\"Join Type\": \"Inner\""), "Hash Join", NULL);
	assert_shown(NODE("Hash Join", 1, 1, "\"Join Type\": \"Right Anti\""), "Hash Right Anti Join", NULL);
	assert_shown(NODE("Nested Loop", 1, 1, "\"Join Type\": \"Left\""), "Nested Loop Left Join", NULL);
	assert_shown(NODE("Aggregate", 1, 1, "\"Strategy\": \"Hashed\", \"Partial Mode\": \"Partial\""),
		     "Partial HashAggregate", NULL);
	assert_shown(NODE("Aggregate", 1, 1, "\"Strategy\": \"Plain\", \"Partial Mode\": \"Simple\""), "Aggregate",
		     NULL);
	assert_shown(NODE("ModifyTable", 0, 0, "\"Operation\": \"Delete\", \"Relation Name\": \"orders\""),
		     "Delete on orders", NULL);
	assert_shown(NODE("SetOp", 1, 1, "\"Strategy\": \"Hashed\", \"Command\": \"Except\""), "HashSetOp Except",
		     NULL);
	assert_shown(NODE("CTE Scan", 1, 1, "\"CTE Name\": \"recent\", \"Alias\": \"r\""), "CTE Scan on recent r",
		     NULL);
	assert_shown(NODE("Subquery Scan", 1, 1, "\"Alias\": \"q\""), "Subquery Scan on q", NULL);
	assert_shown(NODE("Result", 1, 1, "\"Subplan Name\": \"InitPlan 1\""), "InitPlan 1: Result", NULL);
}

static void test_details(void **state)
{
	(void)state;
	assert_shown(SEQ_SCAN("t", 1, 1, ", \"Filter\": \"(n > 1)\", \"Rows Removed by Filter\": 41200"),
		     "Seq Scan on t", "filter: (n > 1)\nrows removed by filter: 41,200");
	assert_shown(
		NODE("Sort", 1, 1,
		     "\"Sort Key\": [\"a\", \"b DESC\"], \"Sort Method\": \"external merge\", \"Sort Space Used\": "
		     "4096, \"Sort Space Type\": \"Disk\""),
		"Sort", "sort key: a, b DESC\non disk: external merge, 4.0 MiB");
	assert_shown(NODE("Sort", 1, 1, "\"Sort Space Used\": 25, \"Sort Space Type\": \"Memory\""), "Sort", NULL);
	assert_shown(SEQ_SCAN("t", 1, 1, ", \"Rows Removed by Filter\": 0, \"Filter\": 5, \"Sort Key\": [7, {}]"),
		     "Seq Scan on t", NULL);
	struct buffer condition = {0};
	buffer_add_repeat(&condition, 'x', 9000);
	_cleanup_free_ char *node = string_format(SEQ_SCAN("t", 1, 1, ", \"Filter\": \"%s\""), buffer_text(&condition));
	parse(node, &after);
	assert_int_equal(strlen(after.side.root->detail), PLAN_TEXT_MAX + strlen("…"));
	buffer_free(&condition);
}

static void test_numbers(void **state)
{
	(void)state;
	parse(NODE("Limit", 10, 7.00,
		   CHILDREN("{\"Node Type\": \"Result\", \"Plan Rows\": 3, \"Actual Rows\": 0, \"Actual Loops\": 0}")
			   BLOCKS(100, 20) ", \"Temp Read Blocks\": 3, \"Temp Written Blocks\": 4"),
	      &after);
	assert_int_equal(after.side.blocks, 120);
	assert_int_equal(after.side.temp_blocks, 7);
	assert_true(after.side.milliseconds > 1.4 && after.side.milliseconds < 1.6);
	assert_int_equal(after.side.rows, 7);
	assert_int_equal(after.side.root->rows_estimated, 10);
	assert_int_equal(after.side.root->children[0].rows_actual, -1);
	assert_int_equal(after.side.root->children[0].rows_estimated, 3);
}

/* --- what is no plan --- */

static void assert_no_plan(const char *json, size_t length, const char *words)
{
	_cleanup_error_ struct error *error = NULL;
	struct plan_facts facts = {0};
	assert_int_equal(plan_parse(json, length, &facts, &error), -1);
	assert_null(facts.root);
	if (!strstr(error->message, words))
		fail_msg("%s", error->message);
}

static void test_what_is_no_plan(void **state)
{
	(void)state;
	static const char *const texts[] = {"",
					    "[",
					    "{}",
					    "[]",
					    "[7]",
					    "[{}]",
					    "[{\"Plan\": 7}]",
					    "[{\"Plan\": {}}]",
					    "[{\"Plan\": {\"Node Type\": \"A\", \"Plans\": [7]}}]"};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_no_plan(texts[i], strlen(texts[i]), "what is no plan");
	struct buffer deep = {0}, wide = {0};
	buffer_add_text(&deep, "[{\"Plan\": ");
	for (int i = 0; i < PLAN_DEPTH_MAX + 1; i++)
		buffer_add_text(&deep, "{\"Node Type\": \"A\", \"Plans\": [");
	for (int i = 0; i < PLAN_DEPTH_MAX + 1; i++)
		buffer_add_text(&deep, "]}");
	buffer_add_text(&deep, "}]");
	assert_no_plan(deep.data, deep.length, "more than 300 nodes deep");
	buffer_add_text(&wide, "[{\"Plan\": {\"Node Type\": \"A\", \"Plans\": [{\"Node Type\": \"A\"}");
	for (int i = 0; i < PLAN_NODES_MAX; i++)
		buffer_add_text(&wide, ", {\"Node Type\": \"A\"}");
	buffer_add_text(&wide, "]}}]");
	assert_no_plan(wide.data, wide.length, "more than 10000 nodes");
	buffer_free(&deep);
	buffer_free(&wide);
}

/* --- differences --- */

static void test_the_shape_has_no_numbers(void **state)
{
	(void)state;
	compare(SEQ_SCAN("orders", 10, 10, BLOCKS(1, 1)), SEQ_SCAN("orders", 90, 90, BLOCKS(60, 40)));
	assert_false(changed);
	assert_differences(NULL);
}

static void test_an_access_path(void **state)
{
	(void)state;
	compare(INDEX_SCAN("orders", "by_day", 1, 1), SEQ_SCAN("orders", 1, 1));
	assert_true(changed);
	assert_differences("orders: was read by Index Scan using by_day, is now read whole (Seq Scan)");
	compare(SEQ_SCAN("orders", 1, 1),
		NODE("Bitmap Heap Scan", 1, 1,
		     "\"Relation Name\": \"orders\", \"Schema\": \"public\", " CHILDREN(
			     NODE("BitmapOr", 0, 0,
				  CHILDREN(NODE("Bitmap Index Scan", 1, 1, "\"Index Name\": \"a\"") ", " NODE(
					  "Bitmap Index Scan", 1, 1, "\"Index Name\": \"b\""))))));
	assert_differences("orders: was read whole (Seq Scan), is now read by Bitmap Heap Scan using a, b");
	compare(INDEX_SCAN("orders", "a", 1, 1), INDEX_SCAN("orders", "b", 1, 1));
	assert_differences("orders: was read by Index Scan using a, is now read by Index Scan using b");
}

#define JOIN(type, ...) NODE(type, 1, 1, "\"Join Type\": \"Inner\", " CHILDREN(__VA_ARGS__))

static void test_steps_and_relations(void **state)
{
	(void)state;
	compare(JOIN("Nested Loop", SEQ_SCAN("a", 1, 1) ", " SEQ_SCAN("b", 1, 1)),
		NODE("Sort", 1, 1,
		     CHILDREN(JOIN("Hash Join",
				   SEQ_SCAN("a", 1, 1) ", " NODE("Hash", 1, 1, CHILDREN(SEQ_SCAN("c", 1, 1)))))));
	assert_differences("b: was read whole (Seq Scan), is no longer read", "c: is now read whole (Seq Scan)",
			   "steps: now with Hash Join and Sort, no longer with Nested Loop");
	compare(JOIN("Nested Loop", SEQ_SCAN("a", 1, 1) ", " SEQ_SCAN("b", 1, 1)),
		JOIN("Nested Loop", SEQ_SCAN("b", 1, 1) ", " SEQ_SCAN("a", 1, 1)));
	assert_differences("the same steps, put together in another way");
}

static void test_marks_are_where_it_differs(void **state)
{
	(void)state;
	compare(NODE("Limit", 1, 1, CHILDREN(SEQ_SCAN("a", 1, 1))),
		NODE("Limit", 1, 1, CHILDREN(NODE("Sort", 1, 1, CHILDREN(SEQ_SCAN("a", 1, 1))))));
	assert_false(after.side.root->differs);
	assert_true(after.side.root->children[0].differs);
	assert_false(after.side.root->children[0].children[0].differs);
	assert_false(before.side.root->children[0].differs);
	compare(NODE("Unique", 1, 1, CHILDREN(NODE("Sort", 1, 1, CHILDREN(SEQ_SCAN("a", 1, 1))))), SEQ_SCAN("a", 1, 1));
	assert_true(before.side.root->differs && before.side.root->children[0].differs);
	assert_false(before.side.root->children[0].children[0].differs || after.side.root->differs);
	compare(NODE("Append", 1, 1, CHILDREN(SEQ_SCAN("a", 1, 1))),
		NODE("Append", 1, 1,
		     CHILDREN(SEQ_SCAN("a", 1, 1) ", " NODE("Sort", 1, 1, CHILDREN(SEQ_SCAN("b", 1, 1))))));
	assert_true(changed);
	assert_false(after.side.root->differs || after.side.root->children[0].differs);
	assert_true(after.side.root->children[1].differs && after.side.root->children[1].children[0].differs);
}

static void test_remarkable_numbers(void **state)
{
	(void)state;
	compare(SEQ_SCAN("t", 1, 1, BLOCKS(100, 20)), SEQ_SCAN("t", 1, 1, BLOCKS(41000, 200)));
	assert_differences("reads 41,200 blocks instead of 120 (343×)");
	compare(SEQ_SCAN("t", 1, 1, BLOCKS(500, 0)), SEQ_SCAN("t", 1, 1, BLOCKS(3, 0)));
	assert_differences("reads 3 blocks instead of 500");
	compare(SEQ_SCAN("t", 1, 1, BLOCKS(5, 0)), SEQ_SCAN("t", 1, 1, BLOCKS(90, 0)));
	assert_differences(NULL);
	compare(SEQ_SCAN("t", 10, 10), SEQ_SCAN("t", 10, 52000));
	assert_differences("rows of Seq Scan on t: estimated 10, actual 52,000");
	compare(SEQ_SCAN("t", 10, 52000), SEQ_SCAN("t", 10, 60000)); /* it was so before */
	assert_differences(NULL);
	compare(NULL, SEQ_SCAN("t", 10, 60000));
	assert_differences("rows of Seq Scan on t: estimated 10, actual 60,000");
#define SPILL ", \"Temp Written Blocks\": 128"
	compare(SEQ_SCAN("t", 1, 1), NODE("Hash Join", 1, 1, "\"Join Type\": \"Inner\"" SPILL));
	assert_differences("t: was read whole (Seq Scan), is no longer read", "steps: now with Hash Join",
			   "hashes on disk (1.0 MiB) now");
	compare(SEQ_SCAN("t", 1, 1, SPILL), SEQ_SCAN("t", 1, 1));
	assert_differences("needs no disk any more (it was: keeps rows on disk (1.0 MiB))");
}

static void test_settings(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"[{\"Plan\": {\"Node Type\": \"A\"}, \"Settings\": {\"jit\": \"off\", \"work_mem\": \"64kB\"}}]",
		"[{\"Plan\": {\"Node Type\": \"A\"}, \"Settings\": {\"jit\": \"off\", \"random_page_cost\": \"1\"}}]",
	};
	assert_int_equal(plan_parse(texts[0], strlen(texts[0]), &before, NULL), 0);
	assert_int_equal(plan_parse(texts[1], strlen(texts[1]), &after, NULL), 0);
	assert_false(plan_compare(&before, &after, &differences));
	assert_differences("random_page_cost was the default, is now 1", "work_mem was 64kB, is now the default");
}

static void test_a_thousand_partitions_are_not_a_thousand_sentences(void **state)
{
	(void)state;
	struct buffer node = {0};
	buffer_add_text(&node, "{\"Node Type\": \"Append\", \"Plans\": [" SEQ_SCAN("p", 1, 1));
	for (int i = 0; i < 1000; i++)
		buffer_addf(&node, ", " SEQ_SCAN("p%d", 1, 1), i);
	buffer_add_text(&node, "]}");
	compare(SEQ_SCAN("p", 1, 1), buffer_text(&node));
	assert_true(differences.count < 30);
	assert_string_equal(differences.items[20], "980 more relations are read in another way");
	buffer_free(&node);
}

/* --- gates --- */

static void test_blocks(void **state)
{
	(void)state;
	wanted.buffers_max_ratio = 2;
	compare(SEQ_SCAN("t", 1, 1, BLOCKS(500, 500)), SEQ_SCAN("t", 1, 1, BLOCKS(1999, 0)));
	assert_violations(NULL);
	compare(SEQ_SCAN("t", 1, 1, BLOCKS(500, 500)), SEQ_SCAN("t", 1, 1, BLOCKS(2000, 0)));
	assert_violations("reads 2,000 blocks instead of 1,000 (2.0×); buffers.max_ratio is 2");
	compare(SEQ_SCAN("t", 1, 1, BLOCKS(1, 0)), SEQ_SCAN("t", 1, 1, BLOCKS(1000, 0)));
	assert_violations(NULL);
	compare(SEQ_SCAN("t", 1, 1, BLOCKS(5000, 0)), SEQ_SCAN("t", 1, 1, BLOCKS(9000, 0)));
	assert_violations(NULL);
	compare(SEQ_SCAN("t", 1, 1, BLOCKS(0, 0)), SEQ_SCAN("t", 1, 1, BLOCKS(1000, 0)));
	assert_violations("reads 1,000 blocks instead of 0; buffers.max_ratio is 2");
	compare(NULL, SEQ_SCAN("t", 1, 1, BLOCKS(90000, 0)));
	assert_violations(NULL);
}

static void test_seq_scans(void **state)
{
	(void)state;
	tables[0].given = "orders";
	string_list_add(&tables[0].members, "public.orders");
	compare(NULL, NODE("Limit", 1, 1, CHILDREN(SEQ_SCAN("orders", 1, 1))));
	assert_violations("orders is read whole (Seq Scan on orders), which no_seq_scan_on forbids");
	compare(NULL, SEQ_SCAN("order", 1, 1));
	assert_violations(NULL);
	compare(NULL, NODE("Seq Scan", 1, 1, "\"Relation Name\": \"orders\", \"Schema\": \"sales\""));
	assert_violations(NULL);
	compare(NULL, INDEX_SCAN("orders", "i", 1, 1));
	assert_violations(NULL);
	compare(NULL, "{\"Node Type\": \"Seq Scan\", \"Relation Name\": \"orders\", \"Schema\": \"public\", \"Actual "
		      "Loops\": 0}");
	assert_violations(NULL);
	string_list_free(&tables[0].members);
	compare(NULL, SEQ_SCAN("orders", 1, 1));
	assert_violations("no_seq_scan_on: there is no table orders");
}

static void test_indexes(void **state)
{
	(void)state;
	indexes[0].given = "sales.by_day";
	string_list_add(&indexes[0].members, "by_day");
	compare(NULL, NODE("Limit", 1, 1, CHILDREN(INDEX_SCAN("orders", "by_day", 1, 1))));
	assert_violations(NULL);
	compare(NULL, INDEX_SCAN("orders", "by_day_2", 1, 1));
	assert_violations("the index sales.by_day is not used; uses_index has it");
	compare(NULL, "{\"Node Type\": \"Index Scan\", \"Index Name\": \"by_day\", \"Actual Loops\": 0}");
	assert_violations("the index sales.by_day is not used; uses_index has it");
}

static void test_estimates(void **state)
{
	(void)state;
	static const char more[] =
		"rows of Seq Scan on t: estimated 10, actual 5,000 (500×); rows.max_misestimate is 100";
	static const char fewer[] =
		"rows of Seq Scan on t: estimated 5,000, actual 10 (500×); rows.max_misestimate is 100";
	wanted.max_rows_misestimate = 100;
	compare(NULL, SEQ_SCAN("t", 10, 5000));
	assert_violations(more);
	compare(NULL, SEQ_SCAN("t", 5000, 10));
	assert_violations(fewer);
	compare(NULL, SEQ_SCAN("t", 50, 5000));
	assert_violations(NULL);
	compare(NULL, SEQ_SCAN("t", 1, 900)); /* too few to matter */
	assert_violations(NULL);
	/* Who takes the first rows only makes no estimate wrong. */
	compare(NULL, NODE("Limit", 10, 10, CHILDREN(SEQ_SCAN("t", 5000, 10))));
	assert_violations(NULL);
	compare(NULL, NODE("Limit", 10, 10, CHILDREN(SEQ_SCAN("t", 10, 5000))));
	assert_violations(more);
	compare(NULL, NODE("Limit", 10, 10, CHILDREN(NODE("Sort", 10, 10, CHILDREN(SEQ_SCAN("t", 5000, 10))))));
	assert_violations(fewer);
	compare(NULL, JOIN("Nested Loop", SEQ_SCAN("a", 1, 1) ", " SEQ_SCAN("t", 5000, 10, INNER)));
	assert_violations(NULL);
	compare(NULL, JOIN("Nested Loop", SEQ_SCAN("a", 1, 1) ", " SEQ_SCAN("t", 10, 5000, INNER)));
	assert_violations(more);
	compare(NULL, JOIN("Merge Join", SEQ_SCAN("t", 5000, 10) ", " SEQ_SCAN("b", 10, 5000, INNER)));
	assert_violations(NULL);
	compare(NULL, JOIN("Hash Join",
			   SEQ_SCAN("a", 1, 1) ", " NODE("Hash", 1, 1, CHILDREN(SEQ_SCAN("t", 5000, 10)) INNER)));
	assert_violations(fewer);
	compare(NULL, NODE("BitmapAnd", 5000, 0, "\"a\": 1"));
	assert_violations(NULL);
	compare(NULL, NODE("ModifyTable", 5000, 0, "\"a\": 1"));
	assert_violations(NULL);
}

static void test_the_rest(void **state)
{
	(void)state;
	wanted.unchanged = wanted.no_spill = true;
	compare(SEQ_SCAN("t", 1, 1), SEQ_SCAN("u", 1, 1));
	assert_violations("the plan is not the one from before the migrations; unchanged is set");
	compare(SEQ_SCAN("t", 1, 1), SEQ_SCAN("t", 1, 1));
	assert_violations(NULL);
	compare(NULL, NODE("Limit", 1, 1, CHILDREN(NODE("Incremental Sort", 1, 1, "\"a\": 1" SPILL)) SPILL));
	assert_violations("sorts on disk (1.0 MiB); no_spill is set");
}

#define test(function) cmocka_unit_test_teardown(function, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_labels_are_psqls),
		test(test_details),
		test(test_numbers),
		test(test_what_is_no_plan),
		test(test_the_shape_has_no_numbers),
		test(test_an_access_path),
		test(test_steps_and_relations),
		test(test_marks_are_where_it_differs),
		test(test_remarkable_numbers),
		test(test_settings),
		test(test_a_thousand_partitions_are_not_a_thousand_sentences),
		test(test_blocks),
		test(test_seq_scans),
		test(test_indexes),
		test(test_estimates),
		test(test_the_rest),
	};
	return cmocka_run_group_tests_name("check/plan_compare", tests, NULL, NULL);
}
