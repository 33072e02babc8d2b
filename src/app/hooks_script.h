/*
 * What vela writes into git's hooks: a block between two markers, in a script of its own or behind the first line of a
 * shell script that was there. What follows the block finds $0, its arguments and its standard input as git gave them.
 * Pure functions of texts.
 */
#ifndef VELA_APP_HOOKS_SCRIPT_H
#define VELA_APP_HOOKS_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

extern const char *const hook_names[]; /* those that vela uses; ends with NULL */
/* Of a hook that is no shell script and that vela's therefore stands in for: "pre-push.vela-original". */
#define HOOK_ORIGINAL ".vela-original"

/* What of it came with vela, and goes with it. */
enum hook_origin { HOOK_WAS_THERE, HOOK_MADE, HOOK_MADE_WITH_DIRECTORY };

struct hook_call {             /* borrowed */
	const char *name;      /* one of hook_names */
	const char *program;   /* vela's absolute path */
	const char *directory; /* of vela.yml, relative to the working tree; NULL: its top */
};

/* A script of vela's own; `wraps`: it goes on with the original beside it. */
void hook_make(const struct hook_call *call, enum hook_origin origin, bool wraps, struct buffer *out);
/* The shell script `text` with the block in it; an older block is replaced. False: it is no shell script, as far as its
 * first line tells, and nothing was added to `out`. */
bool hook_insert(const struct hook_call *call, const char *text, size_t length, struct buffer *out);
/* The script without the block. False: there is none, and nothing was added. */
bool hook_remove(const char *text, size_t length, struct buffer *out, enum hook_origin *ret_origin);
bool hook_has_block(const char *text, size_t length);

#endif
