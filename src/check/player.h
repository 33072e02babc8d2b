/* The thread that plays queries: one loop over a connection for each. */
#ifndef VELA_CHECK_PLAYER_H
#define VELA_CHECK_PLAYER_H

#include "check/workload.h"
#include "check/workload_sample.h"

struct player;

/* Connects one for each query, runs each once to see that it works, and begins to play. `queries` is borrowed. */
int player_start(const struct workload_query *queries, size_t count, const struct pg_target *target, double started,
		 struct player **ret, struct error **err);
/* Ends it: what is waited for gets a moment, and is cancelled then. Its samples are complete afterwards. */
void player_stop(struct player *player);
/* After player_stop(). Borrowed; the error is the first that a call ended with, NULL: none. */
const struct workload_samples *player_samples(const struct player *player, size_t query, const char **ret_error);
void player_free(struct player *player); /* stops it if it plays */

#endif
