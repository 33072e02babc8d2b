/*
 * A YAML file as a tree that knows where everything stood. Size, depth and number of nodes are bounded; aliases and
 * tags are refused, so that a tree is never larger than what was written.
 */
#ifndef VELA_CONFIG_TREE_H
#define VELA_CONFIG_TREE_H

#include <stdbool.h>

#include "config/problem.h"

enum { TREE_MAX_SIZE = 1 << 20, TREE_MAX_NODES = 20000, TREE_MAX_DEPTH = 32 };

enum tree_kind {
	TREE_SCALAR,
	TREE_SEQUENCE,
	TREE_MAPPING,
	TREE_BROKEN /* a problem was reported for it: whoever reads the tree passes over it */
};

struct tree_node {
	enum tree_kind kind;
	int line, column; /* from 1 */
	bool plain;       /* a scalar without quotes: 5 is a number, "5" is not */
	char *text;       /* of a scalar; without NUL characters */
	/* Items of a sequence, or values of a mapping and their keys (NULL otherwise). */
	struct tree_node **children;
	struct tree_node **keys; /* scalars, each only once; or TREE_BROKEN */
	size_t count;
};

/*
 * Parses one YAML document; an empty file is a null scalar. 0 if there is a tree, even if problems were found in it; -1
 * if there is none, and then at least one problem was added.
 */
int tree_parse(const char *text, size_t length, struct problems *problems, struct tree_node **ret);
void tree_free(struct tree_node *node);
void tree_freep(struct tree_node **node);
#define _cleanup_tree_ _cleanup_(tree_freep)

/* The value of a mapping's key; NULL if it has none or `node` is no mapping. */
const struct tree_node *tree_find(const struct tree_node *node, const char *key);
bool tree_is_null(const struct tree_node *node); /* nothing written, ~, or an unquoted null */

#endif
