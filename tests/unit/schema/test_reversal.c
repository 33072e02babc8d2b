#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema/reversal.h"
#include "schema/schema_model.h"
#include "report/schema_text.h"

/* A database in words: "a:x,y b" is two tables, the first with two columns; and one row count each, "a=3/7" with a
 * sum. */
struct moment {
	struct schema *schema;
	struct table_checksums rows;
};

static struct schema *make_schema(const char *words)
{
	struct schema *schema = schema_new(1);
	schema->groups[0] = (struct schema_group){.in_order = true, .shown_when_gone = true};
	uint32_t id = 1;
	while (*words) {
		size_t length = strcspn(words, " :");
		_cleanup_free_ char *title = string_format("table %.*s", (int)length, words);
		struct schema_object *table = schema_add_object(schema, 1, id++, title);
		for (words += length; *words == ':' || *words == ','; words += length) {
			words++;
			length = strcspn(words, " ,");
			_cleanup_free_ char *column = string_format("column %.*s", (int)length, words);
			schema_add_part(schema, table, 0, column, 0);
		}
		words += *words == ' ';
	}
	schema_complete(schema);
	return schema;
}

static struct table_checksum make_rows(const char *table, int rows, const char *sum)
{
	return (struct table_checksum){
		.table = string_copy(table), .rows = rows, .sum = string_copy(sum), .columns = string_copy("x")};
}

/* Table "a" with its rows and their sum; none if `rows` is negative. */
static struct moment make(const char *schema, int rows, const char *sum)
{
	struct moment moment = {.schema = make_schema(schema)};
	moment.rows.items = memory_allocate(sizeof(*moment.rows.items));
	if (rows >= 0)
		moment.rows.items[moment.rows.count++] = make_rows("a", rows, sum);
	return moment;
}

static void assert_judged(struct moment *moments, size_t count, enum report_outcome outcome, const char *schema,
			  const char *tables)
{
	struct reversal_moment places[4];
	struct report_reversal reversal = {0};
	for (size_t i = 0; i < count; i++)
		places[i] = (struct reversal_moment){moments[i].schema, &moments[i].rows};
	for (int twice = 0; twice < 2; twice++)
		reversal_judge(&places[0], &places[1], &places[2], count > 3 ? &places[3] : NULL, &reversal);
	_cleanup_buffer_ struct buffer text = {0}, sentences = {0};
	schema_changes_add_text(&text, reversal.schema, reversal.schema_count, false);
	for (char **table = reversal.tables; table && *table; table++)
		buffer_addf(&sentences, "%s\n", *table);
	assert_true(reversal.ran);
	assert_int_equal(reversal.outcome, outcome);
	assert_string_equal(buffer_text(&text), schema);
	assert_string_equal(buffer_text(&sentences), tables);
	report_reversal_clear(&reversal);
	for (size_t i = 0; i < count; i++) {
		schema_free(moments[i].schema);
		table_checksums_free(&moments[i].rows);
	}
}

static void test_all_is_as_it_was(void **state)
{
	(void)state;
	struct moment moments[] = {make("a:x", 3, "7"), make("a:x,y b", 4, "8"), make("a:x", 3, "7"),
				   make("a:x,y b", 4, "8")};
	assert_judged(moments, 4, OUTCOME_PASSED, "", "");
}

static void test_the_down_leaves_something(void **state)
{
	(void)state;
	struct moment moments[] = {make("a:x", 3, "7"), make("a:x,y b:z", 3, "7"), make("a:x b:z", 3, "7"),
				   make("a:x,y b:z", 3, "7")};
	assert_judged(moments, 4, OUTCOME_FAILED, "+ table b\n    + column z\n", "");
}

static void test_the_down_takes_something_along(void **state)
{
	(void)state;
	struct moment moments[] = {make("a:x,y c", 3, "7"), make("a:x c", 3, "7"), make("a:x", 3, "7")};
	assert_judged(moments, 3, OUTCOME_FAILED, "~ table a\n    - column y\n- table c\n", "");
}

static void test_rows_are_lost(void **state)
{
	(void)state;
	struct moment fewer[] = {make("a:x", 3, "7"), make("a:x", 3, "7"), make("a:x", 1, "2"), make("a:x", 3, "7")};
	assert_judged(fewer, 4, OUTCOME_FAILED, "", "after the down, a has 1 row instead of 3\n");
	struct moment others[] = {make("a:x", 3, "7"), make("a:x", 3, "7"), make("a:x", 3, "2"), make("a:x", 3, "7")};
	assert_judged(others, 4, OUTCOME_FAILED, "",
		      "after the down, a has the same number of rows (3), but other values\n");
}

static void test_the_second_up_does_otherwise(void **state)
{
	(void)state;
	struct moment schema[] = {make("a", 3, "7"), make("a:x", 3, "7"), make("a", 3, "7"), make("a:z", 3, "7")};
	assert_judged(schema, 4, OUTCOME_FAILED, "~ table a\n    - column x\n    + column z\n", "");
	struct moment rows[] = {make("a", 3, "7"), make("a", 4, "7"), make("a", 3, "7"), make("a", 5, "7")};
	assert_judged(rows, 4, OUTCOME_FAILED, "", "after the second up, a has 5 rows instead of 4\n");
}

static void test_clocks_and_chance_are_no_difference(void **state)
{
	(void)state;
	struct moment moments[] = {make("a", 3, "7"), make("a", 4, "8"), make("a", 3, "7"), make("a", 4, "9")};
	assert_judged(moments, 4, OUTCOME_PASSED, "", "");
}

static void test_a_table_that_was_not_there_has_no_rows_to_lose(void **state)
{
	(void)state;
	struct moment moments[] = {make("", -1, ""), make("a", 4, "8"), make("", -1, ""), make("a", 4, "9")};
	assert_judged(moments, 4, OUTCOME_PASSED, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_as_it_was),
		cmocka_unit_test(test_the_down_leaves_something),
		cmocka_unit_test(test_the_down_takes_something_along),
		cmocka_unit_test(test_rows_are_lost),
		cmocka_unit_test(test_the_second_up_does_otherwise),
		cmocka_unit_test(test_clocks_and_chance_are_no_difference),
		cmocka_unit_test(test_a_table_that_was_not_there_has_no_rows_to_lose),
	};
	return cmocka_run_group_tests_name("schema/reversal", tests, NULL, NULL);
}
