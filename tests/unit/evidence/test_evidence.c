/* What the watch sees of single statements, and what it must not see. */
#include "evidence_cases_definition.h"
#include "evidence_cases_other.h"
#include "evidence_fixture.h"
#include "watched.h"

/* Compared once the run is over: some of what a statement did shows only then. The number that does not fit. */
static size_t run_case(const struct seen *seen)
{
	struct watched watched = {0};
	size_t places[ARRAY_SIZE(seen->steps)] = {0}, problems = 0;
	lay_out(seen->setup);
	watched_begin(&watched);
	struct report_migration *migration = &watched.report.migrations[0];
	for (size_t i = 0; i < ARRAY_SIZE(seen->steps) && seen->steps[i].sql; i++) {
		(void)watched_run(&watched, seen->steps[i].sql);
		places[i] = migration->list_count - 1;
	}
	watched_end(&watched);
	for (size_t i = 0; i < ARRAY_SIZE(seen->steps) && seen->steps[i].sql; i++) {
		_cleanup_free_ char *text = statement_text(&migration->list[places[i]]);
		if (fits(text, seen->steps[i].seen))
			continue;
		problems++;
		print_error("%s: %s\n", seen->name, seen->steps[i].sql);
		print_error("    %s\nnot %s\n", text, seen->steps[i].seen);
	}
	for (size_t i = 0; i < watched.report.blind.count; i++)
		print_error("%s: %s\n", seen->name, watched.report.blind.items[i]);
	problems += watched.report.blind.count;
	watched_free(&watched);
	return problems;
}

static void run_cases(const struct seen *cases, size_t count)
{
	size_t problems = 0;
	for (size_t i = 0; i < count; i++)
		problems += run_case(&cases[i]);
	assert_int_equal(problems, 0);
}

static void test_definitions(void **state)
{
	(void)state;
	run_cases(definition_cases, ARRAY_SIZE(definition_cases));
}

static void test_other_statements(void **state)
{
	(void)state;
	run_cases(other_cases, ARRAY_SIZE(other_cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definitions),
		cmocka_unit_test(test_other_statements),
	};
	cluster_identity();
	int failures = cmocka_run_group_tests_name("PostgreSQL 15", tests, watched_setup_15, watched_teardown);
	failures += cmocka_run_group_tests_name("PostgreSQL 18", tests, watched_setup_18, watched_teardown);
	return cluster_end(failures);
}
