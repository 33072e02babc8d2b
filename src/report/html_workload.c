/* What an application would have felt: per query a drawing of its latencies, and what they were before and after. */
#include "base/quantity.h"
#include "report/cut.h"
#include "report/describe.h"
#include "report/html_parts.h"

enum { HEIGHT = 132, BOTTOM = 124, TOP = AXIS_HEIGHT + 4, BUCKETS_MAX = 4000 };
static const double LEAST_MS = 0.1; /* the foot of the scale, which is logarithmic */

struct scale {
	double most_ms;
};

/* Like a logarithm: as much for each power of ten, and straight in between. */
static double decades_of(double ms)
{
	int decades = 0;
	if (!(ms > LEAST_MS))
		return 0;
	ms /= LEAST_MS;
	while (ms >= 10 && decades < 15) {
		ms /= 10;
		decades++;
	}
	return decades + (ms - 1) / 9;
}

static double y_of(const struct scale *scale, double ms)
{
	double share = decades_of(ms) / decades_of(scale->most_ms);
	return BOTTOM - (BOTTOM - TOP) * (share > 1 ? 1 : share);
}

static struct scale scale_of(const struct report_workload *workload, const struct report_workload_query *query)
{
	struct scale scale = {workload->max_stall_ms > 10 ? workload->max_stall_ms : 10};
	for (size_t i = 0; i < workload->bucket_count; i++)
		if (query->timeline[i] > scale.most_ms)
			scale.most_ms = query->timeline[i];
	scale.most_ms *= 1.3;
	return scale;
}

/* When the migrations ran, from the first statement to the last. */
static struct axis migrations_of(const struct report *report)
{
	struct axis window = {0, 0};
	for (size_t i = 0; i < report->migration_count; i++)
		for (size_t j = 0; j < report->migrations[i].list_count; j++)
			if (report->migrations[i].list[j].to_ms > window.to_ms)
				window.to_ms = report->migrations[i].list[j].to_ms;
	return window;
}

/* The scale beside the drawing, or its lines within. */
static void add_decades(struct buffer *out, const struct scale *scale, bool labels)
{
	static const struct {
		double ms;
		const char *label;
	} decades[] = {{1, "1 ms"}, {10, "10 ms"}, {100, "100 ms"}, {1000, "1 s"}, {10000, "10 s"}, {100000, "100 s"}};
	for (size_t i = 0; i < ARRAY_SIZE(decades) && decades[i].ms < scale->most_ms; i++) {
		double y = y_of(scale, decades[i].ms);
		if (labels)
			buffer_addf(out, "<text class=\"tick\" x=\"100%%\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
				    y + 4, decades[i].label);
		else
			buffer_addf(out, "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>\n", y,
				    y);
	}
}

static void add_latencies(struct buffer *out, const struct report_workload *workload,
			  const struct report_workload_query *query, const struct axis *axis, const struct scale *scale)
{
	for (size_t i = 0; i < workload->bucket_count && i < BUCKETS_MAX; i++) {
		double ms = query->timeline[i], from = axis->from_ms + (double)i * workload->bucket_ms;
		if (!(ms >= 0))
			continue;
		bool is_over = workload->max_stall_ms > 0 && ms > workload->max_stall_ms;
		double y = y_of(scale, ms) - 1; /* so that the fastest leaves a trace, too */
		buffer_addf(out, "<rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.1f\" height=\"%.1f\"/>\n",
			    is_over ? "latency is-over" : "latency", axis_percent(axis, from),
			    95.0 / (double)workload->bucket_count, y, BOTTOM - y);
	}
}

static void add_drawing(struct buffer *out, const struct report *report, const struct report_workload_query *query,
			size_t number)
{
	const struct report_workload *workload = &report->workload;
	struct axis axis = {workload->from_ms,
			    workload->from_ms + (double)workload->bucket_count * workload->bucket_ms};
	struct axis window = migrations_of(report);
	struct scale scale = scale_of(workload, query);
	buffer_addf(out, "<div class=\"plot\"><svg aria-hidden=\"true\" height=\"%d\">\n", HEIGHT);
	add_decades(out, &scale, true);
	buffer_addf(out,
		    "</svg><svg role=\"img\" aria-labelledby=\"query-%zu-title\" height=\"%d\">\n<title "
		    "id=\"query-%zu-title\">Worst latency over time, before, during and after the migrations</title>\n",
		    number, HEIGHT, number);
	axis_add_bar(out, &axis, window.from_ms, window.to_ms, TOP, BOTTOM - TOP, "window");
	buffer_add_text(out, "<title>the migrations run</title></rect>\n");
	axis_add(out, &axis, BOTTOM);
	add_decades(out, &scale, false);
	if (query->longest_stall_ms >= notable_ms(report)) {
		axis_add_bar(out, &axis, query->stall_from_ms, query->stall_from_ms + query->longest_stall_ms, TOP,
			     BOTTOM - TOP, "stalled");
		buffer_add_text(out, "<title>the longest stall</title></rect>\n");
	}
	add_latencies(out, workload, query, &axis, &scale);
	if (workload->max_stall_ms > 0) {
		double y = y_of(&scale, workload->max_stall_ms);
		buffer_addf(out, "<line class=\"limit\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>\n", y, y);
	}
	buffer_add_text(out, "</svg></div>\n");
}

static void add_phase(struct buffer *out, const char *name, const struct workload_phase *phase)
{
	const double times[] = {phase->p50_ms, phase->p99_ms, phase->max_ms};
	buffer_addf(out, "<tr><th scope=\"row\">%s</th><td class=\"num\">%zu</td><td class=\"num%s\">%zu</td>", name,
		    phase->count, phase->errors ? " bad" : "", phase->errors);
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		buffer_add_text(out, "<td class=\"num\">");
		if (phase->count > 0)
			html_add_duration(out, times[i]);
		else
			buffer_add_text(out, "–");
		buffer_add_text(out, "</td>");
	}
	buffer_add_text(out, "</tr>\n");
}

static void add_phases(struct buffer *out, const struct report_workload_query *query)
{
	buffer_add_text(out, "<table>\n<thead><tr><th scope=\"col\">Migrations</th><th scope=\"col\" "
			     "class=\"num\">calls</th><th scope=\"col\" class=\"num\">failed</th><th scope=\"col\" "
			     "class=\"num\">p50</th><th scope=\"col\" class=\"num\">p99</th><th scope=\"col\" "
			     "class=\"num\">max</th></tr></thead>\n<tbody>\n");
	add_phase(out, "before", &query->before);
	add_phase(out, "during", &query->during);
	add_phase(out, "after", &query->after);
	buffer_add_text(out, "</tbody></table>\n");
}

static void add_stall(struct buffer *out, const struct report *report, const struct report_workload_query *query)
{
	double limit = report->workload.max_stall_ms;
	const struct report_statement *cause =
		report_find_statement(report, query->stall_migration, query->stall_statement);
	buffer_addf(out, "<span class=\"%s\">longest stall ",
		    limit > 0 && query->longest_stall_ms > limit ? "bad" : "dim");
	html_add_duration(out, query->longest_stall_ms);
	buffer_add_text(out, "</span>");
	if (!cause || query->longest_stall_ms < notable_ms(report))
		return;
	_cleanup_free_ char *sql = statement_on_one_line(cause);
	_cleanup_free_ char *shown = report_cut(sql, false, 100);
	buffer_addf(out, " <span class=\"dim\">while <a href=\"#s-%zu-%zu\">", query->stall_migration + 1,
		    query->stall_statement + 1);
	html_add(out, shown);
	buffer_add_text(out, "</a> ran</span>");
}

void html_add_workload(struct buffer *out, const struct report *report)
{
	const struct report_workload *workload = &report->workload;
	if (!workload->ran || workload->query_count == 0)
		return;
	html_begin(out, "workload", "What the application would have felt");
	for (size_t i = 0; i < workload->query_count; i++) {
		const struct report_workload_query *query = &workload->queries[i];
		buffer_add_text(out, "<article class=\"query\">\n<header><h3>");
		html_add(out, query->name);
		buffer_addf(out, "</h3><span class=\"dim\">%.4g per second</span> ", query->rate);
		add_stall(out, report, query);
		buffer_add_text(out, "</header>\n");
		if (workload->bucket_count > 0 && workload->bucket_ms > 0 && query->timeline)
			add_drawing(out, report, query, i + 1);
		add_phases(out, query);
		if (query->error) {
			buffer_add_text(out, "<p class=\"lines bad\">");
			html_add(out, query->error);
			buffer_add_text(out, "</p>\n");
		}
		buffer_add_text(out, "</article>\n");
	}
	buffer_add_text(out, "<ul class=\"legend\">\n"
			     "<li><svg aria-hidden=\"true\"><rect class=\"latency\" width=\"22\" height=\"14\"/></svg>"
			     "the worst latency of a moment, on a logarithmic scale</li>\n"
			     "<li><svg aria-hidden=\"true\"><rect class=\"window\" width=\"22\" height=\"14\"/></svg>"
			     "the migrations run</li>\n"
			     "<li><svg aria-hidden=\"true\"><rect class=\"stalled\" width=\"22\" height=\"14\"/></svg>"
			     "the longest stall</li>\n");
	if (workload->max_stall_ms > 0)
		buffer_add_text(out, "<li><svg aria-hidden=\"true\"><line class=\"limit\" x1=\"0\" x2=\"22\" y1=\"7\" "
				     "y2=\"7\"/></svg>the limit for a stall</li>\n");
	buffer_add_text(out, "</ul>\n");
	html_end(out);
}
