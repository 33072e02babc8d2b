/* "-- vela:ignore HAZARD reason" in the comment lines directly above a statement. */
#ifndef VELA_MIGRATION_IGNORE_H
#define VELA_MIGRATION_IGNORE_H

#include "sql/failure.h"

/*
 * Fills statement->ignored_hazard and ignored_reason, and those of the other marks above it, the nearest first. Looks
 * from byte `start` of the text, where the statement begins, up to byte `from`, where the one before it ended.
 */
void ignore_read(const struct sql_text *sql, size_t from, size_t start, struct report_statement *statement);

#endif
