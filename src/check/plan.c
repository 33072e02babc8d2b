#include "check/plan.h"

#include "base/clock.h"
#include "base/text.h"
#include "check/plan_facts.h"
#include "check/plan_side.h"
#include "sql/query.h"

void plan_side_clear(struct plan_side *side)
{
	string_list_free(&side->analyzed);
}

static void release(struct plan_facts *facts, struct report_plan_side *ret)
{
	*ret = facts->side;
	facts->side.root = NULL;
}

/* Before the migrations a table may be missing that the query is about: that is told, and no reason to fail. */
static int explain_before(struct plan_side *side, const struct query *query, double deadline, struct plan_facts *facts,
			  struct report_plan *plan, struct string_list *notes, struct error **err)
{
	struct report_failure *failure = NULL;
	if (plan_side_explain(side, query, deadline, facts, notes, &failure, err) < 0)
		return error_wrap(err, "before the migrations");
	if (failure)
		plan->before_failure = string_copy(failure->message);
	report_failure_free(failure);
	return 0;
}

struct comparison {
	struct plan_facts before, after;
	struct plan_gates gates;
	struct string_list differences, violations, notes;
};

static void comparison_free(struct comparison *comparison)
{
	plan_facts_free(&comparison->before);
	plan_facts_free(&comparison->after);
	plan_gates_free(&comparison->gates);
	string_list_free(&comparison->differences);
	string_list_free(&comparison->violations);
	string_list_free(&comparison->notes);
}

static void conclude(struct comparison *comparison, struct report_plan *plan)
{
	struct plan_facts *before = comparison->before.root ? &comparison->before : NULL;
	plan->changed = plan_compare(before, &comparison->after, &comparison->differences);
	plan_judge(before, &comparison->after, plan->changed, &comparison->gates, &comparison->violations);
	for (size_t i = 0; i < comparison->notes.count; i++)
		string_list_add(&comparison->differences, comparison->notes.items[i]);
	plan->outcome = comparison->violations.count == 0 ? OUTCOME_PASSED : OUTCOME_FAILED;
	plan->differences = string_list_steal(&comparison->differences);
	plan->violations = string_list_steal(&comparison->violations);
	release(&comparison->after, &plan->after);
}

static int run(struct plan_side *before, struct plan_side *after, const struct plan_wanted *wanted, double deadline,
	       struct report_plan *plan, struct error **err)
{
	_cleanup_(comparison_free) struct comparison comparison = {.gates.wanted = wanted};
	struct query query;
	plan->failure = query_find(wanted->sql, "plan", &query);
	if (plan->failure)
		return 0;
	if (before && explain_before(before, &query, deadline, &comparison.before, plan, &comparison.notes, err) < 0)
		return -1;
	if (plan_side_explain(after, &query, deadline, &comparison.after, &comparison.notes, &plan->failure, err) < 0 ||
	    (!plan->failure && plan_gates_read(after, deadline, &comparison.gates, &plan->failure, err) < 0))
		return -1;
	if (!plan->failure)
		conclude(&comparison, plan);
	if (comparison.before.root)
		release(&comparison.before, &plan->before);
	return 0;
}

int plan_run(struct plan_side *before, struct plan_side *after, const struct plan_wanted *wanted, double deadline,
	     struct report_plan *ret, struct error **err)
{
	_cleanup_(report_plan_clear) struct report_plan plan = {
		.name = string_copy(wanted->name),
		.sql = string_copy(wanted->sql),
		.line = wanted->line,
		.is_warning = wanted->is_warning,
		.outcome = OUTCOME_FAILED,
	};
	if (run(before, after, wanted, deadline, &plan, err) < 0) {
		_cleanup_free_ char *name = text_safe(wanted->name);
		return error_wrap(err, "cannot explain the plan \"%s\"", name);
	}
	if (plan.failure)
		plan.failure->line = wanted->line;
	report_plan_clear(ret);
	*ret = plan;
	plan = (struct report_plan){0};
	return 0;
}
