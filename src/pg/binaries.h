/* The programs of one major version of PostgreSQL. */
#ifndef VELA_PG_BINARIES_H
#define VELA_PG_BINARIES_H

#include "base/buffer.h"
#include "base/error.h"

enum { PG_OLDEST_MAJOR = 13, PG_NEWEST_MAJOR = 18 };

/* Where the administrator says a major version is. */
struct pg_location {
	int major;
	const char *directory;
};

/*
 * The directory with `postgres` of that major version: the administrator's locations first, then Debian's and PGDG's
 * (/usr/lib/postgresql/N/bin), PGDG's on RPM systems (/usr/pgsql-N/bin). Owned. ERROR_POSTGRES says which are
 * installed.
 */
int pg_binaries_find(int major, const struct pg_location *locations, size_t count, char **ret, struct error **err);
/* DIRECTORY/TOOL if it can be run; else ERROR_POSTGRES naming the package that has it. Owned. */
int pg_binaries_tool(const char *directory, const char *tool, char **ret, struct error **err);
/* Asks `postgres -V`, as the effective user; ERROR_POSTGRES if it is of another major version. *ret_version like
 * "15.18", owned. */
int pg_binaries_version(const char *directory, int major, char **ret_version, struct error **err);
/* Adds "15 (/usr/lib/postgresql/15/bin), 18 (…)"; nothing if none is installed. */
void pg_binaries_describe(const struct pg_location *locations, size_t count, struct buffer *out);

#endif
