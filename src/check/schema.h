/* The schema of a database as text that is the same for the same schema, and what differs between two. */
#ifndef VELA_CHECK_SCHEMA_H
#define VELA_CHECK_SCHEMA_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/error.h"
#include "report/report.h"

/* Objects by kind and name, each with sorted lines of what it is made of. */
struct schema;

/*
 * Reads tables, columns, types, defaults, constraints, indexes, views, materialized views, sequences, functions,
 * triggers, policies, types, extensions, schemas, comments and grants, of what is neither the system's nor an
 * extension's. In one read-only transaction, by catalogue queries that take no lock a migration would wait for.
 * `leave_out` (may be NULL) says which tables are bookkeeping.
 */
typedef bool schema_leave_out(void *context, const char *schema, const char *name);
int schema_read(PGconn *connection, schema_leave_out *leave_out, void *context, struct schema **ret,
		struct error **err);
void schema_free(struct schema *schema);

/* Sorted by object; owned array, freed with report_schema_change_clear() for each and free(). */
void schema_compare(const struct schema *before, const struct schema *after, struct report_schema_change **ret,
		    size_t *ret_count);

#endif
