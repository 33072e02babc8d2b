/* Who kept whom from what, and when: statements, relations and the workload's stalls along one axis. */
#include "base/quantity.h"
#include "report/cut.h"
#include "report/describe.h"
#include "report/html_parts.h"

enum {
	LANE_HEIGHT = 38,
	BAR_TOP = 18, /* below the lane's label */
	BAR_HEIGHT = 14,
	LANES_MAX = 12,
	STATEMENTS_MAX = 2000,
	HOLDS_MAX = 500, /* of a relation */
	LABEL_MAX = 120,
	NUMBER_PERCENT = 4, /* of the width: narrower bars have no room for their number */
};

/* How a mode is drawn: not by its colour alone. */
static const struct look {
	const char *class, *words;
	double top, height;
} looks[] = {
	{"blocks-all", "blocks reads and writes", BAR_TOP, BAR_HEIGHT},
	{"blocks-writes", "blocks writes", BAR_TOP + 4, BAR_HEIGHT - 4},
	{"blocks-none", "blocks neither", BAR_TOP + 10, BAR_HEIGHT - 10},
};

static const struct look *look_of(enum table_lock mode)
{
	return &looks[table_locks[mode].blocks_reads ? 0 : table_locks[mode].blocks_writes ? 1 : 2];
}

static void widen(struct axis *axis, double from_ms, double to_ms)
{
	axis->from_ms = from_ms < axis->from_ms ? from_ms : axis->from_ms;
	axis->to_ms = to_ms > axis->to_ms ? to_ms : axis->to_ms;
}

static struct axis axis_of(const struct report *report)
{
	struct axis axis = {0, 0};
	for (size_t i = 0; i < report->migration_count; i++)
		for (size_t j = 0; j < report->migrations[i].list_count; j++)
			widen(&axis, report->migrations[i].list[j].from_ms, report->migrations[i].list[j].to_ms);
	for (size_t i = 0; i < report->relation_count; i++)
		for (size_t j = 0; j < report->relations[i].hold_count; j++)
			widen(&axis, report->relations[i].holds[j].from_ms, report->relations[i].holds[j].to_ms);
	return axis;
}

static void add_label(struct buffer *out, int top, const char *text)
{
	_cleanup_free_ char *label = report_cut(text, false, LABEL_MAX);
	buffer_addf(out, "<text x=\"0\" y=\"%d\">", top + 12);
	html_add(out, label);
	buffer_add_text(out, "</text>\n");
}

static void add_times(struct buffer *out, double from_ms, double to_ms)
{
	html_add_duration(out, to_ms - from_ms);
	buffer_add_text(out, ", from ");
	html_add_duration(out, from_ms);
	buffer_add_text(out, " to ");
	html_add_duration(out, to_ms);
}

/* --- statements --- */

static void add_statement(struct buffer *out, const struct axis *axis, const struct report_statement *statement,
			  size_t number, int top)
{
	double from = axis_percent(axis, statement->from_ms), to = axis_percent(axis, statement->to_ms);
	_cleanup_free_ char *sql = statement_on_one_line(statement);
	_cleanup_free_ char *shown = report_cut(sql, false, LABEL_MAX);
	axis_add_bar(out, axis, statement->from_ms, statement->to_ms, top + BAR_TOP, BAR_HEIGHT,
		     statement->outcome == OUTCOME_FAILED ? "run is-failed" : "run");
	buffer_addf(out, "<title>%zu: ", number);
	html_add(out, shown);
	buffer_add_text(out, "\n");
	add_times(out, statement->from_ms, statement->to_ms);
	buffer_add_text(out, "</title></rect>");
	if (to - from >= NUMBER_PERCENT)
		buffer_addf(out, "<text class=\"number\" x=\"%.2f%%\" y=\"%d\">%zu</text>", (from + to) / 2,
			    top + BAR_TOP + 11, number);
	buffer_add_char(out, '\n');
}

/* A line through all lanes where it ends, and its time as a bar. */
static void add_commit(struct buffer *out, const struct axis *axis, const struct report_statement *commit, int top,
		       int height)
{
	double x = axis_percent(axis, commit->to_ms);
	axis_add_bar(out, axis, commit->from_ms, commit->to_ms, top + BAR_TOP + 3, BAR_HEIGHT - 6, "commit-mark");
	buffer_add_text(out, "<title>COMMIT\n");
	add_times(out, commit->from_ms, commit->to_ms);
	buffer_addf(out, "</title></rect><line class=\"commit\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>\n", x,
		    x, top + BAR_TOP, height);
}

static void add_statements(struct buffer *out, const struct axis *axis, const struct report *report, int top,
			   int height)
{
	size_t number = 0, drawn = 0;
	add_label(out, top, "statements");
	for (size_t i = 0; i < report->migration_count; i++)
		for (size_t j = 0; j < report->migrations[i].list_count; j++) {
			const struct report_statement *statement = &report->migrations[i].list[j];
			number += !statement->is_commit;
			if (statement->outcome == OUTCOME_NOT_RUN || drawn++ >= STATEMENTS_MAX)
				continue;
			if (statement->is_commit)
				add_commit(out, axis, statement, top, height);
			else
				add_statement(out, axis, statement, number, top);
		}
}

/* --- relations and stalls --- */

static void add_relation(struct buffer *out, const struct axis *axis, const struct report *report,
			 const struct report_relation *relation, int top)
{
	add_label(out, top, relation->name);
	for (size_t i = 0; i < relation->hold_count && i < HOLDS_MAX; i++) {
		const struct report_hold *hold = &relation->holds[i];
		const struct look *look = look_of(hold->mode);
		const struct report_statement *taker = report_find_statement(report, hold->migration, hold->statement);
		axis_add_bar(out, axis, hold->from_ms, hold->to_ms, top + look->top, look->height, look->class);
		buffer_addf(out, "<title>%s: %s\n", table_locks[hold->mode].sql, look->words);
		add_times(out, hold->from_ms, hold->to_ms);
		if (taker) {
			_cleanup_free_ char *sql = statement_on_one_line(taker);
			_cleanup_free_ char *shown = report_cut(sql, false, LABEL_MAX);
			buffer_add_text(out, "\ntaken by ");
			html_add(out, shown);
		}
		buffer_add_text(out, "</title></rect>\n");
	}
}

static void add_stall(struct buffer *out, const struct axis *axis, const struct report_workload_query *query, int top)
{
	_cleanup_free_ char *stall = quantity_format_milliseconds(query->longest_stall_ms);
	_cleanup_free_ char *label = string_format("workload, %s: stalled for %s", query->name, stall);
	double to = query->stall_from_ms + query->longest_stall_ms;
	add_label(out, top, label);
	axis_add_bar(out, axis, query->stall_from_ms, to, top + BAR_TOP + 2, BAR_HEIGHT - 4, "stall");
	buffer_add_text(out, "<title>");
	html_add(out, label);
	buffer_add_text(out, "</title></rect>\n");
}

static bool is_told(const struct report *report, const struct report_workload_query *query)
{
	return report->workload.ran && query->longest_stall_ms >= notable_ms(report);
}

static void add_legend(struct buffer *out, bool has_stalls)
{
	buffer_add_text(out, "<ul class=\"legend\">\n");
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		buffer_addf(out,
			    "<li><svg aria-hidden=\"true\"><rect class=\"%s\" width=\"22\" y=\"%.0f\" height=\"%.0f\" "
			    "rx=\"2\"/></svg>%s</li>\n",
			    looks[i].class, looks[i].top - BAR_TOP, looks[i].height, looks[i].words);
	buffer_add_text(out, "<li><svg aria-hidden=\"true\"><line class=\"commit\" x1=\"11\" x2=\"11\" y1=\"0\" "
			     "y2=\"14\"/></svg>COMMIT</li>\n");
	if (has_stalls)
		buffer_add_text(out, "<li><svg aria-hidden=\"true\"><rect class=\"stall\" width=\"22\" y=\"2\" "
				     "height=\"10\" rx=\"2\"/></svg>a query of the workload stalls</li>\n");
	buffer_add_text(out, "</ul>\n");
}

static void add_drawing(struct buffer *out, const struct report *report, const struct axis *axis, size_t relations,
			size_t stalls)
{
	int height = AXIS_HEIGHT + LANE_HEIGHT * (int)(1 + relations + stalls), top = AXIS_HEIGHT;
	buffer_addf(out,
		    "<svg role=\"img\" aria-labelledby=\"lanes-svg-title\" height=\"%d\">\n<title "
		    "id=\"lanes-svg-title\">Which locks were held on which relation, over time</title>\n",
		    height);
	axis_add(out, axis, height);
	add_statements(out, axis, report, top, height);
	for (size_t i = 0; i < relations; i++)
		add_relation(out, axis, report, &report->relations[i], top += LANE_HEIGHT);
	for (size_t i = 0; i < report->workload.query_count && stalls > 0; i++)
		if (is_told(report, &report->workload.queries[i])) {
			add_stall(out, axis, &report->workload.queries[i], top += LANE_HEIGHT);
			stalls--;
		}
	buffer_add_text(out, "</svg>\n");
}

void html_add_lanes(struct buffer *out, const struct report *report)
{
	struct axis axis = axis_of(report);
	size_t relations = report->relation_count < LANES_MAX ? report->relation_count : LANES_MAX, stalls = 0;
	for (size_t i = 0; i < report->workload.query_count; i++)
		stalls += is_told(report, &report->workload.queries[i]);
	stalls = stalls < LANES_MAX ? stalls : LANES_MAX;
	if (!report->has_evidence || axis.to_ms <= axis.from_ms)
		return;
	html_begin(out, "lanes", "Locks over time");
	buffer_add_text(out, "<figure class=\"card lanes\">\n");
	add_drawing(out, report, &axis, relations, stalls);
	add_legend(out, stalls > 0);
	if (report->relation_count > relations)
		buffer_addf(out,
			    "<figcaption>%zu relations more, none of them blocked for longer, stand below."
			    "</figcaption>\n",
			    report->relation_count - relations);
	buffer_add_text(out, "</figure>\n");
	html_end(out);
}
