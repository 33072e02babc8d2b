/* The children of a postmaster that was killed: they notice when they next wait for something, which can be hours
 * later. */
#ifndef VELA_PG_ORPHANS_H
#define VELA_PG_ORPHANS_H

#include "base/error.h"

/*
 * Ends what is left of a server that ran on `data`, where by now no postmaster does; as the user that owns the data.
 * Returns when the last one has let go of the server's shared memory, without which no new server starts there.
 */
int pg_orphans_end(const char *data, struct error **err);

#endif
