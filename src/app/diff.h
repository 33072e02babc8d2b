/* What a branch's schema has become, against the baseline it came from. */
#ifndef VELA_APP_DIFF_H
#define VELA_APP_DIFF_H

#include "app/app.h"
#include "report/report.h"

struct schema_difference {
	char *branch, *baseline; /* "pr-12", "production@3" */
	struct report_schema_change *changes;
	size_t count;
};

/* A stopped branch is started. Only reads, and takes no lock of it. */
int diff_run(const struct app *app, const char *name, struct schema_difference *ret, struct error **err);
void schema_difference_free(struct schema_difference *difference);

#endif
