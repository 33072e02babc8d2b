/* Where a baseline's data comes from: a running server over the network, or a data directory on this host. */
#ifndef VELA_PG_SOURCE_H
#define VELA_PG_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/identity.h"
#include "base/progress.h"

struct pg_server_facts {
	int major;
	uint64_t bytes; /* of all databases, as far as we may ask; 0: unknown */
	char *preload;  /* shared_preload_libraries as far as we may ask; NULL: unknown or empty */
};
void pg_server_facts_free(struct pg_server_facts *facts);

/* A URL that carries a password is refused (ERROR_USAGE): argv is public. The password is from `password`, else from
 * PGPASSWORD, PGPASSFILE, ~/.pgpass of the caller, as libpq does. Checks what a base backup needs: REPLICATION, wal
 * senders, a line in pg_hba.conf, version. Nothing is written on the source. */
int pg_source_inspect(const char *url, const char *password, struct pg_server_facts *ret, struct error **err);

/*
 * pg_basebackup into the empty directory `target`: over replication connections, WAL streamed, fast checkpoint,
 * tablespaces taken along and put inside `target` as plain directories. Progress in bytes. Interrupted or failed: the
 * child is gone; what is in `target` is the caller's to remove. A full disk is ERROR_STORAGE.
 */
int pg_source_backup(const char *binaries, const char *url, const char *password, const char *target,
		     const struct progress *progress, struct error **err);

enum pg_directory_state { PG_DIRECTORY_STOPPED, PG_DIRECTORY_RUNNING, PG_DIRECTORY_CRASHED };
/* By the working directories of all servers, also those in containers, by postmaster.pid and by pg_control. */
int pg_directory_state(const char *data, enum pg_directory_state *ret, struct error **err);
/* shared_preload_libraries of the configuration that the directory's server last ran with; NULL if none can be told;
 * owned. */
char *pg_directory_preload(const char *data);

#endif
