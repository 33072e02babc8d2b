#include "report/describe_plan.h"

#include "base/quantity.h"

static bool is_far_off(double estimated, double actual)
{
	double low = estimated < actual ? estimated : actual, high = estimated < actual ? actual : estimated;
	return high >= 10 && high > 2 * low;
}

static void add_count(struct buffer *out, double number, const char *noun)
{
	bool possible = number > 0 && number < 1e18;
	_cleanup_free_ char *count = quantity_format_count(possible ? (uint64_t)(number + 0.5) : 0);
	buffer_addf(out, "%s %s%s", count, noun, string_equal(count, "1") ? "" : "s");
}

void describe_plan_node(struct buffer *out, const struct plan_node *node)
{
	if (node->rows_actual < 0) {
		buffer_add_text(out, "never executed");
		return;
	}
	add_count(out, node->rows_actual, "row");
	if (is_far_off(node->rows_estimated, node->rows_actual)) {
		buffer_add_text(out, ", ");
		add_count(out, node->rows_estimated, "row");
		buffer_add_text(out, " expected");
	}
	if (node->loops > 1) {
		_cleanup_free_ char *loops = quantity_format_count(node->loops);
		buffer_addf(out, ", %s times", loops);
	}
	buffer_add_text(out, ", ");
	add_count(out, (double)node->blocks, "block");
}

void describe_plan_side(struct buffer *out, const struct report_plan_side *side)
{
	if (!side->root) {
		buffer_add_text(out, "no plan");
		return;
	}
	add_count(out, (double)side->blocks, "block");
	if (side->temp_blocks > 0) {
		_cleanup_free_ char *spilled = quantity_format_count(side->temp_blocks);
		buffer_addf(out, ", %s spilled", spilled);
	}
	_cleanup_free_ char *time = quantity_format_milliseconds(side->milliseconds);
	buffer_addf(out, ", %s", time);
}
