/* A check: a branch, its migrations, its assertions, a report, and the branch is gone again. */
#ifndef VELA_APP_CHECK_H
#define VELA_APP_CHECK_H

#include "app/app.h"
#include "app/context.h"
#include "report/report.h"

enum check_keep { KEEP_NEVER, KEEP_ON_FAILURE, KEEP_ALWAYS };

enum check_steps {
	CHECK_MIGRATIONS = 1 << 0,
	CHECK_ASSERTIONS = 1 << 1,
	CHECK_BRANCH = 1 << 2, /* make the branch if it is not there, and tear it down; else it has to be there */
};

struct check_request {
	unsigned steps;
	enum check_keep keep; /* for a branch that this check made; one that was there stays */
	bool fresh;           /* make the branch anew if it is there */
};

/*
 * Fills *ret in any case (free it with report_free()). 0: it was carried out, and the report has the verdict. -1: it
 * could not be; the report's verdict is VERDICT_ERROR, and it has the error. The branch's lock is held throughout; what
 * was made is torn down on every path.
 */
int check_run(const struct app *app, const struct branch_context *context, const struct check_request *request,
	      struct report *ret, struct error **err);

#endif
