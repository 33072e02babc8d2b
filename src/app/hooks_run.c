#include <unistd.h>

#include "app/hooks_parts.h"
#include "app/hooks_script.h"
#include "base/file.h"

static const struct {
	const char *name;
	int (*run)(struct hook_run *run, struct error **err);
} rows[] = {
	{"post-checkout", hook_post_checkout},
	{"post-merge", hook_post_merge},
	{"pre-push", hook_pre_push},
	{"reference-transaction", hook_reference_transaction},
};

/* Git starts a hook at the top of the working tree, and may say in GIT_DIR which repository it is: with --git-dir that
 * is not the one around the tree. */
static int find_repository(struct repository_head *head, int *ret_found, struct error **err)
{
	const char *directory = getenv("GIT_DIR");
	bool given = directory && *directory;
	if (repository_head_read(given ? directory : ".", head, ret_found, err) < 0 || !*ret_found)
		return *ret_found ? -1 : 0;
	if (given && head->directory)
		string_replace(&head->directory, realpath(".", NULL));
	return 0;
}

/* False: there is nothing for vela here, and nothing to say about that. */
static int find_config(struct hook_run *run, bool *ret_found, struct error **err)
{
	*ret_found = false;
	if (run->directory && chdir(run->directory) < 0)
		return 0;
	if (app_load_config(run->app, err) < 0)
		return -1;
	_cleanup_free_ char *inside = hooks_path_in_tree(&run->app->config, run->head.directory, "vela.yml");
	*ret_found = inside != NULL;
	return 0;
}

int hook_run(struct hook_run *run, struct error **err)
{
	int (*function)(struct hook_run *, struct error **) = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (string_equal(rows[i].name, run->name))
			function = rows[i].run;
	if (!function) {
		error_set(err, ERROR_USAGE, "vela does nothing in the hook %s", run->name);
		return error_hint(err, "it does in post-checkout, post-merge, pre-push and reference-transaction");
	}
	int found = 0;
	bool configured = false;
	if (find_repository(&run->head, &found, err) < 0)
		return -1;
	if (!found || !run->head.directory)
		return 0;
	if (find_config(run, &configured, err) < 0)
		return function == hook_pre_push ? error_wrap(err, "pushed unchecked") : -1;
	return configured ? function(run, err) : 0;
}

void hook_run_free(struct hook_run *run)
{
	repository_head_free(&run->head);
	string_list_free(&run->said);
}

int hook_open_pool(struct hook_run *run, struct error **err)
{
	if (app_open_pool(run->app, err) < 0)
		return -1;
	run->app->pool.patience_ms = HOOK_PATIENCE_MS;
	return 0;
}
