/* What the rules that find hazards share. Only for src/check/hazard*.c. */
#ifndef VELA_CHECK_HAZARD_RULE_H
#define VELA_CHECK_HAZARD_RULE_H

#include "check/hazard.h"

/* A row of hazards[] each, in this order. */
enum hazard_id {
	HAZARD_TABLE_REWRITE,
	HAZARD_ENUM_REWRITE,
	HAZARD_BLOCKING_INDEX_BUILD,
	HAZARD_CONSTRAINT_SCAN,
	HAZARD_WORK_UNDER_LOCK,
	HAZARD_SLOW_COMMIT,
	HAZARD_BLOCKING_LOCK,
	HAZARD_LOCK_QUEUE,
	HAZARD_SLOW_STATEMENT,
	HAZARD_WAL_HEAVY,
	HAZARD_TEMP_SPILL,
	HAZARD_DATA_LOSS,
	HAZARD_RENAME,
	HAZARD_MISSING_FK_INDEX,
	HAZARD_UNVALIDATED_CONSTRAINT,
	HAZARD_INVALID_INDEX,
	HAZARD_NOT_NULL_ON_DATA,
	HAZARD_CONCURRENTLY_IN_TRANSACTION,
	HAZARD_NOT_REPEATABLE,
	HAZARD_OPEN_TRANSACTION,
	HAZARD_INVALID_IGNORE,
	HAZARD_COUNT
};

/* How a measured value stands to its limit. */
enum hazard_level {
	LEVEL_SILENT,
	LEVEL_WARNING, /* more than a quarter of the limit */
	LEVEL_ERROR    /* more than the limit */
};
enum hazard_level hazard_level_of(double value, double limit); /* limit 0: none, and always silent */

/* Where a hazard is; SIZE_MAX: of no statement, or of no migration. */
struct hazard_place {
	size_t migration, statement;
};

/* A relation of the ledger by a name that it has, or got in the run. */
struct hazard_name {
	const char *name;
	const struct report_relation *relation;
};

/* While hazards are looked for. */
struct hazard_search {
	struct report *report;
	struct hazard_name *names; /* sorted */
	size_t name_count;
	/* The worst level that a time or a size has been named with, of statement s of migration m: level[m][s]. */
	enum hazard_level **named;
	/* The hazards of a place, newest first: where the newest is in report->hazards, from 1, and to each the one
	 * before it. What is of no statement has a place behind the statements, and of no migration behind these. */
	size_t **newest, *before;
};
void hazard_find_names(struct hazard_search *search);

/*
 * Adds a hazard; `measured` is taken over. A second one of the same id at the same place is the same hazard, which then
 * tells of both. LEVEL_SILENT adds nothing.
 */
void hazard_add(struct hazard_search *search, enum hazard_id id, enum hazard_level level, struct hazard_place place,
		char *measured);
/* Whether the statement accepts this hazard, whatever its reason: NULL if not, "" without one. */
const char *hazard_ignored(const struct report_statement *statement, enum hazard_id id);

static inline const struct report_statement *hazard_statement(const struct hazard_search *search,
							      struct hazard_place place)
{
	return &search->report->migrations[place.migration].list[place.statement];
}

/* The ledger's relation that has, or got in the run, that name (may be NULL); NULL if it has none. */
const struct report_relation *hazard_relation(const struct hazard_search *search, const char *name);
/* Rows and bytes of a relation, where `rows` is -1 and `bytes` 0 as the ledger has them, if it does. */
struct hazard_size {
	int64_t rows;   /* -1: not known */
	uint64_t bytes; /* 0: likewise */
	bool estimated;
};
struct hazard_size hazard_size_of(const struct hazard_search *search, const struct report_change *change);

/* Words for what was measured; owned. */
char *hazard_describe_rows(const struct hazard_size *size, const char *one, const char *many); /* "about 1,000 rows" */
char *hazard_describe_relation(const struct hazard_search *search, const struct report_change *change);

/* Names in a sentence: "a, b, c and 4 more". */
struct hazard_names {
	struct string_list shown;
	size_t count;
};
void hazard_names_add(struct hazard_names *names, const char *name);
char *hazard_names_text(const struct hazard_names *names); /* owned; "" if there are none */
void hazard_names_free(struct hazard_names *names);
#define _cleanup_names_ _cleanup_(hazard_names_free)

/* The hazard that a change is if it takes long under a lock; HAZARD_COUNT: none. */
enum hazard_id hazard_of_change(const struct hazard_search *search, const struct report_statement *statement,
				const struct report_change *change);
/* What makes the statement long under its locks. */
enum hazard_id hazard_cause(const struct hazard_search *search, const struct report_statement *statement);
/* Whether the statement needs the relation locked, though it was an earlier one that locked it. */
bool hazard_needs_lock(const struct hazard_search *search, const struct report_statement *statement,
		       const char *relation);
uint64_t hazard_rewritten_bytes(const struct hazard_search *search, const struct report_statement *statement);

/* The rules, by subject. The first come first: later ones look at what was named. */
void hazards_find_blocking(struct hazard_search *search);
void hazards_find_queue(struct hazard_search *search);
void hazards_find_cost(struct hazard_search *search);
void hazards_find_data(struct hazard_search *search);
void hazards_find_failures(struct hazard_search *search);
void hazards_find_ignores(struct hazard_search *search);

#endif
