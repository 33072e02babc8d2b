#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixtures.h"
#include "golden.h"

static void render(const struct report *report, struct buffer *out)
{
	struct report_style style = {0};
	report_format_find("junit")->render(report, &style, out);
}

static void test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		_cleanup_report_ struct report report = fixtures[i].make();
		_cleanup_buffer_ struct buffer out = {0};
		render(&report, &out);
		_cleanup_free_ char *name = string_format("report/%s.junit.xml", fixtures[i].name);
		if (!string_equal(fixtures[i].name, "crowded"))
			assert_golden(name, &out);
	}
}

static size_t count(const struct buffer *text, const char *word)
{
	size_t found = 0;
	for (const char *at = buffer_text(text); (at = strstr(at, word)); at++)
		found++;
	return found;
}

/* Only our own elements: whatever a text says stays text. */
static void test_hostile_text_opens_nothing(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_poisoned();
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, &out);
	assert_int_equal(count(&out, "<script"), 0);
	assert_int_equal(count(&out, "<img"), 0);
	assert_int_equal(count(&out, "<!--"), 0);
	assert_int_equal(count(&out, "]]>"), 0);
	assert_int_equal(count(&out, "\xef\xbf\xbe"), 0);
	assert_int_equal(count(&out, "\033"), 0);
	assert_int_equal(count(&out, "<testcase"), count(&out, "<testcase classname=\""));
	assert_int_equal(count(&out, "</testsuites>"), 1);
}

static void test_names_are_unique(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = sample_base(VERDICT_PASSED);
	static const char *const names[] = {"a", "a (2)", "a", "a", "b"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		sample_add_check(&report, names[i], "SELECT 1", OUTCOME_PASSED, 1);
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, &out);
	static const char *const expected[] = {"a", "a (2)", "a (2) (2)", "a (3)", "b"};
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		_cleanup_free_ char *attribute = string_format(" name=\"%s\"", expected[i]);
		assert_int_equal(count(&out, attribute), 1);
	}
}

static void test_a_check_that_could_not_be_carried_out_is_an_error(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = sample_error();
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, &out);
	assert_int_equal(count(&out, "<error message=\"cannot apply"), 1);
	assert_int_equal(count(&out, " errors=\"1\""), 2);
}

static void test_a_warning_is_no_failure(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_hazards();
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, &out);
	assert_int_equal(count(&out, "<failure"), 1);
	assert_int_equal(count(&out, "warning: expected unchanged"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_hostile_text_opens_nothing),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_a_check_that_could_not_be_carried_out_is_an_error),
		cmocka_unit_test(test_a_warning_is_no_failure),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests_name("report/junit", tests, NULL, NULL);
}
