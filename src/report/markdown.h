/* A comment on a pull request. */
#ifndef VELA_REPORT_MARKDOWN_H
#define VELA_REPORT_MARKDOWN_H

#include "report/report.h"

/*
 * The first line of the comment, by which it is found again: "<!-- vela:report PROJECT/BRANCH -->". The same for the
 * same names, different for different ones, and nothing in a name ends it. Owned.
 */
char *report_markdown_marker(const char *project, const char *branch);
/*
 * The second: "<!-- vela:status VERDICT DESCRIPTION -->", from which the status of a commit is made. What is not plain
 * in the description stands as %XX. Owned.
 */
char *report_markdown_status(const struct report *report);

/* What these two lines say. */
struct markdown_head {
	char *marker; /* the whole first line */
	char *project;
	enum report_verdict verdict;
	char *description; /* hostile */
};
/* ERROR_USAGE if `text` does not begin with them. */
int markdown_head_read(const char *text, struct markdown_head *ret, struct error **err);
void markdown_head_free(struct markdown_head *head);
#define _cleanup_markdown_head_ _cleanup_(markdown_head_free)

/* A report of at most `max` bytes: cut at the end of a line, with what is open there closed and a word on it. Owned. */
char *report_markdown_cut(const char *text, size_t max);

#endif
