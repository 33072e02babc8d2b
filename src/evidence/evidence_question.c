/* What is to be asked after a statement: of which relations it may have changed what. */
#include <strings.h>

#include "evidence/watch.h"

void watch_question_free(struct watch_question *question)
{
	oid_list_free(&question->states);
	oid_list_free(&question->counts);
}
bool watch_tag_is(const struct report_statement *statement, const char *tag)
{
	return string_equal(statement->tag, tag);
}

/* Locks come sorted by relation. */
static void add_next(struct oid_list *list, uint32_t oid)
{
	if (list->count == 0 || list->items[list->count - 1] != oid)
		oid_list_add(list, oid);
}

static void add_once(struct oid_list *list, uint32_t oid)
{
	if (!oid_list_has(list, oid))
		oid_list_add(list, oid);
}

static bool has_definition(const struct relation *relation)
{
	return strchr("rpmvf", relation->kind) != NULL;
}

bool watch_needs_no_snapshot(const struct report_statement *statement)
{
	static const char *const tags[] = {"BEGIN",     "START TRANSACTION", "SET",    "RESET",           "SHOW",
					   "SAVEPOINT", "RELEASE",           "LISTEN", "SET CONSTRAINTS", "LOCK TABLE",
					   "NOTIFY",    "UNLISTEN"};
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (watch_tag_is(statement, tags[i]))
			return true;
	return false;
}

/*
 * How far a statement reaches among the relations that the transaction had locked before it, by its tag. What it locks
 * itself is asked of in any case.
 */
struct reach {
	const char *tag;
	bool named;             /* to those that its text names; else to none */
	bool makes_foreign_key; /* it may */
};

/* NULL: to any. */
static const struct reach *reach_of(const struct report_statement *statement)
{
	static const struct reach reaches[] = {
		{"ALTER TABLE", true, true},       {"CREATE TABLE", true, true},
		{"CREATE INDEX", true, false},     {"CREATE TRIGGER", true, false},
		{"CREATE VIEW", true, false},      {"DROP TABLE", true, false},
		{"TRUNCATE TABLE", true, false},   {"COMMENT", false, false},
		{"CREATE FUNCTION", false, false}, {"CREATE PROCEDURE", false, false},
		{"CREATE TYPE", false, false},     {"CREATE DOMAIN", false, false},
		{"CREATE SEQUENCE", false, false}, {"GRANT", false, false},
		{"REVOKE", false, false},          {"ALTER DEFAULT PRIVILEGES", false, false},
	};
	/* A new type of a column makes the foreign keys to it anew. Names may be written in other ways. */
	static const char *const far[] = {"cascade", "type", "u&\""};
	const struct reach *reach = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(reaches) && !reach; i++)
		if (watch_tag_is(statement, reaches[i].tag))
			reach = &reaches[i];
	if (!reach || !reach->named)
		return reach;
	for (size_t i = 0; i < ARRAY_SIZE(far); i++)
		if (strcasestr(statement->sql, far[i]))
			return NULL;
	return strlen(statement->sql) < REPORT_SQL_MAX ? reach : NULL;
}

static bool has_name(const struct report_statement *statement, const struct relation_state *state)
{
	if (!state || !state->name || strchr(state->name, '"') || strcasestr(statement->sql, state->name))
		return true;
	for (size_t i = 0; i < state->index_count; i++)
		if (!state->indexes[i].name || strcasestr(statement->sql, state->indexes[i].name))
			return true;
	return false;
}

/* Whether the statement may be about the relation, by itself or by what it is a part of. */
static bool is_reached(const struct evidence *evidence, const struct reach *reach,
		       const struct report_statement *statement, struct relation *relation)
{
	if (!reach || !reach->named)
		return !reach;
	for (struct relation *at = relation; at;
	     at = at->parent ? registry_find(&evidence->registry, at->parent) : NULL)
		if (has_name(statement, relation_state_of(at)))
			return true;
	return false;
}

/* Which of the relations that are locked as by a change of definition this statement may have changed. */
static void choose_states(struct evidence *evidence, const struct report_statement *statement, size_t index,
			  const struct reach *reach, struct oid_list *ret)
{
	bool is_query = tag_is_query(statement->tag);
	for (size_t i = 0; i < evidence->hold_count; i++) {
		const struct watch_hold *hold = &evidence->holds[i];
		struct relation *relation = registry_find(&evidence->registry, hold->lock.relation);
		struct relation *table = registry_table_of(&evidence->registry, relation);
		if (hold->lock.mode < TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE || !table || !has_definition(table))
			continue;
		if (hold->statement == index || (!is_query && is_reached(evidence, reach, statement, table)))
			add_once(ret, table->oid);
	}
}

/* What is asked of the newest foreign keys costs as much as a relation. */
static bool may_have_foreign_key(const struct report_statement *statement, const struct reach *reach,
				 const struct look *look)
{
	return look->defines_newer && !tag_is_query(statement->tag) && (!reach || reach->makes_foreign_key);
}

void watch_question(struct evidence *evidence, const struct report_statement *statement, size_t index,
		    const struct look *look, struct watch_question *ret)
{
	const struct reach *reach = reach_of(statement);
	ret->has_created = may_have_foreign_key(statement, reach, look);
	for (size_t i = 0; i < look->lock_count; i++) {
		struct relation *relation = registry_find(&evidence->registry, look->locks[i].relation);
		if (relation && strchr("rpm", relation->kind) && is_reached(evidence, reach, statement, relation))
			add_next(&ret->counts, relation->oid);
	}
	if (!watch_tag_is(statement, "ROLLBACK")) {
		choose_states(evidence, statement, index, reach, &ret->states);
		return;
	}
	/* Back to a savepoint: what was changed is as it was, or not. */
	for (size_t i = 0; i < evidence->touched.count; i++)
		oid_list_add(&ret->states, evidence->touched.items[i]);
}
