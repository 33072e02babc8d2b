#include <math.h>

#include "base/clock.h"
#include "base/text.h"
#include "migration/command_parts.h"
#include "pg/connection.h"

enum {
	HANG_LOOK_MS = 100,
	SIZE_LOOK_MS = 250,
	SIZE_SHARE = 20,
	LOOK_SHARE = 5,
	LOOK_PAUSE_MAX_MS = 40,
	CLOCK_READINGS = 10
};

/*
 * Its sessions are those that were not there before, but for parallel workers, of which no log tells. The locks are
 * read between the two moments at the front.
 */
static const char prepare_look[] =
	"PREPARE vela_command_look (int4[]) AS "
	"SELECT extract(epoch FROM statement_timestamp()) * 1000, extract(epoch FROM clock_timestamp()) * 1000, "
	"pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0'), "
	"string_agg(concat_ws(' ', pid, split_part(virtualtransaction, '/', 2), relation, mode), ' ') FILTER (WHERE "
	"granted AND locktype = 'relation' "
	"AND relation >= 16384 AND mode <> 'AccessShareLock' AND pid <> ALL ($1)), "
	"string_agg(DISTINCT pid::text, ' ') FILTER (WHERE NOT granted AND pid <> ALL ($1)), "
	"coalesce(bool_or(locktype = 'transactionid' AND granted AND pid = ANY ($1)), false) FROM pg_locks";

int command_sampler_prepare(struct command_sampler *sampler, struct error **err)
{
	PGconn *observer = sampler->evidence->observer;
	if (observer_prepare(observer, err) < 0 || pg_execute(observer, prepare_look, NULL, err) < 0)
		return error_wrap(err, "cannot watch the command");
	return 0;
}

/* Of some readings of both clocks, the one that was interrupted least. */
static double servers_offset_ms(const struct evidence *evidence)
{
	double offset = 0, least = INFINITY;
	for (int i = 0; i < CLOCK_READINGS; i++) {
		struct timespec now;
		double before = evidence_now(evidence);
		clock_gettime(CLOCK_REALTIME, &now);
		double took = evidence_now(evidence) - before;
		if (took < least) {
			least = took;
			offset = (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1000000 - (before + took / 2);
		}
	}
	return offset;
}

int command_sampler_begin(struct evidence *evidence, const char *role, struct command_sampler *ret, struct error **err)
{
	struct command_sampler sampler = {
		.evidence = evidence, .offset_ms = servers_offset_ms(evidence), .role = pg_quote_literal(role)};
	if (command_sampler_prepare(&sampler, err) < 0 ||
	    pg_value(evidence->observer,
		     "SELECT coalesce(array_agg(pid), '{}') FROM pg_stat_activity WHERE pid IS NOT NULL",
		     &sampler.left_out, err) < 0) {
		command_sampler_free(&sampler);
		return error_wrap(err, "cannot watch the command");
	}
	*ret = sampler;
	return 0;
}

void command_sampler_free(struct command_sampler *sampler)
{
	free(sampler->role);
	free(sampler->left_out);
	free(sampler->samples);
	free(sampler->active);
	free(sampler->marks);
	free(sampler->waiting);
	free(sampler->hang);
	*sampler = (struct command_sampler){0};
}

/* --- where the log ended --- */

static int mark_order(const void *a, const void *b)
{
	const struct command_mark *left = a;
	const struct command_mark *right = b;
	return (left->at_ms > right->at_ms) - (left->at_ms < right->at_ms);
}

void command_sampler_mark(struct command_sampler *sampler, double at_ms, uint64_t lsn)
{
	struct command_mark mark = {at_ms, lsn};
	sampler->marks = memory_resize(sampler->marks, sampler->mark_count + 1, sizeof(mark));
	size_t place = sampler->mark_count++;
	for (; place > 0 && mark_order(&sampler->marks[place - 1], &mark) > 0; place--)
		sampler->marks[place] = sampler->marks[place - 1];
	sampler->marks[place] = mark;
}

/* In between it is taken to have grown evenly. */
static double lsn_at(const struct command_sampler *sampler, double at_ms)
{
	size_t low = 0, high = sampler->mark_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (sampler->marks[middle].at_ms <= at_ms)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || low == sampler->mark_count)
		return (double)sampler->marks[low == 0 ? 0 : low - 1].lsn;
	const struct command_mark *before = &sampler->marks[low - 1], *after = &sampler->marks[low];
	double part = (at_ms - before->at_ms) / (after->at_ms - before->at_ms);
	return (double)before->lsn + part * ((double)after->lsn - (double)before->lsn);
}

uint64_t command_sampler_wal(const struct command_sampler *sampler, double from_ms, double to_ms)
{
	if (sampler->mark_count == 0 || to_ms <= from_ms)
		return 0;
	double grown = lsn_at(sampler, to_ms) - lsn_at(sampler, from_ms);
	return grown > 0 ? (uint64_t)llround(grown) : 0;
}

/* --- locks --- */

static int sample_order(const struct command_sample *a, const struct command_sample *b)
{
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->transaction != b->transaction)
		return a->transaction < b->transaction ? -1 : 1;
	if (a->lock.relation != b->lock.relation)
		return a->lock.relation < b->lock.relation ? -1 : 1;
	return (int)a->lock.mode - (int)b->lock.mode;
}

static int seen_order(const void *a, const void *b)
{
	return sample_order(a, b);
}

/* "77 3 16385 ShareLock 77 3 16390 RowExclusiveLock"; owned, sorted. */
static struct command_sample *read_seen(const char *text, double from_ms, double seen_ms, size_t *ret_count)
{
	struct command_sample *seen = NULL;
	size_t count = 0;
	while (*text) {
		char *end;
		int pid = (int)strtol(text, &end, 10);
		unsigned transaction = (unsigned)strtoul(end, &end, 10);
		uint32_t relation = (uint32_t)strtoul(end, &end, 10);
		size_t length = strcspn(end + 1, " ");
		_cleanup_free_ char *mode = string_copy_n(end + 1, length);
		seen = memory_resize(seen, count + 1, sizeof(*seen));
		seen[count++] = (struct command_sample){.pid = pid,
							.transaction = transaction,
							.lock = {relation, table_lock_find(mode)},
							.seen_ms = seen_ms,
							.from_ms = from_ms,
							.to_ms = INFINITY};
		text = end + 1 + length;
		text += *text == ' ';
	}
	if (count > 0)
		qsort(seen, count, sizeof(*seen), seen_order);
	*ret_count = count;
	return seen;
}

static struct command_sample *active_sample(const struct command_sampler *sampler, size_t place)
{
	return place < sampler->active_count ? &sampler->samples[sampler->active[place]] : NULL;
}

/* What the last look saw as well goes on; what it saw alone is over; the rest begins. */
static void take_seen(struct command_sampler *sampler, const struct command_sample *seen, size_t count, double now)
{
	size_t *active = memory_allocate((count + 1) * sizeof(*active));
	struct command_sample *before;
	size_t old = 0;
	for (size_t i = 0; i < count; i++) {
		for (; (before = active_sample(sampler, old)) && sample_order(before, &seen[i]) < 0; old++)
			before->to_ms = now;
		if (before && sample_order(before, &seen[i]) == 0) {
			active[i] = sampler->active[old++];
			continue;
		}
		active[i] = sampler->sample_count;
		sampler->samples =
			memory_resize(sampler->samples, sampler->sample_count + 1, sizeof(*sampler->samples));
		sampler->samples[sampler->sample_count++] = seen[i];
	}
	for (; (before = active_sample(sampler, old)); old++)
		before->to_ms = now;
	free(sampler->active);
	sampler->active = active;
	sampler->active_count = count;
}

/* --- who waits in vain --- */

static struct hang hang_before(const struct command_sampler *sampler, int pid)
{
	for (size_t i = 0; i < sampler->waiting_count; i++)
		if (sampler->waiting[i].pid == pid)
			return sampler->waiting[i].hang;
	return (struct hang){0};
}

static int describe_hang(struct command_sampler *sampler, int pid, const char *told, struct error **err)
{
	_cleanup_free_ char *sql = string_format("SELECT query FROM pg_stat_activity WHERE pid = %d", pid);
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(sampler->evidence->observer, sql, &result, err) < 0)
		return -1;
	_cleanup_free_ char *query = text_safe(PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
	_cleanup_free_ char *shown = text_shorten(query, COMMAND_QUERY_COLUMNS);
	sampler->hang = string_format("the command waits for itself: %s (process %d) %s", shown, pid, told);
	return 0;
}

static int look_for_hangs(struct command_sampler *sampler, const char *pids, double now, struct error **err)
{
	struct command_waiting *waiting = NULL;
	size_t count = 0;
	int result = 0;
	while (*pids && result == 0 && !sampler->hang) {
		char *end;
		int pid = (int)strtol(pids, &end, 10);
		_cleanup_free_ char *told = NULL;
		waiting = memory_resize(waiting, count + 1, sizeof(*waiting));
		waiting[count] = (struct command_waiting){pid, hang_before(sampler, pid)};
		result = hang_check(&waiting[count++].hang, sampler->evidence->observer, pid, now, EVIDENCE_HANG_MS,
				    &told, err);
		if (result == 0 && told)
			result = describe_hang(sampler, pid, told, err);
		pids = end + (*end == ' ');
	}
	free(sampler->waiting);
	sampler->waiting = waiting;
	sampler->waiting_count = count;
	return result;
}

/* --- both --- */

static int look(struct command_sampler *sampler, struct error **err)
{
	struct evidence *evidence = sampler->evidence;
	_cleanup_free_ char *sql = string_format("EXECUTE vela_command_look('%s')", sampler->left_out);
	_cleanup_result_ PGresult *result = NULL;
	if (pg_execute(evidence->observer, sql, &result, err) < 0)
		return -1;
	/* By the server's clock, for so are the log's entries: on a busy machine, ours is read at any later time. */
	double began = strtod(PQgetvalue(result, 0, 0), NULL) - sampler->offset_ms;
	double now = strtod(PQgetvalue(result, 0, 1), NULL) - sampler->offset_ms;
	uint64_t lsn = (uint64_t)result_number(result, 0, 2);
	size_t count;
	_cleanup_free_ struct command_sample *seen =
		read_seen(PQgetvalue(result, 0, 3), sampler->last_look, now, &count);
	take_seen(sampler, seen, count, now);
	sampler->last_look = began;
	if (sampler->mark_count < 2 || sampler->marks[sampler->mark_count - 2].lsn != lsn)
		command_sampler_mark(sampler, now, lsn);
	else
		sampler->marks[sampler->mark_count - 1] = (struct command_mark){now, lsn};
	evidence->others_write = evidence->others_write || PQgetvalue(result, 0, 5)[0] == 't';
	if (now < sampler->next_hang_look)
		return 0;
	sampler->next_hang_look = now + HANG_LOOK_MS;
	return look_for_hangs(sampler, PQgetvalue(result, 0, 4), now, err);
}

static int look_at_size(struct command_sampler *sampler, struct error **err)
{
	struct evidence *evidence = sampler->evidence;
	uint64_t size;
	double began = evidence_now(evidence);
	if (began < sampler->next_size)
		return 0;
	if (observer_database_size(evidence->observer, &size, err) < 0)
		return -1;
	if (size > evidence->size_begin && size - evidence->size_begin > evidence->peak_bytes)
		evidence->peak_bytes = size - evidence->size_begin;
	double took = evidence_now(evidence) - began;
	sampler->next_size = began + (took * SIZE_SHARE > SIZE_LOOK_MS ? took * SIZE_SHARE : SIZE_LOOK_MS);
	return 0;
}

int command_sampler_tick(struct command_sampler *sampler, struct error **err)
{
	double began = clock_monotonic_ms();
	if (began < sampler->next_look)
		return 0;
	if (look(sampler, err) < 0 || look_at_size(sampler, err) < 0)
		return error_wrap(err, "cannot watch the command");
	/* A sixth of the time at the most is ours, unless the machine is so busy that too little would be seen. */
	double pause = (clock_monotonic_ms() - began) * LOOK_SHARE;
	pause = pause > LOOK_PAUSE_MAX_MS ? LOOK_PAUSE_MAX_MS : pause > EVIDENCE_TICK_MS ? pause : EVIDENCE_TICK_MS;
	sampler->next_look = began + pause;
	return 0;
}
