/*
 * What was seen, and what it means in production. A row of a table for each hazard; found in the report's evidence
 * alone, so that the same evidence always gives the same hazards. Severity comes from what was measured, never from
 * syntax alone: docs/hazards.md has the rule of each.
 */
#ifndef VELA_CHECK_HAZARD_H
#define VELA_CHECK_HAZARD_H

#include "report/report.h"

struct hazard {
	const char *id;      /* "table-rewrite" */
	const char *title;   /* "A table is rewritten" */
	const char *why;     /* why that hurts in production; sentences */
	const char *instead; /* how to write it; sentences, may have SQL */
};
extern const struct hazard hazards[];             /* ends with a NULL id */
const struct hazard *hazard_find(const char *id); /* NULL if there is none */

/*
 * Replaces report->hazards by those of its migrations, relations and limits. One cause is one hazard: a rewrite that
 * blocks is table-rewrite and not also blocking-lock. "-- vela:ignore HAZARD reason" above a statement accepts that
 * hazard there; an acceptance without a reason, or of a hazard that does not exist, accepts nothing and is a warning
 * itself. True if an unaccepted one is an error.
 */
bool hazards_find(struct report *report);

#endif
