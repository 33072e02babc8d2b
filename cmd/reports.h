/* Where the report of a check goes: to the terminal, to the files of --report, and to the CI system. */
#ifndef VELA_CMD_REPORTS_H
#define VELA_CMD_REPORTS_H

#include "cmd/command.h"
#include "report/report.h"

/* Before anything is done: a wrong option must not cost a whole check. */
int reports_check(const struct invocation *invocation, struct error **err);
/* The files of --report. They are the caller's, not the pool owner's. In GitHub Actions, the format github writes the
 * step's summary and outputs as well. */
int reports_write(const struct invocation *invocation, const struct report *report, struct error **err);
/* In GitHub Actions: the step's summary, unless the format github has written it. A failure is told. */
void reports_summarize(const struct invocation *invocation, const char *markdown);
void report_print(const struct invocation *invocation, const struct report *report);

#endif
