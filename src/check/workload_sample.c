#include "check/workload_sample.h"

#include <stdint.h>

#include "base/memory.h"

void workload_samples_add(struct workload_samples *samples, struct workload_sample sample)
{
	if (samples->count == samples->capacity) {
		samples->capacity = samples->capacity ? samples->capacity * 2 : 256;
		samples->items = memory_resize(samples->items, samples->capacity, sizeof(*samples->items));
	}
	samples->items[samples->count++] = sample;
}

static double latency(const struct workload_sample *sample)
{
	return sample->to_ms - sample->from_ms;
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Of sorted values, the smallest that `share` of them do not exceed. */
static double percentile(const double *sorted, size_t count, double share)
{
	size_t rank = (size_t)(share * (double)count);
	return sorted[rank < count ? rank : count - 1];
}

enum phase { PHASE_BEFORE, PHASE_DURING, PHASE_AFTER };

/* A call that any part of the migrations could have delayed is one during them. */
static enum phase phase_of(const struct workload_sample *sample, const struct workload_span *span)
{
	if (sample->to_ms < span->from_ms)
		return PHASE_BEFORE;
	return sample->from_ms > span->to_ms ? PHASE_AFTER : PHASE_DURING;
}

static struct workload_phase summarize_phase(const struct workload_samples *samples, const struct workload_span *span,
					     enum phase phase)
{
	struct workload_phase result = {0};
	_cleanup_free_ double *latencies = memory_allocate((samples->count + 1) * sizeof(*latencies));
	for (size_t i = 0; i < samples->count; i++) {
		if (phase_of(&samples->items[i], span) != phase)
			continue;
		latencies[result.count++] = latency(&samples->items[i]);
		result.errors += samples->items[i].failed;
	}
	if (result.count == 0)
		return result;
	qsort(latencies, result.count, sizeof(*latencies), compare_numbers);
	result.p50_ms = percentile(latencies, result.count, 0.5);
	result.p99_ms = percentile(latencies, result.count, 0.99);
	result.max_ms = latencies[result.count - 1];
	return result;
}

static double overlap(double a_from, double a_to, double b_from, double b_to)
{
	double from = a_from > b_from ? a_from : b_from;
	double to = a_to < b_to ? a_to : b_to;
	return to > from ? to - from : 0;
}

/* For how much of the stall a statement held a lock that blocks others. */
static double blame(const struct report_statement *statement, const struct workload_sample *stall)
{
	double most = 0;
	for (size_t i = 0; i < statement->lock_count; i++) {
		const struct report_lock *lock = &statement->locks[i];
		double held = overlap(lock->from_ms, lock->to_ms, stall->from_ms, stall->to_ms);
		if (table_locks[lock->mode].blocks_writes && held > most)
			most = held;
	}
	return most;
}

/* For how much of the stall it ran. */
static double presence(const struct report_statement *statement, const struct workload_sample *stall)
{
	return overlap(statement->from_ms, statement->to_ms, stall->from_ms, stall->to_ms);
}

/* The statement with the largest share of the stall, of two the first, if that is half of it at least. */
static void find_cause(const struct report *report, const struct workload_sample *stall,
		       double (*share_of)(const struct report_statement *, const struct workload_sample *),
		       struct report_workload_query *ret)
{
	double most = latency(stall) / 2;
	for (size_t i = 0; i < report->migration_count; i++)
		for (size_t j = 0; j < report->migrations[i].list_count; j++) {
			double share = share_of(&report->migrations[i].list[j], stall);
			if (share <= most)
				continue;
			most = share;
			ret->stall_migration = i;
			ret->stall_statement = j;
		}
}

static void find_stall(const struct workload_samples *samples, const struct workload_span *span,
		       const struct report *report, struct report_workload_query *ret)
{
	const struct workload_sample *longest = NULL;
	for (size_t i = 0; i < samples->count; i++) {
		const struct workload_sample *sample = &samples->items[i];
		if (phase_of(sample, span) == PHASE_DURING && (!longest || latency(sample) > latency(longest)))
			longest = sample;
	}
	ret->stall_migration = ret->stall_statement = SIZE_MAX;
	if (!longest)
		return;
	ret->longest_stall_ms = latency(longest);
	ret->stall_from_ms = longest->from_ms;
	find_cause(report, longest, blame, ret);
	if (ret->stall_statement == SIZE_MAX) /* rows that it wrote, or what the machine had to do */
		find_cause(report, longest, presence, ret);
}

static double *make_timeline(const struct workload_samples *samples, const struct workload_span *span, size_t buckets)
{
	double *timeline = memory_allocate(buckets * sizeof(*timeline));
	double width = (span->last_ms - span->first_ms) / (double)buckets;
	for (size_t i = 0; i < buckets; i++)
		timeline[i] = -1;
	for (size_t i = 0; i < samples->count && width > 0; i++) {
		double place = (samples->items[i].from_ms - span->first_ms) / width;
		size_t bucket = place < 0 ? 0 : place >= (double)buckets ? buckets - 1 : (size_t)place;
		if (latency(&samples->items[i]) > timeline[bucket])
			timeline[bucket] = latency(&samples->items[i]);
	}
	return timeline;
}

void workload_summarize(const struct workload_samples *samples, const struct workload_span *span, size_t buckets,
			const struct report *report, struct report_workload_query *ret)
{
	ret->before = summarize_phase(samples, span, PHASE_BEFORE);
	ret->during = summarize_phase(samples, span, PHASE_DURING);
	ret->after = summarize_phase(samples, span, PHASE_AFTER);
	find_stall(samples, span, report, ret);
	ret->timeline = make_timeline(samples, span, buckets);
}
