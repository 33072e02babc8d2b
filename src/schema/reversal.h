/* Whether migrations can be taken back: judged from what the database was at four moments. */
#ifndef VELA_SCHEMA_REVERSAL_H
#define VELA_SCHEMA_REVERSAL_H

#include "schema/checksum.h"
#include "schema/schema.h"
#include "report/report.h"

/* The database at one moment; both borrowed. */
struct reversal_moment {
	const struct schema *schema;
	const struct table_checksums *rows; /* of the tables that the migrations touch */
};

/*
 * Replaces schema, tables and outcome of *ret, and sets `ran`; `skipped` and `steps` are the caller's. `start` is
 * before the first up, then after the up, after the down, and after the second up; `second_up` may be NULL: it was not
 * come to. The schema's changes are what the down left behind or took along (from start to down), and then what the
 * second up made otherwise than the first (from up to second_up). The rows have to be those of the start after the
 * down. Of the second up only their number has to be that of the first: where the down restored everything, other
 * values can only come from clocks, sequences and chance.
 */
void reversal_judge(const struct reversal_moment *start, const struct reversal_moment *up,
		    const struct reversal_moment *down, const struct reversal_moment *second_up,
		    struct report_reversal *ret);

#endif
