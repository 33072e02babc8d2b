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
	char *source_line;             /* the text of that line; NULL: not known, or too long to show */
	bool has_caret; /* `column` is exact (the server gave a position), not just where the statement starts */
};
void report_failure_free(struct report_failure *failure);

enum report_outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_NOT_RUN };

struct report_migration {
	char *file; /* relative to the repository */
	enum report_outcome outcome;
	double milliseconds;
	size_t statements;              /* that were run */
	struct report_failure *failure; /* NULL unless FAILED */
};
void report_migration_clear(struct report_migration *migration); /* frees what it owns and zeroes it */

struct report_check {
	char *name;
	char *sql;
	int line; /* in vela.yml */
	enum report_outcome outcome;
	char *expected; /* NULL: the check only has to run */
	char *actual;   /* NULL: SQL NULL, or nothing came */
	double milliseconds;
	struct report_failure *failure; /* an SQL error, or why the result does not count (several rows, say) */
};
void report_check_clear(struct report_check *check);

struct report {
	enum report_verdict verdict;
	char *reason; /* one sentence: why the check could not be carried out (VERDICT_ERROR), else NULL */
	char *branch_name;
	char *project;
	char *baseline;           /* "production@3" */
	time_t baseline_taken_at; /* 0: not known */
	time_t checked_at;        /* from which the age of the baseline is told; 0: it is not told */
	char *database;
	bool branch_created; /* false: one that was there already */
	bool branch_kept;
	json_t *branch; /* as `branch show -o json` shows it; owned; may be NULL */
	struct report_migration *migrations;
	size_t migration_count;
	struct report_check *checks;
	size_t check_count;
	double clone_ms, start_ms, migrate_ms, check_ms, teardown_ms, total_ms;
	uint64_t exclusive_bytes, shared_bytes;
};

void report_free(struct report *report); /* what it owns; it is zeroed */
#define _cleanup_report_ _cleanup_(report_free)

struct report_style {
	bool color;
	int width; /* columns; 0: 80 */
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
