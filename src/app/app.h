/*
 * The use cases. Everything a command does, it does by calling here; here alone the layers below are combined.
 */
#ifndef VELA_APP_APP_H
#define VELA_APP_APP_H

#include "base/error.h"
#include "base/progress.h"
#include "config/config.h"
#include "config/policy.h"
#include "pg/binaries.h"
#include "pool/pool.h"
#include "storage/driver.h"

struct app {
	const char *config_path; /* --config; NULL: found upward from the working directory */
	const char *pool_option; /* --pool; NULL: not given */
	const char *purpose;     /* the command, for whoever has to wait for us: "vela branch create" */
	const struct progress *progress;

	struct config config; /* after app_load_config() */
	bool is_fork;         /* likewise: this run is for a pull request of a fork, or may be: see app/fork.h */
	char *fork_base;      /* then: "refs/remotes/origin/main", from where the configuration was read */
	struct policy policy; /* after app_open_pool(), like the rest */
	struct pool pool;
	const struct storage_driver *driver;
};

/* vela.yml; of the base branch where a fork wants to have something checked. */
int app_load_config(struct app *app, struct error **err);
/* Loads the configuration, opens the pool and acts as its owner from then on. */
int app_open_pool(struct app *app, struct error **err);
/* The one absolute name of a place, however it was called: links, "..", "." and trailing slashes resolved as far as it
 * is there. The file behind a pool, its mount and its sockets are named after it. Owned. */
char *app_place(const char *path);
/* Where the pool is meant to be: --pool, $VELA_POOL, vela.yml, the default. Owned; the configuration is loaded. */
char *app_pool_path(const struct app *app);
void app_free(struct app *app);

/* Tells the policy's Postgres locations in the form pg/binaries.h takes; owned array. */
struct pg_location *app_postgres_locations(const struct app *app);

/* Refuses (ERROR_STORAGE) when `needed` bytes would eat into what has to stay free in the pool. */
int app_check_space(const struct app *app, uint64_t needed, const char *what, struct error **err);

#endif
