/*
 * The schema of a database as text that is the same for the same schema, however it came to be, and what differs
 * between two. The catalogue queries are templates/sql/schema_*.sql.
 */
#ifndef VELA_SCHEMA_SCHEMA_H
#define VELA_SCHEMA_SCHEMA_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/error.h"
#include "report/report.h"

/* Objects by kind and name, each with the parts that it is made of. */
struct schema;

/*
 * Reads everything that DDL makes and that is neither the system's, nor an extension's, nor temporary: schemas, tables,
 * views, sequences, routines, types and the rest, with their columns, constraints, indexes, triggers, policies,
 * comments, owners, privileges. In one read-only transaction of a superuser's connection, which must not be in one; by
 * catalogue queries that run nobody's code. They wait for whoever holds an exclusive lock, 10 s at the most.
 *
 * `leave_out` (may be NULL) says which relations are bookkeeping, by their unquoted names; it is asked about tables,
 * views and sequences that belong to no column. What belongs to such a table goes with it, and a schema that holds
 * nothing else is no news.
 */
typedef bool schema_leave_out(void *context, const char *schema, const char *name);
int schema_read(PGconn *connection, schema_leave_out *leave_out, void *context, struct schema **ret,
		struct error **err);
void schema_free(struct schema *schema);
void schema_freep(struct schema **schema);
#define _cleanup_schema_ _cleanup_(schema_freep)

/*
 * What makes `after` of `before`, sorted by object; owned array, freed with report_schema_change_clear() for each and
 * free(); NULL if nothing differs. A new table is one change with its columns, constraints and so on as lines; a
 * removed one has its columns. Renames are recognised by oid, so both have to be of one cluster or of copies of it.
 * Line breaks within names and values are shown as \n.
 */
void schema_compare(const struct schema *before, const struct schema *after, struct report_schema_change **ret,
		    size_t *ret_count);

#endif
