/*
 * A pool: a directory on a copy-on-write filesystem that holds everything vela owns. The filesystem is the database:
 *
 *   pool.json  pool.yml  events.jsonl
 *   baselines/NAME/REVISION/{baseline.json, data/}
 *   branches/PROJECT/NAME/{branch.json, password, data/, postgresql.conf, pg_hba.conf, pg_ident.conf, log}
 *   ports/PORT -> PROJECT/NAME     locks/…     run/ (sockets)     tmp/ (in the making)     trash/ (on the way out)
 *
 * Everything belongs to the owner of the directory, the user who runs every Postgres.
 */
#ifndef VELA_POOL_POOL_H
#define VELA_POOL_POOL_H

#include <stdbool.h>
#include <time.h>

#include "base/error.h"
#include "base/identity.h"

enum { POOL_FORMAT = 1 };

#define POOL_DEFAULT_PATH "/var/lib/vela"
/* An extended attribute of the pool's directory. A pool says which programs run as its owner, and vela.yml may say
 * where the pool is: this is what a repository, which anybody may have written, cannot bring along. */
#define POOL_MARKER "user.vela.pool"
#define POOL_IMAGE_SUFFIX ".btrfs" /* of the file beside the pool's directory that holds a file-backed pool */

struct pool {
	char *path; /* absolute */
	char *id;   /* 16 hex digits, for the identity that every instance carries */
	char *driver;
	struct identity owner;
	time_t created_at;
	double patience_ms; /* the longest that a lock is waited for; 0: as long as whoever takes it says */
};

/*
 * Opens the pool at `path` and acts as its owner from then on (root takes the owner's effective ids; another user is
 * refused). ERROR_NOT_FOUND if there is none, with a hint to mount it if it is file-backed and not mounted;
 * ERROR_REFUSED if a newer vela made it, if it lacks the marker, or if it belongs to root.
 */
int pool_open(const char *path, struct pool *ret, struct error **err);
/* Makes the layout in the existing directory `path`; pool.json last, so that a half-made pool is none. Acts as the
 * caller gave it: the effective user becomes the owner. */
int pool_initialise(const char *path, const char *driver, struct error **err);
bool pool_exists(const char *path);
void pool_free(struct pool *pool);

char *pool_image_path(const char *path); /* of a file-backed pool; owned */
/* A fresh name below tmp/ or trash/, not made yet; owned. */
char *pool_temporary_path(const struct pool *pool, const char *area, const char *name);
/* The directory for sockets: run/ below the pool, or a private one in /tmp if that path is too long. Made if missing;
 * owned. */
int pool_socket_directory(const struct pool *pool, char **ret, struct error **err);
/* Removes it, with what killed servers left in it. */
int pool_socket_directory_remove(const struct pool *pool, struct error **err);

#endif
