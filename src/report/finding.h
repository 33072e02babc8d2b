/* What a reader has to act on or has accepted, as one list: for the formats that are shown beside lines of source. */
#ifndef VELA_REPORT_FINDING_H
#define VELA_REPORT_FINDING_H

#include "report/report.h"

enum finding_kind {
	FINDING_ERROR,
	FINDING_MIGRATION,
	FINDING_HAZARD,
	FINDING_CHECK,
	FINDING_PLAN,
	FINDING_WORKLOAD,
	FINDING_REVERSAL
};

struct finding {
	enum finding_kind kind;
	enum report_severity severity;
	char *rule;           /* "blocking-lock", "migration-failed"; owned */
	char *message;        /* owned, hostile */
	char *path;           /* relative to the repository; vela.yml if no file of it is to blame; owned */
	int line, column;     /* from 1; column 0: not known */
	const char *accepted; /* the reason; NULL: it was not; borrowed from the report like the next two */
	const char *why, *instead;
	/*
	 * The same for the same rule, file and statement wherever it stands in the file, so that edits elsewhere do not
	 * make it a new one; of those that are the same in all that, each has its own.
	 */
	char fingerprint[33];
};

struct findings {
	struct finding *items;
	size_t count;
};

struct findings findings_of(const struct report *report);
void findings_free(struct findings *findings);
#define _cleanup_findings_ _cleanup_(findings_free)

#endif
