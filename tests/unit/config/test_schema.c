#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include "config/config.h"
#include "config/policy.h"
#include "config/row.h"
#include "config/value.h"

static const struct schema_table *const tables[] = {&schema_vela_yml, &schema_pool_yml};
static const enum schema_file files[] = {SCHEMA_VELA_YML, SCHEMA_POOL_YML};

static json_t *load(enum schema_file file)
{
	_cleanup_buffer_ struct buffer text = {0};
	json_error_t error;
	schema_write_json(file, &text);
	json_t *schema = json_loads(buffer_text(&text), JSON_REJECT_DUPLICATES, &error);
	if (!schema)
		fail_msg("%s", error.text);
	return schema;
}

/* The part of the schema that describes a key such as "checks[].name" or "sources.*.url". */
static const json_t *describe(const json_t *schema, const char *path)
{
	while (schema && *path) {
		if (*path == '.')
			path++;
		if (*path == '[' || *path == '*') {
			schema = json_object_get(schema, *path == '[' ? "items" : "additionalProperties");
			path += *path == '[' ? 2 : 1;
			continue;
		}
		size_t length = strcspn(path, ".[");
		_cleanup_free_ char *key = string_copy_n(path, length);
		schema = json_object_get(json_object_get(schema, "properties"), key);
		path += length;
	}
	return schema;
}

static void test_the_schema_lists_each_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		json_t *schema = load(files[i]);
		for (size_t j = 0; schema_row_at(tables[i], j); j++) {
			const struct schema_row *row = schema_row_at(tables[i], j);
			const json_t *description = json_object_get(describe(schema, row->path), "description");
			if (!description)
				fail_msg("%s is not in the schema", row->path);
			assert_string_equal(json_string_value(description), row->help);
		}
		assert_string_equal(json_string_value(json_object_get(schema, "$schema")),
				    "https://json-schema.org/draft/2020-12/schema");
		json_decref(schema);
	}
}

static void test_the_schema_allows_no_other_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		json_t *schema = load(files[i]);
		for (size_t j = 0; schema_row_at(tables[i], j); j++) {
			const struct schema_row *row = schema_row_at(tables[i], j);
			const json_t *part = describe(schema, row->path);
			if (row->type == SCHEMA_SECTION)
				assert_true(json_is_false(json_object_get(part, "additionalProperties")));
		}
		json_decref(schema);
	}
}

static void test_what_the_schema_says_of_keys(void **state)
{
	(void)state;
	json_t *vela = load(SCHEMA_VELA_YML), *pool = load(SCHEMA_POOL_YML);
	const json_t *version = describe(vela, "version");
	assert_string_equal(json_string_value(json_object_get(version, "type")), "integer");
	assert_int_equal(json_integer_value(json_object_get(version, "maximum")), 1);
	const json_t *required = json_object_get(vela, "required");
	assert_int_equal(json_array_size(required), 1);
	assert_string_equal(json_string_value(json_array_get(required, 0)), "version");
	assert_null(json_object_get(pool, "required"));
	assert_int_equal(json_array_size(json_object_get(describe(vela, "checks[]"), "required")), 2);
	assert_true(json_is_false(json_object_get(describe(vela, "branch.durable"), "default")));
	assert_string_equal(json_string_value(json_object_get(describe(vela, "timeout"), "default")), "1h");
	const json_t *formats = json_object_get(describe(vela, "migrations.format"), "enum");
	assert_string_equal(json_string_value(json_array_get(formats, 1)), "sql");
	assert_int_equal(json_array_size(json_object_get(describe(pool, "sources.*"), "oneOf")), 2);
	assert_non_null(
		json_object_get(json_object_get(describe(pool, "sources.*"), "dependentRequired"), "password_file"));
	const json_t *majors = json_object_get(json_object_get(describe(pool, "postgres"), "propertyNames"), "enum");
	assert_string_equal(json_string_value(json_array_get(majors, 0)), "13");
	assert_int_equal(json_array_size(majors), 6);
	json_decref(vela);
	json_decref(pool);
}

static void test_rows_are_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (size_t j = 0; schema_row_at(tables[i], j); j++) {
			const struct schema_row *row = schema_row_at(tables[i], j);
			bool is_container = row->type == SCHEMA_LIST || row->type == SCHEMA_MAP;
			assert_true(row->help && row->help[strlen(row->help) - 1] == '.');
			assert_null(strchr(row->help, '|')); /* it would end a cell of the reference */
			assert_true(row->minimum <= row->maximum);
			assert_true(row->type == SCHEMA_SECTION || is_container || row->fallback || row->example);
			assert_true((row->type == SCHEMA_CHOICE) == (row->choices != NULL));
			assert_true(!row->required || (row->example && !row->fallback));
			assert_true(!is_container || (schema_item(tables[i], row) && row->item_size && row->maximum));
			assert_true((row->type == SCHEMA_MAP) == (row->key != NULL));
			for (size_t k = 0; k < j; k++)
				assert_string_not_equal(row->path, schema_row_at(tables[i], k)->path);
		}
}

static void free_texts(char **texts)
{
	for (char **text = texts; *text; text++)
		free(*text);
	free(texts);
}

static void free_value(const struct schema_row *row, char *record)
{
	switch (row->type) {
	case SCHEMA_INTEGER:
	case SCHEMA_DURATION:
	case SCHEMA_EXPIRY:
	case SCHEMA_SIZE:
	case SCHEMA_TRUE:
	case SCHEMA_BOOLEAN:
	case SCHEMA_DECIMAL:
		break;
	case SCHEMA_TEXTS:
	case SCHEMA_KEYS:
		free_texts(*(char ***)(void *)(record + row->offset));
		break;
	case SCHEMA_ROWS:
		config_rows_free(*(char ****)(void *)(record + row->offset));
		break;
	case SCHEMA_BETWEEN:
		free(*(char **)(void *)(record + row->second));
		free(*(char **)(void *)(record + row->offset));
		break;
	default:
		free(*(char **)(void *)(record + row->offset));
	}
}

static void test_each_example_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (size_t j = 0; schema_row_at(tables[i], j); j++) {
			const struct schema_row *row = schema_row_at(tables[i], j);
			if (!row->example)
				continue;
			_Alignas(max_align_t) char record[1024] = {0};
			_cleanup_problems_ struct problems problems = {0};
			_cleanup_tree_ struct tree_node *node = NULL;
			assert_int_equal(tree_parse(row->example, strlen(row->example), &problems, &node), 0);
			_cleanup_buffer_ struct buffer complaint = {0};
			if (!value_store(row, node, record, &complaint))
				fail_msg("%s: %s %s", row->path, row->example, buffer_text(&complaint));
			free_value(row, record);
		}
}

/* The text between the n-th "```yaml" and the "```" that ends it; owned. */
static char *code_block(const char *markdown, int number)
{
	const char *begin = markdown;
	for (int i = 0; i < number; i++) {
		begin = strstr(begin, "```yaml\n");
		assert_non_null(begin);
		begin += strlen("```yaml\n");
	}
	const char *end = strstr(begin, "```");
	assert_non_null(end);
	return string_copy_n(begin, (size_t)(end - begin));
}

static void test_the_examples_of_the_reference_are_valid(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer markdown = {0};
	schema_write_markdown(&markdown);
	_cleanup_free_ char *vela = code_block(buffer_text(&markdown), 1);
	_cleanup_free_ char *pool = code_block(buffer_text(&markdown), 2);
	_cleanup_config_ struct config config = {0};
	_cleanup_policy_ struct policy policy = {0};
	assert_int_equal(config_parse("vela.yml", vela, strlen(vela), &config, NULL), 0);
	assert_int_equal(config.check_count, 1);
	assert_int_equal(policy_parse("pool.yml", pool, strlen(pool), &policy, NULL), 0);
	assert_int_equal(policy.source_count, 2);
}

static void test_the_reference_lists_each_key(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer markdown = {0};
	schema_write_markdown(&markdown);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (size_t j = 1; schema_row_at(tables[i], j); j++)
			assert_non_null(strstr(buffer_text(&markdown), schema_row_at(tables[i], j)->help));
	const char *text = buffer_text(&markdown);
	assert_non_null(strstr(text, "| `version` | integer, only 1 | required | "));
	assert_non_null(strstr(text, "| `timeout` | duration, 1s to 1d | `1h` | "));
	assert_non_null(strstr(text, "| `database` | text, at most 63 bytes | | "));
	assert_non_null(strstr(text, "| `checks[].name` | text, at most 200 bytes | required | "));
	assert_non_null(strstr(text, "| `sources.NAME.url` | URL, at most 4096 bytes | | "));
	assert_non_null(strstr(text, "| `postgres.MAJOR` | "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_schema_lists_each_key),
		cmocka_unit_test(test_the_schema_allows_no_other_key),
		cmocka_unit_test(test_what_the_schema_says_of_keys),
		cmocka_unit_test(test_rows_are_complete),
		cmocka_unit_test(test_each_example_is_accepted),
		cmocka_unit_test(test_the_examples_of_the_reference_are_valid),
		cmocka_unit_test(test_the_reference_lists_each_key),
	};
	return cmocka_run_group_tests_name("config/schema", tests, NULL, NULL);
}
