/* Making a copy harmless in SQL: each step asks the catalogs for statements (templates/sql/prepare_*.sql), then runs
 * them. */
#ifndef VELA_PG_PREPARE_STEPS_H
#define VELA_PG_PREPARE_STEPS_H

#include <libpq-fe.h>

#include "base/error.h"
#include "base/progress.h"
#include "pg/instance.h"

struct preparation { /* all borrowed */
	const struct pg_instance *instance;
	const char *role;
	const char *heir; /* the plain role that gets what superusers own where the database's owner is one */
	const struct progress *progress;
};

enum prepare_phase {
	PREPARE_FIRST,    /* in every database, before anything else: what would fire at us, what holds locks */
	PREPARE_CLUSTER,  /* once */
	PREPARE_DATABASE, /* in every database */
};

/* As the superuser, in a session where no name and no trigger of a user counts. */
int prepare_connect(const struct preparation *preparation, const char *database, PGconn **ret, struct error **err);
int prepare_run(const struct preparation *preparation, enum prepare_phase phase, PGconn *connection,
		struct error **err);
/* Adds the database to an error, and what to do if a library or locale is missing. Always -1. */
int prepare_explain(PGconn *connection, struct error **err);

#endif
