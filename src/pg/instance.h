/*
 * One Postgres server on one data directory: `postgres` itself, started directly in a session of its own with the
 * settings that make a physical copy of production harmless (pg/settings.h), and watched until it is ready.
 * Its configuration files and its log live in `directory`, beside the data, so that the data stays as it was cloned.
 */
#ifndef VELA_PG_INSTANCE_H
#define VELA_PG_INSTANCE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/process.h"

enum pg_purpose {
	PG_FOR_BRANCH,      /* TCP on loopback plus socket, logins: `role` by scram, superuser by peer on the socket */
	PG_FOR_PREPARATION, /* socket only, superuser by peer only; prepared transactions kept, WAL minimal */
};

struct pg_instance { /* all borrowed */
	enum pg_purpose purpose;
	int major;
	const char *binaries; /* directory of `postgres` */
	const char *data;
	const char *directory;        /* for postgresql.conf, pg_hba.conf, pg_ident.conf, log; exists */
	const char *socket_directory; /* exists, mode 0700; short enough (pg_socket_fits) */
	int port;
	const char *branch;            /* identity, the setting vela.branch: "POOL-ID/PROJECT/NAME" */
	const char *superuser;         /* the bootstrap superuser's name */
	const char *role;              /* the login role; may be NULL for preparation */
	const char *preload;           /* shared_preload_libraries; may be NULL */
	bool durable;                  /* fsync on */
	int max_prepared_transactions; /* at least that of the source's control file */
	/* Under a lock, a moment ago: no server can run on it, so none is looked for among all processes. */
	bool just_cloned;
};

enum { PG_SOCKET_PATH_MAX = 107 };
bool pg_socket_fits(const char *directory);

/*
 * Writes the configuration files, spawns `postgres` (as the effective user), tells `spawned` its process id *before* it
 * executes anything (so that a record of it exists even if we are killed), and waits until it accepts connections.
 * Where a server was killed alone, its children, which may still write to `data`, are ended first.
 * On failure the process is gone and the error carries the log's own words; ERROR_CONFLICT means that the port is
 * taken by another program; a full disk is ERROR_STORAGE; else ERROR_POSTGRES.
 */
typedef int pg_spawned_function(void *context, const struct process_id *id, struct error **err);
/* Called once `postgres` runs, while it boots: for work that can be done meanwhile. */
typedef int pg_booting_function(void *context, struct error **err);
struct pg_start_hooks {
	pg_spawned_function *spawned; /* may be NULL */
	pg_booting_function *booting; /* may be NULL */
	void *context;
};
int pg_instance_start(const struct pg_instance *instance, double timeout_ms, const struct pg_start_hooks *hooks,
		      struct error **err);

/* Waits until a server that another vela started accepts connections; at once if it does. It is left running. */
int pg_instance_await(const char *data, const char *log, const struct process_id *id, double timeout_ms,
		      struct error **err);

enum pg_stop {
	PG_STOP_CLEAN,   /* fast shutdown: sessions end, a checkpoint is written */
	PG_STOP_DISCARD, /* immediate shutdown: the data is not needed any more */
};
/* Ends the server and every process of it, by force after `timeout_ms`. Gone already: success. Not interruptible. */
int pg_instance_stop(const struct process_id *id, enum pg_stop how, double timeout_ms, struct error **err);

/* The server that runs on `data` whether or not a record knows it, as the user that owns the data: by postmaster.pid
 * and by its command line. */
bool pg_instance_find(const char *data, struct process_id *ret);
/* Every server of the effective user of which vela.branch begins with `branch_prefix`, by command line. */
void pg_instance_each(const char *branch_prefix,
		      void (*visit)(void *context, const struct process_id *id, const char *branch, const char *data),
		      void *context);

/*
 * Pausing: every process of the server is stopped (SIGSTOP) so that its files stand still; sessions stay connected.
 * While paused a guard process waits to resume it should vela die.
 */
struct pg_pause;
int pg_instance_pause(const struct process_id *id, struct pg_pause **ret, struct error **err);
void pg_instance_resume(struct pg_pause **pause);
#define _cleanup_pause_ _cleanup_(pg_instance_resume)
/* For what a killed vela left paused. */
void pg_instance_resume_stray(const struct process_id *id);

/* Resident and private memory of all processes of the server, in bytes (sum of Pss). */
uint64_t pg_instance_memory(const struct process_id *id);

#endif
