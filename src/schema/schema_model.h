/* What schema_read() fills and schema_compare() compares. */
#ifndef VELA_SCHEMA_SCHEMA_MODEL_H
#define VELA_SCHEMA_SCHEMA_MODEL_H

#include "schema/schema.h"

#include <stdint.h>

/* What all parts have in common that one query gives. */
struct schema_group {
	enum schema_text {
		SCHEMA_WORDS, /* values are shown as a whole */
		SCHEMA_BODY,  /* of several lines, compared line by line */
	} text;
	bool in_order;            /* parts are shown in the order of their numbers, not of their labels */
	bool shown_when_gone;     /* also of an object that was removed */
	struct string_list words; /* by place in a part's values: what is said where there is none ("nullable") */
};

/* "column total" with the values "numeric(10,2)", NULL, "not null"; or what is said of the object itself, without a
 * label. */
struct schema_part {
	size_t group;
	char *label;
	uint32_t id;   /* by which it is known after a rename, among those of its object and group; 0: it has none */
	char **values; /* as many as the group has words; NULL: there is none */
};

struct schema_object {
	uint32_t class, id; /* oids: of the catalogue that it stands in, and its own there */
	char *title;        /* "table public.orders" */
	char *space;        /* the schema that it is in, or is; NULL: none */
	bool is_bookkeeping;
	struct schema_part *parts; /* by group and label once the schema is complete */
	size_t part_count;
};

struct schema {
	struct schema_group *groups;
	size_t group_count;
	struct schema_object *objects; /* by title once the schema is complete */
	size_t object_count;
	size_t *by_id; /* places of the objects, by class and id */
};

/* Zeroed groups for the caller to fill. */
struct schema *schema_new(size_t group_count);
/* What is added stays valid until the next is; texts are copied. */
struct schema_object *schema_add_object(struct schema *schema, uint32_t class, uint32_t id, const char *title);
struct schema_part *schema_add_part(const struct schema *schema, struct schema_object *object, size_t group,
				    const char *label, uint32_t id);
/* After all objects, before the first schema_find(). */
void schema_index(struct schema *schema);
struct schema_object *schema_find(const struct schema *schema, uint32_t class, uint32_t id); /* NULL: there is none */
/* After all parts. */
void schema_complete(struct schema *schema);

#endif
