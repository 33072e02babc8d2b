#include "base/quantity.h"

#include <ctype.h>
#include <stdio.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* Digits, then the unit exactly; false on overflow. */
static bool parse_whole(const char *text, const struct unit *units, size_t count, uint64_t *ret)
{
	uint64_t value = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return false;
	if (at == text)
		return false;
	for (size_t i = 0; i < count; i++)
		if (string_equal(at, units[i].name)) {
			if (__builtin_mul_overflow(value, units[i].factor, &value))
				return false;
			*ret = value;
			return true;
		}
	return false;
}

bool quantity_parse_size(const char *text, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
		{"", 1},
		{"B", 1},
		{"K", 1ULL << 10},
		{"KB", 1ULL << 10},
		{"KiB", 1ULL << 10},
		{"M", 1ULL << 20},
		{"MB", 1ULL << 20},
		{"MiB", 1ULL << 20},
		{"G", 1ULL << 30},
		{"GB", 1ULL << 30},
		{"GiB", 1ULL << 30},
		{"T", 1ULL << 40},
		{"TB", 1ULL << 40},
		{"TiB", 1ULL << 40},
	};
	return parse_whole(text, units, ARRAY_SIZE(units), ret_bytes);
}

bool quantity_parse_duration(const char *text, uint64_t *ret_milliseconds)
{
	static const struct unit units[] = {
		{"ms", 1}, {"s", 1000}, {"m", 60000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}, {"w", 604800000},
	};
	if (string_equal(text, "0")) {
		*ret_milliseconds = 0;
		return true;
	}
	return parse_whole(text, units, ARRAY_SIZE(units), ret_milliseconds);
}

bool quantity_parse_percent(const char *text, double *ret)
{
	double value = 0;
	double place = 1;
	const char *at = text;
	for (; *at >= '0' && *at <= '9' && value <= 100; at++)
		value = value * 10 + (*at - '0');
	if (at == text)
		return false;
	if (*at == '.') {
		if (!isdigit((unsigned char)*++at))
			return false;
		for (; *at >= '0' && *at <= '9'; at++)
			value += (*at - '0') * (place /= 10);
	}
	if (!string_equal(at, "%") || value > 100)
		return false;
	*ret = value;
	return true;
}

char *quantity_format_size(uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	double value = (double)bytes;
	size_t unit = 0;
	while (value >= 1023.5 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	if (unit == 0 || value >= 99.95)
		return string_format("%.0f %s", value, units[unit]);
	return string_format("%.1f %s", value, units[unit]);
}

char *quantity_format_milliseconds(double milliseconds)
{
	if (milliseconds < 99.95)
		return string_format("%.1f ms", milliseconds);
	if (milliseconds < 999.5)
		return string_format("%.0f ms", milliseconds);
	if (milliseconds < 59950)
		return string_format("%.1f s", milliseconds / 1000);
	unsigned long long seconds = (unsigned long long)(milliseconds / 1000 + 0.5);
	if (seconds < 3600)
		return string_format("%llu min %llu s", seconds / 60, seconds % 60);
	return string_format("%llu h %llu min", seconds / 3600, seconds % 3600 / 60);
}

char *quantity_format_count(uint64_t count)
{
	char digits[32];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	char *text = memory_allocate(64);
	char *out = text;
	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return text;
}
