/* Plans and the workload: what queries do. */
#include "report/json_parts.h"

static json_t *node_object(const struct plan_node *node)
{
	json_t *object = json_object(), *children = json_array();
	for (size_t i = 0; i < node->child_count; i++)
		json_append(children, node_object(&node->children[i]));
	json_add(object, "label", json_text(node->label));
	json_add(object, "detail", json_text(node->detail));
	json_add(object, "rows_estimated", json_number(node->rows_estimated));
	json_add(object, "rows_actual", node->rows_actual < 0 ? json_null() : json_number(node->rows_actual));
	json_add(object, "loops", json_bytes(node->loops));
	json_add(object, "blocks", json_bytes(node->blocks));
	json_add(object, "differs", json_boolean(node->differs));
	json_add(object, "children", children);
	return object;
}

static json_t *side_object(const struct report_plan_side *side)
{
	if (!side->root)
		return json_null();
	json_t *object = json_object();
	json_add(object, "blocks", json_bytes(side->blocks));
	json_add(object, "temp_blocks", json_bytes(side->temp_blocks));
	json_add(object, "milliseconds", json_milliseconds(side->milliseconds));
	json_add(object, "rows", json_number(side->rows));
	json_add(object, "tree", node_object(side->root));
	return object;
}

json_t *json_plan(const struct report_plan *plan)
{
	json_t *object = json_object();
	json_add(object, "name", json_text(plan->name));
	json_add(object, "sql", json_text(plan->sql));
	json_add(object, "line", json_known(plan->line));
	json_add(object, "severity", json_severity(plan->is_warning ? SEVERITY_WARNING : SEVERITY_ERROR));
	json_add(object, "outcome", json_outcome(plan->outcome));
	json_add(object, "changed", json_boolean(plan->changed));
	json_add(object, "before", side_object(&plan->before));
	json_add(object, "after", side_object(&plan->after));
	json_add(object, "before_failure", json_text(plan->before_failure));
	json_add(object, "differences", json_texts(plan->differences));
	json_add(object, "violations", json_texts(plan->violations));
	json_add(object, "failure", json_failure(plan->failure));
	return object;
}

static json_t *phase_object(const struct workload_phase *phase)
{
	json_t *object = json_object();
	json_add(object, "count", json_integer((json_int_t)phase->count));
	json_add(object, "errors", json_integer((json_int_t)phase->errors));
	json_add(object, "p50_ms", json_milliseconds(phase->p50_ms));
	json_add(object, "p99_ms", json_milliseconds(phase->p99_ms));
	json_add(object, "max_ms", json_milliseconds(phase->max_ms));
	return object;
}

static json_t *query_object(const struct report_workload_query *query, size_t buckets)
{
	json_t *object = json_object(), *timeline = json_array();
	for (size_t i = 0; i < buckets; i++)
		json_append(timeline, query->timeline[i] < 0 ? json_null() : json_milliseconds(query->timeline[i]));
	json_add(object, "name", json_text(query->name));
	json_add(object, "rate", json_number(query->rate));
	json_add(object, "before", phase_object(&query->before));
	json_add(object, "during", phase_object(&query->during));
	json_add(object, "after", phase_object(&query->after));
	json_add(object, "longest_stall_ms", json_milliseconds(query->longest_stall_ms));
	json_add(object, "stall_from_ms", json_number(query->stall_from_ms));
	json_add(object, "stall_migration", json_place(query->stall_migration));
	json_add(object, "stall_statement", json_place(query->stall_statement));
	json_add(object, "error", json_text(query->error));
	json_add(object, "timeline_ms", timeline);
	return object;
}

json_t *json_workload(const struct report_workload *workload)
{
	if (!workload->ran)
		return json_null();
	json_t *object = json_object(), *queries = json_array();
	for (size_t i = 0; i < workload->query_count; i++)
		json_append(queries, query_object(&workload->queries[i], workload->bucket_count));
	json_add(object, "outcome", json_outcome(workload->outcome));
	json_add(object, "max_stall_ms",
		 workload->max_stall_ms > 0 ? json_milliseconds(workload->max_stall_ms) : json_null());
	json_add(object, "from_ms", json_number(workload->from_ms));
	json_add(object, "bucket_ms", json_number(workload->bucket_ms));
	json_add(object, "queries", queries);
	return object;
}
