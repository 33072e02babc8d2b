#include "check/workload.h"

#include <poll.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "check/pgbench.h"
#include "check/player.h"

enum { BUCKETS = 60 };

struct workload {
	struct report *report;
	struct workload_query *queries; /* their texts are borrowed */
	size_t query_count;
	char *script; /* NULL: none */
	double script_rate, max_stall_ms, around_ms;
	struct player *player;
	struct pgbench *pgbench;
	double began; /* clock_monotonic_ms() that the span and the player count from: the migrations begin later */
	struct workload_span span;
};

static double now(const struct workload *workload)
{
	return clock_monotonic_ms() - workload->began;
}

/* Plays on; -1 if interrupted. */
static int let_play(double milliseconds, struct error **err)
{
	struct pollfd wait = {.fd = interrupt_fd(), .events = POLLIN};
	(void)poll(&wait, 1, (int)milliseconds);
	return interrupt_check(err);
}

int workload_begin(const struct workload_wanted *wanted, const struct pg_target *target, struct report *report,
		   struct workload **ret, struct error **err)
{
	struct workload *workload = memory_allocate(sizeof(*workload));
	*workload = (struct workload){
		.report = report,
		.queries = memory_allocate((wanted->query_count + 1) * sizeof(*workload->queries)),
		.query_count = wanted->query_count,
		.script = string_copy(wanted->script),
		.script_rate = wanted->rate,
		.max_stall_ms = wanted->max_stall_ms,
		.around_ms = wanted->around_ms,
		.began = clock_monotonic_ms(),
	};
	for (size_t i = 0; i < wanted->query_count; i++)
		workload->queries[i] = wanted->queries[i];
	if (player_start(workload->queries, wanted->query_count, target, workload->began, &workload->player, err) < 0 ||
	    (wanted->script && pgbench_start(wanted, target, &workload->pgbench, err) < 0)) {
		workload_free(workload);
		return -1;
	}
	workload->span.first_ms = now(workload);
	if (let_play(wanted->around_ms, err) < 0) {
		workload_free(workload);
		return -1;
	}
	*ret = workload;
	return 0;
}

void workload_migrations_begin(struct workload *workload)
{
	workload->span.from_ms = now(workload);
}

void workload_migrations_end(struct workload *workload)
{
	workload->span.to_ms = now(workload);
}

static struct report_workload_query *add_query(struct report_workload *result)
{
	result->queries = memory_resize(result->queries, result->query_count + 1, sizeof(*result->queries));
	struct report_workload_query *query = &result->queries[result->query_count++];
	*query = (struct report_workload_query){0};
	return query;
}

/* The same, counted from the moment that the rest of the report counts from. */
static struct workload_samples moved_samples(const struct workload_samples *samples, double by_ms)
{
	struct workload_samples moved = {0};
	for (size_t i = 0; i < samples->count; i++) {
		struct workload_sample sample = samples->items[i];
		sample.from_ms += by_ms;
		sample.to_ms += by_ms;
		workload_samples_add(&moved, sample);
	}
	return moved;
}

static void report_queries(const struct workload *workload, double by_ms, struct report_workload *result)
{
	for (size_t i = 0; i < workload->query_count; i++) {
		const char *error;
		struct workload_samples samples = moved_samples(player_samples(workload->player, i, &error), by_ms);
		struct report_workload_query *query = add_query(result);
		query->name = string_copy(workload->queries[i].name);
		query->rate = workload->queries[i].rate;
		query->error = string_copy(error);
		workload_summarize(&samples, &workload->span, BUCKETS, workload->report, query);
		free(samples.items);
	}
}

static int report_script(const struct workload *workload, struct report_workload *result, struct error **err)
{
	struct workload_samples samples = {0};
	char *problem = NULL;
	if (pgbench_stop(workload->pgbench, workload->report->started, &samples, &problem, err) < 0) {
		free(samples.items);
		return -1;
	}
	struct report_workload_query *query = add_query(result);
	query->name = string_copy(workload->script);
	query->rate = workload->script_rate;
	query->error = problem;
	workload_summarize(&samples, &workload->span, BUCKETS, workload->report, query);
	free(samples.items);
	return 0;
}

static int fill_report(struct workload *workload, struct error **err)
{
	struct report_workload *result = &workload->report->workload;
	double by_ms = workload->began - workload->report->started;
	struct workload_span *span = &workload->span;
	*span = (struct workload_span){span->first_ms + by_ms, span->from_ms + by_ms, span->to_ms + by_ms,
				       span->last_ms + by_ms};
	*result = (struct report_workload){
		.ran = true,
		.max_stall_ms = workload->max_stall_ms,
		.from_ms = workload->span.first_ms,
		.bucket_ms = (workload->span.last_ms - workload->span.first_ms) / BUCKETS,
		.bucket_count = BUCKETS,
	};
	report_queries(workload, by_ms, result);
	if (workload->pgbench && report_script(workload, result, err) < 0)
		return -1;
	for (size_t i = 0; i < result->query_count; i++)
		if (result->max_stall_ms > 0 && result->queries[i].longest_stall_ms > result->max_stall_ms)
			result->outcome = OUTCOME_FAILED;
	return 0;
}

int workload_end(struct workload *workload, struct error **err)
{
	int result = let_play(workload->around_ms, err);
	if (result == 0) {
		workload->span.last_ms = now(workload);
		player_stop(workload->player);
		result = fill_report(workload, err);
	}
	workload_free(workload);
	return result;
}

void workload_free(struct workload *workload)
{
	if (!workload)
		return;
	player_free(workload->player);
	pgbench_free(workload->pgbench);
	free(workload->queries);
	free(workload->script);
	free(workload);
}
