/* Sizes, durations and percentages as people write them: strict on reading, short on writing. */
#ifndef VELA_BASE_QUANTITY_H
#define VELA_BASE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

/* "50G", "512M", "64K", "1T", "4096", also with a trailing "B" or "iB"; powers of 1024. No sign, no space, no fraction.
 */
bool quantity_parse_size(const char *text, uint64_t *ret_bytes);
/* "250ms", "1s", "15m", "12h", "7d", "2w"; a unit is required, "0" excepted. */
bool quantity_parse_duration(const char *text, uint64_t *ret_milliseconds);
/* "5%", "12.5%": 0 to 100. */
bool quantity_parse_percent(const char *text, double *ret);

char *quantity_format_size(uint64_t bytes);              /* "176 KiB", "5.8 GiB"; owned */
char *quantity_format_milliseconds(double milliseconds); /* "14.2 ms", "3.4 s", "2 min 5 s"; owned */
char *quantity_format_count(uint64_t count);             /* "1,000,000"; owned */

#endif
