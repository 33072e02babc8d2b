/* The renderers, one a file. */
#ifndef VELA_REPORT_FORMATS_H
#define VELA_REPORT_FORMATS_H

#include "report/report.h"

void report_render_text(const struct report *report, const struct report_style *style, struct buffer *out);
void report_render_json(const struct report *report, const struct report_style *style, struct buffer *out);

#endif
