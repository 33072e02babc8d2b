#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "base/name.h"

static char *name_of(const char *text)
{
	char *name = NULL;
	_cleanup_error_ struct error *error = NULL;
	if (name_from_text(text, "branch", &name, &error) < 0)
		fail_msg("%s", error->message);
	assert_true(name_is_valid(name));
	return name;
}

static char *repeat(char c, size_t times)
{
	struct buffer text = {0};
	buffer_add_repeat(&text, c, times);
	return buffer_steal(&text);
}

static void test_valid_names(void **state)
{
	(void)state;
	static const char *const good[] = {"a", "0", "pr-12", "a.b", "a_b", "a-", "a_", "x.lock.y", "1.5", "true"};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(name_is_valid(good[i]));
	_cleanup_free_ char *longest = repeat('a', NAME_MAX_LENGTH);
	assert_true(name_is_valid(longest));
}

static void test_invalid_names(void **state)
{
	(void)state;
	static const char *const bad[] = {"",     ".",    "..",        "-a",     "_a",  ".a",  "a.",
					  "a..b", "a/b",  "A",         "a b",    "a\n", "a@1", "a:b",
					  "a*b",  "a\\b", "a\xc3\xa9", "a.lock", "a~",  "a%b"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (name_is_valid(bad[i]))
			fail_msg("\"%s\" was taken for a name", bad[i]);
	_cleanup_free_ char *longer = repeat('a', NAME_MAX_LENGTH + 1);
	assert_false(name_is_valid(longer));
}

static void test_a_valid_name_stays(void **state)
{
	(void)state;
	_cleanup_free_ char *name = name_of("pr-12");
	assert_string_equal(name, "pr-12");
}

static void test_others_get_a_hash(void **state)
{
	(void)state;
	static const struct {
		const char *text, *prefix;
	} cases[] = {
		{"feature/login", "feature-login-"}, {"Main", "main-"}, {"a//b  c", "a-b-c-"}, {"--x--", "x-"},
		{"\xc3\xa9t\xc3\xa9", "t-"},         {"///", "b-"},     {"../../etc", "etc-"}, {"x.lock", "x-lock-"}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *name = name_of(cases[i].text);
		assert_true(string_starts_with(name, cases[i].prefix));
		assert_int_equal(strlen(name), strlen(cases[i].prefix) + 8);
	}
}

static void test_similar_texts_do_not_share_a_name(void **state)
{
	(void)state;
	static const char *const texts[] = {"feature/x", "feature-x",  "Feature/x",  "feature/X", "feature//x",
					    "feature x", "/feature/x", "feature/x/", "feature\\x"};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (size_t j = 0; j < i; j++) {
			_cleanup_free_ char *one = name_of(texts[i]);
			_cleanup_free_ char *other = name_of(texts[j]);
			assert_string_not_equal(one, other);
		}
}

static void test_long_texts_are_cut_and_told_apart(void **state)
{
	(void)state;
	_cleanup_free_ char *long_text = repeat('a', NAME_MAX_INPUT);
	_cleanup_free_ char *other_text = repeat('a', NAME_MAX_INPUT - 1);
	_cleanup_free_ char *name = name_of(long_text);
	_cleanup_free_ char *other = name_of(other_text);
	assert_int_equal(strlen(name), NAME_MAX_LENGTH);
	assert_string_not_equal(name, other);
}

/* Names are kept on disk: another release of vela has to find them again. */
static void test_names_never_change(void **state)
{
	(void)state;
	_cleanup_free_ char *name = name_of("feature/login");
	_cleanup_free_ char *again = name_of(name);
	assert_string_equal(name, "feature-login-47a8ecdc");
	assert_string_equal(again, name);
}

static void test_refused_texts(void **state)
{
	(void)state;
	_cleanup_free_ char *too_long = repeat('a', NAME_MAX_INPUT + 1);
	const char *const bad[] = {"",
				   too_long,
				   "a\nb",
				   "a\x1b[31m",
				   "a\xff",
				   "a\xe2\x80\xae"
				   "b"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *name = NULL;
		_cleanup_error_ struct error *error = NULL;
		assert_int_equal(name_from_text(bad[i], "branch", &name, &error), -1);
		assert_null(name);
		assert_int_equal(error->kind, ERROR_USAGE);
		assert_true(string_starts_with(error->message, "the name of the branch "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_names),
		cmocka_unit_test(test_invalid_names),
		cmocka_unit_test(test_a_valid_name_stays),
		cmocka_unit_test(test_others_get_a_hash),
		cmocka_unit_test(test_similar_texts_do_not_share_a_name),
		cmocka_unit_test(test_long_texts_are_cut_and_told_apart),
		cmocka_unit_test(test_names_never_change),
		cmocka_unit_test(test_refused_texts),
	};
	return cmocka_run_group_tests_name("base/name", tests, NULL, NULL);
}
