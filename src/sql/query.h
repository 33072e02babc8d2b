/* The one query of a check or a plan: found in its text, and run, alone or inside words of ours. */
#ifndef VELA_SQL_QUERY_H
#define VELA_SQL_QUERY_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/error.h"
#include "sql/failure.h"
#include "sql/scanner.h"

struct query {
	struct sql_text sql; /* borrowed */
	struct sql_statement statement;
};

/* Finds the one statement of a text; else says, owned, why it is not one. `what` has it: "check". */
struct report_failure *query_find(const char *sql, const char *what, struct query *ret);

/* Whether it can stand in FROM: SELECT, VALUES, WITH, TABLE. SHOW and EXPLAIN, for instance, cannot. */
bool query_is_table(const struct query *query);

/*
 * Runs `front`, the query and `back` as one statement; both NULL: the query alone. What fails, runs into `deadline` or
 * is a COPY is a *success* with *ret NULL and *ret_failure, owned; a place in that is one in the query's own text.
 */
int query_run(PGconn *connection, const struct query *query, const char *front, const char *back, double deadline,
	      PGresult **ret, struct report_failure **ret_failure, struct error **err);

/* The same for SQL of ours, the failure of which has no place. */
int query_run_own(PGconn *connection, const char *sql, double deadline, PGresult **ret,
		  struct report_failure **ret_failure, struct error **err);

/* Begins a transaction that ends itself soon after `deadline`, should nobody be left to cancel it. */
int query_begin(PGconn *connection, bool read_only, double deadline, struct report_failure **ret_failure,
		struct error **err);

struct report_failure *failure_without_place(const char *message); /* owned */

#endif
