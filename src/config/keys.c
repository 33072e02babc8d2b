#include "config/keys.h"

#include "base/memory.h"

static void add_key(struct config *config, const char *path, const struct tree_node *key)
{
	config->keys = memory_resize(config->keys, config->key_count + 1, sizeof(*config->keys));
	config->keys[config->key_count++] = (struct config_key){string_copy(path), key->line, key->column};
}

static void collect(const struct schema_table *table, const struct schema_row *section, const struct tree_node *node,
		    struct config *config)
{
	for (size_t i = 0; node->keys && i < node->count; i++) {
		const struct schema_row *row = schema_child(table, section, node->keys[i]->text);
		if (!row)
			continue;
		if (row->type == SCHEMA_SECTION && node->children[i]->kind == TREE_MAPPING)
			collect(table, row, node->children[i], config);
		else if (!tree_is_null(node->children[i]))
			add_key(config, row->path, node->keys[i]);
	}
}

void config_keys_collect(const char *text, size_t length, struct config *config)
{
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_tree_ struct tree_node *root = NULL;
	if (tree_parse(text, length, &problems, &root) == 0)
		collect(&schema_vela_yml, schema_row_at(&schema_vela_yml, 0), root, config);
}

const struct config_key *config_key_find(const struct config *config, const char *key)
{
	for (size_t i = 0; i < config->key_count; i++)
		if (string_equal(config->keys[i].key, key))
			return &config->keys[i];
	return NULL;
}
