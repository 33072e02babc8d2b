/* Migration files of a repository: which there are, in which order, and applying them. */
#ifndef VELA_CHECK_MIGRATION_H
#define VELA_CHECK_MIGRATION_H

#include <libpq-fe.h>

#include "base/error.h"
#include "report/report.h"

enum {
	MIGRATION_FILE_MAX = 64 << 20, /* bytes */
	MIGRATION_FILES_MAX = 100000,
};

/* A row for each format of migration files. Today: plain SQL. */
struct migration_format {
	const char *name;
	const char *summary;
	const char *suffix; /* of the files that count */
};
extern const struct migration_format migration_formats[]; /* ends with a NULL name */

/*
 * The files of `directory` (relative to `repository`, below it) in natural order ("2_x" before "10_x"), as paths
 * relative to the repository; neither files that begin with a dot nor what is in directories below. The repository is
 * hostile: nothing outside it is reached, through symlinks neither, and a symlink or fifo in the place of a file is not
 * left out in silence (ERROR_REFUSED). A missing directory is ERROR_CONFIG. Reads as the caller.
 */
int migration_list(const char *repository, const char *directory, const char *format, struct string_list *ret,
		   struct error **err);
/* Runs of digits as numbers of any length, all else as bytes; 0 only for the same text. */
int migration_compare_natural(const char *a, const char *b);

/*
 * Applies one file in a transaction of its own, statement by statement, and replaces *ret (zeroed, or filled before). A
 * failing statement is a *success* here with ret->outcome FAILED and the transaction rolled back. -1: it could not be
 * carried out (file unreadable or too large, connection lost, interrupted). `deadline` is a clock_monotonic_ms(), 0:
 * none; running over it is a failure that says so.
 *
 * Each file begins with the session as it was after the login: nothing that an earlier one SET leaks into it.
 * BEGIN, COMMIT and ROLLBACK written in the file do what they do under `psql -1`: BEGIN is no more than a warning;
 * after a COMMIT or ROLLBACK each statement is on its own, and what is committed stays even if a later statement fails.
 * Whatever the file does, no transaction is open afterwards. Commands of psql (\copy) and COPY FROM STDIN or TO STDOUT
 * are failures.
 */
int migration_apply(PGconn *connection, const char *repository, const char *file, double deadline,
		    struct report_migration *ret, struct error **err);

#endif
