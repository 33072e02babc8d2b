/* The results: kept while they come, then printed for people and written as JSON. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stddef.h>

#include "measure.h"

/* The largest ratio at the median and at p95, 0: none; that many milliseconds more are allowed with each. */
struct target {
	double median, p95, plus_ms;
};
#define NO_TARGET ((struct target){0})

/* Two ways to do the same, measured in turns. */
void result_compare(const char *what, const struct samples *floor, const struct samples *vela, struct target target);

enum unit { UNIT_BYTES, UNIT_MILLISECONDS, UNIT_RATIO, UNIT_COUNT };
/* One figure; a target of 0: none. For UNIT_COUNT the target is the least, for the others the most. */
void result_figure(const char *what, double value, enum unit unit, double target);

/* Returns how many targets were missed. */
size_t results_print(void);
void results_write(const char *path, size_t pairs);

#endif
