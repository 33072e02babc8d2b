/* Single values: what each type accepts, and how its text becomes a field. */
#ifndef VELA_CONFIG_VALUE_H
#define VELA_CONFIG_VALUE_H

#include "config/row.h"
#include "config/tree.h"

/*
 * Puts the value of a scalar into the field that `row` names in `record`. False if it may not stand there; then what is
 * wrong was added to `complaint`, so that it reads on after the key: "must be …".
 */
bool value_store(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint);

struct value_type {
	const char *name;              /* in the reference: "duration" */
	const char *expected;          /* in messages: "a duration such as 90s, 15m or 7d" */
	const char *const *json_types; /* of JSON Schema; end with NULL */
	const char *json_pattern;      /* or NULL; accepts all that value_store() does, perhaps more */
};
const struct value_type *value_type(enum schema_type type);

/* A bound of the row as people write it: "1h", "63"; owned. */
char *value_format_bound(const struct schema_row *row, uint64_t bound);

#endif
