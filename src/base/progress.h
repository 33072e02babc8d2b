/* How long work tells whoever asked for it where it stands. Library code never prints. */
#ifndef VELA_BASE_PROGRESS_H
#define VELA_BASE_PROGRESS_H

#include <stdint.h>

struct progress {
	/* `step` names what is being done ("copying production"); total 0: not known. Units are bytes where both are
	 * given. */
	void (*update)(void *context, const char *step, uint64_t done, uint64_t total);
	/* Something the user should know although the work goes on. */
	void (*note)(void *context, const char *text);
	void *context;
};

/* `progress` may be NULL in both. */
static inline void progress_update(const struct progress *progress, const char *step, uint64_t done, uint64_t total)
{
	if (progress && progress->update)
		progress->update(progress->context, step, done, total);
}

static inline void progress_note(const struct progress *progress, const char *text)
{
	if (progress && progress->note)
		progress->note(progress->context, text);
}

#endif
