#include "schema/schema_model.h"

struct schema *schema_new(size_t group_count)
{
	struct schema *schema = memory_allocate(sizeof(*schema));
	schema->groups = memory_allocate(group_count * sizeof(*schema->groups));
	schema->group_count = group_count;
	return schema;
}

static bool is_power_of_two(size_t count)
{
	return (count & (count - 1)) == 0;
}

/* Room for one more: doubled whenever it is used up. */
static void *grow(void *array, size_t count, size_t size)
{
	return is_power_of_two(count) ? memory_resize(array, count ? 2 * count : 1, size) : array;
}

struct schema_object *schema_add_object(struct schema *schema, uint32_t class, uint32_t id, const char *title)
{
	schema->objects = grow(schema->objects, schema->object_count, sizeof(*schema->objects));
	struct schema_object *object = &schema->objects[schema->object_count++];
	*object = (struct schema_object){.class = class, .id = id, .title = string_copy(title)};
	return object;
}

struct schema_part *schema_add_part(const struct schema *schema, struct schema_object *object, size_t group,
				    const char *label, uint32_t id)
{
	object->parts = grow(object->parts, object->part_count, sizeof(*object->parts));
	struct schema_part *part = &object->parts[object->part_count++];
	*part = (struct schema_part){
		.group = group,
		.label = string_copy(label),
		.id = id,
		.values = memory_allocate(schema->groups[group].words.count * sizeof(*part->values)),
	};
	return part;
}

static int compare_ids(const void *left, const void *right, void *context)
{
	const struct schema_object *objects = context;
	const struct schema_object *a = &objects[*(const size_t *)left], *b = &objects[*(const size_t *)right];
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

void schema_index(struct schema *schema)
{
	free(schema->by_id);
	schema->by_id = memory_allocate(schema->object_count * sizeof(*schema->by_id));
	for (size_t i = 0; i < schema->object_count; i++)
		schema->by_id[i] = i;
	qsort_r(schema->by_id, schema->object_count, sizeof(*schema->by_id), compare_ids, schema->objects);
}

struct schema_object *schema_find(const struct schema *schema, uint32_t class, uint32_t id)
{
	size_t low = 0, high = schema->object_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct schema_object *object = &schema->objects[schema->by_id[middle]];
		if (object->class == class && object->id == id)
			return object;
		if (object->class < class || (object->class == class && object->id < id))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int compare_titles(const void *left, const void *right)
{
	const struct schema_object *a = left, *b = right;
	return strcmp(a->title, b->title);
}

static int compare_parts(const void *left, const void *right)
{
	const struct schema_part *a = left, *b = right;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return strcmp(a->label, b->label);
}

void schema_complete(struct schema *schema)
{
	if (schema->object_count > 0)
		qsort(schema->objects, schema->object_count, sizeof(*schema->objects), compare_titles);
	for (size_t i = 0; i < schema->object_count; i++) {
		struct schema_object *object = &schema->objects[i];
		if (object->part_count > 0)
			qsort(object->parts, object->part_count, sizeof(*object->parts), compare_parts);
	}
	schema_index(schema);
}

static void clear_object(const struct schema *schema, struct schema_object *object)
{
	for (size_t i = 0; i < object->part_count; i++) {
		struct schema_part *part = &object->parts[i];
		for (size_t j = 0; j < schema->groups[part->group].words.count; j++)
			free(part->values[j]);
		free(part->values);
		free(part->label);
	}
	free(object->parts);
	free(object->title);
	free(object->space);
}

void schema_free(struct schema *schema)
{
	if (!schema)
		return;
	for (size_t i = 0; i < schema->object_count; i++)
		clear_object(schema, &schema->objects[i]);
	for (size_t i = 0; i < schema->group_count; i++)
		string_list_free(&schema->groups[i].words);
	free(schema->objects);
	free(schema->groups);
	free(schema->by_id);
	free(schema);
}

void schema_freep(struct schema **schema)
{
	schema_free(*schema);
}
