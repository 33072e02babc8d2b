/* The `checks` of vela.yml: one query, one value, compared as the server's text. */
#ifndef VELA_CHECK_ASSERTION_H
#define VELA_CHECK_ASSERTION_H

#include <libpq-fe.h>

#include "base/error.h"
#include "report/report.h"

enum { ASSERTION_ACTUAL_MAX = 4 << 10 }; /* bytes of ret->actual; what is longer ends with "…" there */

struct assertion { /* borrowed */
	const char *name;
	const char *sql;
	const char *equals; /* NULL: it only has to run */
	int line;
};

/*
 * Runs it in a read-only transaction that is rolled back and replaces *ret (zeroed, or filled before). It has to be one
 * statement. With `equals` it has to give one row with one column, the text of which is `equals`; for a boolean column
 * "true" and "false" mean the server's "t" and "f". NULL never equals. What does not hold is a success here with
 * ret->outcome FAILED; -1 as in migration_apply().
 */
int assertion_run(PGconn *connection, const struct assertion *assertion, double deadline, struct report_check *ret,
		  struct error **err);

#endif
