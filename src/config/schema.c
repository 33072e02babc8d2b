#include "config/schema.h"

#include <jansson.h>

#include "config/row.h"
#include "config/value.h"

static json_t *describe_value(const struct schema_table *table, const struct schema_row *row);

/* Takes `value` over. Jansson fails only for want of memory, or for text that is not UTF-8, which no table has. */
static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		abort();
}

static json_t *text_array(const char *const *texts)
{
	json_t *array = json_array();
	for (size_t i = 0; texts[i]; i++)
		json_array_append_new(array, json_string(texts[i]));
	return array;
}

/* An empty section is accepted where nothing in it is required. */
static bool may_be_null(const struct schema_table *table, const struct schema_row *row)
{
	for (size_t i = 0; schema_row_at(table, i); i++)
		if (schema_row_at(table, i)->required && schema_key(row, schema_row_at(table, i)))
			return false;
	return !row->one_of;
}

/* What may stand where the section stands, without a key. */
static void add_shorthand(json_t *types, const struct schema_table *table, const struct schema_row *section)
{
	const struct schema_row *row = schema_child(table, section, section->shorthand);
	for (const char *const *type = value_type(row->type)->json_types; *type; type++)
		json_array_append_new(types, json_string(*type));
}

static void put_types(json_t *object, const struct schema_table *table, const struct schema_row *row)
{
	const char *const *types = value_type(row->type)->json_types;
	bool is_container = row->type == SCHEMA_SECTION || row->type == SCHEMA_LIST || row->type == SCHEMA_MAP;
	json_t *array = text_array(types);
	if (row->shorthand)
		add_shorthand(array, table, row);
	if (is_container && may_be_null(table, row))
		json_array_append_new(array, json_string("null"));
	if (json_array_size(array) == 1) {
		json_decref(array);
		array = json_string(types[0]);
	}
	put(object, "type", array);
}

static json_t *one_of(const char *const *keys)
{
	json_t *array = json_array();
	for (size_t i = 0; keys[i]; i++)
		json_array_append_new(array, json_pack("{s:[s]}", "required", keys[i]));
	return array;
}

static void describe_section(json_t *object, const struct schema_table *table, const struct schema_row *section)
{
	json_t *properties = json_object(), *required = json_array(), *needs = json_object();
	for (size_t i = 0; schema_row_at(table, i); i++) {
		const struct schema_row *row = schema_row_at(table, i);
		const char *key = schema_key(section, row);
		if (!key)
			continue;
		put(properties, key, describe_value(table, row));
		if (row->required)
			json_array_append_new(required, json_string(key));
		if (row->needs)
			put(needs, key, json_pack("[s]", row->needs));
	}
	put(object, "properties", properties);
	if (json_array_size(required))
		json_object_set(object, "required", required);
	if (json_object_size(needs))
		json_object_set(object, "dependentRequired", needs);
	json_decref(required);
	json_decref(needs);
	if (section->one_of)
		put(object, "oneOf", one_of(section->one_of));
	put(object, "additionalProperties", json_false());
}

static json_t *describe_keys(const struct schema_row *key)
{
	json_t *object = json_object();
	if (key->type != SCHEMA_INTEGER) {
		put(object, "pattern", json_string(value_type(key->type)->json_pattern));
		return object;
	}
	json_t *choices = json_array();
	for (uint64_t i = key->minimum; i <= key->maximum; i++)
		json_array_append_new(choices, json_sprintf("%d", (int)i));
	put(object, "enum", choices);
	return object;
}

static void describe_bounds(json_t *object, const struct schema_row *row)
{
	json_int_t maximum = (json_int_t)row->maximum;
	switch (row->type) {
	case SCHEMA_INTEGER:
	case SCHEMA_DECIMAL:
		put(object, "minimum", json_integer((json_int_t)row->minimum));
		put(object, "maximum", json_integer(maximum));
		break;
	case SCHEMA_LIST:
		put(object, "maxItems", json_integer(maximum));
		break;
	case SCHEMA_MAP:
		put(object, "maxProperties", json_integer(maximum));
		break;
	case SCHEMA_TEXT:
	case SCHEMA_SQL:
	case SCHEMA_SCALAR:
		put(object, "minLength", json_integer((json_int_t)row->minimum));
		put(object, "maxLength", json_integer(maximum));
		break;
	default: /* bounds of the others are not of the kind that JSON Schema knows */
		break;
	}
}

static json_t *default_value(const struct schema_row *row)
{
	if (row->type == SCHEMA_BOOLEAN)
		return json_boolean(string_equal(row->fallback, "true"));
	if (row->type == SCHEMA_DECIMAL || row->type == SCHEMA_INTEGER)
		return json_integer(strtoll(row->fallback, NULL, 10));
	return json_string(row->fallback);
}

static json_t *describe_value(const struct schema_table *table, const struct schema_row *row)
{
	json_t *object = json_object();
	put_types(object, table, row);
	put(object, "description", json_string(row->help));
	if (value_type(row->type)->json_pattern)
		put(object, "pattern", json_string(value_type(row->type)->json_pattern));
	if (row->choices)
		put(object, "enum", text_array(row->choices));
	if (row->fallback)
		put(object, "default", default_value(row));
	describe_bounds(object, row);
	if (row->type == SCHEMA_SECTION)
		describe_section(object, table, row);
	else if (row->type == SCHEMA_LIST)
		put(object, "items", describe_value(table, schema_item(table, row)));
	else if (row->type == SCHEMA_MAP) {
		put(object, "propertyNames", describe_keys(row->key));
		put(object, "additionalProperties", describe_value(table, schema_item(table, row)));
	}
	return object;
}

void schema_write_json(enum schema_file file, struct buffer *out)
{
	const struct schema_table *table = schema_table(file);
	json_t *root = json_object();
	put(root, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	put(root, "title", json_string(table->name));
	json_t *value = describe_value(table, schema_row_at(table, 0));
	if (json_object_update(root, value) < 0)
		abort();
	json_decref(value);
	_cleanup_free_ char *text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	if (!text)
		abort();
	buffer_addf(out, "%s\n", text);
}
