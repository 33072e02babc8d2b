#include "check/changes.h"

#include "base/memory.h"

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

static struct report_change *add(struct change_list *list, const struct comparison *comparison,
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

static void add_rows(struct report_change *change, int64_t rows)
{
	change->rows = rows;
	change->estimated = rows > 0;
}

static const struct column_state *find_column(const struct relation_state *state, int number)
{
	for (size_t i = 0; i < state->column_count; i++)
		if (state->columns[i].number == number)
			return &state->columns[i];
	return NULL;
}

/* By the plain names, where both have been read: as shown, one is quoted as its reader's session has it. */
static bool same_name(const char *name, const char *shown, const char *other_name, const char *other_shown)
{
	return name && other_name ? string_equal(name, other_name) : string_equal(shown, other_shown);
}

/* A changed column's constraints and indexes are made anew under their names: the same one, if it has changed at all.
 */
static const struct constraint_state *find_constraint(const struct relation_state *state,
						      const struct constraint_state *wanted)
{
	const struct constraint_state *found = NULL;
	for (size_t i = 0; i < state->constraint_count; i++) {
		const struct constraint_state *constraint = &state->constraints[i];
		if (constraint->oid == wanted->oid)
			return constraint;
		if (constraint->type == wanted->type && string_equal(constraint->name, wanted->name))
			found = constraint;
	}
	return found;
}

static const struct index_state *find_index(const struct relation_state *state, const struct index_state *wanted)
{
	const struct index_state *found = NULL;
	for (size_t i = 0; i < state->index_count; i++) {
		const struct index_state *index = &state->indexes[i];
		if (index->oid == wanted->oid)
			return index;
		if (same_name(index->name, index->shown, wanted->name, wanted->shown))
			found = index;
	}
	return found;
}

static bool same_type(const struct column_state *a, const struct column_state *b)
{
	return a->type_oid == b->type_oid && a->modifier == b->modifier && a->collation == b->collation;
}

/* --- rewrites --- */

static char *reason_by_type(const struct relation_state *before, const struct relation_state *after)
{
	for (size_t i = 0; i < after->column_count; i++) {
		const struct column_state *new = &after->columns[i];
		const struct column_state *old = find_column(before, new->number);
		if (old && !same_type(old, new) && !string_equal(old->type, new->type))
			return string_format("column %s changed from %s to %s", new->shown, old->type, new->type);
		if (old && !same_type(old, new))
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
		if (find_column(before, column->number))
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

static bool has_rows_of_its_own(char kind)
{
	return kind == 'r' || kind == 'm';
}

static bool has_new_file(const struct comparison *comparison)
{
	return has_rows_of_its_own(comparison->before->kind) && comparison->after->file != comparison->before->file;
}

static bool held_data(const struct comparison *comparison)
{
	return comparison->before->bytes > 0 || comparison->had_rows;
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
	if (!has_new_file(comparison) || !held_data(comparison))
		return false;
	_cleanup_free_ char *reason = reason_of_rewrite(comparison);
	if (was_emptied(comparison, reason)) {
		if (comparison->before->kind == 'r')
			add_rows(add(list, comparison, CHANGE_ROWS_DELETED, 0), comparison->before->rows);
		return false;
	}
	struct report_change *change = add(list, comparison, CHANGE_REWRITE, 0);
	change->detail = reason ? TAKE_POINTER(reason) : string_copy("its rows were written anew");
	add_rows(change, comparison->before->rows);
	return true;
}

/* --- indexes --- */

static void add_rebuilt(const struct comparison *comparison, const struct index_state *index, bool concurrently,
			struct change_list *list)
{
	struct report_change *change = add(list, comparison, CHANGE_REWRITE, index->oid);
	string_replace(&change->relation, string_copy(index->shown));
	char *reason = string_equal(comparison->tag, "REINDEX") ? string_copy("REINDEX") : NULL;
	if (!reason && !comparison->before->is_partial)
		reason = reason_by_type(comparison->before, comparison->after);
	change->detail = reason ? reason : string_copy("it was built anew");
	change->concurrently = concurrently;
	add_rows(change, comparison->before->rows);
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
			add(list, comparison, CHANGE_INDEX_INVALID, index->oid)->object = string_copy(index->shown);
		} else if (!old) {
			struct report_change *change = add(list, comparison, CHANGE_INDEX_BUILT, index->oid);
			change->object = string_copy(index->shown);
			change->concurrently = concurrently;
			add_rows(change, comparison->after->rows);
			built = true;
		} else if (old->file != index->file && !rewritten && comparison->after->bytes > 0 && index->valid &&
			   comparison->after->file == comparison->before->file) {
			add_rebuilt(comparison, index, concurrently, list);
			built = true;
		}
	}
	return built;
}

/* --- columns --- */

static void find_column_change(const struct comparison *comparison, const struct column_state *old,
			       const struct column_state *new, struct change_list *list)
{
	uint32_t number = (uint32_t)old->number;
	if (!string_equal(old->name, new->name)) {
		struct report_change *change = add(list, comparison, CHANGE_COLUMN_RENAMED, number);
		change->object = string_copy(old->shown);
		change->detail = string_copy(new->shown);
	}
	if (!same_type(old, new) && !string_equal(old->type, new->type)) {
		struct report_change *change = add(list, comparison, CHANGE_COLUMN_RETYPED, number);
		change->object = string_copy(new->shown);
		change->detail = string_format("%s to %s", old->type, new->type);
		change->is_enum = old->is_enum || new->is_enum;
	}
}

static void find_columns(const struct comparison *comparison, struct change_list *list)
{
	for (size_t i = 0; i < comparison->before->column_count; i++) {
		const struct column_state *old = &comparison->before->columns[i];
		const struct column_state *new = find_column(comparison->after, old->number);
		if (old->number > comparison->columns)
			continue;
		if (new) {
			find_column_change(comparison, old, new, list);
			continue;
		}
		struct report_change *change = add(list, comparison, CHANGE_COLUMN_DROPPED, (uint32_t)old->number);
		change->object = string_copy(old->shown);
		change->bytes = 0;
		/* What is computed from other columns is not lost. */
		if (old->generated || (has_rows_of_its_own(comparison->before->kind) && !held_data(comparison)))
			change->rows = 0;
	}
}

/* A NOT NULL may hold for new rows only, where the server keeps it as a constraint. */
static bool not_null_is_validated(const struct relation_state *state, const struct column_state *column)
{
	_cleanup_free_ char *columns = string_format("{%d}", column->number);
	for (size_t i = 0; i < state->constraint_count; i++)
		if (state->constraints[i].type == 'n' && string_equal(state->constraints[i].columns, columns))
			return state->constraints[i].validated;
	return true;
}

/* Whether one was set that holds for the rows that were there. */
static bool find_not_null(const struct comparison *comparison, struct change_list *list)
{
	bool any = false;
	for (size_t i = 0; i < comparison->after->column_count; i++) {
		const struct column_state *new = &comparison->after->columns[i];
		const struct column_state *old = find_column(comparison->before, new->number);
		if (!old || old->not_null || !new->not_null || new->number > comparison->columns)
			continue;
		struct report_change *change = add(list, comparison, CHANGE_COLUMN_NOT_NULL, (uint32_t) new->number);
		change->object = string_copy(new->shown);
		change->validated = not_null_is_validated(comparison->after, new);
		any = any || change->validated;
	}
	return any;
}

/* --- constraints --- */

/* Whether the rows that were there had to be looked at: not those of columns that came with the constraint, empty. */
static bool concerns_old_columns(const struct comparison *comparison, const struct constraint_state *constraint)
{
	for (const char *at = constraint->columns; *at; at++) {
		if (*at < '0' || *at > '9')
			continue;
		char *end;
		if (find_column(comparison->before, (int)strtol(at, &end, 10)))
			return true;
		at = end - 1;
	}
	return false;
}

struct validated {
	bool any;         /* a constraint became valid for rows that were there */
	bool foreign_key; /* and it is a foreign key, whose checking the table's counters may miss */
};

static void note_validated(const struct comparison *comparison, const struct constraint_state *constraint,
			   struct validated *ret)
{
	ret->any = true;
	if (constraint->type == 'f' && concerns_old_columns(comparison, constraint))
		ret->foreign_key = true;
}

static void find_constraints(const struct comparison *comparison, struct change_list *list, struct validated *ret)
{
	static const char told[] = "cfupx"; /* NOT NULL is a column's, and triggers' are internal */
	for (size_t i = 0; i < comparison->after->constraint_count; i++) {
		const struct constraint_state *new = &comparison->after->constraints[i];
		const struct constraint_state *old = find_constraint(comparison->before, new);
		if (old && !old->validated && new->validated) {
			struct report_change *change = add(list, comparison, CHANGE_CONSTRAINT_VALIDATED, new->oid);
			change->object = string_copy(new->shown);
			change->detail = string_copy(new->definition);
			change->validated = true;
			note_validated(comparison, new, ret);
		} else if (!old && strchr(told, new->type)) {
			struct report_change *change = add(list, comparison, CHANGE_CONSTRAINT_ADDED, new->oid);
			change->object = string_copy(new->shown);
			change->detail = string_copy(new->definition);
			change->validated = new->validated;
			if (new->validated)
				note_validated(comparison, new, ret);
		}
	}
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
	if (!has_rows_of_its_own(comparison->after->kind) || comparison->held < TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE)
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
	struct report_change *change = add(list, comparison, CHANGE_FULL_SCAN, 0);
	if (comparison->counts.read > 0)
		change->rows = comparison->counts.read;
	else
		add_rows(change, comparison->before->rows);
}

static void find_dropped(const struct comparison *comparison, struct change_list *list)
{
	char kind = comparison->before->kind;
	if (kind != 'r' && kind != 'p')
		return;
	struct report_change *change = add(list, comparison, CHANGE_TABLE_DROPPED, 0);
	add_rows(change, kind == 'p' || !held_data(comparison) ? 0 : comparison->before->rows);
}

static void find_renamed(const struct comparison *comparison, struct change_list *list)
{
	const struct relation_state *before = comparison->before;
	const struct relation_state *after = comparison->after;
	if (!same_name(before->name, before->shown, after->name, after->shown) ||
	    !same_name(before->schema, "", after->schema, ""))
		add(list, comparison, CHANGE_TABLE_RENAMED, 0)->object = string_copy(comparison->after->shown);
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
	add(list, &comparison, CHANGE_ROWS_DELETED, 0)->rows = counts->deleted;
	free(state.shown);
}

void changes_find(const struct comparison *comparison, struct change_list *list)
{
	const struct relation_state *after = comparison->after;
	if (!after) {
		find_dropped(comparison, list);
		return;
	}
	find_renamed(comparison, list);
	if (!strchr("rpmf", after->kind))
		return;
	struct validated validated = {0};
	bool not_null = false;
	bool rewritten = find_rewrite(comparison, list);
	bool built = find_indexes(comparison, rewritten, list);
	if (!comparison->before->is_partial) {
		find_columns(comparison, list);
		not_null = find_not_null(comparison, list);
		find_constraints(comparison, list, &validated);
	}
	bool attached = after->is_partition && !comparison->before->is_partition && !comparison->before->is_partial;
	if (!rewritten && !built)
		find_scan(comparison, validated.any || not_null || attached, validated.foreign_key, list);
}
