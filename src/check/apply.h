/*
 * Running a migration's statements on a branch while somebody watches. What is seen goes into the report's model; what
 * it means is the hazards' business (check/hazard.h).
 */
#ifndef VELA_CHECK_APPLY_H
#define VELA_CHECK_APPLY_H

#include <libpq-fe.h>

#include "base/error.h"
#include "check/format.h"
#include "report/report.h"

/* The watch over one run of migrations, whatever applies them: see check/evidence.h. */
struct evidence;

/*
 * Applies one script over `connection`, the role's, and replaces *ret. A failing statement is a *success* here with
 * ret->outcome FAILED and the transaction rolled back. -1: it could not be carried out (connection lost, interrupted,
 * disk full). `deadline` is a clock_monotonic_ms(), 0: none; running over it is a failure that says so, and so is
 * waiting for a lock that nobody who holds it will ever release.
 *
 * Each file begins with the session as it was after the login. BEGIN, COMMIT and ROLLBACK written in the file do what
 * they do under `psql -1`: BEGIN is no more than a warning; after a COMMIT or ROLLBACK each statement is on its own. A
 * statement of its own that can run in a transaction runs as BEGIN, statement, COMMIT, so that its locks can be read
 * before they are gone. Whatever the file does, no transaction is open afterwards; one that the file left open is told
 * as a fact. `evidence` NULL: nothing is watched.
 */
int migration_apply(PGconn *connection, const struct migration_script *script, struct evidence *evidence,
		    double deadline, struct report_migration *ret, struct error **err);

#endif
