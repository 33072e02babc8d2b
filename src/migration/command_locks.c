/* Locks that no trigger tells of: what the sampler saw, and what a statement names. */
#include "migration/command_parts.h"

static void take_as_held(struct command_trace *trace, size_t statement, const struct look *seen, bool sampled)
{
	struct evidence *evidence = trace->evidence;
	struct look all = {0};
	if (seen->lock_count == 0)
		return;
	for (size_t i = 0; i < evidence->hold_count; i++)
		look_add(&all, evidence->holds[i].lock);
	for (size_t i = 0; i < seen->lock_count; i++)
		look_add(&all, seen->locks[i]);
	look_sort(&all);
	struct report_statement *record = command_trace_statement(trace, statement);
	size_t known = record->lock_count;
	watch_locks(evidence, trace->migration, statement, &all);
	for (size_t i = known; i < record->lock_count; i++)
		record->locks[i].sampled = sampled;
	look_free(&all);
}

static void add_passed(struct evidence *evidence, struct watch_sample sample)
{
	evidence->samples = memory_resize(evidence->samples, evidence->sample_count + 1, sizeof(*evidence->samples));
	evidence->samples[evidence->sample_count++] = sample;
}

/* Between two looks nobody knows: near one of the statement's ends, it is that end. */
static void take_as_passed(struct evidence *evidence, const struct report_statement *record,
			   const struct command_sample *sample)
{
	double step = 2 * EVIDENCE_TICK_MS;
	add_passed(evidence,
		   (struct watch_sample){
			   .lock = sample->lock,
			   .from_ms = sample->from_ms - record->from_ms <= step ? record->from_ms : sample->from_ms,
			   .to_ms = record->to_ms - sample->to_ms <= step ? record->to_ms : sample->to_ms,
		   });
}

/* What the statement names is certain, and what it began to rewrite. */
static void settle_named(struct command_trace *trace, struct command_session *session, size_t statement, bool is_open)
{
	_cleanup_look_ struct look named = {0};
	const struct report_statement *record = command_trace_statement(trace, statement);
	command_named_locks(&trace->evidence->registry, record, &named);
	if (session->cut_short)
		look_add(&named, (struct held_lock){session->cut_short, TABLE_LOCK_ACCESS_EXCLUSIVE});
	session->cut_short = 0;
	if (is_open)
		take_as_held(trace, statement, &named, false);
	for (size_t i = 0; i < named.lock_count && !is_open; i++)
		add_passed(trace->evidence, (struct watch_sample){.lock = named.locks[i],
								  .from_ms = record->from_ms,
								  .to_ms = record->to_ms,
								  .is_exact = true});
}

/* What did not exist before blocks nobody, and toast goes with its table. */
static bool is_anybodys(const struct command_trace *trace, uint32_t oid)
{
	const struct registry *registry = &trace->evidence->registry;
	const struct relation *relation = registry_find(registry, oid);
	return relation && !relation_is_toast(registry, relation);
}

/* Locks of the session's last statement that were seen before `until_ms`, when something else began. */
void command_settle_locks(struct command_trace *trace, struct command_session *session, double until_ms)
{
	size_t statement = session->unsettled;
	const struct command_sampler *sampler = trace->sampler;
	struct look seen = {0};
	if (statement == SIZE_MAX)
		return;
	session->unsettled = SIZE_MAX;
	const struct report_statement *record = command_trace_statement(trace, statement);
	bool is_open = *session->transaction;
	command_trace_enter(trace, session);
	trace->evidence->sample_count = 0;
	settle_named(trace, session, statement, is_open);
	for (size_t i = 0; i < sampler->sample_count; i++) {
		struct command_sample *sample = &sampler->samples[i];
		if (sample->is_taken || sample->pid != session->pid || sample->from_ms < record->from_ms - 1 ||
		    sample->from_ms > until_ms || !is_anybodys(trace, sample->lock.relation))
			continue;
		sample->is_taken = true;
		if (is_open)
			look_add(&seen, sample->lock);
		else
			take_as_passed(trace->evidence, record, sample);
	}
	take_as_held(trace, statement, &seen, true);
	watch_sampled(trace->evidence, trace->migration, statement);
	look_free(&seen);
	command_trace_leave(trace, session);
}
