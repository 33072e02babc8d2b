#include "app/branch.h"
#include "app/instance.h"
#include "app/trash.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/name.h"
#include "pg/instance.h"
#include "pool/event.h"
#include "pool/port.h"

struct port_search {
	const struct app *app;
	const char *project, *name;
};

static void release_if_ours(void *context, int port, const char *project, const char *name)
{
	const struct port_search *search = context;
	if (string_equal(project, search->project) && string_equal(name, search->name))
		port_release(&search->app->pool, port, project, name);
}

static int stop_whatever_runs(const char *directory, struct error **err)
{
	_cleanup_free_ char *data = path_join(directory, "data", NULL);
	struct process_id instance;
	return pg_instance_find(data, &instance) ? pg_instance_stop(&instance, PG_STOP_DISCARD, INSTANCE_STOP_MS, err)
						 : 0;
}

/* A server that was killed leaves them. */
static void remove_sockets(const struct app *app, int port)
{
	static const char *const endings[] = {"", ".lock"};
	_cleanup_free_ char *directory = NULL;
	if (!port_is_free(port) || pool_socket_directory(&app->pool, &directory, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		_cleanup_free_ char *path = string_format("%s/.s.PGSQL.%d%s", directory, port, endings[i]);
		(void)file_unlink(path, NULL);
	}
}

int branch_discard(const struct app *app, const char *project, const char *name, const char *reason, struct error **err)
{
	INTERRUPT_DEFER_SCOPE;
	_cleanup_branch_ struct branch branch = {0};
	_cleanup_free_ char *directory = branch_directory(&app->pool, project, name);
	bool readable = branch_read(&app->pool, project, name, &branch, NULL) == 0;
	if (!readable || branch.state == BRANCH_CREATING) {
		struct port_search search = {app, project, name};
		port_each(&app->pool, release_if_ours, &search);
	}
	if (!file_exists(directory))
		return 0;
	if ((readable ? branch_stop(&branch, PG_STOP_DISCARD, err) : stop_whatever_runs(directory, err)) < 0)
		return -1;
	/* From the rename on the branch is gone; what follows only gives its space back. */
	_cleanup_trash_ struct trash trash = {.lock = LOCK_NONE};
	if (trash_open(app, name, &trash, err) < 0 || file_rename(directory, trash.path, err) < 0)
		return -1;
	if (readable) {
		remove_sockets(app, branch.port);
		port_release(&app->pool, branch.port, project, name);
	}
	if (reason) {
		_cleanup_free_ char *subject = string_format("%s/%s", project, name);
		event_record(&app->pool, &(struct event){"branch.delete", subject, reason});
	}
	trash_empty(app, &trash);
	return 0;
}

int branch_children(const struct app *app, const char *project, const char *name, struct string_list *ret,
		    struct error **err)
{
	struct branch_list list;
	if (branch_list(&app->pool, project, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].readable && string_equal(list.items[i].branch.parent, name))
			string_list_add(ret, list.items[i].name);
	branch_list_free(&list);
	return 0;
}

int branch_may_be_deleted(const struct app *app, const struct branch *branch, struct error **err)
{
	if (branch->protected) {
		error_set(err, ERROR_CONFLICT, "%s is protected", branch->name);
		return error_hint(err, "vela branch unprotect %s", branch->name);
	}
	_cleanup_(string_list_free) struct string_list children = {0};
	if (branch_children(app, branch->project, branch->name, &children, err) < 0)
		return -1;
	if (children.count == 0)
		return 0;
	_cleanup_buffer_ struct buffer names = {0};
	for (size_t i = 0; i < children.count; i++)
		buffer_addf(&names, "%s%s", i ? ", " : "", children.items[i]);
	error_set(err, ERROR_CONFLICT, "%s has children: %s", branch->name, names.data);
	return error_hint(err, "delete them first");
}

int branch_delete(const struct app *app, const char *name, bool *ret_deleted, struct error **err)
{
	const char *project = app->config.project;
	_cleanup_free_ char *directory = branch_directory(&app->pool, project, name);
	if (!file_exists(directory)) {
		*ret_deleted = false;
		return 0;
	}
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	if (branch_lock(&app->pool, project, name, LOCK_PATIENCE_MS, app->purpose, &lock, err) < 0)
		return -1;
	bool existed = file_exists(directory);
	_cleanup_branch_ struct branch branch = {0};
	if (branch_read(&app->pool, project, name, &branch, NULL) == 0 && branch.state == BRANCH_READY &&
	    branch_may_be_deleted(app, &branch, err) < 0)
		return error_wrap(err, "cannot delete branch %s", name);
	if (branch_discard(app, project, name, "asked for", err) < 0)
		return error_wrap(err, "cannot delete branch %s", name);
	lock_retire(&lock);
	*ret_deleted = existed;
	return 0;
}
