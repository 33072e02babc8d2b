/* Migration files of a repository: which there are, in which order, and applying them. */
#ifndef VELA_CHECK_MIGRATION_H
#define VELA_CHECK_MIGRATION_H

#include <libpq-fe.h>

#include "base/error.h"
#include "report/report.h"

enum { MIGRATION_FILE_MAX = 64 << 20 }; /* bytes */

/* A row for each format of migration files. Today: plain SQL. */
struct migration_format {
	const char *name;
	const char *summary;
	const char *suffix; /* of the files that count */
};
extern const struct migration_format migration_formats[]; /* ends with a NULL name */

/*
 * The files of `directory` (relative to `repository`, below it) in natural order ("2_x" before "10_x"), as paths relative
 * to the repository. The repository is hostile: nothing outside it is reached, through symlinks neither (ERROR_REFUSED).
 * A missing directory is ERROR_CONFIG. Reads as the caller.
 */
int migration_list(const char *repository, const char *directory, const char *format, struct string_list *ret,
                   struct error **err);
int migration_compare_natural(const char *a, const char *b);

/*
 * Applies one file in a transaction of its own, statement by statement, and fills `ret` (file already relative). A
 * failing statement is a *success* here with ret->outcome FAILED and the transaction rolled back. -1: it could not be
 * carried out (file unreadable, connection lost, interrupted). BEGIN/COMMIT/ROLLBACK written in the file are honoured as
 * psql -1 would. `deadline` is a clock_monotonic_ms(), 0: none; running over it is a failure that says so.
 */
int migration_apply(PGconn *connection, const char *repository, const char *file, double deadline,
                    struct report_migration *ret, struct error **err);

#endif
