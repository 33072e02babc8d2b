#include "base/quantity.h"
#include "base/text.h"
#include "report/describe_plan.h"
#include "report/text_parts.h"

enum {
	GAP = 2,                /* between two trees that stand side by side */
	SIDE_BY_SIDE_FROM = 70, /* columns that this takes */
	TREE_LINES = 40,        /* of a side */
	NODE_LINES = 4,         /* of what is to be told of a node */
	DEPTH_MAX = 12,         /* deeper nodes are not indented any further */
};

struct line {
	char *text;
	enum tint tint;
};

/* A tree as lines of at most `width` columns. */
struct tree {
	struct line *lines;
	size_t count, width;
	bool cut;
};

static void free_tree(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		free(tree->lines[i].text);
	free(tree->lines);
}
#define _cleanup_tree_ _cleanup_(free_tree)

static void add_line(struct tree *tree, enum tint tint, char *text)
{
	if (tree->count >= TREE_LINES) {
		tree->cut = true;
		free(text);
		return;
	}
	tree->lines = memory_resize(tree->lines, tree->count + 1, sizeof(*tree->lines));
	tree->lines[tree->count++] = (struct line){text, tint};
}

/* Wraps `text` behind `first`, and behind `rest` from its second line on. */
static void add_wrapped(struct tree *tree, enum tint tint, const char *first, const char *rest, const char *text)
{
	_cleanup_buffer_ struct buffer lines = {0};
	size_t taken = text_width(first);
	struct page page = {&lines, tree->width > taken + 12 ? tree->width - taken : 12, false};
	page_wrap(&page, TINT_PLAIN, text, 0, 0, NODE_LINES);
	const char *prefix = first;
	for (const char *at = buffer_text(&lines); *at; prefix = rest) {
		size_t length = strcspn(at, "\n");
		_cleanup_free_ char *part = string_copy_n(at, length);
		_cleanup_free_ char *whole = string_format("%s%s", prefix, part);
		add_line(tree, tint, text_shorten(whole, tree->width));
		at += length + (at[length] == '\n');
	}
}

static void add_node(struct tree *tree, const struct plan_node *node, const char *indent, bool is_last, size_t depth)
{
	const char *branch = depth == 0 ? "" : is_last ? "└ " : "├ ", *below = depth == 0 ? "" : is_last ? "  " : "│ ";
	enum tint tint = node->differs ? TINT_YELLOW : TINT_PLAIN;
	_cleanup_free_ char *first = string_format("%s%s", indent, branch);
	_cleanup_free_ char *inner = string_format("%s%s", indent, depth < DEPTH_MAX ? below : "");
	_cleanup_free_ char *rest = string_format("%s%s", inner, node->child_count ? "│ " : "  ");
	_cleanup_buffer_ struct buffer numbers = {0};
	describe_plan_node(&numbers, node);
	add_wrapped(tree, tint, first, rest, node->label ? node->label : "?");
	if (node->detail)
		add_wrapped(tree, TINT_DIM, rest, rest, node->detail);
	add_wrapped(tree, TINT_DIM, rest, rest, buffer_text(&numbers));
	for (size_t i = 0; i < node->child_count && !tree->cut; i++)
		add_node(tree, &node->children[i], inner, i + 1 == node->child_count, depth + 1);
}

static struct tree make_tree(const char *name, const struct report_plan_side *side, size_t width)
{
	struct tree tree = {.width = width};
	_cleanup_buffer_ struct buffer numbers = {0};
	describe_plan_side(&numbers, side);
	add_line(&tree, TINT_BOLD, string_copy(name));
	add_wrapped(&tree, TINT_DIM, "", "  ", buffer_text(&numbers));
	if (side->root)
		add_node(&tree, side->root, "", true, 0);
	if (tree.cut)
		string_replace(&tree.lines[tree.count - 1].text, string_copy("…"));
	return tree;
}

static void add_cell(const struct page *page, const struct tree *tree, size_t row, bool pad)
{
	size_t used = 0;
	if (row < tree->count) {
		page_paint(page, tree->lines[row].tint, tree->lines[row].text);
		used = text_width(tree->lines[row].text);
	}
	if (pad)
		buffer_add_repeat(page->out, ' ', used < tree->width ? tree->width - used : 0);
}

static void add_trees(const struct page *page, const struct report_plan *plan, size_t indent)
{
	size_t available = page->width - indent;
	bool beside = page->width >= SIDE_BY_SIDE_FROM;
	size_t width = beside ? (available - GAP) / 2 : available;
	_cleanup_tree_ struct tree before = make_tree("before", &plan->before, width);
	_cleanup_tree_ struct tree after = make_tree("after", &plan->after, width);
	size_t rows = before.count > after.count ? before.count : after.count;
	buffer_add_char(page->out, '\n');
	for (size_t i = 0; beside && i < rows; i++) {
		buffer_add_repeat(page->out, ' ', indent);
		add_cell(page, &before, i, i < after.count);
		if (i < after.count)
			buffer_add_repeat(page->out, ' ', GAP);
		add_cell(page, &after, i, false);
		buffer_add_char(page->out, '\n');
	}
	for (int side = 0; side < 2 && !beside; side++) {
		const struct tree *tree = side ? &after : &before;
		for (size_t i = 0; i < tree->count; i++) {
			buffer_add_repeat(page->out, ' ', indent);
			add_cell(page, tree, i, false);
			buffer_add_char(page->out, '\n');
		}
	}
}

static void add_failure(const struct page *page, const struct report_plan *plan)
{
	enum tint tint = plan->is_warning ? TINT_YELLOW : TINT_RED;
	text_add_place(page, "vela.yml", plan->line, 0);
	_cleanup_free_ char *name = text_safe(plan->name);
	const char *level = plan->is_warning ? "warning: " : "";
	_cleanup_free_ char *headline =
		plan->failure ? string_format("%splan \"%s\": %s", level, name, plan->failure->message)
			      : string_format("%splan \"%s\" does not hold", level, name);
	text_add_message(page, tint, headline, plan->failure ? plan->failure->sqlstate : NULL);
	for (char **violation = plan->violations; violation && *violation; violation++)
		text_add_item(page, tint, "·", *violation);
	if (plan->failure) {
		text_add_explanation(page, plan->failure, 0);
		return;
	}
	text_add_sql(page, plan->sql, 4);
	if (plan->before.root || plan->after.root)
		add_trees(page, plan, 2);
}

void text_add_plan_failures(const struct page *page, const struct report *report, enum report_severity severity)
{
	for (size_t i = 0; i < report->plan_count; i++) {
		const struct report_plan *plan = &report->plans[i];
		if (plan->outcome == OUTCOME_FAILED && plan->is_warning == (severity == SEVERITY_WARNING))
			add_failure(page, plan);
	}
}

void text_add_plan_change(const struct page *page, const struct report_plan *plan)
{
	for (char **difference = plan->differences; difference && *difference; difference++) {
		buffer_add_repeat(page->out, ' ', 4);
		page_wrap(page, TINT_DIM, *difference, 4, 4, NODE_LINES);
	}
	if (plan->before.root && plan->after.root) {
		add_trees(page, plan, 4);
		buffer_add_char(page->out, '\n');
	}
}

char *text_plan_blocks(const struct report_plan *plan)
{
	_cleanup_free_ char *before = quantity_format_count(plan->before.blocks);
	_cleanup_free_ char *after = quantity_format_count(plan->after.blocks);
	const char *plural = plan->after.blocks == 1 ? "" : "s";
	if (plan->outcome == OUTCOME_NOT_RUN)
		return string_copy("not run");
	if (!plan->after.root)
		return string_copy("no plan");
	if (!plan->before.root)
		return string_format("new, %s block%s", after, plural);
	if (plan->before.blocks == plan->after.blocks)
		return string_format("%s block%s", after, plural);
	return string_format("%s → %s block%s", before, after, plural);
}
