/* What a statement did that was on its own: it has committed, in one transaction or in several. */
#include "evidence/watch.h"

/* What cannot have been done without a lock; looking every few milliseconds may have missed it. */
static void add_implied(struct evidence *evidence, struct report_migration *migration, size_t statement,
			const struct found_change *found)
{
	struct relation *table = registry_find(&evidence->registry, found->relation);
	struct relation *index = registry_find(&evidence->registry, found->object);
	bool of_index = found->change.kind == CHANGE_REWRITE && found->object;
	if (found->change.kind == CHANGE_INDEX_INVALID || found->change.concurrently) {
		watch_implied(evidence, migration, statement, table, TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE);
	} else if (found->change.kind == CHANGE_INDEX_BUILT) {
		watch_implied(evidence, migration, statement, table, TABLE_LOCK_SHARE);
	} else if (of_index) {
		watch_implied(evidence, migration, statement, table, TABLE_LOCK_SHARE);
		if (index)
			watch_implied(evidence, migration, statement, index, TABLE_LOCK_ACCESS_EXCLUSIVE);
	} else if (found->change.kind == CHANGE_REWRITE || found->change.kind == CHANGE_ROWS_DELETED) {
		watch_implied(evidence, migration, statement, table, TABLE_LOCK_ACCESS_EXCLUSIVE);
	}
}

static void note_lost_indexes(const struct evidence *evidence, const struct relation_state *before,
			      const struct relation_state *after)
{
	for (size_t i = 0; i < before->index_count; i++) {
		struct relation *index = registry_find(&evidence->registry, before->indexes[i].oid);
		bool is_there = false;
		for (size_t j = 0; after && j < after->index_count; j++)
			is_there = is_there || after->indexes[j].oid == before->indexes[i].oid;
		if (index)
			index->gone = !is_there;
	}
}

static void compare(struct evidence *evidence, struct report_migration *migration, size_t index,
		    struct relation *relation, struct relation_state *after, struct change_list *list)
{
	struct relation_state *before = relation->before;
	relation->before = NULL;
	if (!before)
		before = relation_state_partial(&evidence->registry, relation);
	struct comparison comparison = {
		.tag = migration->list[index].tag,
		.before = before,
		.after = after,
		.had_rows = before->is_partial && after && after->bytes > 0,
		.bytes = relation->bytes || !after ? relation->bytes : after->total,
		.columns = relation->columns,
		/* A tool's foreign key was checked under a lock that may not have been seen. */
		.held = evidence->outside_role ? TABLE_LOCK_ACCESS_EXCLUSIVE : TABLE_LOCK_NONE,
		/* Rows in a table that code has emptied were put there afterwards. */
		.counts = {.inserted = strcasestr(migration->list[index].sql, "truncate") != NULL},
	};
	if (!relation->gone)
		changes_find(&comparison, list);
	note_lost_indexes(evidence, before, after);
	relation->before = after;
	relation->gone = after == NULL;
	relation->file = after ? after->file : 0;
	relation_state_free(before);
}

static void find_tables(const struct evidence *evidence, const struct oid_list *changed, struct oid_list *ret)
{
	for (size_t i = 0; i < changed->count; i++) {
		struct relation *table =
			registry_table_of(&evidence->registry, registry_find(&evidence->registry, changed->items[i]));
		if (table && strchr("rpmvf", table->kind) && !oid_list_has(ret, table->oid))
			oid_list_add(ret, table->oid);
	}
}

static bool runs_code(const char *tag)
{
	return string_equal(tag, "CALL") || string_equal(tag, "DO");
}

/* Of what names no relation, any may be gone. */
static int find_gone(const struct evidence *evidence, struct oid_list *ret, struct error **err)
{
	_cleanup_oids_ struct oid_list tables = {0};
	for (size_t i = 0; i < evidence->registry.count; i++)
		if (strchr("rp", evidence->registry.items[i].kind) && !evidence->registry.items[i].gone)
			oid_list_add(&tables, evidence->registry.items[i].oid);
	return observer_gone(evidence->observer, &tables, ret, err);
}

/* Compares what has changed since the statement or its transaction began; `any`: by whatever name. */
static int compare_changed(struct evidence *evidence, struct report_migration *migration, size_t statement, bool any,
			   struct change_list *ret, struct error **err)
{
	_cleanup_oids_ struct oid_list changed = {0};
	_cleanup_oids_ struct oid_list tables = {0};
	_cleanup_states_ struct relation_states states = {0};
	if (observer_changed(evidence->observer, evidence->begin_transaction, &changed, err) < 0 ||
	    (any && find_gone(evidence, &changed, err) < 0))
		return -1;
	find_tables(evidence, &changed, &tables);
	if (tables.count > 0 && observer_states(evidence->observer, &tables, &states, err) < 0)
		return -1;
	for (size_t i = 0; i < tables.count; i++) {
		struct relation *relation = registry_find(&evidence->registry, tables.items[i]);
		compare(evidence, migration, statement, relation, relation_states_take(&states, relation->oid), ret);
	}
	return 0;
}

int watch_committed(struct evidence *evidence, struct report_migration *migration, size_t statement, struct error **err)
{
	_cleanup_changes_ struct change_list list = {0};
	bool is_code = runs_code(migration->list[statement].tag);
	if (compare_changed(evidence, migration, statement, is_code, &list, err) < 0)
		return -1;
	watch_sampled(evidence, migration, statement);
	for (size_t i = 0; i < list.count; i++)
		add_implied(evidence, migration, statement, &list.items[i]);
	if (is_code)
		watch_blind(evidence,
			    "of a procedure or DO block that commits by itself, only files, names and indexes "
			    "were compared, and only those locks seen that were held for some milliseconds");
	return watch_record(evidence, &list, &migration->list[statement], err);
}

int watch_untold(struct evidence *evidence, struct report_migration *migration, size_t statement, struct error **err)
{
	_cleanup_changes_ struct change_list list = {0};
	if (compare_changed(evidence, migration, statement, true, &list, err) < 0)
		return -1;
	return watch_record(evidence, &list, &migration->list[statement], err);
}

/* --- of a tool, by statement --- */

static int record_statement(struct evidence *evidence, struct report_migration *migration, size_t statement,
			    const struct oid_list *tables, const size_t *statements, struct relation_states *states,
			    struct error **err)
{
	_cleanup_changes_ struct change_list list = {0};
	for (size_t i = 0; i < tables->count; i++) {
		struct relation *relation = registry_find(&evidence->registry, tables->items[i]);
		if (statements[i] == statement)
			compare(evidence, migration, statement, relation, relation_states_take(states, relation->oid),
				&list);
	}
	for (size_t i = 0; i < list.count; i++)
		add_implied(evidence, migration, statement, &list.items[i]);
	return watch_record(evidence, &list, &migration->list[statement], err);
}

int watch_attributed(struct evidence *evidence, struct report_migration *migration, watch_attribute *attribute,
		     void *context, struct error **err)
{
	_cleanup_oids_ struct oid_list changed = {0};
	_cleanup_oids_ struct oid_list tables = {0};
	_cleanup_states_ struct relation_states states = {0};
	if (observer_changed(evidence->observer, evidence->begin_transaction, &changed, err) < 0 ||
	    find_gone(evidence, &changed, err) < 0)
		return -1;
	find_tables(evidence, &changed, &tables);
	if (tables.count == 0)
		return 0;
	if (observer_states(evidence->observer, &tables, &states, err) < 0)
		return -1;
	_cleanup_free_ size_t *statements = memory_allocate(tables.count * sizeof(*statements));
	for (size_t i = 0; i < tables.count; i++)
		statements[i] = attribute(context, registry_find(&evidence->registry, tables.items[i]));
	int result = 0;
	for (size_t i = 0; i < migration->list_count && result == 0; i++)
		result = record_statement(evidence, migration, i, &tables, statements, &states, err);
	return result;
}
