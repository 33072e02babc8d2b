/* Plans before and after, side by side where they differ. */
#include "report/describe_plan.h"
#include "report/html_parts.h"

enum { DEPTH_MAX = 200 };

static void add_node(struct buffer *out, const struct plan_node *node, size_t depth)
{
	_cleanup_buffer_ struct buffer numbers = {0};
	describe_plan_node(&numbers, node);
	buffer_addf(out, "<li><div class=\"node%s\"><b>", node->differs ? " differs" : "");
	html_add(out, node->label ? node->label : "?");
	buffer_add_text(out, node->differs ? "</b><span class=\"hidden\"> differs</span>" : "</b>");
	if (node->detail) {
		buffer_add_text(out, "<span class=\"dim\">");
		html_add(out, node->detail);
		buffer_add_text(out, "</span>");
	}
	buffer_add_text(out, "<span class=\"dim\">");
	html_add(out, buffer_text(&numbers));
	buffer_add_text(out, "</span></div>");
	if (node->child_count > 0 && depth < DEPTH_MAX) {
		buffer_add_text(out, "\n<ul>\n");
		for (size_t i = 0; i < node->child_count; i++)
			add_node(out, &node->children[i], depth + 1);
		buffer_add_text(out, "</ul>");
	}
	buffer_add_text(out, "</li>\n");
}

static void add_side(struct buffer *out, const char *title, const struct report_plan_side *side, const char *missing)
{
	_cleanup_buffer_ struct buffer numbers = {0};
	buffer_addf(out, "<div><h4>%s</h4>", title);
	if (side->root) {
		describe_plan_side(&numbers, side);
		buffer_add_text(out, "<p class=\"dim\">");
		html_add(out, buffer_text(&numbers));
		buffer_add_text(out, "</p>\n<ul class=\"tree\">\n");
		add_node(out, side->root, 0);
		buffer_add_text(out, "</ul>");
	} else {
		buffer_add_text(out, "<p class=\"lines dim\">");
		html_add(out, missing ? missing : "There is no plan.");
		buffer_add_text(out, "</p>");
	}
	buffer_add_text(out, "</div>\n");
}

static const char *word_of(const struct report_plan *plan)
{
	if (plan->outcome == OUTCOME_NOT_RUN)
		return "not run";
	if (plan->failure)
		return "no plan any more";
	if (plan->before_failure)
		return "new";
	return plan->changed ? "another plan" : "the same plan";
}

static void add_plan(struct buffer *out, const struct report_plan *plan, size_t number)
{
	bool has_two = plan->changed || !plan->after.root || plan->before_failure;
	bool is_open = plan->changed || plan->outcome == OUTCOME_FAILED;
	buffer_addf(out, "<article class=\"plan\" id=\"plan-%zu\">\n<header>", number);
	html_add_mark(out, plan->outcome, plan->is_warning);
	buffer_add_text(out, "<h3>");
	html_add(out, plan->name);
	buffer_addf(out, "</h3><span class=\"dim\">%s</span> ", word_of(plan));
	html_add_place(out, "vela.yml", plan->line);
	buffer_add_text(out, "</header>\n");
	html_add_sentences(out, plan->differences);
	buffer_addf(out, "<details%s><summary class=\"dim\">query and plan%s</summary>\n<pre>",
		    is_open ? " open=\"open\"" : "", has_two ? "s" : "");
	html_add(out, plan->sql);
	buffer_add_text(out, "</pre>\n");
	buffer_add_text(out, "<div class=\"sides\">\n");
	if (has_two)
		add_side(out, "Before", &plan->before, plan->before_failure);
	add_side(out, has_two ? "After" : "Before and after", &plan->after,
		 plan->failure ? plan->failure->message : NULL);
	buffer_add_text(out, "</div></details>\n</article>\n");
}

void html_add_plans(struct buffer *out, const struct report *report)
{
	if (report->plan_count == 0)
		return;
	html_begin(out, "plans", "Plans");
	for (size_t i = 0; i < report->plan_count; i++)
		add_plan(out, &report->plans[i], i + 1);
	html_end(out);
}
