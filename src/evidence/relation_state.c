#include <math.h>

#include "base/memory.h"
#include "evidence/relation.h"

void relation_state_free(struct relation_state *state)
{
	if (!state)
		return;
	for (size_t i = 0; i < state->column_count; i++) {
		free(state->columns[i].name);
		free(state->columns[i].shown);
		free(state->columns[i].type);
	}
	for (size_t i = 0; i < state->constraint_count; i++) {
		free(state->constraints[i].name);
		free(state->constraints[i].shown);
		free(state->constraints[i].columns);
		free(state->constraints[i].definition);
	}
	for (size_t i = 0; i < state->index_count; i++) {
		free(state->indexes[i].name);
		free(state->indexes[i].shown);
	}
	free(state->columns);
	free(state->constraints);
	free(state->indexes);
	free(state->schema);
	free(state->schema_shown);
	free(state->name);
	free(state->shown);
	free(state);
}

void relation_state_add_index(struct relation_state *state, struct index_state index)
{
	state->indexes = memory_resize(state->indexes, state->index_count + 1, sizeof(*state->indexes));
	state->indexes[state->index_count++] = index;
}

static bool is_true(const PGresult *result, int row, int column)
{
	return PQgetvalue(result, row, column)[0] == 't';
}

/* Scaled to the size it has now, as the planner does. -1: nobody has ever counted. */
static int64_t estimate_rows(double tuples, double pages, uint64_t bytes)
{
	if (bytes == 0)
		return 0;
	if (tuples < 0 || pages <= 0)
		return tuples > 0 ? llround(tuples) : -1;
	return llround(tuples / pages * ((double)bytes / RELATION_BLOCK));
}

static struct relation_state *read_relation(const PGresult *result, int row)
{
	enum {
		OID = 1,
		SCHEMA,
		NAME,
		SCHEMA_SHOWN,
		SHOWN,
		KIND,
		FILE_NUMBER,
		PERSISTENCE,
		METHOD,
		TABLESPACE,
		PARTITION,
		SIZE,
		TUPLES,
		PAGES
	};
	struct relation_state *state = memory_allocate(sizeof(*state));
	state->oid = result_oid(result, row, OID);
	state->schema = string_copy(PQgetvalue(result, row, SCHEMA));
	state->name = string_copy(PQgetvalue(result, row, NAME));
	state->schema_shown = string_copy(PQgetvalue(result, row, SCHEMA_SHOWN));
	state->shown = string_format("%s.%s", state->schema_shown, PQgetvalue(result, row, SHOWN));
	state->kind = PQgetvalue(result, row, KIND)[0];
	state->file = result_oid(result, row, FILE_NUMBER);
	state->persistence = PQgetvalue(result, row, PERSISTENCE)[0];
	state->access_method = result_oid(result, row, METHOD);
	state->tablespace = result_oid(result, row, TABLESPACE);
	state->is_partition = is_true(result, row, PARTITION);
	state->bytes = (uint64_t)result_number(result, row, SIZE);
	state->rows = estimate_rows(strtod(PQgetvalue(result, row, TUPLES), NULL),
				    strtod(PQgetvalue(result, row, PAGES), NULL), state->bytes);
	return state;
}

/* A type of a user's is named with its schema, whatever the search_path of whoever has read it. */
static char *type_name(const char *type, const char *schema)
{
	size_t length = strlen(schema);
	bool qualified = length == 0 || (strncmp(type, schema, length) == 0 && type[length] == '.');
	return qualified ? string_copy(type) : string_format("%s.%s", schema, type);
}

static void read_column(struct relation_state *state, const PGresult *result, int row)
{
	enum {
		NUMBER = 2,
		NAME,
		SHOWN,
		TYPE,
		TYPE_OID,
		MODIFIER,
		COLLATION,
		NOT_NULL,
		HAS_DEFAULT,
		MISSING,
		IDENTITY,
		GENERATED,
		TYPE_KIND,
		TYPE_SCHEMA
	};
	state->columns = memory_resize(state->columns, state->column_count + 1, sizeof(*state->columns));
	state->columns[state->column_count++] = (struct column_state){
		.number = (int)result_number(result, row, NUMBER),
		.name = string_copy(PQgetvalue(result, row, NAME)),
		.shown = string_copy(PQgetvalue(result, row, SHOWN)),
		.type = type_name(PQgetvalue(result, row, TYPE), PQgetvalue(result, row, TYPE_SCHEMA)),
		.type_oid = result_oid(result, row, TYPE_OID),
		.modifier = (int)result_number(result, row, MODIFIER),
		.collation = result_oid(result, row, COLLATION),
		.not_null = is_true(result, row, NOT_NULL),
		.has_default = is_true(result, row, HAS_DEFAULT),
		.has_missing = is_true(result, row, MISSING),
		.identity = PQgetvalue(result, row, IDENTITY)[0],
		.generated = PQgetvalue(result, row, GENERATED)[0],
		.is_enum = PQgetvalue(result, row, TYPE_KIND)[0] == 'e',
		.is_domain = PQgetvalue(result, row, TYPE_KIND)[0] == 'd',
	};
}

static void read_constraint(struct relation_state *state, const PGresult *result, int row)
{
	enum { OID = 2, NAME, SHOWN, TYPE, VALIDATED, LOCAL, COLUMNS, DEFINITION };
	state->constraints =
		memory_resize(state->constraints, state->constraint_count + 1, sizeof(*state->constraints));
	state->constraints[state->constraint_count++] = (struct constraint_state){
		.oid = result_oid(result, row, OID),
		.name = string_copy(PQgetvalue(result, row, NAME)),
		.shown = string_copy(PQgetvalue(result, row, SHOWN)),
		.type = PQgetvalue(result, row, TYPE)[0],
		.validated = is_true(result, row, VALIDATED),
		.local = is_true(result, row, LOCAL),
		.columns = string_copy(PQgetvalue(result, row, COLUMNS)),
		.definition =
			PQgetisnull(result, row, DEFINITION) ? NULL : string_copy(PQgetvalue(result, row, DEFINITION)),
	};
}

static void read_index(struct relation_state *state, const PGresult *result, int row)
{
	enum { OID = 2, NAME, SHOWN, KIND, FILE_NUMBER, VALID };
	relation_state_add_index(
		state, (struct index_state){
			       .oid = result_oid(result, row, OID),
			       .name = string_copy(PQgetvalue(result, row, NAME)),
			       .shown = string_format("%s.%s", state->schema_shown, PQgetvalue(result, row, SHOWN)),
			       .kind = PQgetvalue(result, row, KIND)[0],
			       .file = result_oid(result, row, FILE_NUMBER),
			       .valid = is_true(result, row, VALID),
		       });
}

static int slot_order(const void *a, const void *b)
{
	const struct relation_slot *left = a;
	const struct relation_slot *right = b;
	return (left->oid > right->oid) - (left->oid < right->oid);
}

static struct relation_slot *find_slot(const struct relation_states *states, uint32_t oid)
{
	struct relation_slot key = {.oid = oid};
	return states->count ? bsearch(&key, states->slots, states->count, sizeof(key), slot_order) : NULL;
}

struct relation_state *relation_states_take(struct relation_states *states, uint32_t oid)
{
	struct relation_slot *slot = find_slot(states, oid);
	return slot ? TAKE_POINTER(slot->state) : NULL;
}

void relation_states_free(struct relation_states *states)
{
	for (size_t i = 0; i < states->count; i++)
		relation_state_free(states->slots[i].state);
	free(states->slots);
	*states = (struct relation_states){0};
}

/* What a relation is made of comes in rows of its own, in whatever order. */
static void read_part(struct relation_state *state, const PGresult *result, int row)
{
	enum { ROW_KIND, RELATION, TOTAL };
	switch (PQgetvalue(result, row, ROW_KIND)[0]) {
	case 'a':
		read_column(state, result, row);
		break;
	case 'c':
		read_constraint(state, result, row);
		break;
	case 'i':
		read_index(state, result, row);
		break;
	case 'z':
		state->total = (uint64_t)result_number(result, row, TOTAL);
		break;
	default:
		break;
	}
}

void relation_states_read(const PGresult *result, struct relation_states *ret)
{
	int rows = PQntuples(result);
	*ret = (struct relation_states){0};
	for (int row = 0; row < rows; row++)
		if (PQgetvalue(result, row, 0)[0] == 'r') {
			struct relation_state *state = read_relation(result, row);
			ret->slots = memory_resize(ret->slots, ret->count + 1, sizeof(*ret->slots));
			ret->slots[ret->count++] = (struct relation_slot){state->oid, state};
		}
	if (ret->count == 0)
		return;
	qsort(ret->slots, ret->count, sizeof(*ret->slots), slot_order);
	for (int row = 0; row < rows; row++) {
		struct relation_slot *slot = find_slot(ret, result_oid(result, row, 1));
		if (slot)
			read_part(slot->state, result, row);
	}
}
