/* Tablespaces of a source that are taken along and become plain directories inside the copy. */
#ifndef VELA_PG_TABLESPACES_H
#define VELA_PG_TABLESPACES_H

#include <libpq-fe.h>

#include "base/error.h"
#include "base/memory.h"

struct tablespaces {
	struct string_list oids;
	struct string_list locations; /* in the source */
};
void tablespaces_free(struct tablespaces *tablespaces);
#define _cleanup_tablespaces_ _cleanup_(tablespaces_free)

int tablespaces_ask(PGconn *source, struct tablespaces *ret, struct error **err);
/* Adds -T OLD=NEW for each to the argv of pg_basebackup: into a directory of its own below `target`. */
void tablespaces_map(const struct tablespaces *tablespaces, const char *target, struct string_list *arguments);
/* After the backup: puts each directory in the place of the link to it. */
int tablespaces_settle(const struct tablespaces *tablespaces, const char *target, struct error **err);

#endif
