#include "app/pool_admin.h"
#include "base/quantity.h"
#include "cmd/commands.h"
#include "cmd/output.h"
#include "pool/record.h"

static const struct option no_options[] = {{NULL, 0, NULL, NULL}};
static const struct option destroy_options[] = {
	{"yes", 0, NULL, "end and remove its branches and baselines too"},
	{NULL, 0, NULL, NULL},
};

/* The pool that DIR or the surroundings name; owned. */
static int find_path(struct invocation *invocation, char **ret, struct error **err)
{
	if (invocation->argument_count > 0)
		invocation->app.pool_option = invocation->arguments[0];
	if (app_load_config(&invocation->app, err) < 0)
		return -1;
	*ret = app_pool_path(&invocation->app);
	return 0;
}

static int run_show(struct invocation *invocation, struct error **err)
{
	_cleanup_free_ char *path = NULL;
	struct pool_figures figures;
	const struct app *app = &invocation->app;
	if (find_path(invocation, &path, err) < 0 || app_open_pool(&invocation->app, err) < 0 ||
	    pool_measure(app, &figures, err) < 0)
		return -1;
	_cleanup_free_ char *owner = identity_user_name(app->pool.owner.uid);
	if (invocation->json) {
		json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:b}", "schema", 1, "path", app->pool.path, "id",
					 app->pool.id, "driver", app->pool.driver, "owner", owner, "file_backed",
					 figures.file_backed);
		record_set_time(json, "created_at", app->pool.created_at);
		json_object_set_new(json, "total_bytes", json_integer((json_int_t)figures.space.total));
		json_object_set_new(json, "available_bytes", json_integer((json_int_t)figures.space.available));
		json_object_set_new(json, "branches", json_integer((json_int_t)figures.branches));
		json_object_set_new(json, "running", json_integer((json_int_t)figures.running));
		json_object_set_new(json, "baselines", json_integer((json_int_t)figures.baselines));
		output_json(json);
		return 0;
	}
	_cleanup_free_ char *available = quantity_format_size(figures.space.available);
	_cleanup_free_ char *total = quantity_format_size(figures.space.total);
	output_text("pool       %s\ndriver     %s%s\nowner      %s\nspace      %s of %s free\nbaselines  %zu\nbranches "
		    "  %zu, %zu running\n"
		    "ports      %d-%d\n",
		    app->pool.path, app->pool.driver, figures.file_backed ? ", in a file of its own" : "", owner,
		    available, total, figures.baselines, figures.branches, figures.running, app->policy.first_port,
		    app->policy.last_port);
	return 0;
}

static void show_change(const struct invocation *invocation, const char *path, bool changed, const char *done,
			const char *nothing)
{
	if (invocation->json)
		output_json(json_pack("{s:i, s:s, s:b}", "schema", 1, "path", path, "changed", changed));
	else
		output_text("%s %s\n", path, changed ? done : nothing);
}

static int run_mount(struct invocation *invocation, struct error **err)
{
	_cleanup_free_ char *path = NULL;
	bool changed;
	if (find_path(invocation, &path, err) < 0 || pool_mount(path, &changed, err) < 0)
		return -1;
	show_change(invocation, path, changed, "is mounted", "was mounted already");
	return 0;
}

static int run_unmount(struct invocation *invocation, struct error **err)
{
	_cleanup_free_ char *path = NULL;
	bool changed;
	if (find_path(invocation, &path, err) < 0 || pool_unmount(path, &changed, err) < 0)
		return -1;
	show_change(invocation, path, changed, "is unmounted", "was not mounted");
	return 0;
}

static int run_destroy(struct invocation *invocation, struct error **err)
{
	_cleanup_free_ char *path = NULL;
	bool changed;
	if (find_path(invocation, &path, err) < 0 ||
	    pool_destroy(&invocation->app, option_given(invocation, "yes"), &changed, err) < 0)
		return -1;
	show_change(invocation, path, changed, "is gone", "has no pool");
	return 0;
}

const struct command command_pool_show = {
	.name = "pool show",
	.arguments = "[DIR]",
	.summary = "show the pool: driver, owner, space, what is in it",
	.options = no_options,
	.most = 1,
	.run = run_show,
};

const struct command command_pool_mount = {
	.name = "pool mount",
	.arguments = "[DIR]",
	.summary = "mount a file-backed pool, after a reboot say",
	.options = no_options,
	.most = 1,
	.run = run_mount,
};

const struct command command_pool_unmount = {
	.name = "pool unmount",
	.arguments = "[DIR]",
	.summary = "unmount a file-backed pool; its branches have to be stopped",
	.options = no_options,
	.most = 1,
	.run = run_unmount,
};

const struct command command_pool_destroy = {
	.name = "pool destroy",
	.arguments = "[DIR]",
	.summary = "remove a pool with everything in it, and the file behind it",
	.options = destroy_options,
	.most = 1,
	.run = run_destroy,
};
