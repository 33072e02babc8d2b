/* COPY between a migration's file and the server. Only for src/check. */
#ifndef VELA_MIGRATION_COPY_H
#define VELA_MIGRATION_COPY_H

#include "migration/statement.h"

/*
 * Goes on after `begun`, a result that says PGRES_COPY_…, and replaces *result by what comes then; NULL: it was
 * cancelled. The data of FROM STDIN are those that follow in the file; a `whole` statement has none. What cannot be
 * copied is execution->failure. *result of a failure in the data is made execution->failure, too.
 */
int copy_run(struct execution *execution, const struct pg_watch *watch, bool whole, PGresult **result,
	     struct error **err);

#endif
