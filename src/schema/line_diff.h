/* What differs between two texts, line by line. */
#ifndef VELA_SCHEMA_LINE_DIFF_H
#define VELA_SCHEMA_LINE_DIFF_H

#include "base/buffer.h"

/* Adds the lines that only one of them has as "- …" and "+ …", each with its newline: the fewest there can be, unless
 * both are long and differ almost throughout. After `max` lines a last one counts the others. */
void line_diff_add(struct buffer *out, const char *before, const char *after, size_t max);

/* Adds text so that it stays on its line: line breaks become \n and \r. */
void line_add_escaped(struct buffer *out, const char *text, size_t length);

#endif
