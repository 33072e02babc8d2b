/* How a source is reached: its URL without secrets, the password, and as whom. */
#ifndef VELA_PG_SOURCE_ACCESS_H
#define VELA_PG_SOURCE_ACCESS_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/error.h"

struct source_access {
	char *conninfo; /* without password; fit for argv */
	char *password; /* NULL if there is none */
	bool local;     /* over a Unix socket */
};
void source_access_free(struct source_access *access);
#define _cleanup_access_ _cleanup_(source_access_free)

/*
 * Refuses a URL that carries a secret. Without `password` it is the one that libpq finds for the caller of vela, whose
 * ~/.pgpass the owner of the pool cannot read.
 */
int source_access_read(const char *url, const char *password, struct source_access *ret, struct error **err);

/* An ordinary connection, or one for replication. What the server says of authentication is explained. */
int source_access_connect(const struct source_access *access, bool replication, PGconn **ret, struct error **err);

#endif
