/* Files and directories. Every descriptor is close-on-exec. */
#ifndef VELA_BASE_FILE_H
#define VELA_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/* "a/b" from parts, owned; the last argument must be NULL. */
char *path_join(const char *first, ...) __attribute__((sentinel));
/* Makes `path` absolute against the working directory (or `base`, if given) without resolving symlinks; owned. */
char *path_absolute(const char *base, const char *path);
char *path_parent(const char *path);         /* owned; "/" for "/" and "." for a bare name */
const char *path_basename(const char *path); /* borrowed from path */
/* What of `path` follows `directory`, "" if they are the same; NULL if it is not below. By their text alone, both
 * absolute; borrowed from path. */
const char *path_below(const char *path, const char *directory);
char *path_without_slash(const char *path); /* at its end; of an address too. "/" stays, NULL gives NULL; owned */

bool file_exists(const char *path); /* does not follow a symlink at the end */
bool file_is_directory(const char *path);

/* Reads a regular file of at most `max` bytes; bigger is an error. `symlinks` says whether one may stand at the end. */
enum file_links { FILE_FOLLOW, FILE_NO_FOLLOW };
int file_read(const char *path, size_t max, enum file_links links, struct buffer *ret, struct error **err);

/*
 * Replaces `path` in one step: temporary file beside it, rename. With FILE_DURABLE the file and its directory are
 * fsynced, so that the content survives a crash of the machine.
 */
enum file_durability { FILE_VOLATILE, FILE_DURABLE };
int file_replace(const char *path, const char *data, size_t length, mode_t mode, enum file_durability durability,
		 struct error **err);
int file_append(const char *path, const char *data, size_t length, mode_t mode, struct error **err);
int file_rename(const char *from, const char *to, struct error **err);
int file_sync_directory(const char *path, struct error **err);
int file_unlink(const char *path, struct error **err); /* a missing file is a success */

int directory_create(const char *path, mode_t mode, struct error **err); /* an existing directory is a success */
int directory_create_all(const char *path, mode_t mode, struct error **err);
/* Names in byte order without "." and ".."; a missing directory gives an empty list. */
int directory_list(const char *path, struct string_list *ret, struct error **err);
/* Removes a tree without following symlinks or leaving the filesystem; a missing tree is a success. */
int directory_remove(const char *path, struct error **err);

struct space {
	uint64_t total;
	uint64_t available; /* bytes an ordinary user can still write */
};
int space_of(const char *path, struct space *ret, struct error **err);

/* Adds all that can be read to `data`; more than `max` bytes in all are EFBIG. 0, or -1 with errno. */
int descriptor_read(int fd, size_t max, struct buffer *data);
/* Writes all bytes. 0, or -1 with errno. */
int descriptor_write(int fd, const void *data, size_t length);

#endif
