/* Time: monotonic for durations, UTC for records. */
#ifndef VELA_BASE_CLOCK_H
#define VELA_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/memory.h"

double clock_monotonic_ms(void);
time_t clock_now(void);
char *clock_format_utc(time_t when);                 /* "2026-01-31T09:12:03Z", owned */
bool clock_parse_utc(const char *text, time_t *ret); /* exactly that format */
char *clock_format_age(time_t then, time_t now);     /* "3 minutes ago", "in 6 days", owned */

#endif
