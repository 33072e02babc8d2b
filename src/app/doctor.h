/* What is missing on this host, and the command that mends it. */
#ifndef VELA_APP_DOCTOR_H
#define VELA_APP_DOCTOR_H

#include "app/app.h"

enum finding_level { FINDING_OK, FINDING_NOTE, FINDING_BROKEN };

struct finding {
	const char *topic; /* "pool", "postgres", … */
	enum finding_level level;
	char *text;
	char *remedy; /* NULL if there is nothing to mend */
};
struct findings {
	struct finding *items;
	size_t count;
	size_t broken;
};

/* Never fails: what cannot be examined is a finding. */
void doctor_examine(struct app *app, struct findings *ret);
void doctor_findings_free(struct findings *findings);

#endif
