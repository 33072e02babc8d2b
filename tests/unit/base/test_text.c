#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"

static void test_printable(void **state)
{
	(void)state;
	static const char *const good[] = {
		"", "abc", "a b", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(text_is_printable(good[i]));
	static const char *const bad[] = {
		"a\n",
		"\t",
		"\x1b[31m",
		"\x7f",
		"\xc2\x80", /* control characters */
		"\xe2\x80\xae",
		"\xe2\x81\xa6",
		"\xe2\x80\x8f",
		"\xd8\x9c", /* direction */
		"\xe2\x80\xa8",
		"\xef\xbb\xbf", /* line separator, mark */
		"\xff",
		"\x80",
		"\xc3",
		"\xc3(",
		"\xe2\x82", /* bad UTF-8 */
		"\xc0\xaf",
		"\xe0\x80\xaf",
		"\xf0\x80\x80\xaf", /* too many bytes */
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80\x80", /* no character */
	};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (text_is_printable(bad[i]))
			fail_msg("case %zu is printable", i);
}

static void test_safe(void **state)
{
	(void)state;
	static const struct {
		const char *text, *one_line, *lines;
	} cases[] = {
		{"", "", ""},
		{"abc", "abc", "abc"},
		{"a\nb\tc", "a b c", "a\nb c"},
		{"a\r\nb", "a b", "a\nb"},
		{"a\rb", "a?b", "a?b"},
		{"\x1b[31mred\x1b[0m", "?[31mred?[0m", "?[31mred?[0m"},
		{"\xc3\xa9\xff\xe2\x82", "\xc3\xa9???", "\xc3\xa9???"},
		{"a\xe2\x80\xae"
		 "b",
		 "a?b", "a?b"},
		{"\xc2\x9b"
		 "2J",
		 "?2J", "?2J"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *one_line = text_safe(cases[i].text);
		_cleanup_buffer_ struct buffer lines = {0};
		text_add_safe(&lines, cases[i].text, true);
		assert_string_equal(one_line, cases[i].one_line);
		assert_string_equal(buffer_text(&lines), cases[i].lines);
		assert_true(text_is_printable(one_line));
	}
}

static void test_shorten(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t columns;
		const char *expected;
	} cases[] = {
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"abcd", 1, "…"},
		{"abcd", 0, ""},   {"", 0, ""},        {"\xc3\xa9\xc3\xa9\xc3\xa9", 2, "\xc3\xa9…"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *shortened = text_shorten(cases[i].text, cases[i].columns);
		assert_string_equal(shortened, cases[i].expected);
		assert_true(text_width(shortened) <= cases[i].columns);
	}
	assert_int_equal(text_width("a\xc3\xa9\xe2\x82\xac"), 3);
}

static const char *next_word(const void *context, size_t index)
{
	return ((const char *const *)context)[index];
}

static void test_suggestions(void **state)
{
	(void)state;
	static const char *const words[] = {"project", "pool", "baseline", "branch", "checks", "sql", NULL};
	static const struct {
		const char *word, *meant;
	} cases[] = {
		{"projct", "project"},
		{"porject", "project"},
		{"baselines", "baseline"},
		{"brunch", "branch"},
		{"check", "checks"},
		{"sqll", "sql"},
		{"pol", "pool"},
		{"sql", "sql"},
		{"foo", NULL},
		{"", NULL},
		{"x", NULL},
		{"migrations", NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *meant = text_suggest(cases[i].word, next_word, words);
		if (!string_equal(meant, cases[i].meant))
			fail_msg("%s: %s", cases[i].word, meant ? meant : "nothing");
	}
}

static void test_long_words_get_no_suggestion(void **state)
{
	(void)state;
	static const char *const words[] = {"project", NULL};
	_cleanup_buffer_ struct buffer word = {0};
	buffer_add_repeat(&word, 'x', 1000);
	assert_null(text_suggest(buffer_text(&word), next_word, words));
}

static void test_cut(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t length, max;
		const char *expected;
	} rows[] = {
		{"", 0, 0, ""},          {"abc", 3, 3, "abc"},        {"abcd", 4, 3, "abc…"},
		{"abcd", 2, 2, "ab"},    {"aéb", 4, 2, "a…"},         {"aéb", 4, 3, "aé…"},
		{"a€b", 5, 3, "a…"},     {"abc", 3, 0, "…"},          {"ab\ncd", 5, 3, "ab\n…"},
		{"\x80\x80", 2, 1, "…"}, {"\x80\x80\x80", 3, 2, "…"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *cut = text_cut(rows[i].text, rows[i].length, rows[i].max);
		assert_string_equal(cut, rows[i].expected);
	}
}

static void test_percent_encoding(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer out = {0};
	text_add_encoded(&out, "aZ09-._~ /:@%é\n", "/");
	assert_string_equal(buffer_text(&out), "aZ09-._~%20/%3A%40%25%C3%A9%0A");
	text_add_encoded(&out, "/", "");
	assert_string_equal(buffer_text(&out) + out.length - 3, "%2F");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_safe),
		cmocka_unit_test(test_shorten),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_percent_encoding),
		cmocka_unit_test(test_suggestions),
		cmocka_unit_test(test_long_words_get_no_suggestion),
	};
	return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
