#include "config/row.h"

#include "base/memory.h"

const struct schema_table *schema_table(enum schema_file file)
{
	return file == SCHEMA_VELA_YML ? &schema_vela_yml : &schema_pool_yml;
}

const struct schema_row *schema_row_at(const struct schema_table *table, size_t index)
{
	for (const struct schema_row *const *part = table->parts; *part; part++)
		for (const struct schema_row *row = *part; row->path; row++)
			if (index-- == 0)
				return row;
	return NULL;
}

const char *schema_key(const struct schema_row *parent, const struct schema_row *row)
{
	if (!string_starts_with(row->path, parent->path))
		return NULL;
	const char *rest = row->path + strlen(parent->path);
	if (*parent->path && *rest++ != '.')
		return NULL;
	return *rest && !strpbrk(rest, ".[*") ? rest : NULL;
}

const struct schema_row *schema_child(const struct schema_table *table, const struct schema_row *parent,
				      const char *key)
{
	for (size_t i = 0; schema_row_at(table, i); i++) {
		const char *own = schema_key(parent, schema_row_at(table, i));
		if (own && string_equal(own, key))
			return schema_row_at(table, i);
	}
	return NULL;
}

const struct schema_row *schema_item(const struct schema_table *table, const struct schema_row *row)
{
	const char *suffix = row->type == SCHEMA_LIST ? "[]" : ".*";
	size_t length = strlen(row->path);
	for (size_t i = 0; schema_row_at(table, i); i++)
		if (string_starts_with(schema_row_at(table, i)->path, row->path) &&
		    string_equal(schema_row_at(table, i)->path + length, suffix))
			return schema_row_at(table, i);
	return NULL;
}
