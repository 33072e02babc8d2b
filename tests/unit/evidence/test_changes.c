/* The comparison alone: what a server's statements hardly show, or show only together with much else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "evidence/changes.h"

static char text[] = "text", integer[] = "integer", bigint[] = "bigint", t[] = "t", public[] = "public",
	    shown[] = "public.t", a[] = "a", b[] = "b", c[] = "c", first[] = "{1}", second[] = "{2}", i[] = "i",
	    index_shown[] = "public.i";

/* Two columns, a constraint and an index: before and after are the same until a test makes them differ. */
static struct column_state columns[2][2];
static struct constraint_state constraints[2][1];
static struct index_state indexes[2][1];
static struct relation_state states[2];
#define BEFORE (&states[0])
#define AFTER (&states[1])
static struct comparison comparison;
static struct change_list list;

static int setup(void **state)
{
	(void)state;
	for (size_t k = 0; k < 2; k++) {
		columns[k][0] = (struct column_state){
			.number = 1, .name = a, .shown = a, .type = integer, .type_oid = 23, .modifier = -1};
		columns[k][1] = (struct column_state){
			.number = 2, .name = b, .shown = b, .type = text, .type_oid = 25, .modifier = -1};
		constraints[k][0] = (struct constraint_state){.oid = 50,
							      .name = c,
							      .shown = c,
							      .type = 'f',
							      .validated = true,
							      .local = true,
							      .columns = first};
		indexes[k][0] = (struct index_state){
			.oid = 60, .file = 61, .name = i, .shown = index_shown, .kind = 'i', .valid = true};
		states[k] = (struct relation_state){
			.oid = 10,
			.file = 11,
			.schema = public,
			.name = t,
			.shown = shown,
			.kind = 'r',
			.persistence = 'p',
			.access_method = 2,
			.bytes = 81920,
			.rows = 1000,
			.columns = columns[k],
			.column_count = 2,
			.constraints = constraints[k],
			.constraint_count = 1,
			.indexes = indexes[k],
			.index_count = 1,
		};
	}
	comparison = (struct comparison){
		.tag = "ALTER TABLE",
		.before = BEFORE,
		.after = AFTER,
		.held = TABLE_LOCK_ACCESS_EXCLUSIVE,
		.in_transaction = true,
		.bytes = 100000,
		.columns = 2,
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	change_list_free(&list);
	return 0;
}

/* "KIND[:detail] …" in the order they were found. */
static void assert_changes(const char *expected)
{
	static const char *const words[CHANGE_KIND_COUNT] = {
		"rewrite", "scan",           "built",   "invalid",  "dropped",    "column-dropped", "deleted",
		"renamed", "column-renamed", "retyped", "not-null", "constraint", "validated",      "unindexed"};
	_cleanup_buffer_ struct buffer out = {0};
	change_list_free(&list);
	changes_find(&comparison, &list);
	for (size_t k = 0; k < list.count; k++) {
		const struct report_change *change = &list.items[k].change;
		assert_non_null(change->relation);
		buffer_addf(&out, "%s%s", k ? " " : "", words[change->kind]);
		if (change->detail)
			buffer_addf(&out, ":%s", change->detail);
	}
	assert_string_equal(buffer_text(&out), expected);
}

static void test_same(void **state)
{
	(void)state;
	assert_changes("");
}

/* As shown, a name is quoted as the session that read it has it. */
static void test_names_are_compared_plain(void **state)
{
	(void)state;
	static char quoted[] = "\"public\".\"t\"", quoted_column[] = "\"a\"", quoted_index[] = "\"public\".\"i\"";
	AFTER->shown = quoted;
	columns[1][0].shown = quoted_column;
	indexes[1][0].shown = quoted_index;
	assert_changes("");
	AFTER->name = a;
	assert_changes("renamed");
	AFTER->name = t;
	AFTER->schema = a;
	assert_changes("renamed");
}

static void test_reasons_of_a_rewrite(void **state)
{
	(void)state;
	AFTER->file = 12;
	assert_changes("rewrite:its rows were written anew");
	AFTER->access_method = 3;
	assert_changes("rewrite:its access method changed");
	AFTER->access_method = 2;
	AFTER->tablespace = 9;
	assert_changes("rewrite:it was moved to another tablespace");
	AFTER->tablespace = 0;
	AFTER->persistence = 'u';
	assert_changes("rewrite:it became unlogged");
	AFTER->persistence = 'p';
	BEFORE->column_count = 1;
	columns[1][1].is_domain = true;
	assert_changes("rewrite:column b was added, whose type text has to be checked");
	columns[1][1].is_domain = false;
	columns[1][1].has_default = true;
	assert_changes("rewrite:column b was added with a volatile default");
	columns[1][1].generated = 's';
	assert_changes("rewrite:generated column b was added");
	columns[1][0] = (struct column_state){
		.number = 1, .name = a, .shown = a, .type = bigint, .type_oid = 20, .modifier = -1};
	assert_changes("rewrite:column a changed from integer to bigint retyped:integer to bigint");
	comparison.tag = "CLUSTER";
	columns[1][0] = columns[0][0];
	assert_changes("rewrite:CLUSTER");
}

static void test_what_is_no_rewrite(void **state)
{
	(void)state;
	AFTER->file = 12;
	BEFORE->bytes = 0;
	assert_changes("");
	comparison.had_rows = true; /* an earlier statement of the transaction put some in */
	assert_changes("rewrite:its rows were written anew");
	comparison.had_rows = false;
	BEFORE->bytes = 81920;
	AFTER->bytes = 0;
	assert_changes("deleted");
	assert_int_equal(list.items[0].change.rows, 1000);
	assert_true(list.items[0].change.estimated);
	AFTER->bytes = 8192;
	comparison.tag = "DO";
	comparison.counts.inserted = 10; /* TRUNCATE and INSERT */
	assert_changes("deleted");
	comparison.counts.inserted = 0;
	comparison.tag = "TRUNCATE TABLE";
	assert_changes("deleted");
	BEFORE->kind = AFTER->kind = 'S';
	assert_changes("");
}

static void test_indexes(void **state)
{
	(void)state;
	indexes[1][0].oid = 70; /* made anew for a changed column, with the old file: nothing was built */
	assert_changes("");
	indexes[1][0].file = 71;
	assert_changes("rewrite:it was built anew");
	AFTER->file = 12; /* with its table: that is told already */
	assert_changes("rewrite:its rows were written anew");
	AFTER->file = 11;
	BEFORE->index_count = 0;
	assert_changes("built");
	indexes[1][0].kind = 'I';
	assert_changes("");
	indexes[1][0].kind = 'i';
	indexes[1][0].valid = false;
	assert_changes("invalid");
	BEFORE->index_count = 1;
	indexes[0][0].valid = false; /* it was so before */
	assert_changes("");
}

static void test_built_concurrently(void **state)
{
	(void)state;
	BEFORE->index_count = 0;
	comparison.in_transaction = false;
	comparison.tag = "CREATE INDEX";
	assert_changes("built");
	assert_true(list.items[0].change.concurrently);
	comparison.tag = "CALL";
	assert_changes("built");
	assert_false(list.items[0].change.concurrently);
}

static void test_columns(void **state)
{
	(void)state;
	columns[1][0].name = columns[1][0].shown = c;
	assert_changes("column-renamed:c");
	AFTER->columns = &columns[1][1];
	AFTER->column_count = 1;
	assert_changes("column-dropped");
	assert_int_equal(list.items[0].object, 1);
	assert_int_equal(list.items[0].change.rows, -1);
	columns[0][0].generated = 's';
	assert_changes("column-dropped");
	assert_int_equal(list.items[0].change.rows, 0);
	columns[0][0].generated = '\0';
	BEFORE->bytes = 0;
	assert_changes("column-dropped");
	assert_int_equal(list.items[0].change.rows, 0);
	comparison.columns = 0; /* the run has added it itself */
	assert_changes("");
}

static void test_enum(void **state)
{
	(void)state;
	columns[0][0].is_enum = true;
	columns[1][0].type = text;
	columns[1][0].type_oid = 25;
	assert_changes("retyped:integer to text");
	assert_true(list.items[0].change.is_enum);
}

static void test_collation_is_no_type(void **state)
{
	(void)state;
	columns[1][1].collation = 950;
	assert_changes("");
	AFTER->file = 12;
	assert_changes("rewrite:column b changed its collation");
}

static void test_not_null(void **state)
{
	(void)state;
	columns[1][0].not_null = true;
	assert_changes("not-null");
	assert_true(list.items[0].change.validated);
	comparison.counts = (struct relation_counts){.scans = 1, .read = 1000};
	assert_changes("not-null scan");
	assert_int_equal(list.items[1].change.rows, 1000);
	constraints[0][0].type = constraints[1][0].type = 'n';
	constraints[0][0].columns = constraints[1][0].columns = first;
	constraints[1][0].validated = constraints[0][0].validated = false;
	comparison.tag = "DO";
	assert_changes("not-null");
	assert_false(list.items[0].change.validated);
}

static void test_constraints(void **state)
{
	(void)state;
	BEFORE->constraint_count = 0;
	assert_changes("constraint scan"); /* of a foreign key, though nothing was counted */
	assert_true(list.items[0].change.validated && list.items[1].change.estimated);
	constraints[1][0].validated = false;
	assert_changes("constraint");
	constraints[1][0].validated = true;
	AFTER->bytes = 0;
	assert_changes("constraint");
	AFTER->bytes = 81920;
	constraints[1][0].columns = second; /* a column that came with it */
	BEFORE->column_count = 1;
	assert_changes("constraint");
	BEFORE->column_count = 2;
	constraints[1][0].columns = first;
	constraints[1][0].type = 'c';
	assert_changes("constraint");
	constraints[1][0].type = 't';
	assert_changes("");
	constraints[1][0].type = 'n';
	assert_changes("");
}

static void test_constraint_made_anew(void **state)
{
	(void)state;
	constraints[1][0].oid = 51;
	assert_changes("");
	constraints[0][0].validated = false;
	assert_changes("validated scan");
}

static void test_scans(void **state)
{
	(void)state;
	comparison.counts = (struct relation_counts){.scans = 1, .read = 1000};
	assert_changes("scan");
	comparison.counts.read = 3; /* of a thousand: something looked for a few */
	assert_changes("");
	comparison.counts.read = 1000;
	comparison.held = TABLE_LOCK_ROW_EXCLUSIVE;
	assert_changes("");
	comparison.held = TABLE_LOCK_ACCESS_EXCLUSIVE;
	static const char *const queries[] = {"UPDATE", "SELECT", "DO", "CALL", "REFRESH MATERIALIZED VIEW"};
	for (size_t k = 0; k < sizeof(queries) / sizeof(queries[0]); k++) {
		comparison.tag = queries[k];
		assert_changes("");
	}
	comparison.tag = "DO";
	AFTER->is_partition = true; /* it was attached, and checked */
	assert_changes("scan");
}

static void test_partial(void **state)
{
	(void)state;
	BEFORE->is_partial = true;
	BEFORE->column_count = BEFORE->constraint_count = 0;
	BEFORE->name = BEFORE->schema = indexes[0][0].name = NULL;
	assert_changes("");
	AFTER->shown = a;
	AFTER->file = 12;
	assert_changes("renamed rewrite:its rows were written anew");
}

static void test_dropped(void **state)
{
	(void)state;
	comparison.after = NULL;
	assert_changes("dropped");
	assert_true(list.items[0].change.rows == 1000 && list.items[0].change.estimated);
	BEFORE->bytes = 0;
	assert_changes("dropped");
	assert_true(list.items[0].change.rows == 0 && !list.items[0].change.estimated);
	BEFORE->kind = 'v';
	assert_changes("");
}

static void test_deleted_rows(void **state)
{
	(void)state;
	struct relation relation = {.oid = 10, .shown = shown, .kind = 'r', .bytes = 5};
	struct relation_counts counts = {.deleted = 7};
	changes_find_deleted("DELETE", &relation, &counts, &list);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].change.rows, 7);
	assert_false(list.items[0].change.estimated);
	relation.parent = 9; /* an UPDATE moves rows from one partition to another */
	changes_find_deleted("UPDATE", &relation, &counts, &list);
	counts.deleted = 0;
	changes_find_deleted("DELETE", &relation, &counts, &list);
	assert_int_equal(list.count, 1);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_same),
		CASE(test_names_are_compared_plain),
		CASE(test_reasons_of_a_rewrite),
		CASE(test_what_is_no_rewrite),
		CASE(test_indexes),
		CASE(test_built_concurrently),
		CASE(test_columns),
		CASE(test_enum),
		CASE(test_collation_is_no_type),
		CASE(test_not_null),
		CASE(test_constraints),
		CASE(test_constraint_made_anew),
		CASE(test_scans),
		CASE(test_partial),
		CASE(test_dropped),
		CASE(test_deleted_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
