/* What the files of the hooks share. */
#ifndef VELA_APP_HOOKS_PARTS_H
#define VELA_APP_HOOKS_PARTS_H

#include "app/branch.h"
#include "app/hooks.h"
#include "git/hooks.h"

/* Keys of a clone's own git configuration. */
#define HOOKS_KEY_DIRECTORY "vela.hooksDirectory" /* where vela's hooks are, if not in the usual place */
#define HOOKS_KEY_ENV_FILE "vela.envFile"         /* relative to the working tree: the one written last */

/* `path`, relative to the directory of vela.yml, as seen from the working tree; NULL if that is not in the tree. Owned.
 */
char *hooks_path_in_tree(const struct config *config, const char *tree, const char *path);

/* hooks_files.c: the files of one directory of hooks. */
int hooks_install_directory(const char *directory, const char *program, const char *config_directory,
			    struct error **err);
int hooks_uninstall_directory(const char *directory, struct error **err); /* a missing one is a success */
/* The file that has vela's lines and is run as the hook `name`; NULL if there is none. Owned. */
char *hooks_find_file(const char *directory, const char *name);

/* One function a hook; the configuration is loaded, and is one of this working tree. */
int hook_post_checkout(struct hook_run *run, struct error **err);
int hook_post_merge(struct hook_run *run, struct error **err);
int hook_pre_push(struct hook_run *run, struct error **err);
int hook_reference_transaction(struct hook_run *run, struct error **err);

/* Opens the pool, whose locks are waited for only a moment from then on. */
int hook_open_pool(struct hook_run *run, struct error **err);

#endif
