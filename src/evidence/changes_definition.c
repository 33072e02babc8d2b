/* What a statement did to columns and constraints. */
#include "base/memory.h"
#include "evidence/changes_parts.h"

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

static void find_column_change(const struct comparison *comparison, const struct column_state *old,
			       const struct column_state *new, struct change_list *list)
{
	uint32_t number = (uint32_t)old->number;
	if (!string_equal(old->name, new->name)) {
		struct report_change *change = change_add(list, comparison, CHANGE_COLUMN_RENAMED, number);
		change->object = string_copy(old->shown);
		change->detail = string_copy(new->shown);
	}
	if (!change_same_type(old, new) && !string_equal(old->type, new->type)) {
		struct report_change *change = change_add(list, comparison, CHANGE_COLUMN_RETYPED, number);
		change->object = string_copy(new->shown);
		change->detail = string_format("%s to %s", old->type, new->type);
		change->is_enum = old->is_enum || new->is_enum;
	}
}

void changes_find_columns(const struct comparison *comparison, struct change_list *list)
{
	for (size_t i = 0; i < comparison->before->column_count; i++) {
		const struct column_state *old = &comparison->before->columns[i];
		const struct column_state *new = change_column(comparison->after, old->number);
		if (old->number > comparison->columns)
			continue;
		if (new) {
			find_column_change(comparison, old, new, list);
			continue;
		}
		struct report_change *change =
			change_add(list, comparison, CHANGE_COLUMN_DROPPED, (uint32_t)old->number);
		change->object = string_copy(old->shown);
		change->bytes = 0;
		/* What is computed from other columns is not lost. */
		if (old->generated || (change_has_rows(comparison->before->kind) && !change_held_data(comparison)))
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
bool changes_find_not_null(const struct comparison *comparison, struct change_list *list)
{
	bool any = false;
	for (size_t i = 0; i < comparison->after->column_count; i++) {
		const struct column_state *new = &comparison->after->columns[i];
		const struct column_state *old = change_column(comparison->before, new->number);
		if (!old || old->not_null || !new->not_null || new->number > comparison->columns)
			continue;
		struct report_change *change =
			change_add(list, comparison, CHANGE_COLUMN_NOT_NULL, (uint32_t) new->number);
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
		if (change_column(comparison->before, (int)strtol(at, &end, 10)))
			return true;
		at = end - 1;
	}
	return false;
}

static void note_validated(const struct comparison *comparison, const struct constraint_state *constraint,
			   struct change_validated *ret)
{
	ret->any = true;
	if (constraint->type == 'f' && concerns_old_columns(comparison, constraint))
		ret->foreign_key = true;
}

void changes_find_constraints(const struct comparison *comparison, struct change_list *list,
			      struct change_validated *ret)
{
	static const char told[] = "cfupx"; /* NOT NULL is a column's, and triggers' are internal */
	for (size_t i = 0; i < comparison->after->constraint_count; i++) {
		const struct constraint_state *new = &comparison->after->constraints[i];
		const struct constraint_state *old = find_constraint(comparison->before, new);
		if (old && !old->validated && new->validated) {
			struct report_change *change =
				change_add(list, comparison, CHANGE_CONSTRAINT_VALIDATED, new->oid);
			change->object = string_copy(new->shown);
			change->detail = string_copy(new->definition);
			change->validated = true;
			note_validated(comparison, new, ret);
		} else if (!old && strchr(told, new->type)) {
			struct report_change *change = change_add(list, comparison, CHANGE_CONSTRAINT_ADDED, new->oid);
			change->object = string_copy(new->shown);
			change->detail = string_copy(new->definition);
			change->validated = new->validated;
			if (new->validated)
				note_validated(comparison, new, ret);
		}
	}
}

void changes_find_renamed(const struct comparison *comparison, struct change_list *list)
{
	const struct relation_state *before = comparison->before;
	const struct relation_state *after = comparison->after;
	if (!change_same_name(before->name, before->shown, after->name, after->shown) ||
	    !change_same_name(before->schema, "", after->schema, ""))
		change_add(list, comparison, CHANGE_TABLE_RENAMED, 0)->object = string_copy(comparison->after->shown);
}
