#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/clock.h"

static void test_utc_there_and_back(void **state)
{
	(void)state;
	static const struct {
		time_t when;
		const char *text;
	} cases[] = {{0, "1970-01-01T00:00:00Z"},
		     {1769850723, "2026-01-31T09:12:03Z"},
		     {1709164800, "2024-02-29T00:00:00Z"},
		     {4102444799, "2099-12-31T23:59:59Z"}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = clock_format_utc(cases[i].when);
		time_t when = -1;
		assert_string_equal(text, cases[i].text);
		assert_true(clock_parse_utc(text, &when));
		assert_int_equal(when, cases[i].when);
	}
}

static void test_the_time_zone_does_not_matter(void **state)
{
	(void)state;
	setenv("TZ", "America/New_York", 1);
	tzset();
	time_t when = -1;
	bool is_parsed = clock_parse_utc("2026-07-31T09:12:03Z", &when);
	_cleanup_free_ char *text = clock_format_utc(when);
	unsetenv("TZ");
	tzset();
	assert_true(is_parsed);
	assert_int_equal(when, 1785489123);
	assert_string_equal(text, "2026-07-31T09:12:03Z");
}

static void test_only_the_exact_format_is_read(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"2026-01-31",
		"2026-01-31T09:12:03",
		"2026-01-31T09:12:03z",
		"2026-01-31 09:12:03Z",
		"2026-01-31T09:12:03+00:00",
		"2026-01-31T09:12:03.5Z",
		" 2026-01-31T09:12:03Z",
		"2026-01-31T09:12:03Z ",
		"2026-1-31T09:12:03Z",
		"2026-01-31T 9:12:03Z",
		"2026-02-31T09:12:03Z",
		"2023-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-01-31T24:00:00Z",
		"2026-01-31T09:60:00Z",
		"2026-01-31T09:12:60Z",
		"now",
	};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		time_t when = 42;
		if (clock_parse_utc(bad[i], &when))
			fail_msg("\"%s\" was taken for a time", bad[i]);
		assert_int_equal(when, 42);
	}
}

static void test_ages(void **state)
{
	(void)state;
	static const struct {
		long seconds;
		const char *text;
	} cases[] = {{0, "now"},
		     {1, "1 second ago"},
		     {59, "59 seconds ago"},
		     {60, "1 minute ago"},
		     {200, "3 minutes ago"},
		     {3600, "1 hour ago"},
		     {86399, "23 hours ago"},
		     {86400, "1 day ago"},
		     {8640000, "100 days ago"},
		     {-1, "in 1 second"},
		     {-518400, "in 6 days"}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = clock_format_age(1000000000, 1000000000 + cases[i].seconds);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_the_monotonic_clock_goes_forward(void **state)
{
	(void)state;
	double before = clock_monotonic_ms();
	double after = before;
	for (int i = 0; i < 1000; i++) {
		double next = clock_monotonic_ms();
		assert_true(next >= after);
		after = next;
	}
	assert_true(after > before && after < before + 10000);
	assert_true(clock_now() > 1700000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utc_there_and_back),
		cmocka_unit_test(test_the_time_zone_does_not_matter),
		cmocka_unit_test(test_only_the_exact_format_is_read),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_the_monotonic_clock_goes_forward),
	};
	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
