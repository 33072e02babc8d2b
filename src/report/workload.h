/* What an application would have felt while the migrations ran. */
#ifndef VELA_REPORT_WORKLOAD_H
#define VELA_REPORT_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/evidence.h"

struct workload_phase {
	size_t count, errors;
	double p50_ms, p99_ms, max_ms;
};

struct report_workload_query {
	char *name;
	double rate; /* per second, as asked for */
	struct workload_phase before, during, after;
	double longest_stall_ms; /* the longest time during the migrations in which none of its calls came back */
	double stall_from_ms;    /* since report->started */
	size_t stall_migration, stall_statement; /* what ran when it began; SIZE_MAX: not known */
	char *error;                             /* the first; NULL: none */
	double *timeline;                        /* worst latency in ms per bucket; < 0: no call began in it */
};

struct report_workload {
	bool ran;
	double max_stall_ms; /* the limit; 0: none */
	enum report_outcome outcome;
	double from_ms, bucket_ms; /* of the timelines, since report->started (from_ms is negative: before it) */
	size_t bucket_count;
	struct report_workload_query *queries;
	size_t query_count;
};
void report_workload_clear(struct report_workload *workload);

#endif
