/* The `plans` of vela.yml: a query's plan without the migrations and with them, compared. */
#ifndef VELA_CHECK_PLAN_H
#define VELA_CHECK_PLAN_H

#include <libpq-fe.h>

#include "base/error.h"
#include "report/report.h"

struct plan_wanted { /* borrowed */
	const char *name, *sql;
	int line;
	bool is_warning;
	double buffers_max_ratio;    /* after / before; 0: no limit. Gates only from PLAN_BLOCKS_MIN blocks more on */
	char *const *no_seq_scan_on; /* tables, their partitions included; end with NULL; may be NULL */
	char *const *uses_index;     /* indexes that have to be used; likewise */
	double max_rows_misestimate; /* the worst node: actual / estimated or its inverse; 0: no limit */
	bool unchanged;              /* the shape must not differ */
	bool no_spill;               /* no temporary files */
};
enum { PLAN_BLOCKS_MIN = 1000 };

/* A side of the comparison, for all plans of a run. */
struct plan_side {
	PGconn *connection;          /* the role's; borrowed */
	struct string_list analyzed; /* tables whose statistics are fresh: filled by plan_run() */
};
void plan_side_clear(struct plan_side *side);

/*
 * Explains it on `before` (a clone of the same baseline without the migrations; NULL: there is none, and only what
 * needs no comparison is asked) and on `after`, with ANALYZE, BUFFERS and SETTINGS: jit off, no parallel workers, one
 * run to warm up, the median of three. First the tables it reads are analyzed, unless that was
 * done for an earlier plan; where the role may not, a difference says so. What writes is explained in a transaction
 * that is rolled back. Replaces *ret, which is zeroed or filled. What does not hold is a success here with ret->outcome
 * FAILED; -1 as in migration_apply().
 *
 * Details of a node are lines, with '\n' between them.
 */
int plan_run(struct plan_side *before, struct plan_side *after, const struct plan_wanted *wanted, double deadline,
	     struct report_plan *ret, struct error **err);

#endif
