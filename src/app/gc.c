#include "app/gc.h"

#include <unistd.h>

#include "app/branch.h"
#include "app/instance.h"
#include "app/trash.h"
#include "base/clock.h"
#include "base/file.h"
#include "pool/event.h"
#include "pool/port.h"

struct gc {
	const struct app *app;
	bool dry_run;
	struct gc_result result;
};

static struct gc_item *add_item(struct gc *gc, char *what, const char *reason, bool removed)
{
	struct gc_result *result = &gc->result;
	result->items = memory_resize(result->items, result->count + 1, sizeof(*result->items));
	result->items[result->count] = (struct gc_item){what, string_copy(reason), removed, NULL};
	return &result->items[result->count++];
}

static void note_problem(struct gc_item *item, struct error *problem)
{
	item->removed = false;
	item->problem = string_copy(problem->message);
	error_free(problem);
}

/* --- branches --- */

static const char *reason_to_go(const struct branch_entry *entry)
{
	if (entry->problem)
		return NULL;
	if (!entry->readable || entry->branch.state == BRANCH_CREATING)
		return "its creation never finished";
	if (entry->branch.temporary)
		return "its check never finished";
	if (entry->branch.expires_at > 0 && entry->branch.expires_at <= clock_now())
		return "its time is over";
	return NULL;
}

static const char *reason_to_stay(const struct app *app, const struct branch_entry *entry)
{
	if (!entry->readable || entry->branch.state == BRANCH_CREATING)
		return NULL;
	if (entry->branch.protected)
		return "its time is over, but it is protected";
	_cleanup_(string_list_free) struct string_list children = {0};
	if (branch_children(app, entry->project, entry->name, &children, NULL) < 0 || children.count > 0)
		return "its time is over, but it has children";
	return NULL;
}

/* False: somebody works on it; or it cannot be locked, which is told. */
static bool lock_branch(struct gc *gc, const char *project, const char *name, struct lock *ret)
{
	struct error *problem = NULL;
	if (branch_lock(&gc->app->pool, project, name, 0, gc->app->purpose, ret, &problem) == 0)
		return true;
	if (problem->kind == ERROR_CONFLICT)
		error_free(problem);
	else
		note_problem(add_item(gc, string_format("branch %s/%s", project, name), "it cannot be locked", false),
			     problem);
	return false;
}

static void collect_branch(struct gc *gc, const char *project, const char *name)
{
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	if (!lock_branch(gc, project, name, &lock))
		return;
	/* Read again: it may have changed before the lock was ours. */
	_cleanup_free_ char *directory = branch_directory(&gc->app->pool, project, name);
	struct branch_entry entry = {.project = string_copy(project), .name = string_copy(name)};
	_cleanup_error_ struct error *problem = NULL;
	entry.readable = branch_read(&gc->app->pool, project, name, &entry.branch, &problem) == 0;
	bool damaged = !entry.readable && problem->kind != ERROR_NOT_FOUND;
	const char *reason = damaged || !file_exists(directory) ? NULL : reason_to_go(&entry);
	const char *obstacle = reason ? reason_to_stay(gc->app, &entry) : NULL;
	char *what = string_format("branch %s/%s", project, name);
	if (damaged) {
		note_problem(add_item(gc, what, "its record is damaged", false), TAKE_POINTER(problem));
	} else if (reason) {
		struct gc_item *item = add_item(gc, what, obstacle ? obstacle : reason, !obstacle);
		struct error *failure = NULL;
		if (!obstacle && !gc->dry_run && branch_discard(gc->app, project, name, reason, &failure) < 0)
			note_problem(item, failure);
		else if (!obstacle && !gc->dry_run)
			lock_retire(&lock);
	} else {
		free(what);
		if (entry.readable && !gc->dry_run)
			(void)branch_repair(gc->app, &entry.branch, NULL);
	}
	branch_free(&entry.branch);
	free(entry.project);
	free(entry.name);
}

static int collect_branches(struct gc *gc, struct error **err)
{
	struct branch_list list;
	if (branch_list(&gc->app->pool, NULL, &list, err) < 0)
		return -1;
	/* Children first, so that a parent whose time is over can go in the same run. */
	for (int children = 1; children >= 0; children--)
		for (size_t i = 0; i < list.count; i++)
			if ((list.items[i].readable && list.items[i].branch.parent) == children)
				collect_branch(gc, list.items[i].project, list.items[i].name);
	branch_list_free(&list);
	return 0;
}

/* --- half-made and half-removed directories --- */

static void remove_directory(struct gc *gc, const char *area, const char *entry, const char *reason)
{
	_cleanup_free_ char *path = path_join(gc->app->pool.path, area, entry, NULL);
	_cleanup_free_ char *data = path_join(path, "data", NULL);
	struct gc_item *item = add_item(gc, string_format("%s/%s", area, entry), reason, true);
	if (gc->dry_run)
		return;
	struct error *problem = NULL;
	struct process_id instance;
	if (pg_instance_find(data, &instance) &&
	    pg_instance_stop(&instance, PG_STOP_DISCARD, INSTANCE_STOP_MS, &problem) < 0)
		note_problem(item, problem);
	else if (volumes_remove(gc->app, path, &problem) < 0)
		note_problem(item, problem);
}

static int collect_area(struct gc *gc, const char *area, const char *reason, struct error **err)
{
	_cleanup_free_ char *directory = path_join(gc->app->pool.path, area, NULL);
	_cleanup_(string_list_free) struct string_list entries = {0};
	if (directory_list(directory, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++) {
		_cleanup_(lock_retire) struct lock lock = LOCK_NONE;
		_cleanup_free_ char *name = string_format("%s.%s", area, entries.items[i]);
		if (lock_acquire(&gc->app->pool, name, LOCK_MODE_EXCLUSIVE, 0, gc->app->purpose, &lock, NULL) == 0)
			remove_directory(gc, area, entries.items[i], reason);
	}
	return 0;
}

/* --- ports, processes, locks, sockets --- */

static void collect_port(void *context, int port, const char *project, const char *name)
{
	struct gc *gc = context;
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	if (branch_lock(&gc->app->pool, project, name, 0, gc->app->purpose, &lock, NULL) < 0)
		return;
	_cleanup_free_ char *directory = branch_directory(&gc->app->pool, project, name);
	_cleanup_branch_ struct branch branch = {0};
	if (branch_read(&gc->app->pool, project, name, &branch, NULL) == 0 ? branch.port == port
									   : file_exists(directory))
		return;
	add_item(gc, string_format("port %d", port), "its branch is gone", true);
	if (!gc->dry_run)
		port_release(&gc->app->pool, port, project, name);
}

static void collect_process(void *context, const struct process_id *id, const char *identity, const char *data)
{
	struct gc *gc = context;
	if (file_exists(data))
		return; /* belongs to something that is there: handled with it */
	struct gc_item *item =
		add_item(gc, string_format("process %d (%s)", (int)id->pid, identity), "its data is gone", true);
	struct error *problem = NULL;
	if (!gc->dry_run && pg_instance_stop(id, PG_STOP_DISCARD, INSTANCE_STOP_MS, &problem) < 0)
		note_problem(item, problem);
}

/* Lock files of branches that are gone are of no use to anyone, and harm no one: removed without a word. */
static void collect_locks(const struct gc *gc)
{
	_cleanup_free_ char *directory = path_join(gc->app->pool.path, "locks", NULL);
	_cleanup_(string_list_free) struct string_list files = {0};
	if (gc->dry_run || directory_list(directory, &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.count; i++) {
		size_t length = strlen(files.items[i]);
		if (length < 6 || !string_equal(files.items[i] + length - 5, ".lock"))
			continue;
		_cleanup_free_ char *name = string_copy_n(files.items[i], length - 5);
		_cleanup_(lock_retire) struct lock lock = LOCK_NONE;
		(void)lock_acquire(&gc->app->pool, name, LOCK_MODE_EXCLUSIVE, 0, gc->app->purpose, &lock, NULL);
	}
}

/* Sockets that a killed server left in run/: those whose port nobody holds any more. */
static void collect_sockets(const struct gc *gc)
{
	static const char prefix[] = ".s.PGSQL.";
	_cleanup_free_ char *directory = NULL;
	_cleanup_(string_list_free) struct string_list files = {0};
	if (gc->dry_run || pool_socket_directory(&gc->app->pool, &directory, NULL) < 0 ||
	    directory_list(directory, &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.count; i++) {
		if (!string_starts_with(files.items[i], prefix))
			continue;
		_cleanup_free_ char *port = string_copy(files.items[i] + sizeof(prefix) - 1);
		port[strcspn(port, ".")] = '\0';
		_cleanup_free_ char *reserved = path_join(gc->app->pool.path, "ports", port, NULL);
		_cleanup_free_ char *path = path_join(directory, files.items[i], NULL);
		if (!file_exists(reserved) && port_is_free((int)strtol(port, NULL, 10)))
			(void)unlink(path);
	}
}

int gc_run(const struct app *app, bool dry_run, struct gc_result *ret, struct error **err)
{
	struct gc gc = {.app = app, .dry_run = dry_run};
	_cleanup_free_ char *prefix = string_format("%s/", app->pool.id);
	if (collect_area(&gc, "tmp", "its making never finished", err) < 0 ||
	    collect_area(&gc, "trash", "its removal never finished", err) < 0 || collect_branches(&gc, err) < 0) {
		gc_result_free(&gc.result);
		return -1;
	}
	pg_instance_each(prefix, collect_process, &gc);
	port_each(&app->pool, collect_port, &gc);
	collect_sockets(&gc);
	collect_locks(&gc);
	*ret = gc.result;
	return 0;
}

void gc_result_free(struct gc_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		free(result->items[i].what);
		free(result->items[i].reason);
		free(result->items[i].problem);
	}
	free(result->items);
	*result = (struct gc_result){0};
}
