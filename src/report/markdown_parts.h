/* The sections of the comment. One that has nothing to say adds nothing. */
#ifndef VELA_REPORT_MARKDOWN_PARTS_H
#define VELA_REPORT_MARKDOWN_PARTS_H

#include "report/markdown_section.h"
#include "report/markdown_text.h"
#include "report/report.h"

/* How much of a text is shown, in bytes. */
enum { SHOW_NAME = 120, SHOW_CODE = 160, SHOW_TEXT = 600, SHOW_BLOCK = 4000 };

/* What is shortened first has the largest number. */
enum importance {
	ALWAYS,
	FAILURES,
	STALLS,
	HAZARDS,
	CHECKS,
	PLANS,
	STATEMENTS,
	WORKLOAD,
	REVERSAL,
	BLIND,
	MORE_HAZARDS,
	LEDGER,
	ALL_CHECKS,
	SCHEMA,
	ACCEPTED,
	MIGRATIONS,
	PLAN_TREES,
	ALL_STATEMENTS,
};

/* What to act on. */
void markdown_add_failures(struct document *document, const struct report *report);
void markdown_add_hazards(struct document *document, const struct report *report);
void markdown_add_checks(struct document *document, const struct report *report);
void markdown_add_plans(struct document *document, const struct report *report);
void markdown_add_reversal(struct document *document, const struct report *report);

/* What was seen. */
void markdown_add_statements(struct document *document, const struct report *report);
void markdown_add_workload(struct document *document, const struct report *report);
void markdown_add_blind(struct document *document, const struct report *report);

/* Folded. */
void markdown_add_ledger(struct document *document, const struct report *report);
void markdown_add_all_checks(struct document *document, const struct report *report);
void markdown_add_schema(struct document *document, const struct report *report);
void markdown_add_accepted(struct document *document, const struct report *report);
void markdown_add_migrations(struct document *document, const struct report *report);
void markdown_add_plan_trees(struct document *document, const struct report *report);
void markdown_add_all_statements(struct document *document, const struct report *report);

/* --- what they are made of --- */

extern const char *const markdown_outcomes[]; /* a sign for each enum report_outcome */

/* FILE:LINE in a code span; a line of 0 is left out. */
void markdown_add_place(struct buffer *out, const char *file, int line);
void markdown_add_duration(struct buffer *out, double milliseconds);

#endif
