/*
 * Pull requests of forks: their author has no rights in the repository. A pool takes them only if its administrator
 * says so (`forks: true` in pool.yml). Then the fork supplies migrations, and nothing else that vela reads or runs:
 * vela.yml and a workload's script are the base branch's, and `migrations.command`, which would run over what the fork
 * wrote, is refused. In doubt a pull request counts as a fork's.
 */
#ifndef VELA_APP_FORK_H
#define VELA_APP_FORK_H

#include "app/app.h"
#include "forge/ci.h"

bool fork_is_meant(const struct ci_context *ci);

/* For app_load_config(): fills app->config from the base branch, and app->fork_base. ERROR_REFUSED says what is missing
 * for that. */
int fork_load_config(struct app *app, const struct ci_context *ci, struct error **err);
/* The configuration could not be loaded: if the pool takes no forks, that is what *err says instead. */
void fork_blame_policy(struct app *app, struct error **err);

/* ERROR_REFUSED if this run is for a fork and the pool takes none. For all that makes a branch or uses one; removing
 * one stays allowed. */
int fork_check_policy(const struct app *app, struct error **err);
/* The same, and that nothing is asked for which would run what the fork wrote. */
int fork_check_run(const struct app *app, struct error **err);

/* `path` (relative to the configuration's directory) as the base branch has it. Only for a fork. */
int fork_read_base(const struct app *app, const char *path, size_t max, struct buffer *ret, struct error **err);

#endif
