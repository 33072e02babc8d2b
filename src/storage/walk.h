/*
 * Goes through a directory tree with several threads: the caller's thread lists directories (and makes their
 * counterparts where there is a target), all of them visit entries. Small trees start no thread. For src/storage/ only.
 */
#ifndef VELA_STORAGE_WALK_H
#define VELA_STORAGE_WALK_H

#include <stdbool.h>

#include "base/error.h"
#include "storage/driver.h"

struct walk_entry {
	int source;            /* the directory that holds it */
	int target;            /* that directory's counterpart; -1 where there is none */
	const char *directory; /* for messages: path relative to the top; "" at the top */
	const char *name;
	bool is_link; /* a symbolic link; else it was a regular file when listed */
};

/* Called from several threads at a time. */
typedef int walk_visit_function(void *context, const struct walk_entry *entry, struct error **err);

struct walk {
	int source;
	int target; /* an existing directory; -1: only look */
	storage_skip_function *skip;
	walk_visit_function *visit;
	void *context;
	bool changing; /* others write there: what vanishes in between is no error */
};

/*
 * Visits every regular file and symbolic link; sockets, fifos and devices are left out. The mode bits of directories
 * are kept, the top's excepted. The first error ends it, and so does an interrupt.
 */
int walk_tree(const struct walk *walk, struct error **err);

/* "base/5/1259" for messages; owned. */
char *walk_entry_path(const struct walk_entry *entry);

#endif
