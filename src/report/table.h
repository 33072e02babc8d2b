/* The lists of what was run, as rows with a mark and a duration. */
#ifndef VELA_REPORT_TABLE_H
#define VELA_REPORT_TABLE_H

#include "report/layout.h"
#include "report/report.h"

/* "Migrations" and "Checks", each after an empty line; nothing for an empty list. */
void report_add_tables(const struct page *page, const struct report *report);

#endif
