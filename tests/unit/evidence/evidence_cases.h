/* What a case of the tables beside this is: statements, and what has to be seen of each. */
#ifndef VELA_TESTS_CHECK_EVIDENCE_CASES_H
#define VELA_TESTS_CHECK_EVIDENCE_CASES_H

#include <stddef.h>

struct seen {
	const char *name, *setup;
	struct {
		const char *sql, *seen; /* "!" in front: on its own, not in a transaction; "locks | changes", as
					 * watched.h writes them */
	} steps[6];
};

#endif
