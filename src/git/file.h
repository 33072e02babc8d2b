/*
 * Files as a commit has them, for who must not read them from the working tree: it holds what the author of a pull
 * request wrote. Reads as the caller.
 */
#ifndef VELA_GIT_FILE_H
#define VELA_GIT_FILE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

struct repository_tree {
	char *directory; /* of the working tree, resolved */
	char *scope;     /* the place asked for, below it: "" or "services/shop" */
	char *origin;    /* address of the remote "origin"; NULL: it has none */
};

/*
 * The working tree around `directory`: the nearest above with an entry ".git", which no commit can bring along. What
 * only looks like a repository, as a bare one in a directory of the working tree does, is passed by, and so is a
 * submodule: a commit says where that comes from. *ret_found says whether there is one.
 */
int repository_tree_find(const char *directory, struct repository_tree *ret, bool *ret_found, struct error **err);
void repository_tree_free(struct repository_tree *tree);
#define _cleanup_repository_tree_ _cleanup_(repository_tree_free)

/*
 * The regular file `path` ("services/shop/vela.yml") of at most `max` bytes in the commit that `reference` leads to;
 * *ret_found says whether it has one. ERROR_NOT_FOUND: there is no such reference. ERROR_REFUSED: what is there is a
 * symbolic link, a directory, a submodule or too large, or this clone does not have its content.
 */
int repository_file_read(const struct repository_tree *tree, const char *reference, const char *path, size_t max,
			 struct buffer *ret, bool *ret_found, struct error **err);

#endif
