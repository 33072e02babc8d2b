/* The Postgres of a branch: what it takes to start, to reach and to end it. The branch's lock is held by the caller. */
#ifndef VELA_APP_INSTANCE_H
#define VELA_APP_INSTANCE_H

#include <libpq-fe.h>

#include "app/app.h"
#include "pg/connection.h"
#include "pg/instance.h"
#include "pool/branch.h"

enum { INSTANCE_START_MS = 60000, INSTANCE_STOP_MS = 20000 };

/*
 * Starts it if it does not run, lets the role log in with the branch's password where that is still to be done, and
 * updates the record. If another program took the port meanwhile, the branch gets another one.
 */
int branch_start(const struct app *app, struct branch *branch, struct error **err);
/* 1: it runs and accepts connections, which one that a killed vela started may do only in a while; 0: it does not run.
 */
int branch_await_running(const struct branch *branch, struct error **err);
/* Ends it if it runs, recorded or not. The record is not written. */
int branch_stop(struct branch *branch, enum pg_stop how, struct error **err);

/* Connections that have checked that they speak to this very branch. */
int branch_connect_as_superuser(const struct app *app, const struct branch *branch, PGconn **ret, struct error **err);
int branch_connect_as_role(const struct app *app, const struct branch *branch, PGconn **ret, struct error **err);

/* The role's way in, for those who connect themselves; `target` borrows from the rest. */
struct branch_target {
	struct pg_target target;
	char *identity, *password;
};
int branch_role_target(const struct app *app, const struct branch *branch, struct branch_target *ret,
		       struct error **err);
void branch_target_free(struct branch_target *target);

#endif
