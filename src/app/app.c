#include "app/app.h"

#include <fcntl.h>
#include <unistd.h>

#include "app/context.h"
#include "app/fork.h"
#include "base/file.h"
#include "base/quantity.h"

int app_load_config(struct app *app, struct error **err)
{
	struct ci_context ci;
	context_ci(&ci);
	config_free(&app->config);
	string_replace(&app->fork_base, NULL);
	app->is_fork = fork_is_meant(&ci);
	int result =
		app->is_fork ? fork_load_config(app, &ci, err) : config_load(app->config_path, ".", &app->config, err);
	ci_context_free(&ci);
	return result;
}

char *app_place(const char *path)
{
	_cleanup_free_ char *absolute = path_absolute(NULL, path);
	for (size_t length = strlen(absolute); length > 1 && absolute[length - 1] == '/'; length--)
		absolute[length - 1] = '\0';
	char *resolved = realpath(absolute, NULL);
	if (resolved || string_equal(absolute, "/"))
		return resolved ? resolved : TAKE_POINTER(absolute);
	_cleanup_free_ char *parent = path_parent(absolute);
	_cleanup_free_ char *place = app_place(parent);
	const char *name = path_basename(absolute);
	if (string_equal(name, "."))
		return TAKE_POINTER(place);
	return string_equal(place, "/") ? string_format("/%s", name) : path_join(place, name, NULL);
}

char *app_pool_path(const struct app *app)
{
	const char *environment = getenv("VELA_POOL");
	if (app->pool_option)
		return app_place(app->pool_option);
	if (environment && *environment)
		return app_place(environment);
	return app_place(app->config.pool ? app->config.pool : POOL_DEFAULT_PATH);
}

int app_open_pool(struct app *app, struct error **err)
{
	struct error *problem = NULL;
	if (app_load_config(app, &problem) < 0) {
		if (app->is_fork)
			fork_blame_policy(app, &problem);
		return error_pass(err, problem);
	}
	_cleanup_free_ char *path = app_pool_path(app);
	if (pool_open(path, &app->pool, err) < 0)
		return -1;
	_cleanup_free_ char *policy = path_join(app->pool.path, "pool.yml", NULL);
	if (policy_load(policy, &app->policy, err) < 0)
		return -1;
	if (storage_driver_find(app->pool.driver, &app->driver, err) < 0) {
		error_rekind(err, ERROR_REFUSED);
		return error_wrap(err, "the pool at %s", app->pool.path);
	}
	return 0;
}

void app_free(struct app *app)
{
	config_free(&app->config);
	free(app->fork_base);
	policy_free(&app->policy);
	pool_free(&app->pool);
}

struct pg_location *app_postgres_locations(const struct app *app)
{
	struct pg_location *locations = memory_resize(NULL, app->policy.postgres_count, sizeof(*locations));
	for (size_t i = 0; i < app->policy.postgres_count; i++)
		locations[i] = (struct pg_location){app->policy.postgres[i].major, app->policy.postgres[i].directory};
	return locations;
}

static bool has_room(const struct space *space, uint64_t reserve, uint64_t needed)
{
	return space->available >= reserve && space->available - reserve >= needed;
}

/* A filesystem that copies on write gives back what was deleted only with its next commit. */
static int sync_and_measure(const char *path, struct space *ret, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)syncfs(fd);
	return space_of(path, ret, err);
}

int app_check_space(const struct app *app, uint64_t needed, const char *what, struct error **err)
{
	struct space space;
	if (space_of(app->pool.path, &space, err) < 0)
		return -1;
	uint64_t reserve = app->policy.reserve_bytes;
	if (reserve == 0)
		reserve = (uint64_t)((double)space.total * app->policy.reserve_percent / 100);
	if (has_room(&space, reserve, needed))
		return 0;
	if (sync_and_measure(app->pool.path, &space, err) < 0)
		return -1;
	if (has_room(&space, reserve, needed))
		return 0;
	_cleanup_free_ char *free_text = quantity_format_size(space.available);
	_cleanup_free_ char *reserve_text = quantity_format_size(reserve);
	_cleanup_free_ char *needed_text = quantity_format_size(needed);
	if (needed > 0)
		error_set(err, ERROR_STORAGE,
			  "the pool has no room for %s: it needs %s; %s are free, of which %s stay in reserve", what,
			  needed_text, free_text, reserve_text);
	else
		error_set(err, ERROR_STORAGE, "the pool has no room for %s: %s are free, and %s stay in reserve", what,
			  free_text, reserve_text);
	return error_hint(
		err,
		"delete branches or old baselines, run vela gc, enlarge the pool, or lower `reserve` in %s/pool.yml",
		app->pool.path);
}
