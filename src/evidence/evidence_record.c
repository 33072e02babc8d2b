/* From changes that were found to those in the report. */
#include <math.h>

#include "evidence/watch.h"

/* Of these, a partition's are its parent's. */
static bool is_inherited(enum report_change_kind kind)
{
	return kind == CHANGE_COLUMN_RENAMED || kind == CHANGE_COLUMN_RETYPED || kind == CHANGE_COLUMN_NOT_NULL ||
	       kind == CHANGE_CONSTRAINT_ADDED || kind == CHANGE_CONSTRAINT_VALIDATED;
}

static const struct found_change *find_same(const struct change_list *list, const struct found_change *found,
					    uint32_t relation)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].relation == relation && list->items[i].change.kind == found->change.kind)
			return &list->items[i];
	return NULL;
}

static bool is_parents(const struct evidence *evidence, const struct change_list *list,
		       const struct found_change *found)
{
	const struct relation *relation = registry_find(&evidence->registry, found->relation);
	return is_inherited(found->change.kind) && relation && relation->parent &&
	       find_same(list, found, relation->parent);
}

/* A partitioned table's column holds what its partitions' do, and each of these is told. */
static bool is_partitions(const struct evidence *evidence, const struct change_list *list,
			  const struct found_change *found)
{
	if (found->change.kind != CHANGE_COLUMN_DROPPED)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct relation *child = registry_find(&evidence->registry, list->items[i].relation);
		if (list->items[i].change.kind == CHANGE_COLUMN_DROPPED && child && child->parent == found->relation &&
		    registry_find(&evidence->registry, found->relation)->kind == 'p')
			return true;
	}
	return false;
}

static int read_statistics(const struct evidence *evidence, uint32_t relation, int column,
			   struct column_statistics *ret, struct error **err)
{
	const PGresult *rows = evidence->statistics;
	if (!rows)
		return observer_column(evidence->observer, relation, column, ret, err);
	*ret = (struct column_statistics){0};
	for (int row = 0; row < PQntuples(rows); row++)
		if (result_oid(rows, row, 0) == relation && result_number(rows, row, 1) == column)
			*ret = (struct column_statistics){.found = true,
							  .null_fraction = strtod(PQgetvalue(rows, row, 2), NULL),
							  .width = (int)result_number(rows, row, 3)};
	return 0;
}

/* The statistics are still those from before: the statement has not committed, or they have been kept. */
static int count_values(struct evidence *evidence, struct found_change *found, struct error **err)
{
	struct column_statistics statistics;
	const struct relation *relation = registry_find(&evidence->registry, found->relation);
	struct report_change *change = &found->change;
	if (change->kind != CHANGE_COLUMN_DROPPED || change->rows >= 0 || !relation)
		return 0;
	if (relation->kind == 'p') {
		change->rows = 0;
		return 0;
	}
	if (read_statistics(evidence, found->relation, (int)found->object, &statistics, err) < 0)
		return -1;
	if (!statistics.found || relation->rows < 0)
		return 0;
	change->rows = llround((double)relation->rows * (1 - statistics.null_fraction));
	change->bytes = (uint64_t)change->rows * (uint64_t)statistics.width;
	change->estimated = change->rows > 0;
	return 0;
}

static void add_to_statement(struct report_statement *statement, struct report_change *change)
{
	statement->changes =
		memory_resize(statement->changes, statement->change_count + 1, sizeof(*statement->changes));
	statement->changes[statement->change_count++] = *change;
	*change = (struct report_change){0};
}

int watch_record(struct evidence *evidence, struct change_list *list, struct report_statement *statement,
		 struct error **err)
{
	bool *left_out = memory_allocate(list->count + 1);
	for (size_t i = 0; i < list->count; i++)
		left_out[i] =
			is_parents(evidence, list, &list->items[i]) || is_partitions(evidence, list, &list->items[i]);
	int result = 0;
	for (size_t i = 0; i < list->count && result == 0; i++) {
		if (left_out[i])
			continue;
		result = count_values(evidence, &list->items[i], err);
		if (result == 0)
			add_to_statement(statement, &list->items[i].change);
	}
	free(left_out);
	return result;
}

/* --- what only the end shows --- */

/* The statement that made it; one that nobody was there to see is the last one's. */
static struct report_statement *maker_of(const struct evidence *evidence, uint32_t foreign_key)
{
	const struct report *report = evidence->report;
	size_t migration = report->migration_count - 1, statement = SIZE_MAX;
	for (size_t i = 0; i < evidence->foreign_key_count; i++)
		if (evidence->foreign_keys[i].oid == foreign_key) {
			migration = evidence->foreign_keys[i].migration;
			statement = evidence->foreign_keys[i].statement;
		}
	if (migration >= report->migration_count || report->migrations[migration].list_count == 0)
		return NULL;
	struct report_migration *found = &report->migrations[migration];
	return &found->list[statement < found->list_count ? statement : found->list_count - 1];
}

int watch_foreign_keys(struct evidence *evidence, struct error **err)
{
	PGresult *rows = NULL;
	if (observer_unindexed(evidence->observer, evidence->foreign_key_begin, &rows, err) < 0)
		return -1;
	for (int row = 0; row < PQntuples(rows); row++) {
		struct report_statement *statement = maker_of(evidence, result_oid(rows, row, 0));
		if (!statement)
			continue;
		struct report_change change = {
			.kind = CHANGE_FOREIGN_KEY_UNINDEXED,
			.relation = string_copy(PQgetvalue(rows, row, 1)),
			.object = string_copy(PQgetvalue(rows, row, 2)),
			.detail = string_copy(PQgetvalue(rows, row, 3)),
			.rows = result_number(rows, row, 4),
			.bytes = (uint64_t)result_number(rows, row, 5),
			.estimated = true,
		};
		add_to_statement(statement, &change);
	}
	PQclear(rows);
	return 0;
}

static bool is_among(const struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (string_equal(list->items[i], text))
			return true;
	return false;
}

static void drop_mended(struct report_statement *statement, const struct string_list *invalid)
{
	size_t kept = 0;
	for (size_t i = 0; i < statement->change_count; i++) {
		struct report_change *change = &statement->changes[i];
		if (change->kind == CHANGE_INDEX_INVALID && !is_among(invalid, change->object))
			report_change_clear(change);
		else
			statement->changes[kept++] = *change;
	}
	statement->change_count = kept;
}

int watch_invalid_indexes(struct evidence *evidence, struct error **err)
{
	struct report *report = evidence->report;
	struct string_list invalid = {0};
	if (observer_invalid_indexes(evidence->observer, &invalid, err) < 0)
		return -1;
	for (size_t i = 0; i < report->migration_count; i++)
		for (size_t j = 0; j < report->migrations[i].list_count; j++)
			drop_mended(&report->migrations[i].list[j], &invalid);
	string_list_free(&invalid);
	return 0;
}
