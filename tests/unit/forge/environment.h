/* What a run of a CI system has in its environment, and what it means. */
#ifndef VELA_TESTS_FORGE_ENVIRONMENT_H
#define VELA_TESTS_FORGE_ENVIRONMENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "forge/ci.h"

#define SHA "0123456789abcdef0123456789abcdef01234567"
#define MERGE "ffffffffffffffffffffffffffffffffffffffff"

struct variable {
	const char *name, *value;
};

/* An environment as a run of that system has it, and what it means. */
struct recorded {
	const char *title;
	const char *system;
	long pull_request;
	const char *branch, *commit, *base_branch;
	struct variable variables[10];
};

static const char *lookup(void *context, const char *name)
{
	for (const struct variable *variable = context; variable->name; variable++)
		if (string_equal(variable->name, name))
			return variable->value;
	return NULL;
}

static const char *string_or_null(const char *text)
{
	return text ? text : "(null)";
}

static void expect(const struct recorded *recorded, struct variable *variables)
{
	struct ci_context ci;
	ci_detect(lookup, variables, &ci);
	if (!string_equal(ci.system, recorded->system) || ci.pull_request != recorded->pull_request ||
	    !string_equal(ci.branch, recorded->branch) || !string_equal(ci.commit, recorded->commit) ||
	    !string_equal(ci.base_branch, recorded->base_branch))
		fail_msg("%s: got %s, #%ld, %s, %s, %s", recorded->title, string_or_null(ci.system), ci.pull_request,
			 string_or_null(ci.branch), string_or_null(ci.commit), string_or_null(ci.base_branch));
	ci_context_free(&ci);
	assert_null(ci.branch);
}

#endif
