#include "config/validate.h"

#include "base/text.h"
#include "config/value.h"

struct validation {
	const struct schema_table *table;
	struct problems *problems;
	struct buffer path; /* of the value at hand, for messages: "checks[0].sql" */
};

static void validate_value(struct validation *validation, const struct schema_row *row, const struct tree_node *node,
			   void *record);

/* In a record of its own: the whole file, or an item of a list. */
static void set_defaults(const struct schema_table *table, const struct schema_row *of, void *record)
{
	for (size_t i = 0; schema_row_at(table, i); i++) {
		const struct schema_row *row = schema_row_at(table, i);
		size_t length = strlen(of->path);
		if (!row->fallback || !string_starts_with(row->path, of->path) || strpbrk(row->path + length, "[*"))
			continue;
		_cleanup_free_ char *text = string_copy(row->fallback);
		const struct tree_node node = {.plain = true, .text = text};
		_cleanup_buffer_ struct buffer complaint = {0};
		if (!value_store(row, &node, record, &complaint))
			abort(); /* the table is wrong, not the file */
	}
}

static void complain(struct validation *validation, const struct tree_node *node, const char *complaint)
{
	const char *path = validation->path.length ? buffer_text(&validation->path) : "the file";
	problems_add(validation->problems, node->line, node->column, "%s %s", path, complaint);
}

/* Extends the path in messages; returns the length to cut it back to. */
static size_t enter(struct validation *validation, const char *key)
{
	size_t before = validation->path.length;
	_cleanup_free_ char *safe = text_safe(key);
	_cleanup_free_ char *shortened = text_shorten(safe, 48);
	buffer_addf(&validation->path, "%s%s", before ? "." : "", shortened);
	return before;
}

static bool is_kind(struct validation *validation, const struct schema_row *row, const struct tree_node *node,
		    enum tree_kind kind)
{
	if (node->kind == kind || tree_is_null(node)) /* a section whose keys are all commented out is an empty one */
		return true;
	_cleanup_free_ char *complaint = string_format("must be %s", value_type(row->type)->expected);
	complain(validation, node, complaint);
	return false;
}

struct candidates {
	const struct schema_table *table;
	const struct schema_row *parent;
};

static const char *next_candidate(const void *context, size_t index)
{
	const struct candidates *candidates = context;
	for (size_t i = 0; schema_row_at(candidates->table, i); i++) {
		const char *key = schema_key(candidates->parent, schema_row_at(candidates->table, i));
		if (key && index-- == 0)
			return key;
	}
	return NULL;
}

/* The path of a key of that name in another section: people forget to indent. */
static const char *find_elsewhere(const struct schema_table *table, const char *key)
{
	for (size_t i = 0; schema_row_at(table, i); i++) {
		const char *dot = strrchr(schema_row_at(table, i)->path, '.');
		if (dot && string_equal(dot + 1, key) && !string_equal(key, "*"))
			return schema_row_at(table, i)->path;
	}
	return NULL;
}

static void refuse_unknown(struct validation *validation, const struct schema_row *parent, const struct tree_node *key)
{
	const struct candidates candidates = {validation->table, parent};
	const char *meant = text_suggest(key->text, next_candidate, &candidates);
	if (!meant)
		meant = find_elsewhere(validation->table, key->text);
	_cleanup_free_ char *quoted = problem_quote(key->text);
	_cleanup_free_ char *place =
		validation->path.length ? string_format(" in %s", buffer_text(&validation->path)) : string_copy("");
	bool has_space = strchr(key->text, ' '); /* no key has: { } was meant to go on with its text */
	_cleanup_free_ char *question = meant       ? string_format("; did you mean \"%s\"?", meant)
					: has_space ? string_copy("; within { }, text with a comma needs quotes")
						    : string_copy("");
	problems_add(validation->problems, key->line, key->column, "unknown key %s%s%s", quoted, place, question);
}

static void require_keys(struct validation *validation, const struct schema_row *section, const struct tree_node *node)
{
	for (size_t i = 0; schema_row_at(validation->table, i); i++) {
		const struct schema_row *row = schema_row_at(validation->table, i);
		const char *key = schema_key(section, row);
		if (!key || !row->required || tree_find(node, key))
			continue;
		size_t before = enter(validation, key);
		_cleanup_free_ char *complaint = string_format("is missing: add \"%s: %s\"", key, row->example);
		complain(validation, node, complaint);
		buffer_truncate(&validation->path, before);
	}
}

static void require_one_of(struct validation *validation, const char *const *keys, const struct tree_node *node)
{
	size_t given = 0;
	_cleanup_buffer_ struct buffer list = {0};
	for (size_t i = 0; keys[i]; i++) {
		given += tree_find(node, keys[i]) != NULL;
		buffer_addf(&list, "%s%s", i == 0 ? "" : keys[i + 1] ? ", " : " and ", keys[i]);
	}
	if (given == 1)
		return;
	_cleanup_free_ char *complaint = string_format("needs exactly one of %s", buffer_text(&list));
	complain(validation, node, complaint);
}

/* Complains about the second. */
static void refuse_together(struct validation *validation, const char *const *keys, const struct tree_node *node)
{
	const char *first = NULL;
	for (size_t i = 0; i < node->count; i++) {
		const struct tree_node *key = node->keys[i];
		bool counts = false;
		for (size_t j = 0; key->kind == TREE_SCALAR && keys[j]; j++)
			counts = counts || string_equal(keys[j], key->text);
		if (!counts)
			continue;
		if (first) {
			problems_add(validation->problems, key->line, key->column,
				     "%s and %s cannot both be expected of one query: make it two", first, key->text);
			return;
		}
		first = key->text;
	}
}

static void validate_entry(struct validation *validation, const struct schema_row *section,
			   const struct tree_node *node, size_t index, void *record)
{
	const struct tree_node *key = node->keys[index];
	if (key->kind != TREE_SCALAR)
		return;
	const struct schema_row *row = schema_child(validation->table, section, key->text);
	if (!row) {
		refuse_unknown(validation, section, key);
		return;
	}
	size_t before = enter(validation, key->text);
	if (row->needs && !tree_find(node, row->needs)) {
		_cleanup_free_ char *complaint = string_format("means nothing without %s", row->needs);
		complain(validation, key, complaint);
	}
	validate_value(validation, row, node->children[index], record);
	buffer_truncate(&validation->path, before);
}

static void validate_section(struct validation *validation, const struct schema_row *row, const struct tree_node *node,
			     void *record)
{
	if (row->shorthand && node->kind == TREE_SCALAR && !tree_is_null(node)) {
		validate_value(validation, schema_child(validation->table, row, row->shorthand), node, record);
		return;
	}
	if (!is_kind(validation, row, node, TREE_MAPPING))
		return;
	if (row->line_offset)
		*(int *)((char *)record + row->line_offset) = node->line;
	for (size_t i = 0; node->keys && i < node->count; i++)
		validate_entry(validation, row, node, i, record);
	require_keys(validation, row, node);
	if (row->one_of)
		require_one_of(validation, row->one_of, node);
	if (row->at_most_one_of && node->keys)
		refuse_together(validation, row->at_most_one_of, node);
}

/* Makes room for a record of each child; NULL if there are too many. */
static char *make_records(struct validation *validation, const struct schema_row *row, const struct tree_node *node,
			  void *record)
{
	if (node->count > row->maximum) {
		_cleanup_free_ char *complaint =
			string_format("has %zu entries; at most %zu are allowed", node->count, (size_t)row->maximum);
		complain(validation, node, complaint);
		return NULL;
	}
	char *records = memory_allocate(node->count * row->item_size);
	*(void **)((char *)record + row->offset) = records;
	*(size_t *)((char *)record + row->second) = node->count;
	return records;
}

static bool is_same_text(const struct tree_node *a, const struct tree_node *b)
{
	return a && b && a->kind == TREE_SCALAR && b->kind == TREE_SCALAR && string_equal(a->text, b->text);
}

static void require_unique(struct validation *validation, const char *key, const struct tree_node *node)
{
	for (size_t i = 1; i < node->count; i++) {
		const struct tree_node *own = tree_find(node->children[i], key);
		for (size_t j = 0; j < i; j++) {
			const struct tree_node *other = tree_find(node->children[j], key);
			if (!is_same_text(own, other))
				continue;
			_cleanup_free_ char *quoted = problem_quote(own->text);
			problems_add(validation->problems, own->line, own->column,
				     "the %s %s was already given in line %d", key, quoted, other->line);
			break;
		}
	}
}

static void validate_list(struct validation *validation, const struct schema_row *row, const struct tree_node *node,
			  void *record)
{
	if (!is_kind(validation, row, node, TREE_SEQUENCE))
		return;
	char *records = make_records(validation, row, node, record);
	if (!records)
		return;
	const struct schema_row *item = schema_item(validation->table, row);
	for (size_t i = 0; i < node->count; i++) {
		size_t before = validation->path.length;
		set_defaults(validation->table, item, records + i * row->item_size);
		buffer_addf(&validation->path, "[%zu]", i);
		validate_value(validation, item, node->children[i], records + i * row->item_size);
		buffer_truncate(&validation->path, before);
	}
	if (row->unique)
		require_unique(validation, row->unique, node);
}

static void store(struct validation *validation, const struct schema_row *row, const struct tree_node *node,
		  void *record)
{
	_cleanup_buffer_ struct buffer complaint = {0};
	if (!value_store(row, node, record, &complaint))
		complain(validation, node, buffer_text(&complaint));
}

static void validate_map(struct validation *validation, const struct schema_row *row, const struct tree_node *node,
			 void *record)
{
	if (!is_kind(validation, row, node, TREE_MAPPING))
		return;
	char *records = make_records(validation, row, node, record);
	if (!records)
		return;
	const struct schema_row *item = schema_item(validation->table, row);
	for (size_t i = 0; i < node->count; i++) {
		if (node->keys[i]->kind != TREE_SCALAR)
			continue;
		struct tree_node key = *node->keys[i];
		key.plain = true; /* a key may always be quoted: in JSON it has to be */
		size_t before = enter(validation, key.text);
		store(validation, row->key, &key, records + i * row->item_size);
		validate_value(validation, item, node->children[i], records + i * row->item_size);
		buffer_truncate(&validation->path, before);
	}
}

static void validate_value(struct validation *validation, const struct schema_row *row, const struct tree_node *node,
			   void *record)
{
	if (node->kind == TREE_BROKEN)
		return;
	if (row->type == SCHEMA_SECTION)
		validate_section(validation, row, node, record);
	else if (row->type == SCHEMA_LIST)
		validate_list(validation, row, node, record);
	else if (row->type == SCHEMA_MAP)
		validate_map(validation, row, node, record);
	else
		store(validation, row, node, record);
}

void validate_defaults(const struct schema_table *table, void *record)
{
	set_defaults(table, schema_row_at(table, 0), record);
}

int validate_parse(const struct schema_table *table, const char *name, const char *text, size_t length, void *record,
		   struct error **err)
{
	validate_defaults(table, record);
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_tree_ struct tree_node *root = NULL;
	if (tree_parse(text, length, &problems, &root) == 0) {
		struct validation validation = {.table = table, .problems = &problems};
		validate_value(&validation, schema_row_at(table, 0), root, record);
		buffer_free(&validation.path);
	}
	return problems_result(&problems, name, err);
}
