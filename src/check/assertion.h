/* The `checks` of vela.yml: one query, one value, compared as the server's text. */
#ifndef VELA_CHECK_ASSERTION_H
#define VELA_CHECK_ASSERTION_H

#include <libpq-fe.h>

#include "base/error.h"
#include "report/report.h"

struct assertion { /* borrowed */
	const char *name;
	const char *sql;
	const char *equals; /* NULL: it only has to run */
	int line;
};

/* Runs it in a read-only transaction that is rolled back. NULL never equals. What does not hold is a success here with
 * ret->outcome FAILED; -1 as in migration_apply(). */
int assertion_run(PGconn *connection, const struct assertion *assertion, double deadline, struct report_check *ret,
                  struct error **err);

#endif
