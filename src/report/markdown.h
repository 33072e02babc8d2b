/* A comment on a pull request. */
#ifndef VELA_REPORT_MARKDOWN_H
#define VELA_REPORT_MARKDOWN_H

#include "report/report.h"

/*
 * The first line of the comment, by which it is found again: "<!-- vela:report PROJECT/BRANCH -->". The same for the
 * same names, different for different ones, and nothing in a name ends it. Owned.
 */
char *report_markdown_marker(const char *project, const char *branch);

#endif
