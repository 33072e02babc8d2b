/* What happens to data and to names that are in use, and what is left for later. */
#include <ctype.h>

#include "base/quantity.h"
#include "check/hazard_rule.h"

enum {
	DELETED_ROWS_MIN = 1000, /* fewer are a correction */
	FK_ROWS_MIN = 10000      /* fewer are read in no time */
};

/* Whether data of its own is in it: an index, a view or a copy can be made again. */
static bool holds_data(const struct hazard_search *search, const struct report_change *change)
{
	const struct report_relation *relation = hazard_relation(search, change->relation);
	return !relation || !relation->kind || strstr(relation->kind, "table") != NULL;
}

/* By its name; or all rows under the lock that TRUNCATE takes and DELETE does not: then it stands in a block of
 * PL/pgSQL. */
static bool is_truncate(const struct report_statement *statement, const struct report_change *change, int64_t had)
{
	if (!statement->tag || string_equal(statement->tag, "DELETE"))
		return false;
	if (string_starts_with(statement->tag, "TRUNCATE"))
		return true;
	for (size_t i = 0; i < statement->lock_count; i++)
		if (string_equal(statement->locks[i].relation, change->relation) &&
		    statement->locks[i].mode == TABLE_LOCK_ACCESS_EXCLUSIVE)
			return change->rows >= had;
	return false;
}

static void find_dropped(struct hazard_search *search, struct hazard_place place, const struct report_change *change)
{
	struct hazard_size size = hazard_size_of(search, change);
	if (size.rows == 0 || !holds_data(search, change))
		return;
	if (change->kind == CHANGE_TABLE_DROPPED) {
		_cleanup_free_ char *table = hazard_describe_relation(search, change);
		hazard_add(search, HAZARD_DATA_LOSS, LEVEL_ERROR, place, string_format("%s is dropped", table));
		return;
	}
	/* Of a column, the ledger's rows say nothing. */
	size = (struct hazard_size){change->rows, change->bytes, change->estimated};
	_cleanup_free_ char *values = hazard_describe_rows(&size, "value", "values");
	_cleanup_free_ char *bytes = quantity_format_size(size.bytes);
	hazard_add(search, HAZARD_DATA_LOSS, LEVEL_ERROR, place,
		   size.rows < 0 ? string_format("%s.%s is dropped", change->relation, change->object)
				 : string_format("%s.%s is dropped with %s (%s)", change->relation, change->object,
						 values, bytes));
}

static void find_deleted(struct hazard_search *search, struct hazard_place place, const struct report_change *change)
{
	const struct report_relation *relation = hazard_relation(search, change->relation);
	int64_t had = relation ? relation->rows : -1;
	bool all = is_truncate(hazard_statement(search, place), change, had);
	struct hazard_size size = {.rows = change->rows, .estimated = change->estimated};
	_cleanup_free_ char *rows = hazard_describe_rows(&size, "row", "rows");
	if (all && change->rows != 0)
		hazard_add(search, HAZARD_DATA_LOSS, LEVEL_ERROR, place,
			   change->rows < 0 ? string_format("%s is emptied", change->relation)
					    : string_format("%s is emptied of %s", change->relation, rows));
	else if (!all && change->rows >= DELETED_ROWS_MIN && had >= 0 && change->rows >= had - change->rows)
		hazard_add(search, HAZARD_DATA_LOSS, LEVEL_WARNING, place,
			   string_format("%s of %s are deleted, at least half of all", rows, change->relation));
}

/* Whether `text` has the last part of the relation's name as a word of its own. */
static bool mentions(const char *text, const char *relation)
{
	const char *dot = strrchr(relation, '.');
	const char *name = dot ? dot + 1 : relation;
	size_t length = strlen(name);
	for (const char *at = text; length > 0 && (at = strcasestr(at, name)); at++) {
		bool begins = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
		bool ends = !(isalnum((unsigned char)at[length]) || at[length] == '_');
		if (begins && ends)
			return true;
	}
	return false;
}

/* A view that takes over the old name keeps the old application running. */
static bool has_stand_in(const struct report_migration *migration, size_t statement, const char *relation)
{
	for (size_t i = statement + 1; i < migration->list_count; i++)
		if (string_equal(migration->list[i].tag, "CREATE VIEW") && mentions(migration->list[i].sql, relation))
			return true;
	return false;
}

static void find_renamed(struct hazard_search *search, struct hazard_place place, const struct report_change *change)
{
	const struct report *report = search->report;
	bool of_column = change->kind == CHANGE_COLUMN_RENAMED;
	if (hazard_size_of(search, change).rows == 0 || !holds_data(search, change) ||
	    (!of_column && has_stand_in(&report->migrations[place.migration], place.statement, change->relation)))
		return;
	hazard_add(search, HAZARD_RENAME, LEVEL_WARNING, place,
		   of_column ? string_format("%s.%s becomes %s", change->relation, change->object, change->detail)
			     : string_format("%s becomes %s", change->relation, change->object));
}

/* Whether a later statement of the run validates that constraint. */
static bool is_validated_later(const struct report *report, struct hazard_place from, const struct report_change *added)
{
	for (size_t m = from.migration; m < report->migration_count; m++)
		for (size_t s = m == from.migration ? from.statement : 0; s < report->migrations[m].list_count; s++) {
			const struct report_statement *statement = &report->migrations[m].list[s];
			for (size_t i = 0; i < statement->change_count; i++)
				if (statement->changes[i].kind == CHANGE_CONSTRAINT_VALIDATED &&
				    string_equal(statement->changes[i].relation, added->relation) &&
				    string_equal(statement->changes[i].object, added->object))
					return true;
		}
	return false;
}

static void find_unindexed(struct hazard_search *search, struct hazard_place place, const struct report_change *change)
{
	struct hazard_size size = hazard_size_of(search, change);
	if (size.rows < FK_ROWS_MIN)
		return;
	_cleanup_free_ char *table = hazard_describe_relation(search, change);
	hazard_add(search, HAZARD_MISSING_FK_INDEX, LEVEL_WARNING, place,
		   string_format("%s has no index on %s, the columns of %s", table, change->detail, change->object));
}

static void find_unvalidated(struct hazard_search *search, struct hazard_place place,
			     const struct report_change *change)
{
	if (change->validated || hazard_size_of(search, change).rows == 0 ||
	    is_validated_later(search->report, place, change))
		return;
	_cleanup_free_ char *table = hazard_describe_relation(search, change);
	hazard_add(search, HAZARD_UNVALIDATED_CONSTRAINT, LEVEL_WARNING, place,
		   string_format("%s on %s stays NOT VALID", change->object, table));
}

static void look_at_change(struct hazard_search *search, struct hazard_place place, const struct report_change *change)
{
	switch (change->kind) {
	case CHANGE_TABLE_DROPPED:
	case CHANGE_COLUMN_DROPPED:
		find_dropped(search, place, change);
		break;
	case CHANGE_ROWS_DELETED:
		find_deleted(search, place, change);
		break;
	case CHANGE_TABLE_RENAMED:
	case CHANGE_COLUMN_RENAMED:
		find_renamed(search, place, change);
		break;
	case CHANGE_FOREIGN_KEY_UNINDEXED:
		find_unindexed(search, place, change);
		break;
	case CHANGE_CONSTRAINT_ADDED:
		find_unvalidated(search, place, change);
		break;
	case CHANGE_INDEX_INVALID:
		hazard_add(search, HAZARD_INVALID_INDEX, LEVEL_ERROR, place,
			   string_format("%s on %s is invalid", change->object ? change->object : "an index",
					 change->relation));
		break;
	default:
		break;
	}
}

void hazards_find_data(struct hazard_search *search)
{
	const struct report *report = search->report;
	for (size_t m = 0; m < report->migration_count; m++)
		for (size_t s = 0; s < report->migrations[m].list_count; s++) {
			const struct report_statement *statement = &report->migrations[m].list[s];
			for (size_t i = 0; i < statement->change_count; i++)
				look_at_change(search, (struct hazard_place){m, s}, &statement->changes[i]);
		}
}
