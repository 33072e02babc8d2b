/* The renderers, one a file. */
#ifndef VELA_REPORT_FORMATS_H
#define VELA_REPORT_FORMATS_H

#include "report/report.h"

void report_render_text(const struct report *report, const struct report_style *style, struct buffer *out);
void report_render_json(const struct report *report, const struct report_style *style, struct buffer *out);
void report_render_junit(const struct report *report, const struct report_style *style, struct buffer *out);
void report_render_codequality(const struct report *report, const struct report_style *style, struct buffer *out);
void report_render_sarif(const struct report *report, const struct report_style *style, struct buffer *out);
void report_render_html(const struct report *report, const struct report_style *style, struct buffer *out);
void report_render_github(const struct report *report, const struct report_style *style, struct buffer *out);

/* At most style->budget bytes, for which 16,384 are enough whatever the report: what matters least is left out first.
 */
void report_render_markdown(const struct report *report, const struct report_style *style, struct buffer *out);

#endif
