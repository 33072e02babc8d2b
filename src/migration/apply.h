/*
 * Running a migration's statements on a branch while somebody watches. What is seen goes into the report's model; what
 * it means is the hazards' business (check/hazard.h).
 */
#ifndef VELA_MIGRATION_APPLY_H
#define VELA_MIGRATION_APPLY_H

#include <libpq-fe.h>

#include "base/error.h"
#include "migration/format.h"
#include "report/report.h"

/* The watch over one run of migrations, whatever applies them: see evidence/evidence.h. */
struct evidence;

/*
 * Applies one script over `connection`, the role's (opened with SESSION_OPTIONS of sql/session.h), and replaces *ret.
 * A failing statement is a *success* here with ret->outcome FAILED and the transaction rolled back. -1: it could not be
 * carried out (connection lost, interrupted, disk full). `deadline` is a clock_monotonic_ms(), 0: none; running over it
 * is a failure that says so, and so is waiting for a lock that nobody who holds it will ever release.
 *
 * Each file begins with the session as it was after the login. BEGIN, COMMIT and ROLLBACK written in the file do what
 * they do under psql, with -1 where the whole file is one transaction: there BEGIN is no more than a warning; after a
 * COMMIT or ROLLBACK each statement is on its own. A statement of its own that can run in a transaction runs as BEGIN,
 * statement, COMMIT, so that its locks can be read before they are gone; the COMMIT is told where it has something to
 * tell. Whatever the file does, no transaction is open afterwards: one that it began and left open is
 * ret->left_open, and what psql would do becomes of it: it is committed where the whole file is one transaction, else
 * rolled back. The data of COPY … FROM STDIN are those that follow in the file. Notices, and the rows of COPY TO
 * STDOUT, are ret->output, the end of them.
 *
 * `evidence` NULL: nothing is watched. Else the caller has called evidence_migration_begin().
 */
int migration_apply(PGconn *connection, const struct migration_script *script, struct evidence *evidence,
		    double deadline, struct report_migration *ret, struct error **err);

#endif
