/* Which locks are held, since when, and what becomes of them. */
#include "evidence/watch.h"

static struct relation *locked_relation(const struct evidence *evidence, uint32_t oid)
{
	struct relation *relation = registry_find(&evidence->registry, oid);
	return relation && !relation_is_toast(&evidence->registry, relation) ? relation : NULL;
}

/* Holds are sorted by relation and mode, as looks are. */
enum table_lock watch_strongest(const struct evidence *evidence, uint32_t relation)
{
	size_t low = 0, high = evidence->hold_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (evidence->holds[middle].lock.relation <= relation)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low > 0 && evidence->holds[low - 1].lock.relation == relation;
	return found ? evidence->holds[low - 1].lock.mode : TABLE_LOCK_NONE;
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
static bool is_worth_telling(const struct evidence *evidence, const struct relation *relation, enum table_lock mode)
{
	if (relation->owner &&
	    (mode < TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE || watch_strongest(evidence, relation->owner) >= mode))
		return false;
	return watch_strongest(evidence, relation->oid) == mode;
}

static void take(struct evidence *evidence, struct report_migration *migration, size_t statement,
		 struct watch_hold *hold)
{
	struct report_statement *record = &migration->list[statement];
	const struct relation *relation = locked_relation(evidence, hold->lock.relation);
	hold->is_new = false;
	if (!is_worth_telling(evidence, relation, hold->lock.mode))
		return;
	hold->place = add_record(record, relation, hold->lock.mode, record->from_ms, record->to_ms, false);
	hold->ledger = add_to_ledger(evidence, relation, hold->lock.mode, record->from_ms, statement);
}

void watch_locks(struct evidence *evidence, struct report_migration *migration, size_t statement,
		 const struct look *look)
{
	double to_ms = migration->list[statement].to_ms;
	struct watch_hold *holds = memory_allocate((look->lock_count + 1) * sizeof(*holds));
	size_t count = 0, old = 0;
	for (size_t i = 0; i < look->lock_count; i++) {
		if (!locked_relation(evidence, look->locks[i].relation))
			continue;
		while (old < evidence->hold_count && held_lock_order(&evidence->holds[old].lock, &look->locks[i]) < 0)
			release(evidence, migration, &evidence->holds[old++], to_ms);
		if (old < evidence->hold_count && held_lock_order(&evidence->holds[old].lock, &look->locks[i]) == 0)
			holds[count++] = evidence->holds[old++];
		else
			holds[count++] = (struct watch_hold){
				.lock = look->locks[i], .statement = statement, .place = SIZE_MAX, .is_new = true};
	}
	while (old < evidence->hold_count)
		release(evidence, migration, &evidence->holds[old++], to_ms);
	free(evidence->holds);
	evidence->holds = holds;
	evidence->hold_count = count;
	for (size_t i = 0; i < count; i++)
		if (holds[i].is_new)
			take(evidence, migration, statement, &holds[i]);
}

/* --- by looking every now and then --- */

static struct watch_sample *find_sample(struct evidence *evidence, struct held_lock lock)
{
	for (size_t i = 0; i < evidence->sample_count; i++)
		if (!evidence->samples[i].is_exact && held_lock_order(&evidence->samples[i].lock, &lock) == 0)
			return &evidence->samples[i];
	return NULL;
}

static void add_sample(struct evidence *evidence, struct held_lock lock, double from_ms)
{
	evidence->samples = memory_resize(evidence->samples, evidence->sample_count + 1, sizeof(*evidence->samples));
	evidence->samples[evidence->sample_count++] =
		(struct watch_sample){.lock = lock, .from_ms = from_ms, .is_held = true};
}

/* Between two looks nobody knows: a lock is taken to be held from the last one without it to the next one without it.
 */
void watch_sample(struct evidence *evidence, const struct look *look)
{
	double now = evidence_now(evidence);
	for (size_t i = 0; i < evidence->sample_count; i++) {
		struct watch_sample *sample = &evidence->samples[i];
		if (sample->is_exact)
			continue;
		bool held = look->lock_count > 0 && bsearch(&sample->lock, look->locks, look->lock_count,
							    sizeof(sample->lock), held_lock_order) != NULL;
		if (sample->is_held && !held)
			sample->to_ms = now;
		sample->is_held = held;
	}
	for (size_t i = 0; i < look->lock_count; i++) {
		struct held_lock lock = look->locks[i];
		/* What earlier statements took is known already. */
		if (locked_relation(evidence, lock.relation) && watch_strongest(evidence, lock.relation) < lock.mode &&
		    !find_sample(evidence, lock))
			add_sample(evidence, lock, evidence->last_look);
	}
	evidence->last_look = now;
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
	bool exact = sample.is_exact;
	double from = exact || sample.from_ms > record->from_ms ? sample.from_ms : record->from_ms;
	double to = exact || (!sample.is_held && sample.to_ms < record->to_ms) ? sample.to_ms : record->to_ms;
	add_record(record, relation, sample.lock.mode, from, to, !exact);
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

static int exact_first(const void *a, const void *b)
{
	const struct watch_sample *left = a;
	const struct watch_sample *right = b;
	if (left->is_exact != right->is_exact)
		return left->is_exact ? -1 : 1;
	if (left->from_ms != right->from_ms)
		return left->from_ms < right->from_ms ? -1 : 1;
	return held_lock_order(&left->lock, &right->lock);
}

void watch_sampled(struct evidence *evidence, struct report_migration *migration, size_t statement)
{
	/* What is known exactly comes first: then it need not be told once more. */
	if (evidence->sample_count > 0)
		qsort(evidence->samples, evidence->sample_count, sizeof(*evidence->samples), exact_first);
	for (size_t i = 0; i < evidence->sample_count; i++) {
		const struct watch_sample *sample = &evidence->samples[i];
		const struct relation *relation = locked_relation(evidence, sample->lock.relation);
		/* What took the place of an index took its locks, too; nobody wants the old one. */
		bool replaced = relation->owner && relation->gone;
		bool known = !sample->is_exact && is_recorded(&migration->list[statement], relation, sample->lock.mode);
		if (!replaced && !known && is_sample_worth_telling(evidence, sample, relation))
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
