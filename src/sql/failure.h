/* What went wrong, and where in a text of SQL. */
#ifndef VELA_SQL_FAILURE_H
#define VELA_SQL_FAILURE_H

#include <libpq-fe.h>

#include "sql/scanner.h"
#include "report/report.h"

struct sql_text { /* borrowed */
	const char *text;
	size_t length;
};

/* At byte `offset` of the text; `exact` says that it is there and not just from there on. Owned, as all of these. */
struct report_failure *failure_at(const struct sql_text *sql, size_t offset, bool exact, const char *message);
/* What the server said of `statement`. */
struct report_failure *failure_of_result(const PGresult *result, const struct sql_text *sql,
					 const struct sql_statement *statement);
/* What the server said of the data of a COPY, which are `length` bytes from `start` on: at their line, where it tells.
 */
struct report_failure *failure_of_copy(const PGresult *result, const struct sql_text *sql,
				       const struct sql_statement *statement, size_t start, size_t length);
/* The command of psql's own that `statement` has (statement->meta_command). `where` says what does not support it. */
struct report_failure *failure_of_meta_command(const struct sql_text *sql, const struct sql_statement *statement,
					       const char *where);
struct report_failure *failure_of_time_limit(const struct sql_text *sql, size_t offset);

#endif
