/* What a killed vela left, and what became of things that are gone. */
#include <limits.h>
#include <unistd.h>

#include "app/gc_parts.h"
#include "app/instance.h"
#include "app/trash.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "pool/event.h"
#include "pool/port.h"

static void record(const struct gc *gc, const struct gc_item *item)
{
	if (item->outcome == GC_REMOVED && !gc->request->dry_run)
		event_record(&gc->app->pool, &(struct event){"gc.remove", item->what, item->reason});
}

/* --- half-made and half-removed directories --- */

/* A copy that was cut short between the snapshot and its mark. That it stands in tmp/ and that nobody works on it, as
 * its lock shows, makes it ours. */
static int adopt_copy(const struct gc *gc, const char *area, const char *data, struct error **err)
{
	return string_equal(area, "tmp") ? storage_adopt(gc->app->driver, data, err) : 0;
}

static void remove_directory(struct gc *gc, const char *area, const char *entry, const char *reason)
{
	_cleanup_free_ char *path = path_join(gc->app->pool.path, area, entry, NULL);
	_cleanup_free_ char *data = path_join(path, "data", NULL);
	struct gc_item *item = gc_add(gc, string_format("%s/%s", area, entry), GC_REMOVED, reason);
	if (gc->request->dry_run)
		return;
	struct error *problem = NULL;
	struct process_id instance;
	if ((pg_instance_find(data, &instance) &&
	     pg_instance_stop(&instance, PG_STOP_DISCARD, INSTANCE_STOP_MS, &problem) < 0) ||
	    adopt_copy(gc, area, data, &problem) < 0 || volumes_remove(gc->app, path, &problem) < 0)
		gc_fail(item, problem);
	record(gc, item);
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
		if (interrupt_check(err) < 0)
			return -1;
		if (lock_acquire(&gc->app->pool, name, LOCK_MODE_EXCLUSIVE, 0, gc->app->purpose, &lock, NULL) == 0)
			remove_directory(gc, area, entries.items[i], reason);
	}
	return 0;
}

int gc_collect_directories(struct gc *gc, struct error **err)
{
	return collect_area(gc, "tmp", "its making never finished", err) < 0
		       ? -1
		       : collect_area(gc, "trash", "its removal never finished", err);
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
	const struct gc_item *item = gc_add(gc, string_format("port %d", port), GC_REMOVED, "its branch is gone");
	if (!gc->request->dry_run)
		port_release(&gc->app->pool, port, project, name);
	record(gc, item);
}

/* The pool may have moved, or be mounted elsewhere in a container: what a server works in, though, is its data. */
static bool works_in_nothing(const struct process_id *id)
{
	char target[PATH_MAX];
	_cleanup_free_ char *path = string_format("/proc/%d/cwd", (int)id->pid);
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	return string_ends_with(target, " (deleted)");
}

static void collect_process(void *context, const struct process_id *id, const char *identity, const char *data)
{
	struct gc *gc = context;
	if (file_exists(data) || !works_in_nothing(id))
		return; /* belongs to something that is there: handled with it */
	struct gc_item *item =
		gc_add(gc, string_format("process %d (%s)", (int)id->pid, identity), GC_REMOVED, "its data is gone");
	struct error *problem = NULL;
	if (!gc->request->dry_run && pg_instance_stop(id, PG_STOP_DISCARD, INSTANCE_STOP_MS, &problem) < 0)
		gc_fail(item, problem);
	record(gc, item);
}

/* Lock files of branches that are gone are of no use to anyone, and harm no one: removed without a word. */
static void collect_locks(const struct gc *gc)
{
	static const char ending[] = ".lock";
	_cleanup_free_ char *directory = path_join(gc->app->pool.path, "locks", NULL);
	_cleanup_(string_list_free) struct string_list files = {0};
	if (directory_list(directory, &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.count; i++) {
		if (!string_ends_with(files.items[i], ending))
			continue;
		_cleanup_free_ char *name = string_copy_n(files.items[i], strlen(files.items[i]) - strlen(ending));
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
	if (pool_socket_directory(&gc->app->pool, &directory, NULL) < 0 || directory_list(directory, &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.count; i++) {
		if (!string_starts_with(files.items[i], prefix))
			continue;
		_cleanup_free_ char *port = string_copy(files.items[i] + strlen(prefix));
		port[strcspn(port, ".")] = '\0';
		_cleanup_free_ char *reserved = path_join(gc->app->pool.path, "ports", port, NULL);
		_cleanup_free_ char *path = path_join(directory, files.items[i], NULL);
		if (!file_exists(reserved) && port_is_free((int)strtol(port, NULL, 10)))
			(void)unlink(path);
	}
}

void gc_collect_remains(struct gc *gc)
{
	_cleanup_free_ char *prefix = string_format("%s/", gc->app->pool.id);
	pg_instance_each(prefix, collect_process, gc);
	port_each(&gc->app->pool, collect_port, gc);
	if (gc->request->dry_run)
		return;
	collect_sockets(gc);
	collect_locks(gc);
}
