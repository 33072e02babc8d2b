/*
 * Publishing a report where the pull request lives: one comment, and the status of the commit. Whether that works has
 * no say in any verdict.
 */
#ifndef VELA_APP_PUBLISH_H
#define VELA_APP_PUBLISH_H

#include "base/error.h"
#include "base/progress.h"
#include "forge/forge.h"

struct publish_request { /* borrowed */
	struct forge_settings forge;
	long pull_request;  /* 0: CI's */
	const char *commit; /* NULL: CI's; the head of the pull request, not what it would be merged into */
	/* At most so long for each thing that is published; 0: as long as forge.h has it. */
	double patience_ms;
	const struct progress *progress; /* while the forge lets one wait; may be NULL */
};

struct publisher;

/* Reads files as the effective user; asks the forge nothing. ERROR_USAGE says what is missing. Owned. */
int publisher_open(const struct publish_request *request, struct publisher **ret, struct error **err);
void publisher_free(struct publisher *publisher); /* NULL is allowed */

/* That a check has begun: the commit's status is pending. A success where no commit is known. */
int publish_pending(const struct publisher *publisher, const char *project, struct error **err);

struct publish_result {
	char *comment_url;     /* NULL: none was published, or the forge does not tell */
	bool commented;        /* false also where there is no pull request */
	const char *status;    /* "success", "failure", "error"; NULL: none was published */
	struct error *problem; /* why something was not; NULL: all was that could be meant */
};
void publish_result_free(struct publish_result *result);
#define _cleanup_published_ _cleanup_(publish_result_free)

/*
 * A report as `vela check --report markdown=FILE` writes it. What is longer than a comment may be is cut. What can be
 * published is, even if something else cannot: *ret says what came of it. ERROR_USAGE if it is no such report, or if
 * there is neither a pull request nor a commit. An interrupt ends it; before, a few seconds are given to the status, so
 * that it does not stay pending; where one had come already, the status is all that is tried.
 */
int publish_report(const struct publisher *publisher, const char *markdown, struct publish_result *ret,
		   struct error **err);

#endif
