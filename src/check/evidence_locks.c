/* Which locks are held, since when, and what becomes of them. */
#include "check/watch.h"

static struct relation *locked_relation(const struct evidence *evidence, uint32_t oid)
{
	struct relation *relation = registry_find(&evidence->registry, oid);
	return relation && !relation_is_toast(&evidence->registry, relation) ? relation : NULL;
}

static struct watch_hold *find_hold(struct evidence *evidence, struct held_lock lock)
{
	for (size_t i = 0; i < evidence->hold_count; i++)
		if (evidence->holds[i].lock.relation == lock.relation && evidence->holds[i].lock.mode == lock.mode)
			return &evidence->holds[i];
	return NULL;
}

enum table_lock watch_strongest(const struct evidence *evidence, uint32_t relation)
{
	enum table_lock strongest = TABLE_LOCK_NONE;
	for (size_t i = 0; i < evidence->hold_count; i++)
		if (evidence->holds[i].lock.relation == relation && evidence->holds[i].lock.mode > strongest)
			strongest = evidence->holds[i].lock.mode;
	return strongest;
}

static size_t add_record(struct report_statement *statement, const struct relation *relation, enum table_lock mode,
			 double from_ms, double to_ms, bool sampled)
{
	statement->locks = memory_resize(statement->locks, statement->lock_count + 1, sizeof(*statement->locks));
	statement->locks[statement->lock_count] = (struct report_lock){
		.relation = string_copy(relation_name(relation)),
		.kind = string_copy(relation_kind_name(relation->kind)),
		.mode = mode,
		.from_ms = from_ms,
		.to_ms = to_ms,
		.sampled = sampled,
	};
	return statement->lock_count++;
}

static struct ledger_place add_to_ledger(struct evidence *evidence, const struct relation *relation,
					 enum table_lock mode, double from_ms, size_t statement)
{
	struct ledger_subject subject = {.oid = relation->oid,
					 .name = relation->shown,
					 .kind = relation_kind_name(relation->kind),
					 .bytes = relation->bytes,
					 .rows = relation->rows};
	struct report_hold hold = {
		.mode = mode, .from_ms = from_ms, .migration = evidence->migration, .statement = statement};
	return ledger_open(&evidence->ledger, &subject, hold);
}

static void release(struct evidence *evidence, struct report_migration *migration, const struct watch_hold *hold,
		    double to_ms)
{
	if (hold->place == SIZE_MAX)
		return;
	struct report_lock *record = &migration->list[hold->statement].locks[hold->place];
	record->to_ms = to_ms > record->from_ms ? to_ms : record->from_ms;
	ledger_close(&evidence->ledger, hold->ledger, to_ms);
}

void watch_release_all(struct evidence *evidence, struct report_migration *migration, double to_ms)
{
	for (size_t i = 0; i < evidence->hold_count; i++)
		release(evidence, migration, &evidence->holds[i], to_ms);
	evidence->hold_count = 0;
}

/*
 * Of what a statement took on a relation, the strongest is told, if nothing as strong was held before. An index goes
 * with its table: it is told only if it is locked as nothing but a change of it does, and more than the table is.
 */
static bool is_worth_telling(const struct evidence *evidence, const struct watch_hold *hold)
{
	const struct relation *relation = locked_relation(evidence, hold->lock.relation);
	if (relation->owner && (hold->lock.mode < TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE ||
				watch_strongest(evidence, relation->owner) >= hold->lock.mode))
		return false;
	for (size_t i = 0; i < evidence->hold_count; i++)
		if (&evidence->holds[i] != hold && evidence->holds[i].lock.relation == hold->lock.relation &&
		    evidence->holds[i].lock.mode >= hold->lock.mode)
			return false;
	return true;
}

static void take(struct evidence *evidence, struct report_migration *migration, size_t statement,
		 const struct relation *relation, struct watch_hold *hold)
{
	struct report_statement *record = &migration->list[statement];
	hold->place = add_record(record, relation, hold->lock.mode, record->from_ms, record->to_ms, false);
	hold->ledger = add_to_ledger(evidence, relation, hold->lock.mode, record->from_ms, statement);
}

static void add_hold(struct evidence *evidence, struct held_lock lock, size_t statement)
{
	evidence->holds = memory_resize(evidence->holds, evidence->hold_count + 1, sizeof(*evidence->holds));
	evidence->holds[evidence->hold_count++] =
		(struct watch_hold){.lock = lock, .statement = statement, .place = SIZE_MAX, .is_held = true};
}

static void drop_lost(struct evidence *evidence, struct report_migration *migration, double to_ms)
{
	size_t kept = 0;
	for (size_t i = 0; i < evidence->hold_count; i++) {
		if (evidence->holds[i].is_held)
			evidence->holds[kept++] = evidence->holds[i];
		else
			release(evidence, migration, &evidence->holds[i], to_ms);
	}
	evidence->hold_count = kept;
}

void watch_locks(struct evidence *evidence, struct report_migration *migration, size_t statement,
		 const struct look *look)
{
	for (size_t i = 0; i < evidence->hold_count; i++)
		evidence->holds[i].is_held = false;
	size_t old_count = evidence->hold_count;
	for (size_t i = 0; i < look->lock_count; i++) {
		struct watch_hold *hold = find_hold(evidence, look->locks[i]);
		if (hold)
			hold->is_held = true;
		else if (locked_relation(evidence, look->locks[i].relation))
			add_hold(evidence, look->locks[i], statement);
	}
	/* A lost lock counts for nothing any more, so that it is told if it is taken again. */
	for (size_t i = 0; i < old_count; i++)
		if (!evidence->holds[i].is_held)
			evidence->holds[i].lock.mode = TABLE_LOCK_NONE;
	for (size_t i = old_count; i < evidence->hold_count; i++) {
		struct watch_hold *hold = &evidence->holds[i];
		if (is_worth_telling(evidence, hold))
			take(evidence, migration, statement, locked_relation(evidence, hold->lock.relation), hold);
	}
	drop_lost(evidence, migration, migration->list[statement].to_ms);
}

/* --- by looking every now and then --- */

void watch_sample(struct evidence *evidence, const struct look *look)
{
	double now = evidence_now(evidence);
	for (size_t i = 0; i < look->lock_count; i++) {
		struct watch_sample *sample = NULL;
		for (size_t j = 0; j < evidence->sample_count && !sample; j++)
			if (evidence->samples[j].lock.relation == look->locks[i].relation &&
			    evidence->samples[j].lock.mode == look->locks[i].mode)
				sample = &evidence->samples[j];
		if (sample) {
			sample->to_ms = now;
			continue;
		}
		/* What earlier statements took is known already. */
		if (!locked_relation(evidence, look->locks[i].relation) ||
		    watch_strongest(evidence, look->locks[i].relation) >= look->locks[i].mode)
			continue;
		evidence->samples =
			memory_resize(evidence->samples, evidence->sample_count + 1, sizeof(*evidence->samples));
		evidence->samples[evidence->sample_count++] =
			(struct watch_sample){.lock = look->locks[i], .from_ms = now, .to_ms = now};
	}
}

static bool is_recorded(const struct report_statement *statement, const struct relation *relation, enum table_lock mode)
{
	for (size_t i = 0; i < statement->lock_count; i++)
		if (statement->locks[i].mode >= mode &&
		    string_equal(statement->locks[i].relation, relation_name(relation)))
			return true;
	return false;
}

static void add_sampled(struct evidence *evidence, struct report_migration *migration, size_t statement,
			const struct relation *relation, struct watch_sample sample)
{
	struct report_statement *record = &migration->list[statement];
	/* Between two looks nobody knows: within one of them of the statement's ends, it is that end. */
	double step = evidence->began_in_transaction ? WATCH_SLOW_TICK_MS : 2 * EVIDENCE_TICK_MS;
	double from = sample.from_ms - record->from_ms <= step ? record->from_ms : sample.from_ms;
	double to = record->to_ms - sample.to_ms <= step ? record->to_ms : sample.to_ms;
	add_record(record, relation, sample.lock.mode, from, to, true);
	struct ledger_place place = add_to_ledger(evidence, relation, sample.lock.mode, from, statement);
	ledger_close(&evidence->ledger, place, to);
}

static enum table_lock strongest_sample(const struct evidence *evidence, uint32_t relation)
{
	enum table_lock strongest = watch_strongest(evidence, relation);
	for (size_t i = 0; i < evidence->sample_count; i++)
		if (evidence->samples[i].lock.relation == relation && evidence->samples[i].lock.mode > strongest)
			strongest = evidence->samples[i].lock.mode;
	return strongest;
}

/* As of a lock that is held. */
static bool is_sample_worth_telling(const struct evidence *evidence, const struct watch_sample *sample,
				    const struct relation *relation)
{
	enum table_lock mode = sample->lock.mode;
	if (relation->owner &&
	    (mode < TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE || strongest_sample(evidence, relation->owner) >= mode))
		return false;
	return watch_strongest(evidence, relation->oid) < mode && strongest_sample(evidence, relation->oid) == mode;
}

void watch_sampled(struct evidence *evidence, struct report_migration *migration, size_t statement)
{
	for (size_t i = 0; i < evidence->sample_count; i++) {
		const struct watch_sample *sample = &evidence->samples[i];
		const struct relation *relation = locked_relation(evidence, sample->lock.relation);
		/* What took the place of an index took its locks, too; nobody wants the old one. */
		bool replaced = relation->owner && relation->gone;
		if (!replaced && is_sample_worth_telling(evidence, sample, relation) &&
		    !is_recorded(&migration->list[statement], relation, sample->lock.mode))
			add_sampled(evidence, migration, statement, relation, *sample);
	}
	evidence->sample_count = 0;
}

void watch_implied(struct evidence *evidence, struct report_migration *migration, size_t statement,
		   struct relation *relation, enum table_lock mode)
{
	const struct report_statement *record = &migration->list[statement];
	if (is_recorded(record, relation, mode))
		return;
	struct watch_sample whole = {.lock = {relation->oid, mode}, .from_ms = record->from_ms, .to_ms = record->to_ms};
	add_sampled(evidence, migration, statement, relation, whole);
}
