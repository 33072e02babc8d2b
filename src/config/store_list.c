#include "base/text.h"
#include "config/config.h"
#include "config/store.h"

char config_null[] = "NULL";

/* A text in a list; NULL with a complaint if it is something else. */
static const char *item_text(const struct schema_row *row, const struct tree_node *node, struct buffer *complaint)
{
	if (node->kind != TREE_SCALAR || tree_is_null(node) || node->text[0] == '\0')
		return NULL;
	if (row->maximum && strlen(node->text) > row->maximum) {
		buffer_addf(complaint, "must have at most %d bytes in each", (int)row->maximum);
		return NULL;
	}
	return node->text;
}

/* The texts of a list, or the one that stands there alone; NULL if one of them is none. Owned. */
static char **make_texts(const struct schema_row *row, const struct tree_node *node, struct buffer *complaint)
{
	const struct tree_node *const alone[] = {node};
	const struct tree_node *const *items =
		node->kind == TREE_SEQUENCE ? (const struct tree_node *const *)node->children : alone;
	size_t count = node->kind == TREE_SEQUENCE ? node->count : 1;
	_cleanup_(string_list_free) struct string_list texts = {0};
	for (size_t i = 0; i < count; i++) {
		const char *text = item_text(row, items[i], complaint);
		if (!text)
			return NULL;
		string_list_add(&texts, text);
	}
	return string_list_steal(&texts);
}

bool store_texts(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	char **texts = make_texts(row, node, complaint);
	if (texts)
		*(char ***)store_field(record, row->offset) = texts;
	return texts;
}

/* Of what people choose names for there are no keys. */
static bool is_key(const struct schema_row *row)
{
	return *row->path && !strpbrk(row->path, "[*");
}

static const char *next_key(const void *table, size_t index)
{
	for (size_t i = 0; schema_row_at(table, i); i++)
		if (is_key(schema_row_at(table, i)) && index-- == 0)
			return schema_row_at(table, i)->path;
	return NULL;
}

static bool is_known_key(const char *key, struct buffer *complaint)
{
	const char *known;
	for (size_t i = 0; (known = next_key(&schema_vela_yml, i)); i++)
		if (string_equal(known, key))
			return true;
	_cleanup_free_ char *quoted = problem_quote(key);
	const char *meant = text_suggest(key, next_key, &schema_vela_yml);
	buffer_addf(complaint, "must be keys of vela.yml, and %s is none", quoted);
	if (meant)
		buffer_addf(complaint, "; did you mean \"%s\"?", meant);
	return false;
}

bool store_keys(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	char **keys = make_texts(row, node, complaint);
	for (char **key = keys; key && *key; key++)
		if (!is_known_key(*key, complaint)) {
			strings_free(keys);
			return false;
		}
	if (keys)
		*(char ***)store_field(record, row->offset) = keys;
	return keys;
}

bool store_command(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (node->kind == TREE_SCALAR)
		return store_text(row, node, record, complaint);
	char **arguments = make_texts(row, node, complaint);
	if (arguments)
		*(char ***)store_field(record, row->second) = arguments;
	return arguments;
}

bool store_between(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (node->kind != TREE_SEQUENCE || node->count != 2)
		return false;
	for (size_t i = 0; i < 2; i++) {
		const char *text = item_text(row, node->children[i], complaint);
		if (!text || !store_is_number(text))
			return false;
	}
	*(char **)store_field(record, row->offset) = string_copy(node->children[0]->text);
	*(char **)store_field(record, row->second) = string_copy(node->children[1]->text);
	return true;
}

void config_rows_free(char ***rows)
{
	for (char ***row = rows; row && *row; row++) {
		for (char **value = *row; *value; value++)
			if (*value != config_null)
				free(*value);
		free(*row);
	}
	free(rows);
}

static char **make_row(const struct tree_node *node)
{
	char **row = memory_allocate((node->count + 1) * sizeof(*row));
	for (size_t i = 0; i < node->count; i++) {
		const struct tree_node *value = node->children[i];
		bool is_boolean =
			value->plain && (string_equal(value->text, "true") || string_equal(value->text, "false"));
		row[i] = tree_is_null(value) ? config_null
			 : is_boolean        ? string_copy_n(value->text, 1)
					     : string_copy(value->text);
	}
	return row;
}

static bool is_row(const struct tree_node *node)
{
	if (node->kind != TREE_SEQUENCE || node->count == 0)
		return false;
	for (size_t i = 0; i < node->count; i++)
		if (node->children[i]->kind != TREE_SCALAR)
			return false;
	return true;
}

bool store_rows(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	if (node->kind != TREE_SEQUENCE)
		return false;
	for (size_t i = 0; i < node->count; i++) {
		if (!is_row(node->children[i]))
			return false;
		if (node->children[i]->count != node->children[0]->count) {
			buffer_addf(complaint,
				    "must have as many values in each row; row %zu has %zu, the first has %zu", i + 1,
				    node->children[i]->count, node->children[0]->count);
			return false;
		}
	}
	char ***rows = memory_allocate((node->count + 1) * sizeof(*rows));
	for (size_t i = 0; i < node->count; i++)
		rows[i] = make_row(node->children[i]);
	*(char ****)store_field(record, row->offset) = rows;
	return true;
}
