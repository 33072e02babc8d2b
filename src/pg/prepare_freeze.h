/* So that a branch that only reads writes nothing: every row frozen, the log short. */
#ifndef VELA_PG_PREPARE_FREEZE_H
#define VELA_PG_PREPARE_FREEZE_H

#include "pg/prepare_steps.h"

/* VACUUM (FREEZE) of every table of one database, by its superuser, the largest first. A table that cannot be vacuumed
 * (a library is missing) is told of and left. */
int prepare_freeze(const struct preparation *preparation, PGconn *connection, struct error **err);

/* Of a stopped server: removes the WAL before and after the one segment that its next start reads. */
int prepare_trim_wal(const char *data, struct error **err);

#endif
