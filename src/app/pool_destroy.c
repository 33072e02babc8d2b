#include <errno.h>
#include <unistd.h>

#include "app/branch.h"
#include "app/instance.h"
#include "app/trash.h"
#include "app/pool_admin.h"
#include "base/interrupt.h"
#include "pool/baseline.h"
#include "storage/loop.h"

int pool_measure(const struct app *app, struct pool_figures *ret, struct error **err)
{
	struct branch_list branches = {0};
	struct baseline_list baselines = {0};
	struct pool_figures figures = {0};
	_cleanup_free_ char *image = pool_image_path(app->pool.path);
	_cleanup_(string_list_free) struct string_list damaged = {0};
	int result = branch_list(&app->pool, NULL, &branches, err);
	if (result == 0)
		result = baseline_list(&app->pool, NULL, &baselines, &damaged, err);
	if (result == 0)
		result = space_of(app->pool.path, &figures.space, err);
	figures.branches = branches.count;
	figures.baselines = baselines.count + damaged.count;
	for (size_t i = 0; i < branches.count; i++)
		figures.running += branches.items[i].readable && branch_is_running(&branches.items[i].branch);
	figures.file_backed = file_exists(image);
	branch_list_free(&branches);
	baseline_list_free(&baselines);
	if (result == 0)
		*ret = figures;
	return result;
}

int pool_unmount(const char *path, bool *ret_changed, struct error **err)
{
	*ret_changed = false;
	if (!loop_is_mounted(path))
		return 0;
	if (geteuid() != 0) {
		error_set(err, ERROR_REFUSED, "only root can unmount %s", path);
		return error_hint(err, "sudo vela pool unmount %s", path);
	}
	_cleanup_free_ char *image = pool_image_path(path);
	if (!file_exists(image)) {
		error_set(err, ERROR_REFUSED, "%s is not a file-backed pool of vela", path);
		return error_hint(err, "unmount it as it was mounted");
	}
	if (loop_unmount(path, err) < 0)
		return error_hint(err,
				  "stop its branches first (vela branch stop), and leave the directory in every shell");
	*ret_changed = true;
	return 0;
}

static int remove_branches(const struct app *app, struct error **err)
{
	struct branch_list list;
	if (branch_list(&app->pool, NULL, &list, err) < 0)
		return -1;
	int result = 0;
	for (size_t i = 0; result == 0 && i < list.count; i++) {
		_cleanup_lock_ struct lock lock = LOCK_NONE;
		result = branch_lock(&app->pool, list.items[i].project, list.items[i].name, LOCK_PATIENCE_MS,
				     app->purpose, &lock, err);
		if (result == 0)
			result = branch_discard(app, list.items[i].project, list.items[i].name, "pool destroyed", err);
		progress_update(app->progress, "removing branches", i + 1, 0);
	}
	branch_list_free(&list);
	return result;
}

/* tmp/X, trash/X, baselines/NAME/REVISION: directories that hold volumes, `depth` levels down. */
static int remove_entries(const struct app *app, const char *directory, int depth, struct error **err)
{
	_cleanup_(string_list_free) struct string_list entries = {0};
	if (directory_list(directory, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++) {
		_cleanup_free_ char *path = path_join(directory, entries.items[i], NULL);
		int result = depth > 0 && file_is_directory(path) ? remove_entries(app, path, depth - 1, err)
								  : volumes_remove(app, path, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

static void stop_stray(void *context, const struct process_id *id, const char *branch, const char *data)
{
	(void)context;
	(void)branch;
	(void)data;
	(void)pg_instance_stop(id, PG_STOP_DISCARD, INSTANCE_STOP_MS, NULL);
}

/* pool.json goes last: until then it is still a pool, and destroying it can be tried again. */
static int remove_contents(const struct app *app, struct error **err)
{
	static const struct {
		const char *name;
		int depth;
	} areas[] = {{"tmp", 0}, {"trash", 0}, {"baselines", 1}};
	static const char *const files[] = {"events.jsonl", "pool.yml", "pool.json"};
	_cleanup_free_ char *prefix = string_format("%s/", app->pool.id);
	if (remove_branches(app, err) < 0)
		return -1;
	pg_instance_each(prefix, stop_stray, NULL);
	if (pool_socket_directory_remove(&app->pool, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		_cleanup_free_ char *path = path_join(app->pool.path, areas[i].name, NULL);
		if (remove_entries(app, path, areas[i].depth, err) < 0)
			return -1;
	}
	static const char *const directories[] = {"baselines", "branches", "ports", "locks", "run", "tmp", "trash"};
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = path_join(app->pool.path, directories[i], NULL);
		if (directory_remove(path, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = path_join(app->pool.path, files[i], NULL);
		if (file_unlink(path, err) < 0)
			return -1;
	}
	return 0;
}

static int remove_container(const char *path, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	bool changed;
	_cleanup_free_ char *image = pool_image_path(path);
	_cleanup_free_ char *unfinished = pool_unfinished_image_path(image);
	if (file_exists(image) && (pool_unmount(path, &changed, err) < 0 || file_unlink(image, err) < 0))
		return -1;
	if (file_unlink(unfinished, err) < 0)
		return -1;
	if (rmdir(path) < 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EBUSY && errno != EACCES)
		return error_errno(err, errno, "cannot remove %s", path);
	return 0;
}

static int refuse_if_used(const struct app *app, struct error **err)
{
	struct pool_figures figures = {0};
	if (pool_measure(app, &figures, err) < 0)
		return -1;
	if (figures.branches + figures.baselines == 0)
		return 0;
	error_set(err, ERROR_USAGE, "the pool at %s is not empty: branches: %zu, of which %zu run; baselines: %zu",
		  app->pool.path, figures.branches, figures.running, figures.baselines);
	return error_hint(err, "--yes ends and removes them all");
}

/* What a vela left that was killed while it made the pool, or destroyed it. */
static int remove_unfinished(const char *path, bool yes, struct error **err)
{
	_cleanup_close_ int lock = -1;
	_cleanup_free_ char *baselines = path_join(path, "baselines", NULL);
	_cleanup_(string_list_free) struct string_list names = {0};
	if (pool_lock_place(path, &lock, err) < 0 || directory_list(baselines, &names, err) < 0)
		return -1;
	if (names.count > 0 && !yes) {
		error_set(err, ERROR_USAGE, "%s has baselines although its pool.json is missing", path);
		return error_hint(err, "--yes removes it with everything in it");
	}
	return remove_container(path, err);
}

static int destroy_pool(struct app *app, const char *path, const char *image, bool yes, struct error **err)
{
	if (app_open_pool(app, err) < 0)
		return -1;
	if (!yes && refuse_if_used(app, err) < 0)
		return -1;
	if (file_exists(image) && getuid() != 0) {
		error_set(err, ERROR_REFUSED, "only root can destroy a file-backed pool");
		return error_hint(err, "sudo vela pool destroy %s --yes", path);
	}
	INTERRUPT_DEFER_SCOPE;
	if (remove_contents(app, err) < 0 || remove_container(path, err) < 0)
		return error_wrap(err, "cannot destroy the pool at %s", path);
	return 0;
}

int pool_destroy(struct app *app, bool yes, bool *ret_changed, struct error **err)
{
	if (app_load_config(app, err) < 0)
		return -1;
	_cleanup_free_ char *path = app_pool_path(app);
	_cleanup_free_ char *image = pool_image_path(path);
	_cleanup_free_ char *unfinished = pool_unfinished_image_path(image);
	*ret_changed = pool_exists(path) || file_exists(image) || file_exists(unfinished);
	if (!*ret_changed)
		return 0;
	bool mounted;
	if (!pool_exists(path) && file_exists(image) && !loop_is_mounted(path) && pool_mount(path, &mounted, err) < 0)
		return -1;
	if (!pool_exists(path))
		return remove_unfinished(path, yes, err);
	return destroy_pool(app, path, image, yes, err);
}
