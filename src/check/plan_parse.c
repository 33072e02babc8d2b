#include "check/plan_facts.h"

/* --- freeing --- */

static void clear_fact(struct plan_fact *fact)
{
	for (size_t i = 0; i < fact->child_count; i++)
		clear_fact(&fact->children[i]);
	free(fact->children);
	free(fact->step);
	free(fact->schema);
	free(fact->relation);
	free(fact->index);
}

void plan_facts_free(struct plan_facts *facts)
{
	if (facts->root)
		clear_fact(facts->root);
	free(facts->root);
	plan_node_free(facts->side.root);
	for (size_t i = 0; i < facts->setting_count; i++) {
		free(facts->settings[i].name);
		free(facts->settings[i].value);
	}
	free(facts->settings);
	*facts = (struct plan_facts){0};
}

/* --- values --- */

/* What the node reads has its name under one of these. */
static const char *relation_of(const json_t *node)
{
	static const char *const keys[] = {"Relation Name", "CTE Name", "Function Name", "Tuplestore Name"};
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *value = json_string_value(json_object_get(node, keys[i]));
		if (value)
			return value;
	}
	return NULL;
}

static double number_of(const json_t *node, const char *key, double otherwise)
{
	const json_t *value = json_object_get(node, key);
	return json_is_number(value) ? json_number_value(value) : otherwise;
}

static uint64_t count_of(const json_t *node, const char *key)
{
	double value = number_of(node, key, 0);
	return value > 0 && value < 0x1p63 ? (uint64_t)value : 0;
}

static char *copy_of(const json_t *node, const char *key)
{
	return string_copy(json_string_value(json_object_get(node, key)));
}

static bool is_string(const json_t *node, const char *key, const char *wanted)
{
	return string_equal(json_string_value(json_object_get(node, key)), wanted);
}

static bool is_subplan(const json_t *node)
{
	return is_string(node, "Parent Relationship", "InitPlan") || is_string(node, "Parent Relationship", "SubPlan");
}

/* Counts of a node have its children's in them. */
static uint64_t own_temporary_blocks(const json_t *node)
{
	uint64_t own = count_of(node, "Temp Written Blocks"), children = 0;
	size_t i;
	json_t *child;
	json_array_foreach(json_object_get(node, "Plans"), i, child) children += count_of(child, "Temp Written Blocks");
	return own > children ? own - children : 0;
}

static uint64_t spilled_bytes(const json_t *node)
{
	if (is_string(node, "Sort Space Type", "Disk"))
		return count_of(node, "Sort Space Used") * 1024;
	return own_temporary_blocks(node) * PLAN_BLOCK_BYTES;
}

/* --- the tree --- */

struct reading {
	size_t nodes, depth;
};

static int malformed(struct error **err, const char *what)
{
	return error_set(err, ERROR_POSTGRES, "EXPLAIN gave what is no plan: %s", what);
}

static void fill_fact(const json_t *node, struct plan_fact *fact)
{
	fact->step = plan_step(node);
	fact->schema = json_object_get(node, "Relation Name") ? copy_of(node, "Schema") : NULL;
	fact->relation = string_copy(relation_of(node));
	fact->index = copy_of(node, "Index Name");
	fact->writes = is_string(node, "Node Type", "ModifyTable");
	fact->is_inner = is_string(node, "Parent Relationship", "Inner");
	fact->is_subplan = is_subplan(node);
	fact->spilled_bytes = spilled_bytes(node);
}

static void fill_shown(const json_t *node, const struct plan_fact *fact, struct plan_node *shown)
{
	shown->label = plan_label(node, fact->step);
	shown->detail = plan_detail(node, fact->spilled_bytes);
	shown->loops = count_of(node, "Actual Loops");
	shown->rows_estimated = number_of(node, "Plan Rows", 0);
	shown->rows_actual = shown->loops > 0 ? number_of(node, "Actual Rows", 0) : -1;
	shown->blocks = count_of(node, "Shared Hit Blocks") + count_of(node, "Shared Read Blocks");
}

static int read_node(const json_t *node, struct reading *reading, struct plan_fact *fact, struct plan_node *shown,
		     struct error **err)
{
	const json_t *plans = json_object_get(node, "Plans");
	size_t count = json_array_size(plans);
	if (!json_is_string(json_object_get(node, "Node Type")))
		return malformed(err, "a node without a type");
	if (++reading->nodes > PLAN_NODES_MAX)
		return error_set(err, ERROR_POSTGRES, "the plan has more than %d nodes", PLAN_NODES_MAX);
	if (reading->depth >= PLAN_DEPTH_MAX)
		return error_set(err, ERROR_POSTGRES, "the plan is more than %d nodes deep", PLAN_DEPTH_MAX);
	fact->shown = shown;
	fill_fact(node, fact);
	fill_shown(node, fact, shown);
	if (count == 0)
		return 0;
	fact->children = memory_allocate(count * sizeof(*fact->children));
	shown->children = memory_allocate(count * sizeof(*shown->children));
	fact->child_count = shown->child_count = count;
	reading->depth++;
	for (size_t i = 0; i < count; i++)
		if (read_node(json_array_get(plans, i), reading, &fact->children[i], &shown->children[i], err) < 0)
			return -1;
	reading->depth--;
	return 0;
}

static void read_settings(const json_t *explained, struct plan_facts *facts)
{
	json_t *settings = json_object_get(explained, "Settings"), *value;
	const char *name;
	facts->settings = memory_allocate((json_object_size(settings) + 1) * sizeof(*facts->settings));
	json_object_foreach(settings, name, value)
	{
		if (json_is_string(value))
			facts->settings[facts->setting_count++] = (struct plan_setting){
				.name = string_copy(name), .value = string_copy(json_string_value(value))};
	}
}

static int read_explained(const json_t *document, struct plan_facts *facts, struct error **err)
{
	const json_t *explained = json_array_get(document, 0), *plan = json_object_get(explained, "Plan");
	struct reading reading = {0};
	if (json_array_size(document) > 1)
		return error_set(err, ERROR_POSTGRES, "a rule makes several statements of it; no plans are compared");
	if (!json_is_object(plan))
		return malformed(err, "no plan in it");
	facts->root = memory_allocate(sizeof(*facts->root));
	facts->side.root = memory_allocate(sizeof(*facts->side.root));
	if (read_node(plan, &reading, facts->root, facts->side.root, err) < 0)
		return -1;
	facts->side.blocks = facts->side.root->blocks;
	facts->side.temp_blocks = count_of(plan, "Temp Read Blocks") + count_of(plan, "Temp Written Blocks");
	facts->side.milliseconds = number_of(explained, "Execution Time", 0);
	facts->side.rows = facts->side.root->rows_actual;
	read_settings(explained, facts);
	return 0;
}

int plan_parse(const char *json, size_t length, struct plan_facts *ret, struct error **err)
{
	json_error_t error;
	json_t *document = json_loadb(json, length, 0, &error);
	struct plan_facts facts = {0};
	if (!document)
		return malformed(err, "no JSON");
	int result = read_explained(document, &facts, err);
	json_decref(document);
	if (result < 0)
		plan_facts_free(&facts);
	else
		*ret = facts;
	return result;
}
