/* Text of any length made safe and short. */
#ifndef VELA_REPORT_CUT_H
#define VELA_REPORT_CUT_H

#include <stdbool.h>
#include <stddef.h>

/* As text_add_safe() writes it, of at most `max` bytes, and then "…"; owned. */
char *report_cut(const char *text, bool multiline, size_t max);

/* The columns that a line which was made safe takes before its character `column`, which counts from 1. */
size_t report_columns_before(const char *line, int column);

#endif
