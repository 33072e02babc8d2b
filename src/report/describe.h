/* The evidence in words, the same in every format. What is hostile stays so: the renderer escapes for its format. */
#ifndef VELA_REPORT_DESCRIBE_H
#define VELA_REPORT_DESCRIBE_H

#include "report/report.h"

/* What follows the verdict's word: "3 migrations apply, 2 checks hold", "migration 2 of 3 does not apply, 2 hazards".
 */
void describe_verdict(struct buffer *out, const struct report *report);

/* "rewrote public.orders (2.1 GiB): a column's type changed" */
void describe_change(struct buffer *out, const struct report_change *change);

/* "blocked reads and writes of public.orders for 41.3 s"; nothing where `lock` blocks neither. */
void describe_lock(struct buffer *out, const struct report_lock *lock);

/* What a statement cost, each part after ", ": "17,000,482 rows, 4.4 GiB of WAL, 64 MiB in temporary files"; nothing
 * where that is little. */
void describe_cost(struct buffer *out, const struct report_statement *statement);

/* "2.1 s: clone 14 ms, start 110 ms, migrate 1.9 s" */
void describe_timings(struct buffer *out, const struct report *report);

/* "1a2b3c4 (rebased since); applied migration db/1.sql has changed: rebuilt from production@3"; nothing where not even
 * the commit is known. */
void describe_lineage(struct buffer *out, const struct report *report);

/* What came of taking the migrations back; a sentence. */
const char *describe_reversal(const struct report_reversal *reversal);

/* For how long a statement's locks kept others from reading and writing: the longest of each. */
void statement_blocked(const struct report_statement *statement, double *ret_reads_ms, double *ret_writes_ms);

double notable_ms(const struct report *report); /* from which a duration or a lock is worth telling of */

/* Worth a line in a summary: it failed, took long, blocked for long, or did what is not harmless. */
bool statement_is_notable(const struct report *report, const struct report_statement *statement);
bool relation_is_notable(const struct report *report, const struct report_relation *relation);

bool query_has_stalled(const struct report_workload *workload, const struct report_workload_query *query);

/* The text of a statement on one line: what separates its words is one space. Owned, hostile. */
char *statement_on_one_line(const struct report_statement *statement);

/* The statement a hazard, hold or stall points at; NULL if it points at none. */
const struct report_statement *report_find_statement(const struct report *report, size_t migration, size_t statement);

/* Not accepted, and of that severity. */
size_t report_count_hazards(const struct report *report, enum report_severity severity);

/* Machines' words: "full_scan", "passed". */
const char *change_kind_name(enum report_change_kind kind);
const char *verdict_name(enum report_verdict verdict);

#endif
