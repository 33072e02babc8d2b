#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/quantity.h"

static void test_sizes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"0", 0},
		{"4096", 4096},
		{"1B", 1},
		{"64K", 65536},
		{"64KB", 65536},
		{"64KiB", 65536},
		{"512M", 512ULL << 20},
		{"1MB", 1ULL << 20},
		{"1MiB", 1ULL << 20},
		{"50G", 50ULL << 30},
		{"50GB", 50ULL << 30},
		{"50GiB", 50ULL << 30},
		{"1T", 1ULL << 40},
		{"1TB", 1ULL << 40},
		{"1TiB", 1ULL << 40},
		{"18446744073709551615", UINT64_MAX},
		{"16777215T", 16777215ULL << 40},
	};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		uint64_t bytes = 1;
		assert_true(quantity_parse_size(good[i].text, &bytes));
		assert_int_equal(bytes, good[i].bytes);
	}
}

static void test_no_sizes(void **state)
{
	(void)state;
	static const char *const bad[] = {"",
					  "G",
					  "-1",
					  "+1",
					  " 1",
					  "1 ",
					  "1 G",
					  "1.5G",
					  "1g",
					  "1Gb",
					  "1KKB",
					  "1P",
					  "0x10",
					  "1G1",
					  "1iB",
					  "16777216T",
					  "18446744073709551616"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t bytes = 42;
		if (quantity_parse_size(bad[i], &bytes))
			fail_msg("\"%s\" was taken for a size", bad[i]);
		assert_int_equal(bytes, 42);
	}
}

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t milliseconds;
	} good[] = {{"0", 0},          {"0s", 0},         {"250ms", 250},    {"1s", 1000},       {"15m", 900000},
		    {"15min", 900000}, {"12h", 43200000}, {"7d", 604800000}, {"2w", 1209600000}, {"007s", 7000}};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		uint64_t milliseconds = 1;
		assert_true(quantity_parse_duration(good[i].text, &milliseconds));
		assert_int_equal(milliseconds, good[i].milliseconds);
	}
	static const char *const bad[] = {"",
					  "1",
					  "00",
					  "-1s",
					  "1.5s",
					  "1 s",
					  "s",
					  "1S",
					  "1h30m",
					  "1y",
					  "never",
					  "1D",
					  "99999999999999999999s",
					  "18446744073709551615d"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t milliseconds = 42;
		if (quantity_parse_duration(bad[i], &milliseconds))
			fail_msg("\"%s\" was taken for a duration", bad[i]);
		assert_int_equal(milliseconds, 42);
	}
}

static void test_percentages(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
	} good[] = {{"0%", 0}, {"5%", 5}, {"12.5%", 12.5}, {"0.25%", 0.25}, {"100%", 100}, {"100.0%", 100}};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		double value = -1;
		assert_true(quantity_parse_percent(good[i].text, &value));
		assert_true(value > good[i].value - 1e-9 && value < good[i].value + 1e-9);
	}
	static const char *const bad[] = {"",
					  "5",
					  "%",
					  "-5%",
					  "101%",
					  "100.1%",
					  "1000%",
					  ".5%",
					  "5.%",
					  "5 %",
					  "5%%",
					  "1e1%",
					  "99999999999999999999999%",
					  "nan%",
					  "1,5%"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		double value = 42;
		if (quantity_parse_percent(bad[i], &value))
			fail_msg("\"%s\" was taken for a percentage", bad[i]);
	}
}

static void test_format_size(void **state)
{
	(void)state;
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0 B"},
		{1023, "1023 B"},
		{1024, "1.0 KiB"},
		{180224, "176 KiB"},
		{1536, "1.5 KiB"},
		{1024 * 100 - 1, "100 KiB"},
		{(1ULL << 20) - 1, "1.0 MiB"},
		{6241124352ULL, "5.8 GiB"},
		{(1ULL << 30) - 1, "1.0 GiB"},
		{1ULL << 50, "1.0 PiB"},
		{UINT64_MAX, "16384 PiB"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = quantity_format_size(cases[i].bytes);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_format_milliseconds(void **state)
{
	(void)state;
	static const struct {
		double milliseconds;
		const char *text;
	} cases[] = {{0, "0.0 ms"},          {14.2, "14.2 ms"},     {99.94, "99.9 ms"},       {99.96, "100 ms"},
		     {999.4, "999 ms"},      {999.6, "1.0 s"},      {3400, "3.4 s"},          {59940, "59.9 s"},
		     {59960, "1 min 0 s"},   {125000, "2 min 5 s"}, {3599400, "59 min 59 s"}, {3599600, "1 h 0 min"},
		     {9000000, "2 h 30 min"}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = quantity_format_milliseconds(cases[i].milliseconds);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_format_count(void **state)
{
	(void)state;
	static const struct {
		uint64_t count;
		const char *text;
	} cases[] = {{0, "0"},
		     {999, "999"},
		     {1000, "1,000"},
		     {1000000, "1,000,000"},
		     {UINT64_MAX, "18,446,744,073,709,551,615"}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = quantity_format_count(cases[i].count);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),        cmocka_unit_test(test_no_sizes),
		cmocka_unit_test(test_durations),    cmocka_unit_test(test_percentages),
		cmocka_unit_test(test_format_size),  cmocka_unit_test(test_format_milliseconds),
		cmocka_unit_test(test_format_count),
	};
	return cmocka_run_group_tests_name("base/quantity", tests, NULL, NULL);
}
