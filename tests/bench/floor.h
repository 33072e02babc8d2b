/*
 * The floor: what one would do by hand with nothing but the filesystem and `postgres`, as little as can be.
 *
 * The same as with vela: the filesystem, the clone's data (a clone of vela's own baseline), the server's program and
 * user, shared_buffers, fsync, no autovacuum and no replication (fewer processes to start), the client, its query and
 * its login by SCRAM over TCP. Not the same: the floor checks nothing, locks nothing and records nothing; it gives no
 * password of its own to a clone, as the role that logs in got one in the baseline already; the clones' settings are a
 * dozen arguments; nobody waits for the server but the client, who tries until it is answered.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>
#include <sys/types.h>

struct floor {
	const char *baseline;  /* the stopped data directory */
	const char *clone;     /* to be made and removed */
	const char *directory; /* has pg_hba.conf; gets the sockets and the log */
	const char *binaries;
	const char *login; /* conninfo without host and port */
	bool snapshots;    /* btrfs; else files are cloned one by one */
	uid_t user;        /* who runs the server */
	gid_t group;

	pid_t server;
};

/* From before the clone until the client's first query was answered. */
double floor_create(struct floor *floor);
/* From before the immediate shutdown until the clone is gone. */
double floor_delete(struct floor *floor);

#endif
