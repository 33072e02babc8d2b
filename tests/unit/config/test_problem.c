#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/problem.h"

static void test_none_is_a_success(void **state)
{
	(void)state;
	_cleanup_problems_ struct problems problems = {0};
	assert_int_equal(problems_result(&problems, "f", NULL), 0);
}

static void test_the_order_is_that_of_the_file(void **state)
{
	(void)state;
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_error_ struct error *error = NULL;
	problems_add(&problems, 10, 1, "d");
	problems_add(&problems, 2, 9, "b");
	problems_add(&problems, 2, 9, "c");
	problems_add(&problems, 2, 3, "a");
	assert_int_equal(problems_result(&problems, "x/vela.yml", &error), -1);
	assert_int_equal(error->kind, ERROR_CONFIG);
	assert_string_equal(error->message,
			    "x/vela.yml:2:3: a\nx/vela.yml:2:9: b\nx/vela.yml:2:9: c\nx/vela.yml:10:1: d");
	assert_non_null(error->hint);
}

static size_t count_lines(const char *text)
{
	size_t lines = 1;
	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void test_the_number_is_bounded(void **state)
{
	(void)state;
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_error_ struct error *fifty = NULL, *more = NULL;
	for (int i = 0; i < PROBLEMS_SHOWN; i++)
		problems_add(&problems, i + 1, 1, "p");
	problems_result(&problems, "f", &fifty);
	assert_int_equal(count_lines(fifty->message), PROBLEMS_SHOWN);
	for (int i = 0; i < 7; i++)
		problems_add(&problems, 1, 1, "q");
	problems_result(&problems, "f", &more);
	assert_int_equal(count_lines(more->message), PROBLEMS_SHOWN + 1);
	assert_non_null(strstr(more->message, "\nf:50:1: p\n… and 7 more"));
}

static void test_hostile_words_are_harmless(void **state)
{
	(void)state;
	_cleanup_free_ char *quoted = problem_quote("a\x1b[31m\nb\xff");
	assert_string_equal(quoted, "\"a?[31m b?\"");
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_error_ struct error *error = NULL;
	problems_add(&problems, 1, 1, "p");
	problems_result(&problems, "a\x1b]0;x\x07.yml", &error);
	assert_string_equal(error->message, "a?]0;x?.yml:1:1: p");
}

static void test_long_words_are_shortened(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer word = {0};
	buffer_add_repeat(&word, 'x', 100000);
	_cleanup_free_ char *quoted = problem_quote(buffer_text(&word));
	assert_int_equal(strlen(quoted), 47 + strlen("…") + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_is_a_success),        cmocka_unit_test(test_the_order_is_that_of_the_file),
		cmocka_unit_test(test_the_number_is_bounded),    cmocka_unit_test(test_hostile_words_are_harmless),
		cmocka_unit_test(test_long_words_are_shortened),
	};
	return cmocka_run_group_tests_name("config/problem", tests, NULL, NULL);
}
