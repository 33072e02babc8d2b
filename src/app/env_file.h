/*
 * vela's lines in a file of environment variables (`hooks.env_file`): a block at its end, between two markers. Whatever
 * else is in the file stays as it is, byte for byte. The path is a repository's word: what leads out of the working
 * tree, over a symbolic link, into .git or to anything but a regular file is ERROR_REFUSED. Read and written as the
 * caller, replaced in one step.
 */
#ifndef VELA_APP_ENV_FILE_H
#define VELA_APP_ENV_FILE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* Puts the block in, or in the place of an older one. A new file gets mode 0600, an old one keeps its own.
 * `tree` is the working tree's directory, `path` is relative to it. */
int env_file_write(const char *tree, const char *path, const char *branch, const char *uri, struct error **err);
/* Is it in already, just so? */
int env_file_is_current(const char *tree, const char *path, const char *branch, const char *uri, bool *ret,
			struct error **err);
/* A block of another branch says `DATABASE_URL=` from now on, for the database of this one is not to be had. Where
 * there is no block, or it is this branch's already, nothing is done. */
int env_file_void(const char *tree, const char *path, const char *branch, struct error **err);
/* Takes the block out; a file that vela made goes, if nothing else came into it. None of it there is a success. */
int env_file_clear(const char *tree, const char *path, struct error **err);

/* The text of the file with the block, and without: for the two above, and for tests. `made`: there was no file. */
void env_file_add_block(const char *text, size_t length, bool made, const char *branch, const char *uri,
			struct buffer *out);
/* *ret_made: the file was made by vela. False if there is no block. */
bool env_file_remove_block(const char *text, size_t length, struct buffer *out, bool *ret_made);
/* Whether the block, if there is one, is of another branch. */
bool env_file_is_of_another(const char *text, size_t length, const char *branch);

#endif
