/* What a plan has to keep to. */
#include "base/quantity.h"
#include "check/plan_facts.h"

enum { ROWS_MIN = 1000 }; /* estimates that are off by fewer rows, all loops together, do no harm */

/* --- estimates --- */

struct worst {
	double factor;
	const struct plan_fact *fact;
};

static bool is_any_of(const char *step, const char *const *steps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (string_equal(step, steps[i]))
			return true;
	return false;
}

/* Takes all its rows before it gives one: whoever stops it early has not stopped what is below. */
static bool takes_all_first(const char *step)
{
	static const char *const steps[] = {"Sort", "Hash", "Aggregate", "HashAggregate"};
	return is_any_of(step, steps, ARRAY_SIZE(steps));
}

/* Its rows are not counted, or counted again when a merge goes back. */
static bool is_uncounted(const struct plan_fact *fact, const struct plan_fact *parent)
{
	static const char *const steps[] = {"BitmapAnd", "BitmapOr"};
	return fact->writes || fact->shown->rows_actual < 0 || is_any_of(fact->step, steps, ARRAY_SIZE(steps)) ||
	       (parent && fact->is_inner && string_starts_with(parent->step, "Merge"));
}

static double factor_of(const struct plan_node *node, bool may_be_stopped)
{
	double estimated = node->rows_estimated > 1 ? node->rows_estimated : 1;
	double actual = node->rows_actual > 1 ? node->rows_actual : 1;
	double off = actual > estimated ? actual - estimated : estimated - actual;
	if (off * (double)node->loops < ROWS_MIN || (actual < estimated && may_be_stopped))
		return 1;
	return actual > estimated ? actual / estimated : estimated / actual;
}

/* Fewer rows than estimated say nothing where somebody took only the first. */
static void find_worst(const struct plan_fact *fact, const struct plan_fact *parent, bool may_be_stopped,
		       struct worst *worst)
{
	bool in_merge = parent && string_starts_with(parent->step, "Merge");
	if (fact->is_subplan || in_merge || (fact->is_inner && !string_equal(fact->step, "Hash")))
		may_be_stopped = true;
	double factor = is_uncounted(fact, parent) ? 1 : factor_of(fact->shown, may_be_stopped);
	if (factor > worst->factor)
		*worst = (struct worst){factor, fact};
	if (string_equal(fact->step, "Limit"))
		may_be_stopped = true;
	else if (takes_all_first(fact->step))
		may_be_stopped = false;
	for (size_t i = 0; i < fact->child_count; i++)
		find_worst(&fact->children[i], fact, may_be_stopped, worst);
}

double plan_worst_estimate(const struct plan_facts *facts, const struct plan_fact **ret)
{
	struct worst worst = {.factor = 1};
	find_worst(facts->root, NULL, false, &worst);
	*ret = worst.fact;
	return worst.factor;
}

/* --- in words --- */

static char *rounded(double count)
{
	return quantity_format_count(count > 0 && count < 0x1p63 ? (uint64_t)(count + 0.5) : 0);
}

char *plan_rows_words(const struct plan_fact *fact)
{
	_cleanup_free_ char *estimated = rounded(fact->shown->rows_estimated);
	_cleanup_free_ char *actual = rounded(fact->shown->rows_actual);
	return string_format("rows of %s: estimated %s, actual %s", fact->shown->label, estimated, actual);
}

char *plan_blocks_words(uint64_t before, uint64_t after)
{
	_cleanup_free_ char *old = quantity_format_count(before);
	_cleanup_free_ char *new = quantity_format_count(after);
	if (before == 0 || after <= before)
		return string_format("%s blocks instead of %s", new, old);
	double ratio = (double)after / (double)before;
	return string_format(ratio < 10 ? "%s blocks instead of %s (%.1f×)" : "%s blocks instead of %s (%.0f×)", new,
			     old, ratio);
}

static void find_spill(const struct plan_fact *fact, const struct plan_fact **worst)
{
	if (fact->spilled_bytes > (*worst ? (*worst)->spilled_bytes : 0))
		*worst = fact;
	for (size_t i = 0; i < fact->child_count; i++)
		find_spill(&fact->children[i], worst);
}

char *plan_spill_sentence(const struct plan_facts *facts)
{
	const struct plan_fact *worst = NULL;
	find_spill(facts->root, &worst);
	if (!worst)
		return NULL;
	_cleanup_free_ char *size = quantity_format_size(worst->spilled_bytes);
	return string_format("%s on disk (%s)", plan_spill_words(worst->step), size);
}

/* --- the gates --- */

static void judge_blocks(const struct plan_facts *before, const struct plan_facts *after, double max_ratio,
			 struct string_list *violations)
{
	uint64_t old = before->side.blocks, new = after->side.blocks;
	if (max_ratio <= 0 || new < old + PLAN_BLOCKS_MIN || (double)new < max_ratio *(double)old)
		return;
	_cleanup_free_ char *words = plan_blocks_words(old, new);
	string_list_addf(violations, "reads %s; buffers.max_ratio is %g", words, max_ratio);
}

static bool has_member(const struct plan_name *name, const char *schema, const char *relation)
{
	size_t length = schema ? strlen(schema) : 0;
	for (size_t i = 0; i < name->members.count; i++) {
		const char *member = name->members.items[i];
		if (!schema ? string_equal(member, relation)
			    : string_starts_with(member, schema) && member[length] == '.' &&
				      string_equal(member + length + 1, relation))
			return true;
	}
	return false;
}

/* The first node that reads a table whole, and did. */
static const struct plan_fact *find_seq_scan(const struct plan_fact *fact, const struct plan_name *name)
{
	if (string_equal(fact->step, "Seq Scan") && fact->schema && fact->shown->loops > 0 &&
	    has_member(name, fact->schema, fact->relation))
		return fact;
	const struct plan_fact *found = NULL;
	for (size_t i = 0; i < fact->child_count && !found; i++)
		found = find_seq_scan(&fact->children[i], name);
	return found;
}

static bool is_index_used(const struct plan_fact *fact, const struct plan_name *name)
{
	bool used = fact->index && fact->shown->loops > 0 && has_member(name, NULL, fact->index);
	for (size_t i = 0; i < fact->child_count && !used; i++)
		used = is_index_used(&fact->children[i], name);
	return used;
}

static void judge_tables(const struct plan_facts *after, const struct plan_gates *gates, struct string_list *violations)
{
	for (size_t i = 0; i < gates->table_count; i++) {
		const struct plan_name *name = &gates->tables[i];
		const struct plan_fact *scan = find_seq_scan(after->root, name);
		if (name->members.count == 0)
			string_list_addf(violations, "no_seq_scan_on: there is no table %s", name->given);
		else if (scan)
			string_list_addf(violations, "%s is read whole (%s), which no_seq_scan_on forbids", name->given,
					 scan->shown->label);
	}
}

static void judge_indexes(const struct plan_facts *after, const struct plan_gates *gates,
			  struct string_list *violations)
{
	for (size_t i = 0; i < gates->index_count; i++) {
		const struct plan_name *name = &gates->indexes[i];
		if (name->members.count == 0)
			string_list_addf(violations, "uses_index: there is no index %s", name->given);
		else if (!is_index_used(after->root, name))
			string_list_addf(violations, "the index %s is not used; uses_index has it", name->given);
	}
}

static void judge_estimate(const struct plan_facts *after, double max, struct string_list *violations)
{
	const struct plan_fact *worst;
	double factor = plan_worst_estimate(after, &worst);
	if (max <= 0 || !worst || factor <= max)
		return;
	_cleanup_free_ char *words = plan_rows_words(worst);
	_cleanup_free_ char *times = rounded(factor);
	string_list_addf(violations, "%s (%s×); rows.max_misestimate is %g", words, times, max);
}

void plan_judge(const struct plan_facts *before, const struct plan_facts *after, bool changed,
		const struct plan_gates *gates, struct string_list *violations)
{
	const struct plan_wanted *wanted = gates->wanted;
	if (before)
		judge_blocks(before, after, wanted->buffers_max_ratio, violations);
	judge_tables(after, gates, violations);
	judge_indexes(after, gates, violations);
	judge_estimate(after, wanted->max_rows_misestimate, violations);
	if (wanted->unchanged && changed)
		string_list_add(violations, "the plan is not the one from before the migrations; unchanged is set");
	_cleanup_free_ char *spill = wanted->no_spill ? plan_spill_sentence(after) : NULL;
	if (spill)
		string_list_addf(violations, "%s; no_spill is set", spill);
}
