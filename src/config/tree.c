#include "config/tree.h"

#include <yaml.h>

#include "config/syntax.h"

#define _cleanup_event_ _cleanup_(yaml_event_delete)
#define _cleanup_parser_ _cleanup_(yaml_parser_delete)

struct loader {
	yaml_parser_t *parser;
	const char *text;
	struct problems *problems;
	size_t nodes;
};

static int line_of(const yaml_event_t *event)
{
	return (int)event->start_mark.line + 1;
}

static int column_of(const yaml_event_t *event)
{
	return (int)event->start_mark.column + 1;
}

static int next_event(struct loader *loader, yaml_event_t *event)
{
	if (yaml_parser_parse(loader->parser, event))
		return 0;
	syntax_report(loader->parser, loader->text, loader->problems);
	return -1;
}

static void add_child(struct tree_node *node, struct tree_node *key, struct tree_node *child)
{
	/* Grows at powers of two. */
	if ((node->count & (node->count - 1)) == 0) {
		size_t capacity = node->count ? node->count * 2 : 1;
		node->children = memory_resize(node->children, capacity, sizeof(*node->children));
		if (node->kind == TREE_MAPPING)
			node->keys = memory_resize(node->keys, capacity, sizeof(*node->keys));
	}
	if (node->kind == TREE_MAPPING)
		node->keys[node->count] = key;
	node->children[node->count++] = child;
}

static int read_value(struct loader *loader, const yaml_event_t *event, int depth, struct tree_node **ret);

static int read_sequence(struct loader *loader, struct tree_node *node, int depth)
{
	for (;;) {
		_cleanup_event_ yaml_event_t event = {0};
		if (next_event(loader, &event) < 0)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		struct tree_node *child;
		if (read_value(loader, &event, depth + 1, &child) < 0)
			return -1;
		add_child(node, NULL, child);
	}
}

static void check_key(struct loader *loader, struct tree_node *key)
{
	if (key->kind != TREE_SEQUENCE && key->kind != TREE_MAPPING)
		return;
	problems_add(loader->problems, key->line, key->column, "a key has to be a word, not a list or a mapping");
	key->kind = TREE_BROKEN;
}

static int compare_keys(const void *a, const void *b)
{
	const struct tree_node *left = *(struct tree_node *const *)a, *right = *(struct tree_node *const *)b;
	int order = strcmp(left->text ? left->text : "", right->text ? right->text : "");
	if (order == 0)
		order = left->line - right->line;
	return order ? order : left->column - right->column;
}

/* Sorts a copy: comparing each key with every other would take minutes on a hostile file. */
static void refuse_duplicates(struct loader *loader, const struct tree_node *node)
{
	if (node->count < 2)
		return;
	_cleanup_free_ struct tree_node **sorted = memory_resize(NULL, node->count, sizeof(struct tree_node *));
	memcpy(sorted, node->keys, node->count * sizeof(struct tree_node *));
	qsort(sorted, node->count, sizeof(struct tree_node *), compare_keys);
	const struct tree_node *first = sorted[0];
	for (size_t i = 1; i < node->count; i++) {
		struct tree_node *key = sorted[i];
		if (key->kind != TREE_SCALAR || first->kind != TREE_SCALAR || !string_equal(first->text, key->text)) {
			first = key;
			continue;
		}
		_cleanup_free_ char *quoted = problem_quote(key->text);
		problems_add(loader->problems, key->line, key->column, "the key %s was already given in line %d",
			     quoted, first->line);
		key->kind = TREE_BROKEN;
	}
}

static int read_mapping(struct loader *loader, struct tree_node *node, int depth)
{
	for (;;) {
		_cleanup_event_ yaml_event_t key_event = {0};
		if (next_event(loader, &key_event) < 0)
			return -1;
		if (key_event.type == YAML_MAPPING_END_EVENT)
			break;
		_cleanup_tree_ struct tree_node *key = NULL;
		if (read_value(loader, &key_event, depth + 1, &key) < 0)
			return -1;
		check_key(loader, key);
		_cleanup_event_ yaml_event_t value_event = {0};
		struct tree_node *value;
		if (next_event(loader, &value_event) < 0 || read_value(loader, &value_event, depth + 1, &value) < 0)
			return -1;
		add_child(node, TAKE_POINTER(key), value);
	}
	refuse_duplicates(loader, node);
	return 0;
}

static void read_scalar(struct loader *loader, const yaml_event_t *event, struct tree_node *node)
{
	const char *value = (const char *)event->data.scalar.value;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = string_copy(value);
	if (strlen(value) != event->data.scalar.length) {
		problems_add(loader->problems, node->line, node->column, "text cannot contain a NUL character");
		node->kind = TREE_BROKEN;
	}
}

static const char *tag_of(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return (const char *)event->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return (const char *)event->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return (const char *)event->data.mapping_start.tag;
	default:
		return NULL;
	}
}

static void refuse_alias_and_tag(struct loader *loader, const yaml_event_t *event, struct tree_node *node)
{
	const char *tag = tag_of(event);
	if (event->type == YAML_ALIAS_EVENT) {
		_cleanup_free_ char *quoted = problem_quote((const char *)event->data.alias.anchor);
		problems_add(loader->problems, node->line, node->column,
			     "references to anchors are not supported: write out what %s stands for", quoted);
	} else if (tag) {
		_cleanup_free_ char *quoted = problem_quote(tag);
		problems_add(loader->problems, node->line, node->column, "tags such as %s are not supported", quoted);
	} else {
		return;
	}
	node->kind = TREE_BROKEN;
}

static int check_limits(struct loader *loader, const yaml_event_t *event, int depth)
{
	if (depth > TREE_MAX_DEPTH)
		problems_add(loader->problems, line_of(event), column_of(event), "nested more than %d levels deep",
			     (int)TREE_MAX_DEPTH);
	else if (++loader->nodes > TREE_MAX_NODES)
		problems_add(loader->problems, line_of(event), column_of(event), "more than %d values in one file",
			     (int)TREE_MAX_NODES);
	else
		return 0;
	return -1;
}

static int read_value(struct loader *loader, const yaml_event_t *event, int depth, struct tree_node **ret)
{
	if (check_limits(loader, event, depth) < 0)
		return -1;
	_cleanup_tree_ struct tree_node *node = memory_allocate(sizeof(*node));
	node->line = line_of(event);
	node->column = column_of(event);
	if (event->type == YAML_SCALAR_EVENT) {
		read_scalar(loader, event, node);
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		node->kind = TREE_SEQUENCE;
		if (read_sequence(loader, node, depth) < 0)
			return -1;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		node->kind = TREE_MAPPING;
		if (read_mapping(loader, node, depth) < 0)
			return -1;
	}
	refuse_alias_and_tag(loader, event, node);
	*ret = TAKE_POINTER(node);
	return 0;
}

/* What follows the first document has to be the end. */
static int read_end(struct loader *loader)
{
	for (;;) {
		_cleanup_event_ yaml_event_t event = {0};
		if (next_event(loader, &event) < 0)
			return -1;
		if (event.type == YAML_STREAM_END_EVENT)
			return 0;
		if (event.type == YAML_DOCUMENT_START_EVENT) {
			problems_add(loader->problems, line_of(&event), column_of(&event),
				     "a second document begins here; the file can hold only one");
			return 0;
		}
	}
}

static struct tree_node *make_null(void)
{
	struct tree_node *node = memory_allocate(sizeof(*node));
	node->plain = true;
	node->text = string_copy("");
	node->line = node->column = 1;
	return node;
}

static int read_document(struct loader *loader, struct tree_node **ret)
{
	for (;;) {
		_cleanup_event_ yaml_event_t event = {0};
		if (next_event(loader, &event) < 0)
			return -1;
		if (event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT)
			continue;
		if (event.type == YAML_STREAM_END_EVENT) {
			*ret = make_null();
			return 0;
		}
		_cleanup_tree_ struct tree_node *root = NULL;
		if (read_value(loader, &event, 1, &root) < 0 || read_end(loader) < 0)
			return -1;
		*ret = TAKE_POINTER(root);
		return 0;
	}
}

int tree_parse(const char *text, size_t length, struct problems *problems, struct tree_node **ret)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
		text += 3; /* libyaml would count it as a column, and take the first key for indented */
		length -= 3;
	}
	if (length > TREE_MAX_SIZE) {
		problems_add(problems, 1, 1, "the file is larger than %d bytes", (int)TREE_MAX_SIZE);
		return -1;
	}
	_cleanup_parser_ yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		abort(); /* only out of memory */
	/* Said outright: else another byte order mark would make it read UTF-16. */
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	struct loader loader = {.parser = &parser, .text = text, .problems = problems};
	return read_document(&loader, ret);
}

void tree_free(struct tree_node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->count; i++) {
		tree_free(node->children[i]);
		if (node->keys)
			tree_free(node->keys[i]);
	}
	free(node->children);
	free(node->keys);
	free(node->text);
	free(node);
}

void tree_freep(struct tree_node **node)
{
	tree_free(*node);
}

const struct tree_node *tree_find(const struct tree_node *node, const char *key)
{
	if (node->kind != TREE_MAPPING)
		return NULL;
	for (size_t i = 0; i < node->count; i++)
		if (node->keys[i]->kind == TREE_SCALAR && string_equal(node->keys[i]->text, key))
			return node->children[i];
	return NULL;
}

bool tree_is_null(const struct tree_node *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	if (node->kind != TREE_SCALAR || !node->plain)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++)
		if (string_equal(node->text, nulls[i]))
			return true;
	return false;
}
