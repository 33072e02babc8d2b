/* The format of a repository's migrations, and the tables in which its tool keeps its books. */
#ifndef VELA_APP_VERSIONS_H
#define VELA_APP_VERSIONS_H

#include "app/app.h"
#include "migration/format.h"

/* What vela.yml says, or what the files look like; NULL: none, or it cannot be told. */
const struct migration_format *app_migration_format(const struct app *app);

/* For schema_read(): `context` points to such a pointer. */
bool is_version_table(void *context, const char *schema, const char *name);

#endif
