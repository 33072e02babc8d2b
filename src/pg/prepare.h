/*
 * What makes a physical copy of production safe to start and unable to harm production. Done once per baseline, in two
 * halves: on the files before the first start, and in SQL as the bootstrap superuser.
 */
#ifndef VELA_PG_PREPARE_H
#define VELA_PG_PREPARE_H

#include "base/error.h"
#include "base/progress.h"
#include "pg/instance.h"

/* Refuses links that leave the directory; removes what belongs to the source's life (postmaster.pid, standby.signal,
 * replication slots, logs, keys, …); empties postgresql.auto.conf; sets the mode. Keeps backup_label. */
int pg_prepare_files(const char *data, struct error **err);

/*
 * The bootstrap superuser's name, asked in single-user mode (which recovers the data first); owned. The same run takes
 * out what would act on whoever connects first: stored settings that load code or change roles, login triggers. To be
 * run between pg_prepare_files() and pg_prepare_cluster().
 */
int pg_prepare_superuser(const char *binaries, const char *data, char **ret, struct error **err);

struct pg_prepared {
	struct string_list databases; /* that accept connections, templates left out */
	char *preload; /* of the instance's, what exists on this host and calls nobody by itself; NULL if nothing */
};
void pg_prepared_free(struct pg_prepared *prepared);

/*
 * Starts the copy for preparation, neutralises it in every database (subscriptions, prepared transactions, user
 * mappings, event triggers, scheduled jobs, logins, dangerous memberships), makes the login role `role` (it cannot log
 * in yet) and gives it what it must own, freezes, stops it cleanly. `instance` has purpose PG_FOR_PREPARATION; its
 * `preload` is what the source preloads. A role ROLE_owner gets what superusers own in databases of theirs. What the
 * user should know goes to progress notes. On failure or interrupt the server is stopped, and the data are fit for
 * nothing.
 */
int pg_prepare_cluster(const struct pg_instance *instance, const char *role, const struct progress *progress,
		       struct pg_prepared *ret, struct error **err);

#endif
