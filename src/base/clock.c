#include "base/clock.h"

#include <stdio.h>

double clock_monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

time_t clock_now(void)
{
	return time(NULL);
}

char *clock_format_utc(time_t when)
{
	struct tm tm;
	char text[32];
	if (!gmtime_r(&when, &tm) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return string_copy("?");
	return string_copy(text);
}

bool clock_parse_utc(const char *text, time_t *ret)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end)
		return false;
	/* strptime() also takes spaces, missing zeros and 31 February: only what is written back alike was exact. */
	time_t when = timegm(&tm);
	_cleanup_free_ char *again = clock_format_utc(when);
	if (!string_equal(again, text))
		return false;
	*ret = when;
	return true;
}

char *clock_format_age(time_t then, time_t now)
{
	static const struct {
		long seconds;
		const char *unit;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	long long difference = (long long)now - (long long)then;
	long long distance = difference < 0 ? -difference : difference;
	if (distance == 0)
		return string_copy("now");
	size_t i = 0;
	while (distance < units[i].seconds)
		i++;
	long long count = distance / units[i].seconds;
	const char *plural = count == 1 ? "" : "s";
	if (difference < 0)
		return string_format("in %lld %s%s", count, units[i].unit, plural);
	return string_format("%lld %s%s ago", count, units[i].unit, plural);
}
