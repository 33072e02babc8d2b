/* Whether the rows of tables are the same: their number and a sum over their text, in any order. */
#ifndef VELA_SCHEMA_CHECKSUM_H
#define VELA_SCHEMA_CHECKSUM_H

#include <libpq-fe.h>

#include "base/error.h"
#include "base/memory.h"

struct table_checksum {
	char *table; /* as SQL names it */
	long long rows;
	char *sum;     /* of a hash of each row, in decimal: duplicates count */
	char *columns; /* what the sum is over, with their types, in the order of their names */
};
struct table_checksums {
	struct table_checksum *items; /* sorted by table */
	size_t count;
};
void table_checksums_free(struct table_checksums *checksums);
#define _cleanup_checksums_ _cleanup_(table_checksums_free)

/*
 * Of `tables`: qualified SQL names, borrowed; twice the same counts once. Those that are not there, or have no rows
 * of their own (views, partitioned and foreign tables), are left out. In one read-only transaction of a superuser's
 * connection, which must not be in one; runs nobody's code. Within `deadline`, a clock_monotonic_ms() or 0, or else
 * ERROR_POSTGRES.
 */
int table_checksums_read(PGconn *connection, char *const *tables, size_t count, double deadline,
			 struct table_checksums *ret, struct error **err);
/* Sentences on what differs of the tables that are in both, added to *ret: "public.orders has 1200 rows instead of
 * 1204", "public.orders has the same number of rows (1204), but other values". */
enum checksum_depth {
	CHECKSUM_ROWS,   /* only their number */
	CHECKSUM_VALUES, /* everything; of a table whose columns differ, that its values cannot be compared */
};
void table_checksums_compare(const struct table_checksums *before, const struct table_checksums *after,
			     enum checksum_depth depth, struct string_list *ret);

#endif
