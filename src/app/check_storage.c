#include "app/check_run.h"
#include "app/rule.h"
#include "base/clock.h"

/* Measuring makes the server's files be written out, which slows what is being measured. */
enum { EVERY_MS = 500, SHARE = 10 };

static int measure(void *context, struct error **err)
{
	struct check *check = context;
	double began = clock_monotonic_ms();
	if (began < check->next_measurement)
		return 0;
	if (rule_storage(check->app, &check->branch, "go on", err) < 0)
		return -1;
	double took = clock_monotonic_ms() - began;
	check->next_measurement = began + (took * SHARE > EVERY_MS ? took * SHARE : EVERY_MS);
	return 0;
}

void check_storage_guard(struct check *check, struct evidence *evidence)
{
	if (check->app->policy.most_branch_bytes > 0)
		evidence_set_guard(evidence, measure, check);
}
