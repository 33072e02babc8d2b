/* The sections of the page. One that has nothing to say writes nothing. What is hostile is escaped by html_add(). */
#ifndef VELA_REPORT_HTML_PARTS_H
#define VELA_REPORT_HTML_PARTS_H

#include "base/buffer.h"
#include "report/report.h"

void html_add_findings(struct buffer *out, const struct report *report);
void html_add_lanes(struct buffer *out, const struct report *report); /* who kept whom from what, and when */
void html_add_ledger(struct buffer *out, const struct report *report);
void html_add_workload(struct buffer *out, const struct report *report);
void html_add_migrations(struct buffer *out, const struct report *report);
void html_add_checks(struct buffer *out, const struct report *report);
void html_add_plans(struct buffer *out, const struct report *report);
void html_add_schema(struct buffer *out, const struct report *report);
void html_add_reversal(struct buffer *out, const struct report *report);
void html_add_accepted(struct buffer *out, const struct report *report);
void html_add_blind(struct buffer *out, const struct report *report);
void html_add_run(struct buffer *out, const struct report *report); /* where it ran, and what that cost */

/* --- what they are made of --- */

/* Text for an element or an attribute's value: nothing in it is markup. Newlines stay. */
void html_add(struct buffer *out, const char *text);
void html_add_code(struct buffer *out, const char *text); /* in a <code> */
void html_add_place(struct buffer *out, const char *file,
		    int line); /* FILE:LINE in a <code>; a line of 0 is left out */
void html_add_duration(struct buffer *out, double milliseconds);
void html_add_sentences(struct buffer *out, char *const *sentences);    /* up to NULL, as a list */
void html_begin(struct buffer *out, const char *id, const char *title); /* <section> with its heading */
void html_end(struct buffer *out);
void html_add_mark(struct buffer *out, enum report_outcome outcome,
		   bool is_warning); /* a sign, and a word for who hears */

/* The message with all that explains it: source and caret, detail, hint, context. */
void html_add_failure(struct buffer *out, const struct report_failure *failure);

/* --- a drawing whose x is time, in percent of the width --- */

struct axis {
	double from_ms, to_ms;
};
double axis_percent(const struct axis *axis, double ms); /* 0 to 100 */
/* Grid lines and times along the top; `height` is the drawing's, in pixels. */
void axis_add(struct buffer *out, const struct axis *axis, int height);
/* <rect> without its end, so that a <title> can follow: `class` is our own. Never too narrow to be seen. */
void axis_add_bar(struct buffer *out, const struct axis *axis, double from_ms, double to_ms, double y, double height,
		  const char *class);
enum { AXIS_HEIGHT = 22 };

#endif
