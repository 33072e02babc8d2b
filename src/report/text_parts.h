/* The sections of the report for a person, a file each. A section that has nothing to say writes nothing. */
#ifndef VELA_REPORT_TEXT_PARTS_H
#define VELA_REPORT_TEXT_PARTS_H

#include "report/layout.h"
#include "report/report.h"

enum { TEXT_MESSAGE_LINES = 12, TEXT_LIST_ROWS = 10 };

/* What to act on: all that is an error, or all that only warns. */
void text_add_failures(const struct page *page, const struct report *report, enum report_severity severity);
void text_add_hazards(const struct page *page, const struct report *report, enum report_severity severity);
void text_add_plan_failures(const struct page *page, const struct report *report, enum report_severity severity);
void text_add_stalls(const struct page *page, const struct report *report, enum report_severity severity);
void text_add_reversal(const struct page *page, const struct report *report);

/* Detail. */
void text_add_tables(const struct page *page, const struct report *report);
void text_add_ledger(const struct page *page, const struct report *report);
void text_add_accepted(const struct page *page, const struct report *report);
void text_add_workload(const struct page *page, const struct report *report);
void text_add_schema(const struct page *page, const struct report *report);
void text_add_blind(const struct page *page, const struct report *report);
void text_add_footer(const struct page *page, const struct report *report);

/* Within the rows of text_add_tables(). */
void text_add_statements(const struct page *page, const struct report *report, const struct report_migration *migration,
			 size_t name_width, size_t value_width);
void text_add_plan_change(const struct page *page, const struct report_plan *plan);
char *text_plan_blocks(const struct report_plan *plan); /* "214 → 288,412 blocks"; owned */

/* --- what sections are made of --- */

void text_add_heading(const struct page *page, const char *title); /* after an empty line */
/* "  FILE:LINE:COLUMN", after an empty line; the end of a long file name is kept. */
void text_add_place(const struct page *page, const char *file, int line, int column);
void text_add_message(const struct page *page, enum tint tint, const char *message, const char *sqlstate);
void text_add_sql(const struct page *page, const char *sql, size_t max_lines); /* after an empty line */
/* The source with its caret, then detail, hint and context. `number` is shown before the source; 0: none. */
void text_add_explanation(const struct page *page, const struct report_failure *failure, int number);
void text_add_schema_changes(const struct page *page, const struct report_schema_change *changes, size_t count);
/* "  MARK TEXT", the text wrapped beside the mark. */
void text_add_item(const struct page *page, enum tint tint, const char *mark, const char *text);
/* "  NAME      VALUE" with the value at the right, in columns of those widths, from column `indent`. */
void text_add_row(const struct page *page, size_t indent, const char *name, size_t name_width, const char *value,
		  size_t value_width, enum tint value_tint);
void text_add_more(const struct page *page, size_t count, const char *what); /* "  … 12 more WHAT"; nothing for 0 */

#endif
