/*
 * The record of one check, and what renders it. A renderer is a pure function from report to bytes. Every string that
 * came from a database, a branch or a file is hostile: each renderer escapes for its own format.
 */
#ifndef VELA_REPORT_REPORT_H
#define VELA_REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "report/evidence.h"
#include "report/plan.h"
#include "report/workload.h"

enum report_verdict { VERDICT_PASSED, VERDICT_FAILED, VERDICT_ERROR };

/*
 * What Postgres said of a statement that failed, and where the statement stands. Of a check, `line` is that of the
 * check in vela.yml, `source_line` is a line of its SQL, and `column` counts in that.
 */
struct report_failure {
	char *message;
	char *sqlstate;                /* NULL if it is vela that speaks (a time limit, say) */
	char *detail, *hint, *context; /* NULL if the server gave none */
	int line, column;              /* in the file, from 1; 0: not known */
	char *rows; /* a sentence on the rows that made it fail: "3 rows of public.orders …"; NULL: not known */
	char *source_line; /* the text of that line; NULL: not known, or too long to show */
	bool has_caret;    /* `column` is exact (the server gave a position), not just where the statement starts */
};
void report_failure_free(struct report_failure *failure);

enum report_severity { SEVERITY_WARNING, SEVERITY_ERROR }; /* only errors fail a check */

struct report_migration {
	char *file;    /* relative to the repository; of a command: the command as written */
	char *version; /* as the tool records it; NULL: the format has none */
	bool is_command;
	bool left_open; /* it ended within a transaction that it had begun itself */
	enum report_outcome outcome;
	double milliseconds;
	size_t statements;             /* that were run */
	struct report_statement *list; /* the first REPORT_STATEMENTS_MAX of them, and those with something to tell */
	size_t list_count;
	char *output;                   /* of a command, or of psql: its last lines; NULL: none */
	struct report_failure *failure; /* NULL unless FAILED */
};
void report_migration_clear(struct report_migration *migration); /* frees what it owns and zeroes it */

struct report_check {
	char *name;
	char *sql;
	int line; /* in vela.yml */
	enum report_severity severity;
	enum report_outcome outcome;
	char *expected; /* in words; NULL: the check only has to run */
	char *actual;   /* NULL: SQL NULL, or nothing came */
	char *before;   /* the same before the migrations, where that was asked for; else NULL */
	double milliseconds;
	struct report_failure *failure; /* an SQL error, or why the result does not count (several rows, say) */
};
void report_check_clear(struct report_check *check);

struct report_hazard {
	char *id; /* "table-rewrite": a row of the table of hazards */
	enum report_severity severity;
	char *accepted; /* the reason given with "-- vela:ignore"; NULL: it was not accepted */
	char *file;     /* of the migration; NULL: of the run as a whole */
	int line;
	size_t migration, statement; /* places in report->migrations and its list; SIZE_MAX: none */
	char *measured;              /* what was seen: "public.orders (2.1 GB) was rewritten under ACCESS EXCLUSIVE" */
	char *why;                   /* why that hurts in production */
	char *instead;               /* how to write it */
};
void report_hazard_clear(struct report_hazard *hazard);

/* The difference between the schema before and after, sorted by object. */
struct report_schema_change {
	char action;  /* '+' added, '-' removed, '~' changed */
	char *object; /* "table public.orders" */
	char *detail; /* lines, each "+ …", "- …" or "~ old → new"; NULL: nothing to add */
};
void report_schema_change_clear(struct report_schema_change *change);

/* Up, down and up again. */
struct report_reversal {
	bool ran;
	enum report_outcome outcome;
	struct report_schema_change *schema; /* what down did not take back, or the second up made otherwise */
	size_t schema_count;
	char **tables;  /* sentences on tables whose rows differ; end with NULL; may be NULL */
	char **skipped; /* sentences on what was not tested: migrations without a way down; may be NULL */
	struct report_migration *steps; /* the downs and the second ups, in order */
	size_t step_count;
};
void report_reversal_clear(struct report_reversal *reversal);

/* What the branch was built from, and what of that the repository has no more. */
struct report_lineage {
	char *commit;       /* NULL: not known */
	bool is_known;      /* whether what is checked out came out of that commit; then: */
	bool is_rebased;    /* it did not */
	char **differences; /* "applied migration db/1.sql has changed"; end with NULL; NULL: none */
	bool is_rebuilt;    /* for these */
};

struct report_limits { /* 0: none */
	double blocking_ms, statement_ms;
	uint64_t wal_bytes, rewrite_bytes;
};

struct report {
	enum report_verdict verdict;
	char *reason;           /* one sentence: why the check could not be carried out (VERDICT_ERROR), else NULL */
	const char *error_kind; /* of error_kinds[]: what the command ends with; NULL: no error */
	char *error_message;    /* that of `reason`, or why a file of the report could not be written */
	char *error_hint;       /* NULL: none */
	char *branch_name;
	char *project;
	char *baseline;           /* "production@3" */
	time_t baseline_taken_at; /* 0: not known */
	time_t checked_at;        /* from which the age of the baseline is told; 0: it is not told */
	char *database;
	bool branch_created; /* false: one that was there already */
	bool branch_kept;
	struct report_lineage lineage;
	json_t *branch; /* as `branch show -o json` shows it; owned; may be NULL */
	struct report_migration *migrations;
	size_t migration_count;
	struct report_limits limits;
	bool has_evidence;                 /* the migrations were watched */
	double started;                    /* clock_monotonic_ms() that times in the evidence count from */
	struct string_list blind;          /* sentences: what of this run could not be seen */
	struct report_relation *relations; /* the longest blocked first */
	size_t relation_count;
	uint64_t wal_bytes, peak_bytes; /* written to the log; data and temporary files at the most, above the start */
	struct report_hazard *hazards;  /* errors first, then as the statements ran; accepted ones last */
	size_t hazard_count;
	bool has_schema; /* it was compared; else the next two say nothing */
	struct report_schema_change *schema;
	size_t schema_count;
	struct report_reversal reversal;
	struct report_check *checks;
	size_t check_count;
	struct report_plan *plans;
	size_t plan_count;
	struct report_workload workload;
	double clone_ms, start_ms, migrate_ms, check_ms, plan_ms, teardown_ms, total_ms;
	uint64_t exclusive_bytes, shared_bytes;
};

/* The error that the command ends with, for its report; with VERDICT_ERROR it is the reason as well. */
void report_note_error(struct report *report, const struct error *error);

void report_free(struct report *report); /* what it owns; it is zeroed */
#define _cleanup_report_ _cleanup_(report_free)

struct report_style {
	bool color;
	int width;     /* columns; 0: 80 */
	size_t budget; /* of markdown: bytes; 0: 65,000 */
};

/* One row a format: what `--report FORMAT=FILE` and `-o FORMAT` know. */
struct report_format {
	const char *name;
	const char *summary;
	void (*render)(const struct report *report, const struct report_style *style, struct buffer *out);
};
extern const struct report_format report_formats[];               /* ends with a NULL name */
const struct report_format *report_format_find(const char *name); /* NULL if there is none */

#endif
