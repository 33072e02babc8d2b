/*
 * What was seen of a migration: the part of the report's model that the hazards are found in. All strings are owned and
 * may be hostile. Times are milliseconds since report->started, the moment before the first migration.
 */
#ifndef VELA_REPORT_EVIDENCE_H
#define VELA_REPORT_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/table_lock.h"

enum report_outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_NOT_RUN };

/* A lock on a relation that existed before the run. */
struct report_lock {
	char *relation; /* as SQL names it, quoted where need be: public.orders */
	char *kind;     /* "table", "index", "view", "materialized view", "sequence", "partitioned table", … */
	enum table_lock mode;
	double from_ms, to_ms; /* held: from the start of the statement that took it to the end of its transaction */
	bool sampled;          /* seen by looking every few milliseconds: the times are no more exact than that */
};

/* What a statement did to an existing relation, or to a new one where said. */
enum report_change_kind {
	CHANGE_REWRITE,               /* of a table that held data, or of the index `object`; `detail`: the reason */
	CHANGE_FULL_SCAN,             /* of a table by a statement that is no plain query */
	CHANGE_INDEX_BUILT,           /* `object`: the index, `relation`: the existing table; concurrent or not */
	CHANGE_INDEX_INVALID,         /* left behind: NOT indisvalid */
	CHANGE_TABLE_DROPPED,         /* rows, bytes */
	CHANGE_COLUMN_DROPPED,        /* `object`: the column; rows: values that were not NULL, bytes: theirs */
	CHANGE_ROWS_DELETED,          /* DELETE or TRUNCATE; rows */
	CHANGE_TABLE_RENAMED,         /* `relation`: the old name, `object`: the new one (also SET SCHEMA) */
	CHANGE_COLUMN_RENAMED,        /* `object`: the old name, `detail`: the new one */
	CHANGE_COLUMN_RETYPED,        /* `object`: the column, `detail`: "integer to bigint" */
	CHANGE_COLUMN_NOT_NULL,       /* `object`: the column, which existed; NOT NULL was set */
	CHANGE_CONSTRAINT_ADDED,      /* `object`: the constraint, `detail`: its definition */
	CHANGE_CONSTRAINT_VALIDATED,  /* one that was NOT VALID */
	CHANGE_FOREIGN_KEY_UNINDEXED, /* `object`: the constraint, `detail`: its columns; `relation` (may be new) has no
				       * index that begins with them */
	CHANGE_KIND_COUNT
};

struct report_change {
	enum report_change_kind kind;
	char *relation;
	char *object;      /* NULL: see the kind */
	char *detail;      /* NULL: likewise */
	int64_t rows;      /* -1: not known */
	uint64_t bytes;    /* of the relation, before; 0: not known */
	bool validated;    /* of a constraint: it holds for the rows that were there */
	bool concurrently; /* of an index */
	bool is_enum;      /* of a retyped column: its old or its new type is an enum */
	bool estimated;    /* rows and bytes are the statistics' word */
};

struct report_statement {
	char *sql;        /* as written, cut after REPORT_SQL_MAX bytes with "…" */
	char *tag;        /* the server's: "ALTER TABLE"; NULL if it failed */
	int line, column; /* in the migration's file; 0: not known */
	enum report_outcome outcome;
	double from_ms, to_ms;
	bool is_commit;      /* the COMMIT after the statements, written or vela's own */
	bool in_transaction; /* with statements before it in the same one */
	bool lock_timeout;   /* a limit for waiting for locks was set when it ran */
	uint64_t wal_bytes, temp_bytes;
	int64_t rows;              /* inserted, updated or deleted; -1: not known */
	struct report_lock *locks; /* that this statement took first, or in a stronger mode */
	size_t lock_count;
	struct report_change *changes;
	size_t change_count;
	char *ignored_hazard, *ignored_reason; /* of "-- vela:ignore HAZARD reason" above it; NULL: none */
	struct report_ignore {
		char *hazard, *reason; /* reason NULL: none was given */
	} * ignores;                   /* of further such marks above it */
	size_t ignore_count;
};
enum { REPORT_SQL_MAX = 4096, REPORT_STATEMENTS_MAX = 1000 };

/* The ledger: for how long an existing relation was closed to others, over the whole run. */
struct report_relation {
	char *name, *kind;
	uint64_t bytes; /* before, with indexes and toast */
	int64_t rows;   /* before, about; -1: not known */
	enum table_lock strongest;
	double reads_blocked_ms, writes_blocked_ms; /* all in all */
	double longest_reads_ms, longest_writes_ms; /* without a break */
	struct report_hold {
		enum table_lock mode;
		double from_ms, to_ms;
		size_t migration, statement; /* that took it: places in report->migrations and its list */
	} * holds;
	size_t hold_count;
};

void report_lock_clear(struct report_lock *lock);
void report_change_clear(struct report_change *change);
void report_statement_clear(struct report_statement *statement);
void report_relation_clear(struct report_relation *relation);

#endif
