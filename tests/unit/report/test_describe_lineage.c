#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/describe.h"

static char *describe(struct report_lineage lineage)
{
	struct report report = {.baseline = (char[]){"production@3"}, .lineage = lineage};
	struct buffer out = {0};
	describe_lineage(&out, &report);
	return out.data ? buffer_steal(&out) : string_copy("");
}

static void assert_described(struct report_lineage lineage, const char *expected)
{
	_cleanup_free_ char *text = describe(lineage);
	assert_string_equal(text, expected);
}

static char commit[] = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

static void test_a_commit(void **state)
{
	(void)state;
	assert_described((struct report_lineage){0}, "");
	assert_described((struct report_lineage){.commit = commit, .is_known = true}, "1a2b3c4");
	assert_described((struct report_lineage){.commit = commit, .is_known = true, .is_rebased = true},
			 "1a2b3c4 (rebased since)");
	assert_described((struct report_lineage){.commit = commit},
			 "1a2b3c4 (whether it was rebased since is not known)");
}

static void test_differences(void **state)
{
	(void)state;
	char *one[] = {(char[]){"applied migration db/1.sql has changed"}, NULL};
	char *five[] = {one[0], one[0], one[0], one[0], one[0], NULL};
	assert_described(
		(struct report_lineage){
			.commit = commit, .is_known = true, .is_rebased = true, .differences = one, .is_rebuilt = true},
		"1a2b3c4 (rebased since); applied migration db/1.sql has changed: rebuilt from production@3");
	assert_described((struct report_lineage){.commit = commit, .is_known = true, .differences = one},
			 "1a2b3c4; applied migration db/1.sql has changed");
	assert_described((struct report_lineage){.differences = one, .is_rebuilt = true},
			 "a commit that is not known; applied migration db/1.sql has changed: rebuilt from "
			 "production@3");
	_cleanup_free_ char *text =
		describe((struct report_lineage){.commit = commit, .is_known = true, .differences = five});
	assert_non_null(strstr(text, ", and 2 more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_commit),
		cmocka_unit_test(test_differences),
	};
	return cmocka_run_group_tests_name("report/describe_lineage", tests, NULL, NULL);
}
