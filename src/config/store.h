/*
 * One function for each type of value: false if the text is not of that type. Then either `complaint` says why, or it
 * is left empty, and the caller says what the type expects.
 */
#ifndef VELA_CONFIG_STORE_H
#define VELA_CONFIG_STORE_H

#include "base/buffer.h"
#include "config/row.h"
#include "config/tree.h"

typedef bool store_function(const struct schema_row *row, const struct tree_node *node, void *record,
			    struct buffer *complaint);

/* store_number.c */
store_function store_integer, store_boolean, store_duration, store_expiry, store_ports, store_reserve;
store_function store_size, store_true, store_decimal, store_number, store_change;
/* store_text.c */
store_function store_text, store_sql, store_scalar, store_name, store_baseline, store_choice;
store_function store_path, store_absolute, store_relative, store_url, store_https;

/* store_list.c */
store_function store_between, store_texts, store_keys, store_command, store_rows;

/* Whether it is a decimal number as people write it, of any length. */
bool store_is_number(const char *text);

static inline void *store_field(void *record, size_t offset)
{
	return (char *)record + offset;
}

#endif
