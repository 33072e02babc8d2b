#include "tests/unit/pg/cluster.h"

#include "pg/library.h"

static void test_preload(void **state)
{
	(void)state;
	static const struct {
		const char *wanted;
		const char *kept;
		const char *left_out;
	} cases[] = {
		{NULL, NULL, NULL},
		{"", NULL, NULL},
		{"nowhere", NULL, "nowhere"},
		{"auto_explain", "auto_explain", NULL},
		{"auto_explain,pg_stat_statements", "auto_explain, pg_stat_statements", NULL},
		{" pg_stat_statements ,\"$libdir/auto_explain\", nowhere,,", "pg_stat_statements, $libdir/auto_explain",
		 "nowhere"},
		{"auto_explain, pglogical, \"a, b\"", "auto_explain", "pglogical, \"a, b\""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *kept = NULL, *left_out = NULL;
		pg_library_preload(PG15, cases[i].wanted, &kept, &left_out);
		if (!string_equal(kept, cases[i].kept) || !string_equal(left_out, cases[i].left_out))
			fail_msg("%s: got %s, left out %s", cases[i].wanted, kept ? kept : "NULL",
				 left_out ? left_out : "NULL");
	}
}

int main(void)
{
	cluster_identity();
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_preload)};
	return cluster_end(cmocka_run_group_tests_name("pg/library", tests, NULL, NULL));
}
