#include "app/trash.h"

#include "base/file.h"

int trials_remove(const char *directory, struct error **err)
{
	_cleanup_(string_list_free) struct string_list entries = {0};
	if (directory_list(directory, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++) {
		_cleanup_free_ char *path = path_join(directory, entries.items[i], NULL);
		if (string_starts_with(entries.items[i], ".vela-probe-") &&
		    (file_is_directory(path) ? directory_remove : file_unlink)(path, err) < 0)
			return -1;
	}
	return 0;
}

int volumes_remove(const struct app *app, const char *directory, struct error **err)
{
	_cleanup_(string_list_free) struct string_list entries = {0};
	if (!file_is_directory(directory))
		return file_unlink(directory, err);
	if (directory_list(directory, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++) {
		_cleanup_free_ char *path = path_join(directory, entries.items[i], NULL);
		if (string_starts_with(entries.items[i], "data") && app->driver->destroy(path, err) < 0)
			return -1;
	}
	return trials_remove(directory, err) < 0 ? -1 : directory_remove(directory, err);
}

int trash_open(const struct app *app, const char *name, struct trash *ret, struct error **err)
{
	struct trash trash = {.path = pool_temporary_path(&app->pool, "trash", name), .lock = LOCK_NONE};
	_cleanup_free_ char *lock = string_format("trash.%s", path_basename(trash.path));
	if (lock_acquire(&app->pool, lock, LOCK_MODE_EXCLUSIVE, 0, app->purpose, &trash.lock, err) < 0) {
		trash_free(&trash);
		return -1;
	}
	*ret = trash;
	return 0;
}

void trash_empty(const struct app *app, struct trash *trash)
{
	_cleanup_error_ struct error *problem = NULL;
	if (volumes_remove(app, trash->path, &problem) < 0) {
		_cleanup_free_ char *note =
			string_format("%s; its space is not given back yet: vela gc tries again", problem->message);
		progress_note(app->progress, note);
	}
	trash_free(trash);
}

void trash_free(struct trash *trash)
{
	free(trash->path);
	lock_retire(&trash->lock);
	*trash = (struct trash){.lock = LOCK_NONE};
}

int trash_directory(const struct app *app, const char *directory, const char *name, struct error **err)
{
	_cleanup_trash_ struct trash trash = {.lock = LOCK_NONE};
	if (trash_open(app, name, &trash, err) < 0 || file_rename(directory, trash.path, err) < 0)
		return -1;
	trash_empty(app, &trash);
	return 0;
}
