/* Whether the rows of tables are the same: their number and a sum over their text, in any order. */
#ifndef VELA_CHECK_CHECKSUM_H
#define VELA_CHECK_CHECKSUM_H

#include <libpq-fe.h>

#include "base/error.h"
#include "base/memory.h"

struct table_checksum {
	char *table; /* as SQL names it */
	long long rows;
	char *sum;
	char *columns; /* what the sum is over, in order of their names */
};
struct table_checksums {
	struct table_checksum *items; /* sorted by table */
	size_t count;
};
void table_checksums_free(struct table_checksums *checksums);

/* Of `tables` (SQL names, borrowed; those that are not there are left out). Within `deadline`, or ERROR_POSTGRES. */
int table_checksums_read(PGconn *connection, char *const *tables, size_t count, double deadline,
			 struct table_checksums *ret, struct error **err);
/* Sentences on what differs: "public.orders: 1204 rows differ in their contents"; owned list. */
void table_checksums_compare(const struct table_checksums *before, const struct table_checksums *after,
			     struct string_list *ret);

#endif
