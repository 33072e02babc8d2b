/* Changes of a schema as text, in the manner of a diff. */
#ifndef VELA_REPORT_SCHEMA_TEXT_H
#define VELA_REPORT_SCHEMA_TEXT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "report/report.h"

/* "~ table public.orders", and below it each line of the detail, indented; made harmless, but not broken into lines. */
void schema_changes_add_text(struct buffer *out, const struct report_schema_change *changes, size_t count, bool color);

#endif
