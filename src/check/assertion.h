/* The `checks` of vela.yml: one query, and what is expected of what it gives. */
#ifndef VELA_CHECK_ASSERTION_H
#define VELA_CHECK_ASSERTION_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/error.h"
#include "report/report.h"

enum {
	ASSERTION_ACTUAL_MAX = 4 << 10, /* bytes of ret->actual and ret->before; what is longer ends with "…" there */
	ASSERTION_UNCHANGED_MAX = 1000, /* rows that `unchanged` compares */
};

struct assertion { /* borrowed; of the expectations one is given, or none: then it only has to run */
	const char *name;
	const char *sql;
	const char *equals; /* the server's text of one value */
	int line;
	enum report_severity severity;

	const char *not_equals;
	const char *between_low, *between_high, *at_least, *at_most; /* of one number */
	const char *matches;                                         /* a regular expression, the server's */
	const char *rows_exactly, *rows_at_least, *rows_at_most;     /* how many rows */
	bool empty;
	char **const *returns;  /* rows of values; each and the whole end with NULL */
	const char *null_value; /* the pointer that stands for NULL in `returns` */
	bool ordered;
	const char *fails; /* an SQLSTATE, or a part of the message */
	bool unchanged;
	const char *change_at_most, *change_at_least; /* "1%" of the value before, or a number */
	char *const *not_null, *const *unique;        /* columns; end with NULL */
};

/* What is known of it before it has run: *ret, which is written over, with the outcome NOT_RUN. */
void assertion_announce(const struct assertion *assertion, struct report_check *ret);

/* Whether it compares with what came before the migrations: then assertion_measure() comes first. */
bool assertion_needs_before(const struct assertion *assertion);

/*
 * Asks the side without the migrations, and keeps the answer in ret->before (or why there is none in ret->failure) for
 * assertion_run() on the side with them. `ret` is zeroed.
 */
int assertion_measure(PGconn *before, const struct assertion *assertion, double deadline, struct report_check *ret,
		      struct error **err);

/*
 * Runs it in a read-only transaction that is rolled back (`fails`: in one that may write) and replaces *ret, which is
 * zeroed or what assertion_measure() left. It has to be one statement. What does not hold is a success here with
 * ret->outcome FAILED, whatever its severity; -1 as in migration_apply().
 *
 * A value is compared as the server's text; for a boolean column "true" and "false" mean the server's "t" and "f".
 * Numbers are compared by the server, exactly. NULL satisfies nothing that is said of a value; in `returns` and
 * `unchanged`, which compare rows, it is the same as NULL. `unique` is a UNIQUE constraint's: rows with a NULL do not
 * count.
 */
int assertion_run(PGconn *connection, const struct assertion *assertion, double deadline, struct report_check *ret,
		  struct error **err);

#endif
