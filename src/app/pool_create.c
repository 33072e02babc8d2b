#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/pool_admin.h"
#include "app/trash.h"
#include "base/interrupt.h"
#include "base/quantity.h"
#include "storage/loop.h"

int pool_lock_place(const char *path, int *ret_fd, struct error **err)
{
	_cleanup_free_ char *parent = path_parent(path);
	if (directory_create_all(parent, 0755, err) < 0)
		return -1;
	_cleanup_close_ int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "cannot open %s", parent);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		error_set(err, ERROR_CONFLICT, "another vela makes or changes a pool in %s", parent);
		return error_hint(err, "wait until it has ended");
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int choose_owner(const struct pool_request *request, struct identity *ret, struct error **err)
{
	if (request->owner) {
		if (identity_of_user(request->owner, ret, err) < 0)
			return -1;
		return ret->uid == 0
			       ? error_set(err, ERROR_USAGE, "root cannot own a pool: Postgres does not run as root")
			       : 0;
	}
	if (geteuid() != 0) {
		*ret = identity_current();
		return 0;
	}
	if (identity_of_user("postgres", ret, err) < 0)
		return error_hint(err, "install PostgreSQL, or name the user who is to run it with --owner");
	return 0;
}

/* What a killed vela left in the directory. We hold its place, so nobody is at it now. */
static int remove_leftovers(const char *path, struct error **err)
{
	_cleanup_(string_list_free) struct string_list entries = {0};
	if (trials_remove(path, err) < 0 || directory_list(path, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++) {
		_cleanup_free_ char *unfinished = path_join(path, entries.items[i], NULL);
		if (string_starts_with(entries.items[i], "pool.json.") && file_unlink(unfinished, err) < 0)
			return -1;
	}
	return 0;
}

static int is_empty(const char *path, bool *ret, struct error **err)
{
	_cleanup_(string_list_free) struct string_list entries = {0};
	if (directory_list(path, &entries, err) < 0)
		return -1;
	*ret = entries.count == 0;
	return 0;
}

/* Only an empty directory becomes a pool, or one where a killed vela had begun: that has nothing but our own areas. */
static int check_usable(const char *path, struct error **err)
{
	static const char *const ours[] = {"baselines", "branches", "ports",      "locks",   "run",
					   "tmp",       "trash",    "lost+found", "pool.yml"};
	_cleanup_(string_list_free) struct string_list entries = {0};
	if (directory_list(path, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++) {
		bool known = false;
		for (size_t j = 0; j < ARRAY_SIZE(ours) && !known; j++)
			known = string_equal(entries.items[i], ours[j]);
		if (!known) {
			error_set(err, ERROR_CONFLICT, "%s is not empty: it has %s", path, entries.items[i]);
			return error_hint(err, "name a directory that is empty or does not exist yet");
		}
	}
	return 0;
}

/* The directory belongs to the owner, and from here on we act as the owner. */
static int hand_over(const char *path, const struct identity *owner, struct error **err)
{
	if (geteuid() == 0 && (chown(path, owner->uid, owner->gid) < 0 || chmod(path, 0700) < 0))
		return error_errno(err, errno, "cannot give %s to its owner", path);
	return identity_assume(owner, err);
}

static int pick_driver(const char *path, const char *wanted, const struct storage_driver **ret, struct error **err)
{
	if (!wanted)
		return storage_driver_probe(path, ret, err);
	const struct storage_driver *driver;
	if (storage_driver_find(wanted, &driver, err) < 0 || driver->probe(path, err) < 0)
		return -1;
	*ret = driver;
	return 0;
}

char *pool_unfinished_image_path(const char *image)
{
	return string_format("%s.new", image);
}

/* Formatted under another name first, so that a file called like the pool's is always a whole filesystem. */
static int make_image(const struct pool_request *request, const char *image, struct error **err)
{
	_cleanup_free_ char *unfinished = pool_unfinished_image_path(image);
	if (file_exists(image))
		return 0;
	if (request->size < LOOP_SMALLEST) {
		_cleanup_free_ char *smallest = quantity_format_size(LOOP_SMALLEST);
		return error_set(err, ERROR_USAGE, "a file-backed pool needs --size of at least %s", smallest);
	}
	if (file_unlink(unfinished, err) < 0 || loop_format(unfinished, request->size, err) < 0)
		return -1;
	if (file_rename(unfinished, image, err) == 0)
		return 0;
	(void)file_unlink(unfinished, NULL);
	return -1;
}

static int back_with_file(const struct app *app, const struct pool_request *request, const char *image,
			  struct error **err)
{
	if (geteuid() != 0) {
		_cleanup_free_ char *filesystem = loop_filesystem_name(request->path);
		error_set(err, ERROR_STORAGE, "the filesystem of %s (%s) cannot clone files", request->path,
			  filesystem);
		return error_hint(err, "run this as root to get a file-backed btrfs, or name a directory on btrfs or "
				       "XFS with reflink, "
				       "or --driver copy for full copies");
	}
	progress_update(app->progress, "formatting", 0, 0);
	return make_image(request, image, err) < 0 ? -1 : loop_mount(image, request->path, err);
}

struct made {
	bool directory, image, mount;
};

static void undo(const struct pool_request *request, const char *image, const struct made *made)
{
	INTERRUPT_DEFER_SCOPE;
	IDENTITY_CALLER_SCOPE;
	if (made->mount)
		(void)loop_unmount(request->path, NULL);
	if (made->image)
		(void)file_unlink(image, NULL);
	if (made->directory)
		(void)rmdir(request->path);
}

/* Can the directory clone by itself? As the owner would; a fresh filesystem of ours is asked in any case. */
static bool clones_by_itself(const struct pool_request *request, const char *image)
{
	const struct storage_driver *driver;
	if (request->driver || file_exists(image))
		return !file_exists(image);
	return storage_driver_probe(request->path, &driver, NULL) == 0;
}

/* A filesystem in a file, mounted on the directory; *made says what of it is to be undone. */
static int mount_image(const struct app *app, const struct pool_request *request, const char *image, struct made *made,
		       struct error **err)
{
	bool empty;
	if (is_empty(request->path, &empty, err) < 0)
		return -1;
	if (!empty)
		return error_set(err, ERROR_CONFLICT, "%s is not empty: nothing can be mounted on it", request->path);
	bool had_image = file_exists(image);
	int backed = back_with_file(app, request, image, err);
	made->image = !had_image && file_exists(image);
	made->mount = backed == 0;
	return backed;
}

static int set_up(const struct app *app, const struct pool_request *request, const char *image,
		  const struct identity *owner, struct made *made, struct pool_created *ret, struct error **err)
{
	const struct storage_driver *driver;
	bool was_mounted = loop_is_mounted(request->path);
	if (remove_leftovers(request->path, err) < 0)
		return -1;
	ret->file_backed = !clones_by_itself(request, image);
	if (ret->file_backed && !was_mounted && mount_image(app, request, image, made, err) < 0)
		return -1;
	if (pool_exists(request->path)) /* it had only not been mounted */
		return 0;
	if (ret->file_backed && loop_reserve_metadata(request->path, err) < 0)
		return -1;
	if (remove_leftovers(request->path, err) < 0 || check_usable(request->path, err) < 0 ||
	    hand_over(request->path, owner, err) < 0 || pick_driver(request->path, request->driver, &driver, err) < 0 ||
	    interrupt_check(err) < 0 || pool_initialise(request->path, driver->name, err) < 0)
		return -1;
	ret->created = true;
	ret->driver = string_copy(driver->name);
	return 0;
}

int pool_create(const struct app *app, const struct pool_request *request, struct pool_created *ret, struct error **err)
{
	_cleanup_close_ int lock = -1;
	struct identity owner;
	struct made made = {0};
	_cleanup_free_ char *image = pool_image_path(request->path);
	if (request->driver) {
		const struct storage_driver *driver;
		if (storage_driver_find(request->driver, &driver, err) < 0)
			return -1;
	}
	if (choose_owner(request, &owner, err) < 0 || pool_lock_place(request->path, &lock, err) < 0)
		return -1;
	*ret = (struct pool_created){0};
	if (!pool_exists(request->path)) {
		made.directory = !file_exists(request->path);
		if (directory_create(request->path, 0700, err) < 0)
			return error_wrap(err, "cannot create the pool");
		if (set_up(app, request, image, &owner, &made, ret, err) < 0) {
			undo(request, image, &made);
			pool_created_free(ret);
			return error_wrap(err, "cannot create the pool at %s", request->path);
		}
	}
	ret->file_backed = file_exists(image);
	ret->image = ret->file_backed ? TAKE_POINTER(image) : NULL;
	ret->owner = identity_user_name(owner.uid);
	return 0;
}

void pool_created_free(struct pool_created *created)
{
	free(created->image);
	free(created->driver);
	free(created->owner);
	*created = (struct pool_created){0};
}

int pool_mount(const char *path, bool *ret_changed, struct error **err)
{
	_cleanup_free_ char *image = pool_image_path(path);
	_cleanup_close_ int lock = -1;
	if (pool_exists(path)) {
		*ret_changed = false;
		return 0;
	}
	if (!file_exists(image)) {
		error_set(err, ERROR_NOT_FOUND, "there is no file-backed pool at %s: %s does not exist", path, image);
		return error_hint(err, "vela pool create %s", path);
	}
	if (geteuid() != 0) {
		error_set(err, ERROR_REFUSED, "only root can mount %s", path);
		return error_hint(err, "sudo vela pool mount %s", path);
	}
	if (pool_lock_place(path, &lock, err) < 0 || directory_create_all(path, 0700, err) < 0 ||
	    loop_mount(image, path, err) < 0)
		return -1;
	*ret_changed = true;
	return 0;
}
