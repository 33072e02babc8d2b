#include "evidence/relation.h"

#include <math.h>

#include "base/buffer.h"
#include "base/memory.h"

uint32_t result_oid(const PGresult *result, int row, int column)
{
	return (uint32_t)strtoul(PQgetvalue(result, row, column), NULL, 10);
}

int64_t result_number(const PGresult *result, int row, int column)
{
	return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

void oid_list_add(struct oid_list *list, uint32_t oid)
{
	list->items = memory_resize(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = oid;
}

bool oid_list_has(const struct oid_list *list, uint32_t oid)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i] == oid)
			return true;
	return false;
}

char *oid_list_text(const struct oid_list *list)
{
	struct buffer text = {0};
	buffer_add_char(&text, '{');
	for (size_t i = 0; i < list->count; i++)
		buffer_addf(&text, "%s%u", i ? "," : "", list->items[i]);
	buffer_add_char(&text, '}');
	return buffer_steal(&text);
}

void oid_list_free(struct oid_list *list)
{
	free(list->items);
	*list = (struct oid_list){0};
}

static int order(const void *a, const void *b)
{
	const struct relation *left = a;
	const struct relation *right = b;
	return (left->oid > right->oid) - (left->oid < right->oid);
}

struct relation *registry_find(const struct registry *registry, uint32_t oid)
{
	struct relation key = {.oid = oid};
	return registry->count ? bsearch(&key, registry->items, registry->count, sizeof(key), order) : NULL;
}

struct relation *registry_table_of(const struct registry *registry, struct relation *relation)
{
	while (relation && relation->owner)
		relation = registry_find(registry, relation->owner);
	return relation;
}

bool relation_is_toast(const struct registry *registry, const struct relation *relation)
{
	const struct relation *owner = relation->owner ? registry_find(registry, relation->owner) : NULL;
	return relation->kind == 't' || (owner && owner->kind == 't');
}

void registry_read(struct registry *registry, const PGresult *result)
{
	registry->count = (size_t)PQntuples(result);
	registry->items = memory_allocate((registry->count + 1) * sizeof(*registry->items));
	for (size_t i = 0; i < registry->count; i++) {
		struct relation *relation = &registry->items[i];
		int row = (int)i;
		uint64_t pages = (uint64_t)result_number(result, row, 6);
		*relation = (struct relation){
			.oid = result_oid(result, row, 0),
			.shown = string_copy(PQgetvalue(result, row, 1)),
			.kind = PQgetvalue(result, row, 2)[0],
			.owner = result_oid(result, row, 3),
			.parent = result_oid(result, row, 4),
			.file = result_oid(result, row, 5),
			.valid = PQgetvalue(result, row, 8)[0] == 't',
			.columns = (int)result_number(result, row, 9),
			.own_bytes = pages * RELATION_BLOCK,
		};
		double tuples = strtod(PQgetvalue(result, row, 7), NULL);
		/* Without pages it may be empty, or never have been counted. */
		relation->rows = pages > 0 && tuples >= 0 ? llround(tuples) : -1;
	}
	for (size_t i = 0; i < registry->count; i++) {
		struct relation *table = registry_table_of(registry, &registry->items[i]);
		registry->items[i].bytes += registry->items[i].own_bytes;
		if (table && table != &registry->items[i])
			table->bytes += registry->items[i].own_bytes;
	}
}

void registry_free(struct registry *registry)
{
	for (size_t i = 0; i < registry->count; i++) {
		free(registry->items[i].shown);
		relation_state_free(registry->items[i].before);
		relation_state_free(registry->items[i].now);
	}
	free(registry->items);
	*registry = (struct registry){0};
}

const char *relation_kind_name(char kind)
{
	switch (kind) {
	case 'r':
		return "table";
	case 'p':
		return "partitioned table";
	case 'v':
		return "view";
	case 'm':
		return "materialized view";
	case 'S':
		return "sequence";
	case 'f':
		return "foreign table";
	case 'i':
		return "index";
	case 'I':
		return "partitioned index";
	default:
		return "relation";
	}
}

struct relation_state *relation_state_of(struct relation *from)
{
	return from->now ? from->now : from->before;
}

const char *relation_name(const struct relation *relation)
{
	const struct relation_state *state = relation->now ? relation->now : relation->before;
	return state ? state->shown : relation->shown;
}

struct relation_state *relation_state_partial(const struct registry *registry, const struct relation *relation)
{
	struct relation_state *state = memory_allocate(sizeof(*state));
	*state = (struct relation_state){
		.oid = relation->oid,
		.file = relation->file,
		.kind = relation->kind,
		.shown = string_copy(relation->shown),
		.is_partial = true,
		.bytes = relation->own_bytes,
		.rows = relation->rows,
	};
	for (size_t i = 0; i < registry->count; i++) {
		const struct relation *index = &registry->items[i];
		if (index->owner == relation->oid && (index->kind == 'i' || index->kind == 'I'))
			relation_state_add_index(state, (struct index_state){.oid = index->oid,
									     .file = index->file,
									     .shown = string_copy(index->shown),
									     .kind = index->kind,
									     .valid = index->valid});
	}
	return state;
}
