/* For how long each relation was closed to others, in all. */
#include "base/quantity.h"
#include "report/html_parts.h"

enum { IN_VIEW = 12 }; /* the others are folded */

static void add_cell_of_time(struct buffer *out, double all, double longest)
{
	if (all <= 0) {
		buffer_add_text(out, "<td class=\"num dim\">–</td>");
		return;
	}
	buffer_add_text(out, "<td class=\"num\">");
	html_add_duration(out, all);
	if (longest > 0 && longest < all * 0.99) {
		buffer_add_text(out, "<span class=\"dim\">longest ");
		html_add_duration(out, longest);
		buffer_add_text(out, "</span>");
	}
	buffer_add_text(out, "</td>");
}

static void add_relation(struct buffer *out, const struct report_relation *relation)
{
	_cleanup_free_ char *size = quantity_format_size(relation->bytes);
	buffer_add_text(out, "<tr><th scope=\"row\">");
	html_add_code(out, relation->name);
	buffer_addf(out, " <span class=\"dim\">%s", size);
	if (relation->rows >= 0) {
		_cleanup_free_ char *rows = quantity_format_count((uint64_t)relation->rows);
		buffer_addf(out, ", %s row%s", rows, relation->rows == 1 ? "" : "s");
	}
	buffer_addf(out, "</span></th><td class=\"mode\">%s</td>", table_locks[relation->strongest].sql);
	add_cell_of_time(out, relation->reads_blocked_ms, relation->longest_reads_ms);
	add_cell_of_time(out, relation->writes_blocked_ms, relation->longest_writes_ms);
	buffer_add_text(out, "</tr>\n");
}

static void add_table(struct buffer *out, const struct report *report, size_t from, size_t to)
{
	buffer_add_text(out, "<table>\n<thead><tr><th scope=\"col\">Relation</th><th "
			     "scope=\"col\">Strongest lock</th><th scope=\"col\" class=\"num\">Reads</th><th "
			     "scope=\"col\" class=\"num\">Writes</th></tr></thead>\n<tbody>\n");
	for (size_t i = from; i < to; i++)
		add_relation(out, &report->relations[i]);
	buffer_add_text(out, "</tbody></table>\n");
}

void html_add_ledger(struct buffer *out, const struct report *report)
{
	size_t in_view = report->relation_count < IN_VIEW ? report->relation_count : IN_VIEW;
	if (report->relation_count == 0)
		return;
	html_begin(out, "ledger", "For how long each relation was closed to others");
	buffer_add_text(out, "<div class=\"card\">");
	add_table(out, report, 0, in_view);
	if (in_view < report->relation_count) {
		buffer_addf(out, "<details><summary>%zu more</summary>\n", report->relation_count - in_view);
		add_table(out, report, in_view, report->relation_count);
		buffer_add_text(out, "</details>\n");
	}
	buffer_add_text(out, "</div>\n");
	html_end(out);
}
