/* Reading below the directory of a repository. What stands there is hostile: nothing outside it is ever opened. */
#ifndef VELA_SQL_TREE_H
#define VELA_SQL_TREE_H

#include "base/buffer.h"
#include "base/error.h"

/*
 * Opens `path`, relative to the directory `repository`, with open()'s `flags`. What leaves the repository, by "..", by
 * an absolute path or by a symlink, is ERROR_REFUSED, and so is what leads into a .git: CI systems keep credentials
 * there. Under O_NOFOLLOW a symlink in the last place is, too.
 */
int tree_open(const char *repository, const char *path, int flags, int *ret, struct error **err);
/* Reads a regular file of at most `max` bytes; a symlink in its place is ERROR_REFUSED. */
int tree_read(const char *repository, const char *path, size_t max, struct buffer *ret, struct error **err);

#endif
