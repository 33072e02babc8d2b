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

int command_gone_read(const struct evidence *evidence, struct oid_list *ret, struct error **err)
{
	const struct registry *registry = &evidence->registry;
	_cleanup_oids_ struct oid_list indexes = {0};
	for (size_t i = 0; i < registry->count; i++)
		if (registry->items[i].owner)
			oid_list_add(&indexes, registry->items[i].oid);
	return observer_gone(evidence->observer, &indexes, ret, err);
}

/*
 * What did not exist before blocks nobody, toast goes with its table, and of an index that another one has replaced
 * nobody wants to know.
 */
static bool is_anybodys(const struct command_trace *trace, uint32_t oid)
{
	const struct registry *registry = &trace->evidence->registry;
	const struct relation *relation = registry_find(registry, oid);
	return relation && !relation_is_toast(registry, relation) && !oid_list_has(&trace->gone, oid);
}

/* Whether it may have ended transactions, and begun others. */
static bool spans_transactions(const struct command_session *session, const struct report_statement *record)
{
	static const char *const tags[] = {"VACUUM", "ANALYZE", "REINDEX", "CLUSTER", "CALL", "DO"};
	bool blind;
	_cleanup_free_ char *tag = command_tag(record->sql, &blind); /* that of the record is gone if it failed */
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (string_equal(tag, tags[i]))
			return true;
	return session->text || strcasestr(record->sql, "concurrently");
}

/* The transaction says whose it is; among statements of the same one, time does. */
static bool is_statements(const struct command_session *session, const struct report_statement *record,
			  const struct command_sample *sample, double until_ms)
{
	if (sample->is_taken || sample->pid != session->pid || sample->seen_ms > until_ms)
		return false;
	return sample->transaction == session->number ||
	       (sample->transaction > session->number && sample->seen_ms <= record->to_ms &&
		spans_transactions(session, record));
}

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
		if (!is_statements(session, record, sample, until_ms) || !is_anybodys(trace, sample->lock.relation))
			continue;
		sample->is_taken = true;
		if (is_open)
			look_add(&seen, sample->lock);
		else
			add_passed(trace->evidence, (struct watch_sample){.lock = sample->lock,
									  .from_ms = sample->from_ms,
									  .to_ms = sample->to_ms});
	}
	take_as_held(trace, statement, &seen, true);
	watch_sampled(trace->evidence, trace->migration, statement);
	look_free(&seen);
	command_trace_leave(trace, session);
}
