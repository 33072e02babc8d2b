#include "app/doctor.h"

#include <unistd.h>

#include "app/hooks.h"
#include "app/pool_admin.h"
#include "app/project_forge.h"
#include "app/rule.h"
#include "app/trash.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/quantity.h"
#include "base/text.h"
#include "pool/baseline.h"
#include "pool/branch.h"
#include "pool/lock.h"
#include "storage/loop.h"

static void add(struct findings *findings, const char *topic, enum finding_level level, char *text, char *remedy)
{
	findings->items = memory_resize(findings->items, findings->count + 1, sizeof(*findings->items));
	findings->items[findings->count++] = (struct finding){topic, level, text, remedy};
	findings->broken += level == FINDING_BROKEN;
}

/* Takes the error over. */
static void add_error(struct findings *findings, const char *topic, struct error *problem)
{
	add(findings, topic, FINDING_BROKEN, TAKE_POINTER(problem->message), TAKE_POINTER(problem->hint));
	error_free(problem);
}

/* What pools and commands lean on beyond PostgreSQL's server; none of it is needed by everybody. */
static void examine_host(struct findings *findings)
{
	static const struct {
		const char *paths[3];
		const char *what, *remedy;
	} needs[] = {
		{{"/usr/sbin/mkfs.btrfs", "/sbin/mkfs.btrfs", "/usr/bin/mkfs.btrfs"},
		 "mkfs.btrfs is missing: no file-backed pool can be made",
		 "apt-get install btrfs-progs"},
		{{"/dev/loop-control"},
		 "/dev/loop-control is missing: no file-backed pool can be mounted",
		 "modprobe loop"},
		{{"/usr/bin/psql", "/usr/local/bin/psql", "/bin/psql"},
		 "psql is missing: vela psql cannot run it",
		 "apt-get install postgresql-client"},
	};
	bool complete = true;
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		bool found = false;
		for (size_t j = 0; j < ARRAY_SIZE(needs[i].paths) && needs[i].paths[j]; j++)
			found = found || file_exists(needs[i].paths[j]);
		if (!found)
			add(findings, "host", FINDING_NOTE, string_copy(needs[i].what), string_copy(needs[i].remedy));
		complete = complete && found;
	}
	if (complete)
		add(findings, "host", FINDING_OK, string_copy("has what pools and vela psql need"), NULL);
}

static bool examine_config(struct app *app, struct findings *findings)
{
	struct error *problem = NULL;
	if (app_load_config(app, &problem) < 0) {
		add_error(findings, "vela.yml", problem);
		return false;
	}
	if (app->config.path)
		add(findings, "vela.yml", FINDING_OK,
		    string_format("%s, project %s", app->config.path, app->config.project), NULL);
	else
		add(findings, "vela.yml", FINDING_NOTE,
		    string_copy("none here: branches can be made, but nothing checked"), string_copy("vela init"));
	return true;
}

/* A clone without hooks is as good as one with them; one with some of them is not. */
static void examine_hooks(const struct app *app, struct findings *findings)
{
	_cleanup_hooks_status_ struct hooks_status status = {0};
	_cleanup_buffer_ struct buffer missing = {0};
	size_t installed = 0;
	if (hooks_read_status(&app->config, &status, NULL) < 0)
		return;
	for (size_t i = 0; i < status.count; i++) {
		installed += status.hooks[i].installed;
		if (!status.hooks[i].installed)
			buffer_addf(&missing, "%s%s", missing.length ? ", " : "", status.hooks[i].name);
	}
	if (installed == status.count)
		add(findings, "hooks", FINDING_OK, string_format("installed in %s", status.directory), NULL);
	else if (installed > 0)
		add(findings, "hooks", FINDING_NOTE, string_format("not installed: %s", buffer_text(&missing)),
		    string_copy("vela hooks install"));
}

static void examine_postgres(const struct app *app, struct findings *findings)
{
	_cleanup_buffer_ struct buffer installed = {0};
	_cleanup_free_ struct pg_location *locations = app_postgres_locations(app);
	pg_binaries_describe(locations, app->policy.postgres_count, &installed);
	if (installed.length > 0)
		add(findings, "postgres", FINDING_OK, buffer_steal(&installed), NULL);
	else
		add(findings, "postgres", FINDING_BROKEN, string_copy("no PostgreSQL server programs found"),
		    string_copy("apt-get install postgresql, or name their directory under `postgres` in pool.yml"));
}

static void examine_baselines(const struct app *app, struct findings *findings)
{
	struct baseline_list list = {0};
	_cleanup_(string_list_free) struct string_list damaged = {0};
	struct error *problem = NULL;
	if (baseline_list(&app->pool, NULL, &list, &damaged, &problem) < 0) {
		add_error(findings, "baselines", problem);
		return;
	}
	size_t broken_before = findings->broken;
	_cleanup_free_ struct pg_location *locations = app_postgres_locations(app);
	for (size_t i = 0; i < list.count; i++) {
		_cleanup_free_ char *directory = NULL;
		if (pg_binaries_find(list.items[i].major, locations, app->policy.postgres_count, &directory, &problem) <
		    0)
			add_error(findings, "baselines", problem);
	}
	for (size_t i = 0; i < damaged.count; i++)
		add(findings, "baselines", FINDING_BROKEN, string_format("%s is damaged", damaged.items[i]),
		    string_format("vela baseline delete %s", damaged.items[i]));
	if (list.count == 0 && damaged.count == 0)
		add(findings, "baselines", FINDING_NOTE, string_copy("none yet"),
		    string_copy("vela baseline create production --from postgres://USER@HOST/DATABASE"));
	else if (findings->broken == broken_before)
		add(findings, "baselines", FINDING_OK, string_format("%zu", list.count), NULL);
	baseline_list_free(&list);
}

/* A command acts on the project of the vela.yml it finds. */
static char *how_to_delete(const struct app *app, const struct branch_entry *entry)
{
	if (string_equal(entry->project, app->config.project))
		return string_format("vela branch delete %s", entry->name);
	return string_format("vela branch delete %s   (where vela.yml says project: %s)", entry->name, entry->project);
}

static void examine_branches(const struct app *app, struct findings *findings)
{
	struct branch_list list = {0};
	struct error *problem = NULL;
	if (branch_list(&app->pool, NULL, &list, &problem) < 0) {
		add_error(findings, "branches", problem);
		return;
	}
	size_t running = 0;
	for (size_t i = 0; i < list.count; i++) {
		const struct branch_entry *entry = &list.items[i];
		running += entry->readable && branch_is_running(&entry->branch);
		if (entry->problem)
			add(findings, "branches", FINDING_BROKEN, string_copy(entry->problem),
			    how_to_delete(app, entry));
	}
	add(findings, "branches", FINDING_OK, string_format("%zu, of which %zu run", list.count, running), NULL);
	branch_list_free(&list);
}

static void examine_creators(const struct app *app, struct findings *findings)
{
	struct identity found;
	for (char **creator = app->policy.creators; creator && *creator; creator++)
		if (identity_of_user(*creator, &found, NULL) < 0) {
			_cleanup_free_ char *safe = text_safe(*creator);
			add(findings, "pool.yml", FINDING_NOTE,
			    string_format("creators names %s, and there is no such user on this host", safe), NULL);
		}
}

/* Whether `vela gc` can ask the forges: the files that are for that, as it reads them. */
static void examine_projects(const struct app *app, struct findings *findings)
{
	for (size_t i = 0; i < app->policy.project_count; i++) {
		struct forge forge;
		struct error *problem = NULL;
		if (project_forge_open(&app->policy.projects[i], &forge, &problem) == 0) {
			forge_free(&forge);
			continue;
		}
		error_wrap(&problem, "projects.%s", app->policy.projects[i].name);
		add_error(findings, "pool.yml", problem);
	}
}

/* What would keep this user and this vela.yml from making a branch. */
static void examine_rules(const struct app *app, struct findings *findings)
{
	struct error *problem = NULL;
	examine_creators(app, findings);
	if (rule_creators(app, &problem) < 0) {
		add(findings, "pool.yml", FINDING_NOTE, TAKE_POINTER(problem->message), TAKE_POINTER(problem->hint));
		error_freep(&problem);
		problem = NULL;
	}
	if (rule_settings(app, &problem) < 0)
		add_error(findings, "pool.yml", problem);
}

/* In a directory of its own, under the lock that keeps gc away from it. */
static int try_cloning(const struct app *app, struct error **err)
{
	_cleanup_free_ char *directory = pool_temporary_path(&app->pool, "tmp", "trial");
	_cleanup_free_ char *name = string_format("tmp.%s", path_basename(directory));
	_cleanup_(lock_retire) struct lock lock = LOCK_NONE;
	if (lock_acquire(&app->pool, name, LOCK_MODE_EXCLUSIVE, 0, app->purpose, &lock, err) < 0 ||
	    directory_create(directory, 0700, err) < 0)
		return -1;
	int result = app->driver->probe(directory, err);
	INTERRUPT_DEFER_SCOPE;
	(void)volumes_remove(app, directory, NULL);
	return result;
}

static void examine_storage(const struct app *app, struct findings *findings)
{
	struct error *problem = NULL;
	if (try_cloning(app, &problem) < 0) {
		add_error(findings, "storage", problem);
		return;
	}
	struct space space = {0};
	(void)space_of(app->pool.path, &space, NULL);
	_cleanup_free_ char *available = quantity_format_size(space.available);
	_cleanup_free_ char *total = quantity_format_size(space.total);
	char *text = string_format("%s clones; %s of %s are free", app->driver->name, available, total);
	if (app_check_space(app, 0, "another branch", &problem) == 0) {
		add(findings, "storage", FINDING_OK, text, NULL);
		return;
	}
	free(text);
	add_error(findings, "storage", problem);
}

void doctor_examine(struct app *app, struct findings *ret)
{
	*ret = (struct findings){0};
	struct error *problem = NULL;
	examine_host(ret);
	if (!examine_config(app, ret))
		return;
	examine_hooks(app, ret);
	if (app_open_pool(app, &problem) < 0) {
		add_error(ret, "pool", problem);
		examine_postgres(app, ret);
		return;
	}
	_cleanup_free_ char *owner = identity_user_name(app->pool.owner.uid);
	add(ret, "pool", FINDING_OK, string_format("%s, driver %s, owner %s", app->pool.path, app->pool.driver, owner),
	    NULL);
	_cleanup_free_ char *sockets = NULL;
	if (pool_socket_directory(&app->pool, &sockets, &problem) < 0)
		add_error(ret, "pool", problem);
	examine_rules(app, ret);
	examine_projects(app, ret);
	examine_storage(app, ret);
	examine_postgres(app, ret);
	examine_baselines(app, ret);
	examine_branches(app, ret);
}

void doctor_findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].text);
		free(findings->items[i].remedy);
	}
	free(findings->items);
	*findings = (struct findings){0};
}
