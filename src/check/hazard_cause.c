/* What makes a statement long under its locks. */
#include "check/hazard_rule.h"

static bool is_of_kind(const struct hazard_search *search, const struct report_change *change, const char *kind)
{
	const struct report_relation *relation = hazard_relation(search, change->relation);
	return relation && relation->kind && strstr(relation->kind, kind);
}

/* A materialized view is computed anew, not rewritten: nothing is to be done about its type. */
static enum hazard_id hazard_of_rewrite(const struct hazard_search *search, const struct report_change *change)
{
	if (change->concurrently || is_of_kind(search, change, "view"))
		return HAZARD_COUNT;
	bool is_index = change->object || is_of_kind(search, change, "index");
	return is_index ? HAZARD_BLOCKING_INDEX_BUILD : HAZARD_TABLE_REWRITE;
}

enum hazard_id hazard_of_change(const struct hazard_search *search, const struct report_statement *statement,
				const struct report_change *change)
{
	switch (change->kind) {
	case CHANGE_REWRITE:
		return hazard_of_rewrite(search, change);
	case CHANGE_INDEX_BUILT:
		return change->concurrently ? HAZARD_COUNT : HAZARD_BLOCKING_INDEX_BUILD;
	case CHANGE_CONSTRAINT_ADDED:
		return change->validated ? HAZARD_CONSTRAINT_SCAN : HAZARD_COUNT;
	case CHANGE_CONSTRAINT_VALIDATED:
	case CHANGE_COLUMN_NOT_NULL:
		return HAZARD_CONSTRAINT_SCAN;
	case CHANGE_FULL_SCAN: /* ATTACH PARTITION, ALTER DOMAIN: what is no ALTER reads for reasons of its own */
		return statement->tag && string_starts_with(statement->tag, "ALTER") ? HAZARD_CONSTRAINT_SCAN
										     : HAZARD_COUNT;
	default:
		return HAZARD_COUNT;
	}
}

/* The rows of hazards[] begin with the causes, the weightiest first. */
enum hazard_id hazard_cause(const struct hazard_search *search, const struct report_statement *statement)
{
	enum hazard_id cause = HAZARD_BLOCKING_LOCK;
	bool is_enum = false;
	for (size_t i = 0; i < statement->change_count; i++) {
		enum hazard_id id = hazard_of_change(search, statement, &statement->changes[i]);
		if (id < cause)
			cause = id;
		is_enum |= statement->changes[i].kind == CHANGE_COLUMN_RETYPED && statement->changes[i].is_enum;
	}
	if (cause == HAZARD_TABLE_REWRITE && is_enum)
		return HAZARD_ENUM_REWRITE;
	return statement->is_commit ? HAZARD_SLOW_COMMIT : cause;
}

/* Also under the name that it has got in the run: a relation has two only if something was renamed. */
static bool is_same(const struct hazard_search *search, const char *a, const char *b)
{
	if (string_equal(a, b))
		return true;
	bool has_renamed = search->name_count > search->report->relation_count;
	const struct report_relation *relation = has_renamed ? hazard_relation(search, a) : NULL;
	return relation && relation == hazard_relation(search, b);
}

bool hazard_needs_lock(const struct hazard_search *search, const struct report_statement *statement, const char *name)
{
	if (statement->is_commit)
		return true;
	for (size_t i = 0; i < statement->lock_count; i++)
		if (is_same(search, statement->locks[i].relation, name) &&
		    table_locks[statement->locks[i].mode].blocks_writes)
			return true;
	for (size_t i = 0; i < statement->change_count; i++)
		if (is_same(search, statement->changes[i].relation, name) &&
		    hazard_of_change(search, statement, &statement->changes[i]) != HAZARD_COUNT)
			return true;
	return false;
}

uint64_t hazard_rewritten_bytes(const struct hazard_search *search, const struct report_statement *statement)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < statement->change_count; i++)
		if (hazard_of_change(search, statement, &statement->changes[i]) == HAZARD_TABLE_REWRITE)
			bytes += hazard_size_of(search, &statement->changes[i]).bytes;
	return bytes;
}
