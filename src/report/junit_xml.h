/* JUnit's XML: what is written, apart from what it is about. Texts may be hostile. */
#ifndef VELA_REPORT_JUNIT_XML_H
#define VELA_REPORT_JUNIT_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum junit_result { JUNIT_PASSED, JUNIT_FAILED, JUNIT_ERROR, JUNIT_SKIPPED, JUNIT_COUNT };

struct junit_case {
	char *name; /* made unique when the suite is written */
	char *file; /* NULL: none */
	double milliseconds;
	enum junit_result result;
	char *message; /* of a failure, an error or a skip: one line */
	char *body;    /* more of a failure; else what was said along the way; NULL: nothing */
};

struct junit_suite {
	const char *name;
	struct junit_case *cases;
	size_t count;
};

struct junit_totals {
	size_t results[JUNIT_COUNT];
	size_t tests;
	double milliseconds;
};

void junit_add_case(struct junit_suite *suite, struct junit_case test); /* takes over what `test` owns */
/* Nothing for an empty suite. Adds to `all`, but for the time. */
void junit_write_suite(struct buffer *out, struct junit_suite *suite, struct junit_totals *all);
void junit_suite_free(struct junit_suite *suite);
#define _cleanup_junit_suite_ _cleanup_(junit_suite_free)

void junit_add_attribute(struct buffer *out, const char *name, const char *value);
void junit_add_totals(struct buffer *out, const struct junit_totals *totals); /* as attributes */

#endif
