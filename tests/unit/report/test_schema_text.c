#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/schema_text.h"

static char *text(const char *value)
{
	return (char *)(uintptr_t)value;
}

static void assert_rendered(const struct report_schema_change *changes, size_t count, bool color, const char *expected)
{
	_cleanup_buffer_ struct buffer out = {0};
	schema_changes_add_text(&out, changes, count, color);
	assert_string_equal(buffer_text(&out), expected);
}

static void test_changes(void **state)
{
	(void)state;
	const struct report_schema_change changes[] = {
		{'-', text("index public.i"), NULL},
		{'~', text("table public.orders"),
		 text("+ column processed_at timestamp with time zone\n- column x integer\n~ column total: "
		      "numeric(10,2) → "
		      "numeric(12,2)")},
		{'+', text("view public.v"), text("")},
	};
	assert_rendered(NULL, 0, false, "");
	assert_rendered(changes, ARRAY_SIZE(changes), false,
			"- index public.i\n"
			"~ table public.orders\n"
			"    + column processed_at timestamp with time zone\n"
			"    - column x integer\n"
			"    ~ column total: numeric(10,2) → numeric(12,2)\n"
			"+ view public.v\n");
}

static void test_colors(void **state)
{
	(void)state;
	const struct report_schema_change change = {'~', text("table t"), text("+ a\n- b\n~ c\nd")};
	assert_rendered(&change, 1, true,
			"\033[1;33m~ table t\033[0m\n"
			"    \033[1;32m+ a\033[0m\n"
			"    \033[1;31m- b\033[0m\n"
			"    \033[1;33m~ c\033[0m\n"
			"    d\n");
}

static void test_nothing_reaches_the_terminal(void **state)
{
	(void)state;
	const struct report_schema_change change = {'+', text("table \"\033[2J\n+ x\""),
						    text("+ column \"\033]0;x\a\" \xff\n+ \xe2\x80\xae")};
	assert_rendered(&change, 1, false,
			"+ table \"?[2J + x\"\n"
			"    + column \"?]0;x?\" ?\n"
			"    + ?\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_colors),
		cmocka_unit_test(test_nothing_reaches_the_terminal),
	};
	return cmocka_run_group_tests_name("report/schema_text", tests, NULL, NULL);
}
