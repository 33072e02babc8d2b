#include "evidence/changes.h"

#include "base/memory.h"
#include "evidence/changes_parts.h"

void change_list_free(struct change_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		report_change_clear(&list->items[i].change);
	free(list->items);
	*list = (struct change_list){0};
}

static bool is_one_of(const char *tag, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (string_equal(tag, words[i]))
			return true;
	return false;
}

bool tag_is_query(const char *tag)
{
	static const char *const queries[] = {"SELECT", "INSERT",         "UPDATE",       "DELETE",
					      "MERGE",  "COPY",           "FETCH",        "MOVE",
					      "VALUES", "DECLARE CURSOR", "CLOSE CURSOR", "EXPLAIN"};
	return is_one_of(tag, queries, ARRAY_SIZE(queries));
}

/* What runs code that may do anything. */
static bool tag_is_code(const char *tag)
{
	return string_equal(tag, "DO") || string_equal(tag, "CALL");
}

bool change_is_lasting(enum report_change_kind kind)
{
	return kind != CHANGE_REWRITE && kind != CHANGE_FULL_SCAN && kind != CHANGE_INDEX_BUILT;
}

struct report_change *change_add(struct change_list *list, const struct comparison *comparison,
				 enum report_change_kind kind, uint32_t object)
{
	list->items = memory_resize(list->items, list->count + 1, sizeof(*list->items));
	struct found_change *found = &list->items[list->count++];
	*found = (struct found_change){
		.change = {.kind = kind,
			   .relation = string_copy(comparison->before->shown),
			   .rows = -1,
			   .bytes = comparison->bytes},
		.relation = comparison->before->oid,
		.object = object,
	};
	return &found->change;
}

void change_add_rows(struct report_change *change, int64_t rows)
{
	change->rows = rows;
	change->estimated = rows > 0;
}

const struct column_state *change_column(const struct relation_state *state, int number)
{
	for (size_t i = 0; i < state->column_count; i++)
		if (state->columns[i].number == number)
			return &state->columns[i];
	return NULL;
}

bool change_same_name(const char *name, const char *shown, const char *other_name, const char *other_shown)
{
	return name && other_name ? string_equal(name, other_name) : string_equal(shown, other_shown);
}

bool change_same_type(const struct column_state *a, const struct column_state *b)
{
	return a->type_oid == b->type_oid && a->modifier == b->modifier && a->collation == b->collation;
}

bool change_has_rows(char kind)
{
	return kind == 'r' || kind == 'm';
}

bool change_held_data(const struct comparison *comparison)
{
	return comparison->before->bytes > 0 || comparison->had_rows;
}

static const struct index_state *find_index(const struct relation_state *state, const struct index_state *wanted)
{
	const struct index_state *found = NULL;
	for (size_t i = 0; i < state->index_count; i++) {
		const struct index_state *index = &state->indexes[i];
		if (index->oid == wanted->oid)
			return index;
		if (change_same_name(index->name, index->shown, wanted->name, wanted->shown))
			found = index;
	}
	return found;
}

/* --- rewrites --- */

static char *reason_by_type(const struct relation_state *before, const struct relation_state *after)
{
	for (size_t i = 0; i < after->column_count; i++) {
		const struct column_state *new = &after->columns[i];
		const struct column_state *old = change_column(before, new->number);
		if (old && !change_same_type(old, new) && !string_equal(old->type, new->type))
			return string_format("column %s changed from %s to %s", new->shown, old->type, new->type);
		if (old && !change_same_type(old, new))
			return string_format("column %s changed its collation", new->shown);
	}
	return NULL;
}

static char *reason_by_place(const struct relation_state *before, const struct relation_state *after)
{
	if (before->persistence != after->persistence)
		return string_format("it became %s", after->persistence == 'u' ? "unlogged" : "logged");
	if (before->access_method != after->access_method)
		return string_copy("its access method changed");
	if (before->tablespace != after->tablespace)
		return string_copy("it was moved to another tablespace");
	return NULL;
}

static char *reason_by_new_column(const struct relation_state *before, const struct relation_state *after)
{
	for (size_t i = 0; i < after->column_count; i++) {
		const struct column_state *column = &after->columns[i];
		if (change_column(before, column->number))
			continue;
		if (column->identity)
			return string_format("identity column %s was added", column->shown);
		if (column->generated == 's')
			return string_format("generated column %s was added", column->shown);
		if (column->has_default && !column->has_missing)
			return string_format("column %s was added with a volatile default", column->shown);
		if (column->is_domain)
			return string_format("column %s was added, whose type %s has to be checked", column->shown,
					     column->type);
	}
	return NULL;
}

/* NULL: nothing that was compared explains it. */
static char *reason_of_rewrite(const struct comparison *comparison)
{
	static const struct {
		const char *tag, *reason;
	} commands[] = {{"VACUUM", "VACUUM FULL"},
			{"CLUSTER", "CLUSTER"},
			{"REPACK", "REPACK"},
			{"REFRESH MATERIALIZED VIEW", "REFRESH MATERIALIZED VIEW"}};
	const struct relation_state *before = comparison->before;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (string_equal(comparison->tag, commands[i].tag))
			return string_copy(commands[i].reason);
	if (before->is_partial)
		return NULL;
	char *reason = reason_by_type(before, comparison->after);
	if (!reason)
		reason = reason_by_place(before, comparison->after);
	return reason ? reason : reason_by_new_column(before, comparison->after);
}

static bool has_new_file(const struct comparison *comparison)
{
	return change_has_rows(comparison->before->kind) && comparison->after->file != comparison->before->file;
}

/* TRUNCATE, and what empties and fills a table in one go. */
static bool was_emptied(const struct comparison *comparison, const char *reason)
{
	if (string_equal(comparison->tag, "TRUNCATE TABLE"))
		return true;
	return !reason && (comparison->after->bytes == 0 || comparison->counts.inserted > 0);
}

/* True if the table's rows, and with them its indexes, were written anew. */
static bool find_rewrite(const struct comparison *comparison, struct change_list *list)
{
	if (!has_new_file(comparison) || !change_held_data(comparison))
		return false;
	_cleanup_free_ char *reason = reason_of_rewrite(comparison);
	if (was_emptied(comparison, reason)) {
		if (comparison->before->kind == 'r')
			change_add_rows(change_add(list, comparison, CHANGE_ROWS_DELETED, 0), comparison->before->rows);
		return false;
	}
	struct report_change *change = change_add(list, comparison, CHANGE_REWRITE, 0);
	change->detail = reason ? TAKE_POINTER(reason) : string_copy("its rows were written anew");
	change_add_rows(change, comparison->before->rows);
	return true;
}

/* --- indexes --- */

static void add_rebuilt(const struct comparison *comparison, const struct index_state *index, bool concurrently,
			struct change_list *list)
{
	struct report_change *change = change_add(list, comparison, CHANGE_REWRITE, index->oid);
	string_replace(&change->relation, string_copy(index->shown));
	string_replace(&change->object, string_copy(index->shown));
	char *reason = string_equal(comparison->tag, "REINDEX") ? string_copy("REINDEX") : NULL;
	if (!reason && !comparison->before->is_partial)
		reason = reason_by_type(comparison->before, comparison->after);
	change->detail = reason ? reason : string_copy("it was built anew");
	change->concurrently = concurrently;
	change_add_rows(change, comparison->before->rows);
}

/* Its own doing, and not that of a rewrite of its table. */
static bool was_rebuilt(const struct comparison *comparison, const struct index_state *old,
			const struct index_state *index)
{
	return old->file != index->file && comparison->after->bytes > 0 && index->valid &&
	       comparison->after->file == comparison->before->file;
}

static bool find_indexes(const struct comparison *comparison, bool rewritten, struct change_list *list)
{
	bool built = false;
	bool alone = !comparison->in_transaction &&
		     (string_equal(comparison->tag, "CREATE INDEX") || string_equal(comparison->tag, "REINDEX"));
	for (size_t i = 0; i < comparison->after->index_count; i++) {
		const struct index_state *index = &comparison->after->indexes[i];
		const struct index_state *old = find_index(comparison->before, index);
		bool concurrently = alone && (!old || old->oid != index->oid);
		if (index->kind == 'I')
			continue;
		if (!index->valid && (!old || old->valid)) {
			change_add(list, comparison, CHANGE_INDEX_INVALID, index->oid)->object =
				string_copy(index->shown);
		} else if (!old) {
			struct report_change *change = change_add(list, comparison, CHANGE_INDEX_BUILT, index->oid);
			change->object = string_copy(index->shown);
			change->concurrently = concurrently;
			change_add_rows(change, comparison->after->rows);
			built = true;
		} else if (!rewritten && was_rebuilt(comparison, old, index)) {
			add_rebuilt(comparison, index, concurrently, list);
			built = true;
		}
	}
	return built;
}

/* --- the whole --- */

/* By the counters, unless it read next to nothing of a large table. */
static bool was_scanned(const struct comparison *comparison)
{
	int64_t rows = comparison->before->rows;
	return comparison->counts.scans > 0 && comparison->counts.read > 0 &&
	       (rows <= 0 || comparison->counts.read >= rows / 2);
}

static bool is_full_scan(const struct comparison *comparison, bool checks, bool foreign_key)
{
	if (!change_has_rows(comparison->after->kind) || comparison->held < TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE)
		return false;
	if (foreign_key && comparison->after->bytes > 0)
		return true;
	/* Of code, and of what a query calls, only that is known which its outcome shows. */
	bool asked = checks || !(tag_is_code(comparison->tag) || tag_is_query(comparison->tag));
	bool is_refresh = string_equal(comparison->tag, "REFRESH MATERIALIZED VIEW");
	return asked && !is_refresh && was_scanned(comparison);
}

static void find_scan(const struct comparison *comparison, bool checks, bool foreign_key, struct change_list *list)
{
	if (!is_full_scan(comparison, checks, foreign_key))
		return;
	struct report_change *change = change_add(list, comparison, CHANGE_FULL_SCAN, 0);
	if (comparison->counts.read > 0)
		change->rows = comparison->counts.read;
	else
		change_add_rows(change, comparison->before->rows);
}

static void find_dropped(const struct comparison *comparison, struct change_list *list)
{
	char kind = comparison->before->kind;
	if (kind != 'r' && kind != 'p')
		return;
	struct report_change *change = change_add(list, comparison, CHANGE_TABLE_DROPPED, 0);
	change_add_rows(change, kind == 'p' || !change_held_data(comparison) ? 0 : comparison->before->rows);
}

void changes_find_deleted(const char *tag, const struct relation *relation, const struct relation_counts *counts,
			  struct change_list *list)
{
	/* A row that an UPDATE moves to another partition is deleted from its own. */
	bool moved = string_equal(tag, "UPDATE") && relation->parent;
	if (counts->deleted <= 0 || moved || (relation->kind != 'r' && relation->kind != 'p'))
		return;
	struct relation_state state = {.oid = relation->oid, .shown = string_copy(relation_name(relation))};
	struct comparison comparison = {.before = &state, .bytes = relation->bytes};
	change_add(list, &comparison, CHANGE_ROWS_DELETED, 0)->rows = counts->deleted;
	free(state.shown);
}

void changes_find(const struct comparison *comparison, struct change_list *list)
{
	const struct relation_state *after = comparison->after;
	if (!after) {
		find_dropped(comparison, list);
		return;
	}
	changes_find_renamed(comparison, list);
	if (!strchr("rpmf", after->kind))
		return;
	struct change_validated validated = {0};
	bool not_null = false;
	bool rewritten = find_rewrite(comparison, list);
	bool built = find_indexes(comparison, rewritten, list);
	if (!comparison->before->is_partial) {
		changes_find_columns(comparison, list);
		not_null = changes_find_not_null(comparison, list);
		changes_find_constraints(comparison, list, &validated);
	}
	bool attached = after->is_partition && !comparison->before->is_partition && !comparison->before->is_partial;
	if (!rewritten && !built)
		find_scan(comparison, validated.any || not_null || attached, validated.foreign_key, list);
}
