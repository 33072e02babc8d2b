/* What calls were made when, and what that comes to. No connection and no clock: fit for tests. */
#ifndef VELA_CHECK_WORKLOAD_SAMPLE_H
#define VELA_CHECK_WORKLOAD_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "report/report.h"

/*
 * A call that was due at from_ms and answered at to_ms. A call that came due while the one before was still waited for
 * is one too, answered when that was: an application does not stop asking because one of its connections hangs.
 */
struct workload_sample {
	double from_ms, to_ms;
	bool failed;
};
struct workload_samples {
	struct workload_sample *items; /* in order of from_ms */
	size_t count, capacity;
};
void workload_samples_add(struct workload_samples *samples, struct workload_sample sample);

/* When the migrations ran, and until when there are samples; the first may be before from_ms. */
struct workload_span {
	double first_ms, from_ms, to_ms, last_ms;
};

/* Fills all of *ret but name, rate and error. Which statement a stall is of is read from `report`. */
void workload_summarize(const struct workload_samples *samples, const struct workload_span *span, size_t buckets,
			const struct report *report, struct report_workload_query *ret);

#endif
