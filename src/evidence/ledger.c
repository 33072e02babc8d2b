#include "evidence/ledger.h"

#include "base/memory.h"

void ledger_free(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->count; i++)
		report_relation_clear(&ledger->relations[i].record);
	free(ledger->relations);
	*ledger = (struct ledger){0};
}

static size_t find_or_add(struct ledger *ledger, const struct ledger_subject *subject)
{
	for (size_t i = 0; i < ledger->count; i++)
		if (ledger->relations[i].oid == subject->oid)
			return i;
	ledger->relations = memory_resize(ledger->relations, ledger->count + 1, sizeof(*ledger->relations));
	ledger->relations[ledger->count] = (struct ledger_relation){
		.oid = subject->oid,
		.record = {.name = string_copy(subject->name),
			   .kind = string_copy(subject->kind),
			   .bytes = subject->bytes,
			   .rows = subject->rows},
	};
	return ledger->count++;
}

struct ledger_place ledger_open(struct ledger *ledger, const struct ledger_subject *subject, struct report_hold hold)
{
	struct ledger_place place = {.relation = find_or_add(ledger, subject)};
	struct report_relation *record = &ledger->relations[place.relation].record;
	place.hold = record->hold_count++;
	hold.to_ms = hold.from_ms;
	record->holds = memory_resize(record->holds, record->hold_count, sizeof(*record->holds));
	record->holds[place.hold] = hold;
	if (hold.mode > record->strongest)
		record->strongest = hold.mode;
	return place;
}

void ledger_close(struct ledger *ledger, struct ledger_place place, double to_ms)
{
	struct report_hold *hold = &ledger->relations[place.relation].record.holds[place.hold];
	hold->to_ms = to_ms > hold->from_ms ? to_ms : hold->from_ms;
}

/* --- summing up --- */

static int hold_order(const void *a, const void *b)
{
	const struct report_hold *left = a;
	const struct report_hold *right = b;
	if (left->from_ms != right->from_ms)
		return left->from_ms < right->from_ms ? -1 : 1;
	return (left->to_ms > right->to_ms) - (left->to_ms < right->to_ms);
}

static bool blocks_reads(enum table_lock mode)
{
	return table_locks[mode].blocks_reads;
}

static bool blocks_writes(enum table_lock mode)
{
	return table_locks[mode].blocks_writes;
}

/* The union of the holds, sorted by their begin, that block; and its longest piece. */
static void sum_up(const struct report_relation *record, bool (*blocks)(enum table_lock mode), double *ret_sum,
		   double *ret_longest)
{
	double sum = 0, longest = 0, from = 0, to = 0;
	bool any = false;
	for (size_t i = 0; i < record->hold_count; i++) {
		const struct report_hold *hold = &record->holds[i];
		if (!blocks(hold->mode))
			continue;
		if (!any || hold->from_ms > to) {
			sum += to - from;
			from = hold->from_ms;
			to = hold->to_ms;
		} else if (hold->to_ms > to) {
			to = hold->to_ms;
		}
		any = true;
		if (to - from > longest)
			longest = to - from;
	}
	*ret_sum = sum + (to - from);
	*ret_longest = longest;
}

static int relation_order(const void *a, const void *b)
{
	const struct report_relation *left = a;
	const struct report_relation *right = b;
	if (left->longest_writes_ms != right->longest_writes_ms)
		return left->longest_writes_ms > right->longest_writes_ms ? -1 : 1;
	if (left->longest_reads_ms != right->longest_reads_ms)
		return left->longest_reads_ms > right->longest_reads_ms ? -1 : 1;
	return strcmp(left->name, right->name);
}

void ledger_finish(struct ledger *ledger, struct report_relation **ret, size_t *ret_count)
{
	struct report_relation *relations = memory_allocate((ledger->count + 1) * sizeof(*relations));
	for (size_t i = 0; i < ledger->count; i++) {
		struct report_relation *record = &ledger->relations[i].record;
		qsort(record->holds, record->hold_count, sizeof(*record->holds), hold_order);
		sum_up(record, blocks_reads, &record->reads_blocked_ms, &record->longest_reads_ms);
		sum_up(record, blocks_writes, &record->writes_blocked_ms, &record->longest_writes_ms);
		relations[i] = *record;
		*record = (struct report_relation){0};
	}
	qsort(relations, ledger->count, sizeof(*relations), relation_order);
	*ret = relations;
	*ret_count = ledger->count;
	ledger_free(ledger);
}
