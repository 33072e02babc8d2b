#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixtures.h"
#include "golden.h"
#include "report/github.h"

static void render(const struct report *report, struct buffer *out)
{
	report_format_find("github")->render(report, &(struct report_style){0}, out);
}

static size_t count(const char *text, const char *word)
{
	size_t found = 0;
	for (const char *at = text; (at = strstr(at, word)); at++)
		found++;
	return found;
}

static void test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		_cleanup_report_ struct report report = fixtures[i].make();
		_cleanup_buffer_ struct buffer out = {0};
		render(&report, &out);
		_cleanup_free_ char *name = string_format("report/%s.github", fixtures[i].name);
		assert_golden(name, &out);
	}
}

/* The runner takes a line for a command if it begins with "::", and reads properties up to the next "::". */
static void test_hostile_text_begins_no_command(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_poisoned();
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, &out);
	size_t lines = 0;
	for (const char *at = buffer_text(&out); *at; lines++) {
		size_t length = strcspn(at, "\n");
		_cleanup_free_ char *line = string_copy_n(at, length);
		assert_true(string_starts_with(line, "::error file=") || string_starts_with(line, "::warning file=") ||
			    string_starts_with(line, "::notice file="));
		const char *properties = strchr(line, ' ') + 1;
		_cleanup_free_ char *head = string_copy_n(properties, (size_t)(strstr(properties, "::") - properties));
		assert_int_equal(count(head, ","), 3); /* file, line, endLine, title */
		assert_null(strchr(line, '\r'));
		assert_null(strchr(line, '\033'));
		at += length + 1;
	}
	assert_true(lines >= 8);
}

static void test_what_is_escaped(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = sample_base(VERDICT_FAILED);
	struct report_hazard *hazard = fixture_add_hazard(&report, "x", SEVERITY_WARNING, "a,b:100%.sql", 7, NULL);
	hazard->measured = string_copy("50%, a: b\nsecond\r\nthird");
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, &out);
	assert_string_equal(buffer_text(&out), "::warning file=a%2Cb%3A100%25.sql,line=7,endLine=7,title=x::50%25, a: b"
					       "%0Asecond%0Athird\n");
}

static void test_ten_of_a_level_and_the_rest_in_one_line(void **state)
{
	(void)state;
	for (size_t hazards = 9; hazards <= 12; hazards++) {
		_cleanup_report_ struct report report = sample_base(VERDICT_FAILED);
		fixture_add_hazard(&report, "only", SEVERITY_ERROR, "a.sql", 1, "one");
		for (size_t i = 0; i < hazards; i++)
			fixture_add_hazard(&report, "many", SEVERITY_WARNING, "a.sql", 1, "one");
		_cleanup_buffer_ struct buffer out = {0};
		render(&report, &out);
		assert_true(string_starts_with(buffer_text(&out), "::error "));
		assert_int_equal(count(buffer_text(&out), "::warning "), hazards > 10 ? 10 : hazards);
		_cleanup_free_ char *rest = string_format("::%zu more like these", hazards - 9);
		assert_int_equal(count(buffer_text(&out), rest), hazards > 10);
	}
}

/* --- outputs --- */

static void test_outputs(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_hazards();
	_cleanup_buffer_ struct buffer out = {0};
	report_github_outputs(&report, &out);
	assert_string_equal(buffer_text(&out), "verdict=failed\ncreated=true\nbranch_id=pr-12\nkept=false\n"
					       "migrations=2\nhazards=3\nhazard_errors=1\nchecks=1\nchecks_failed=0\n"
					       "plans=0\nplans_failed=0\n");
}

static void test_outputs_of_a_branch_that_is_kept(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = sample_failed_check();
	report.branch = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s}", "host", "127.0.0.1", "port", 6543, "user", "ve@la",
				  "database", "a/b", "password", "secret", "uri", "postgres://vela:secret@h/x");
	_cleanup_buffer_ struct buffer out = {0};
	report_github_outputs(&report, &out);
	assert_non_null(strstr(buffer_text(&out), "checks_failed=3\n"));
	assert_non_null(strstr(buffer_text(&out), "\ndb_host=127.0.0.1\ndb_port=6543\n"
						  "db_url=postgres://ve%40la@127.0.0.1:6543/a%2Fb\n"));
	assert_null(strstr(buffer_text(&out), "secret"));
	report.branch_kept = false;
	buffer_truncate(&out, 0);
	report_github_outputs(&report, &out);
	assert_null(strstr(buffer_text(&out), "db_"));
}

static void test_hostile_outputs_are_one_line_each(void **state)
{
	(void)state;
	static const char *const names[] = {"verdict",       "created", "branch_id",     "kept",
					    "migrations",    "hazards", "hazard_errors", "checks",
					    "checks_failed", "plans",   "plans_failed"};
	_cleanup_report_ struct report report = fixture_poisoned();
	string_replace(&report.branch_name, string_copy("x\nverdict=passed\r\nb<<E\nE"));
	_cleanup_buffer_ struct buffer out = {0};
	report_github_outputs(&report, &out);
	const char *at = buffer_text(&out);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *start = string_format("%s=", names[i]);
		assert_true(string_starts_with(at, start));
		at += strcspn(at, "\n") + 1;
	}
	assert_int_equal(*at, '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_hostile_text_begins_no_command),
		cmocka_unit_test(test_what_is_escaped),
		cmocka_unit_test(test_ten_of_a_level_and_the_rest_in_one_line),
		cmocka_unit_test(test_outputs),
		cmocka_unit_test(test_outputs_of_a_branch_that_is_kept),
		cmocka_unit_test(test_hostile_outputs_are_one_line_each),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests_name("report/github", tests, NULL, NULL);
}
