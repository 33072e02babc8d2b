/* Text for people: hostile bytes made harmless, widths, suggestions. */
#ifndef VELA_BASE_TEXT_H
#define VELA_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Valid UTF-8 without control characters (C0, DEL, C1) and without bidirectional overrides. */
bool text_is_printable(const char *text);

/*
 * Adds `text` so that a terminal shows it and obeys none of it: control characters, bad UTF-8 and bidirectional
 * overrides become '?'; tabs become spaces; newlines stay if `multiline`, else become spaces.
 */
void text_add_safe(struct buffer *buffer, const char *text, bool multiline);
char *text_safe(const char *text); /* one line; owned */

size_t text_width(const char *text); /* columns on a terminal, for UTF-8 text */
/* At most `columns` wide, with "…" where something was cut; owned. */
char *text_shorten(const char *text, size_t columns);

/* Of the first `length` bytes of `text` at most `max`, with "…" after them where something was cut; characters stay
 * whole. Owned, as hostile as before. */
char *text_cut(const char *text, size_t length, size_t max);

/* Adds `text` percent-encoded, but for RFC 3986's unreserved characters and those in `plain`. */
void text_add_encoded(struct buffer *buffer, const char *text, const char *plain);

/* The candidate nearest to `word` if it is near enough to be what was meant, else NULL. `next` walks candidates: index
 * to name, NULL at the end. */
const char *text_suggest(const char *word, const char *(*next)(const void *context, size_t index), const void *context);

#endif
