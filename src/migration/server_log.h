/*
 * A server's log, entry by entry, as servers of vela write it: to stderr, with log_line_prefix '%m [%p] %q%v '. The
 * server puts a tab in front of each further line of a text, so no text can look like an entry of its own.
 */
#ifndef VELA_MIGRATION_SERVER_LOG_H
#define VELA_MIGRATION_SERVER_LOG_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

enum { LOG_TRANSACTION_MAX = 32, LOG_FIELD_MAX = 8 << 20 };

enum log_field {
	LOG_MESSAGE,
	LOG_DETAIL,
	LOG_HINT,
	LOG_QUERY,
	LOG_CONTEXT,
	LOG_LOCATION, /* with log_error_verbosity verbose: the server's function that wrote the entry */
	LOG_STATEMENT,
	LOG_FIELD_COUNT
};

struct log_entry {
	double when_ms;                        /* since 1970 */
	int pid;                               /* that wrote it */
	char transaction[LOG_TRANSACTION_MAX]; /* its virtual id, as in pg_locks; "": of no session, or not told */
	char severity[8];                      /* "LOG", "ERROR", … */
	char sqlstate[6];                      /* "": not told */
	char *fields[LOG_FIELD_COUNT];         /* owned; the first LOG_FIELD_MAX bytes; NULL: it has none */
};
void log_entry_free(struct log_entry *entry);
#define _cleanup_entry_ _cleanup_(log_entry_free)
/* In no transaction: a session between two. */
bool log_entry_is_idle(const struct log_entry *entry);

struct log_reader {
	int fd;
	struct buffer chunk; /* what was read and not yet taken */
	size_t taken;
	struct buffer line; /* being put together */
	struct log_entry entry;
	bool has_entry;
	struct buffer field;
	enum log_field at; /* `field` is */
};

/* From byte `start` of the file on. */
int log_reader_open(const char *path, off_t start, struct log_reader *ret, struct error **err);
/* The next entry; false at the end of what the file has now. */
bool log_reader_next(struct log_reader *reader, struct log_entry *ret);
void log_reader_close(struct log_reader *reader);
#define _cleanup_log_reader_ _cleanup_(log_reader_close)

#endif
