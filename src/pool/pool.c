#include "pool/pool.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "pool/record.h"

enum { SOCKET_DIRECTORY_MAX = 107 - (int)sizeof("/.s.PGSQL.65535") }; /* sun_path is 108 bytes with its NUL */

static const char *const areas[] = {"baselines", "branches", "ports", "locks", "run", "tmp", "trash"};

char *pool_image_path(const char *path)
{
	return string_format("%s" POOL_IMAGE_SUFFIX, path);
}

bool pool_exists(const char *path)
{
	_cleanup_free_ char *file = path_join(path, "pool.json", NULL);
	return file_exists(file);
}

static int no_pool(const char *path, struct error **err)
{
	_cleanup_free_ char *image = pool_image_path(path);
	if (file_exists(image)) {
		error_set(err, ERROR_NOT_FOUND, "the pool at %s is not mounted", path);
		return error_hint(err, "vela pool mount %s", path);
	}
	error_set(err, ERROR_NOT_FOUND, "there is no pool at %s", path);
	return error_hint(err, "vela pool create %s makes one; --pool names another", path);
}

static int read_pool(const char *path, const struct stat *st, struct pool *ret, struct error **err)
{
	_cleanup_free_ char *file = path_join(path, "pool.json", NULL);
	_cleanup_json_ json_t *json = NULL;
	if (record_read(file, &json, err) < 0)
		return -1;
	long long format = record_integer(json, "format");
	if (format > POOL_FORMAT) {
		error_set(err, ERROR_REFUSED,
			  "the pool at %s was made by a newer vela (format %lld, this vela knows %d)", path, format,
			  POOL_FORMAT);
		return error_hint(err, "use the vela that made it, or a newer one");
	}
	if (format < 1 || !record_string(json, "id") || !record_string(json, "driver"))
		return error_set(err, ERROR_STORAGE, "%s is damaged: it lacks format, id or driver", file);
	*ret = (struct pool){
		.path = string_copy(path),
		.id = string_copy(record_string(json, "id")),
		.driver = string_copy(record_string(json, "driver")),
		.owner = {st->st_uid, st->st_gid},
		.created_at = record_time(json, "created_at"),
	};
	return 0;
}

int pool_open(const char *path, struct pool *ret, struct error **err)
{
	_cleanup_free_ char *absolute = path_absolute(NULL, path);
	_cleanup_free_ char *file = path_join(absolute, "pool.json", NULL);
	struct stat st;
	if (lstat(file, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return no_pool(absolute, err);
		int saved = errno;
		error_errno(err, saved, "cannot open the pool at %s", absolute);
		return saved == EACCES ? error_hint(err, "run vela as the pool's owner or as root") : -1;
	}
	if (getxattr(absolute, POOL_MARKER, NULL, 0) < 0) {
		error_set(err, ERROR_REFUSED, "%s looks like a pool, but vela did not make it", absolute);
		return error_hint(err, "use a pool that vela pool create made on this host");
	}
	if (st.st_uid == 0)
		return error_set(err, ERROR_REFUSED,
				 "the pool at %s belongs to root, and Postgres does not run as root", absolute);
	struct identity owner = {st.st_uid, st.st_gid};
	if (identity_assume(&owner, err) < 0)
		return error_wrap(err, "cannot open the pool at %s", absolute);
	return read_pool(absolute, &st, ret, err);
}

int pool_initialise(const char *path, const char *driver, struct error **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		_cleanup_free_ char *area = path_join(path, areas[i], NULL);
		if (directory_create(area, 0700, err) < 0)
			return -1;
	}
	if (setxattr(path, POOL_MARKER, "1", 1, 0) < 0)
		return error_errno(err, errno, "cannot mark %s as a pool", path);
	_cleanup_free_ char *hex = string_format("%08x%08x", random_number(), random_number());
	_cleanup_free_ char *now = clock_format_utc(clock_now());
	_cleanup_json_ json_t *json = json_pack("{s:i, s:s, s:s, s:s}", "format", POOL_FORMAT, "id", hex, "driver",
						driver, "created_at", now);
	_cleanup_free_ char *file = path_join(path, "pool.json", NULL);
	return record_write(file, json, FILE_DURABLE, err);
}

void pool_free(struct pool *pool)
{
	free(pool->path);
	free(pool->id);
	free(pool->driver);
	*pool = (struct pool){0};
}

char *pool_temporary_path(const struct pool *pool, const char *area, const char *name)
{
	_cleanup_free_ char *unique = string_format("%s.%d.%08x", name, (int)getpid(), random_number());
	return path_join(pool->path, area, unique, NULL);
}

/* In /tmp anybody may have made the name first: it has to be a directory that is ours alone. */
static int check_private(const char *directory, struct error **err)
{
	struct stat st;
	if (lstat(directory, &st) < 0)
		return error_errno(err, errno, "cannot use %s for sockets", directory);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 0077))
		return error_set(err, ERROR_REFUSED, "cannot use %s for sockets: it is not a private directory of ours",
				 directory);
	return 0;
}

static char *socket_directory_path(const struct pool *pool)
{
	char *directory = path_join(pool->path, "run", NULL);
	if (strlen(directory) > (size_t)SOCKET_DIRECTORY_MAX)
		string_replace(&directory, string_format("/tmp/vela-%s", pool->id));
	return directory;
}

int pool_socket_directory_remove(const struct pool *pool, struct error **err)
{
	_cleanup_free_ char *directory = socket_directory_path(pool);
	return directory_remove(directory, err);
}

int pool_socket_directory(const struct pool *pool, char **ret, struct error **err)
{
	_cleanup_free_ char *directory = socket_directory_path(pool);
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return error_errno(err, errno, "cannot make %s for sockets", directory);
	if (check_private(directory, err) < 0)
		return -1;
	*ret = TAKE_POINTER(directory);
	return 0;
}
