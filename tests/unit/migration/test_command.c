/* What is seen of statements that a command runs: the same as of those that vela runs itself. */
#include "commanded.h"

#include "../evidence/evidence_cases_definition.h"
#include "../evidence/evidence_cases_other.h"
#include "../evidence/evidence_fixture.h"

/* As watched_run() sends them. */
static char *script_of(const struct seen *seen)
{
	struct buffer script = {0};
	bool open = false;
	for (size_t i = 0; i < ARRAY_SIZE(seen->steps) && seen->steps[i].sql; i++) {
		const char *sql = seen->steps[i].sql;
		bool alone = *sql == '!';
		if (alone && open)
			buffer_add_text(&script, "COMMIT;\n");
		if (!alone && !open)
			buffer_add_text(&script, "BEGIN;\n");
		open = !alone;
		buffer_addf(&script, "%s;\n", sql + alone);
	}
	if (open)
		buffer_add_text(&script, "COMMIT;\n");
	return buffer_steal(&script);
}

/* Where the session itself tells more than vela could ask it afterwards. */
static const struct {
	const char *sql, *seen;
} better[] = {{"ALTER TABLE orders VALIDATE CONSTRAINT c",
	       "orders SHARE UPDATE EXCLUSIVE | scan orders, validated orders.c"}};

static const char *const left_out[] = {
	"hostile search_path", /* it has several statements in one, which psql splits */
	"delete",              /* how long they take tells two apart: see test_command_log.c */
};

/* Of these, only locks that are held for some milliseconds are seen. */
static bool is_quick(const char *sql)
{
	static const char *const quick[] = {
		"SELECT",   "INSERT",   "UPDATE", "DELETE", "ANALYZE",
		"VACUUM o", "VACUUM (", "MERGE",  "COPY",   "CREATE UNIQUE INDEX CONCURRENTLY"};
	for (size_t i = 0; i < ARRAY_SIZE(quick); i++)
		if (string_starts_with(sql, quick[i]))
			return true;
	return false;
}

static bool matches(const char *sql, const char *text, const char *expected)
{
	for (size_t i = 0; i < ARRAY_SIZE(better); i++)
		if (string_equal(sql, better[i].sql) && string_equal(text, better[i].seen))
			return true;
	return is_quick(sql) ? string_equal(strchr(text, '|'), strchr(expected, '|')) : fits(text, expected);
}

static size_t run_case(const struct seen *seen)
{
	size_t problems = 0, at = 0;
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		if (string_equal(seen->name, left_out[i]))
			return 0;
	lay_out(seen->setup);
	_cleanup_free_ char *script = script_of(seen);
	put_file("script.sql", script);
	struct commanded commanded = commanded_run("psql -Xq -f script.sql", 0);
	for (size_t i = 0; i < ARRAY_SIZE(seen->steps) && seen->steps[i].sql; i++) {
		const char *sql = seen->steps[i].sql + (*seen->steps[i].sql == '!');
		const struct report_migration *migration = commanded.migration;
		while (at < migration->list_count && !string_equal(migration->list[at].sql, sql))
			at++;
		_cleanup_free_ char *text =
			at < migration->list_count ? statement_text(&migration->list[at++]) : string_copy("not seen");
		if (matches(sql, text, seen->steps[i].seen))
			continue;
		problems++;
		print_error("%s: %s\n", seen->name, seen->steps[i].sql);
		print_error("    %s\nnot %s\n", text, seen->steps[i].seen);
	}
	commanded_free(&commanded);
	return problems;
}

static void run_cases(const struct seen *cases, size_t count)
{
	size_t problems = 0;
	for (size_t i = 0; i < count; i++)
		problems += run_case(&cases[i]);
	assert_no_trace();
	assert_int_equal(problems, 0);
}

static void definitions(void **state)
{
	(void)state;
	run_cases(definition_cases, ARRAY_SIZE(definition_cases));
}

static void others(void **state)
{
	(void)state;
	run_cases(other_cases, ARRAY_SIZE(other_cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(definitions),
		cmocka_unit_test(others),
	};
	cluster_identity();
	int failures = cmocka_run_group_tests_name("command, PostgreSQL 15", tests, server_setup_15, server_teardown);
	failures += cmocka_run_group_tests_name("command, PostgreSQL 18", tests, server_setup_18, server_teardown);
	return cluster_end(failures);
}
