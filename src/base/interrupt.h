/*
 * SIGINT, SIGTERM and SIGHUP become a flag that every wait observes, so that an interrupted command
 * unwinds through its ordinary error path and removes what was half-made.
 */
#ifndef VELA_BASE_INTERRUPT_H
#define VELA_BASE_INTERRUPT_H

#include <stdbool.h>

#include "base/error.h"

void interrupt_install(void);            /* once, before any thread or child */
int interrupt_check(struct error **err); /* -1 with ERROR_INTERRUPTED once a signal came and nothing defers it */
int interrupt_fd(void); /* readable as soon as a signal came; -1 if not installed or deferred: fit for poll() */

/* Between begin and end signals wait: for rollback and for steps that must not be left in the middle. Nests. */
void interrupt_defer_begin(void);
void interrupt_defer_end(void);

struct interrupt_defer {
	bool active;
};
static inline void interrupt_defer_scope_end(const struct interrupt_defer *scope)
{
	if (scope->active)
		interrupt_defer_end();
}
#define INTERRUPT_DEFER_SCOPE                                                                                          \
	_cleanup_(interrupt_defer_scope_end) __attribute__((unused)) struct interrupt_defer interrupt_scope = {true};  \
	interrupt_defer_begin()

#endif
