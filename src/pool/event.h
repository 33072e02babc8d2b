/* events.jsonl: who did what, when. One line an event, appended in one write. */
#ifndef VELA_POOL_EVENT_H
#define VELA_POOL_EVENT_H

#include <jansson.h>

#include "pool/pool.h"

struct event {
	const char *what;    /* "branch.create", "branch.delete", "baseline.create", … */
	const char *subject; /* "shop/pr-12", "production@3" */
	const char *reason;  /* NULL: somebody asked for it */
};

/* Best effort: a full disk must not keep a branch from being deleted. */
void event_record(const struct pool *pool, const struct event *event);
/* The last `count` events, oldest first, as an array; damaged lines are left out. */
int event_read(const struct pool *pool, size_t count, json_t **ret, struct error **err);

#endif
