/* What a server wrote into its log. */
#ifndef VELA_PG_LOG_H
#define VELA_PG_LOG_H

#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/* Where the log ends now; 0 if there is none. What is written from here on is what happens from now on. */
off_t pg_log_end(const char *path);
/* What was written from `start` on, at most its last 64 KiB; nothing if it cannot be read. */
void pg_log_read(const char *path, off_t start, struct buffer *ret);
/*
 * A server that ran out of space gives up, and its clients learn no more than that the connection is lost. Where that
 * is what the log tells from `start` on, or the disk is full now, the error becomes ERROR_STORAGE and says so.
 */
void pg_log_blame_disk(const char *path, off_t start, struct error **err);
/* Likewise of a connection that was lost in the middle of something. Also, if a server process was ended by a signal,
 * which ends everybody's connection, the error says so. Waits half a second for the server to tell. */
void pg_log_blame_server(const char *path, off_t start, struct error **err);

#endif
