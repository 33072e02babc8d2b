#include <unistd.h>

#include "app/branch.h"
#include "app/branch_rename.h"
#include "app/fork.h"
#include "app/instance.h"
#include "app/rule.h"
#include "app/trash.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/quantity.h"
#include "base/text.h"
#include "pg/connection.h"
#include "pool/baseline.h"
#include "pool/event.h"

int branch_find(const struct app *app, const char *name, struct branch *ret, struct error **err)
{
	_cleanup_branch_ struct branch branch = {0};
	if (fork_check_policy(app, err) < 0 || branch_read(&app->pool, app->config.project, name, &branch, err) < 0)
		return -1;
	if (branch.state == BRANCH_CREATING) {
		error_set(err, ERROR_NOT_FOUND, "branch %s is not finished yet", name);
		return error_hint(err, "vela branch create %s waits for it, or begins anew", name);
	}
	*ret = branch;
	branch = (struct branch){0};
	return 0;
}

int branch_parse_expiry(const char *text, time_t *ret, struct error **err)
{
	uint64_t milliseconds;
	enum { LONGEST_DAYS = 36500 };
	if (string_equal(text, "never")) {
		*ret = 0;
		return 0;
	}
	if (!quantity_parse_duration(text, &milliseconds) || milliseconds < 1000 ||
	    milliseconds > (uint64_t)LONGEST_DAYS * 86400000) {
		_cleanup_free_ char *safe = text_safe(text);
		error_set(err, ERROR_USAGE, "\"%s\" is not a time to live", safe);
		return error_hint(err, "write it like 12h, 7d, 2w, or never");
	}
	*ret = clock_now() + (time_t)(milliseconds / 1000);
	return 0;
}

const char *branch_state_name(const struct branch *branch)
{
	if (branch->state == BRANCH_CREATING)
		return "creating";
	return branch_is_running(branch) && !branch->login_pending ? "ready"
								   : "stopped"; /* starting it lets its role in */
}

/* The data that a reset is about to put in the place of the branch's own. */
static char *replacement_path(const struct branch *branch)
{
	return path_join(branch->directory, "data.new", NULL);
}

/* Records and configuration are written beside what they replace; what pgbench writes goes when its check ends. */
static void remove_unfinished_files(const struct branch *branch)
{
	_cleanup_(string_list_free) struct string_list entries = {0};
	_cleanup_free_ char *workload = branch_workload_path(branch);
	(void)directory_remove(workload, NULL);
	if (directory_list(branch->directory, &entries, NULL) < 0)
		return;
	for (size_t i = 0; i < entries.count; i++) {
		_cleanup_free_ char *path = path_join(branch->directory, entries.items[i], NULL);
		const char *ending = strrchr(entries.items[i], '.');
		if (string_equal(ending, ".new") && !file_is_directory(path))
			(void)unlink(path);
	}
}

int branch_repair(const struct app *app, struct branch *branch, struct error **err)
{
	if (branch->renamed_from && branch_rename_repair(app, branch, err) < 0)
		return -1;
	if (branch_is_running(branch) && process_state(branch->instance.pid) == 'T')
		pg_instance_resume_stray(&branch->instance);
	remove_unfinished_files(branch);
	_cleanup_free_ char *data = branch_data_path(branch);
	_cleanup_free_ char *replacement = replacement_path(branch);
	if (!file_exists(replacement))
		return 0;
	if (file_exists(data))
		return app->driver->destroy(replacement, err);
	return file_rename(replacement, data, err);
}

int branch_clone_data(const struct app *app, const struct branch *branch, const char *target, struct error **err)
{
	_cleanup_free_ char *source = branch_data_path(branch);
	int running = branch_await_running(branch, err);
	if (running <= 0)
		return running < 0 ? -1 : app->driver->clone(source, target, err);
	_cleanup_connection_ PGconn *connection = NULL;
	if (branch_connect_as_superuser(app, branch, &connection, err) < 0 ||
	    pg_execute(connection, "CHECKPOINT", NULL, err) < 0) /* so that the copy has little to replay */
		return error_wrap(err, "cannot prepare %s for cloning", branch->name);
	_cleanup_pause_ struct pg_pause *pause = NULL;
	if (pg_instance_pause(&branch->instance, &pause, err) < 0)
		return -1;
	return app->driver->clone(source, target, err);
}

static int clone_parent(const struct app *app, const struct branch *branch, const char *target, struct error **err)
{
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	_cleanup_branch_ struct branch parent = {0};
	if (branch_lock(&app->pool, branch->project, branch->parent, LOCK_PATIENCE_MS, app->purpose, &lock, err) < 0 ||
	    branch_read(&app->pool, branch->project, branch->parent, &parent, err) < 0 ||
	    branch_repair(app, &parent, err) < 0)
		return -1;
	return branch_clone_data(app, &parent, target, err);
}

static int clone_baseline(const struct app *app, const struct branch *branch, const char *target, struct error **err)
{
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	_cleanup_free_ char *reference = string_format("%s@%d", branch->baseline, branch->revision);
	_cleanup_free_ char *name = string_format("baseline.%s", branch->baseline);
	_cleanup_baseline_ struct baseline baseline = {0};
	if (lock_acquire(&app->pool, name, LOCK_MODE_SHARED, LOCK_PATIENCE_MS, app->purpose, &lock, err) < 0 ||
	    baseline_find(&app->pool, reference, &baseline, err) < 0)
		return -1;
	_cleanup_free_ char *source = baseline_data_path(&baseline);
	return app->driver->clone(source, target, err);
}

/* Between here and the return the branch has either its old data or its new: see branch_repair(). */
static int swap_data(const struct app *app, struct branch *branch, const char *replacement, struct error **err)
{
	INTERRUPT_DEFER_SCOPE;
	_cleanup_free_ char *data = branch_data_path(branch);
	_cleanup_trash_ struct trash trash = {.lock = LOCK_NONE};
	if (trash_open(app, branch->name, &trash, err) < 0)
		return -1;
	_cleanup_free_ char *old = path_join(trash.path, "data", NULL);
	branch->login_pending = true;
	/* What needs space comes first: where there is none, the branch goes on running. */
	if (branch_write(branch, FILE_DURABLE, err) < 0 || directory_create(trash.path, 0700, err) < 0 ||
	    branch_stop(branch, PG_STOP_DISCARD, err) < 0 || file_rename(data, old, err) < 0 ||
	    file_rename(replacement, data, err) < 0)
		return -1;
	trash_empty(app, &trash);
	return 0;
}

/* The password is kept; a new one is made where it was lost. */
static int keep_password(const struct branch *branch, struct error **err)
{
	_cleanup_free_ char *old = NULL;
	if (branch_password_read(branch, &old, NULL) == 0 && *old)
		return 0;
	_cleanup_free_ char *new = pg_random_password();
	return branch_password_write(branch, new, err);
}

static int reset(const struct app *app, struct branch *branch, struct error **err)
{
	if (branch->protected) {
		error_set(err, ERROR_CONFLICT, "%s is protected", branch->name);
		return error_hint(err, "vela branch unprotect %s", branch->name);
	}
	_cleanup_free_ char *replacement = replacement_path(branch);
	if (branch_repair(app, branch, err) < 0 || keep_password(branch, err) < 0 ||
	    app_check_space(app, 0, "a fresh clone", err) < 0)
		return -1;
	double began = clock_monotonic_ms();
	if ((branch->parent ? clone_parent : clone_baseline)(app, branch, replacement, err) < 0)
		return -1;
	branch->clone_ms = clock_monotonic_ms() - began;
	struct error *problem = NULL;
	if (interrupt_check(&problem) < 0 || swap_data(app, branch, replacement, &problem) < 0) {
		INTERRUPT_DEFER_SCOPE;
		(void)branch_repair(app, branch, NULL);
		return error_pass(err, problem);
	}
	if (branch_start(app, branch, err) < 0)
		return -1;
	branch->total_ms = clock_monotonic_ms() - began;
	return branch_write(branch, FILE_VOLATILE, err);
}

int branch_reset_locked(const struct app *app, struct branch *branch, const char *reason, struct error **err)
{
	if (reset(app, branch, err) < 0)
		return error_wrap(err, "cannot reset branch %s", branch->name);
	_cleanup_free_ char *subject = branch_subject(branch);
	event_record(&app->pool, &(struct event){"branch.reset", subject, reason});
	return 0;
}

int branch_reset(const struct app *app, const char *name, struct branch *ret, struct error **err)
{
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	_cleanup_branch_ struct branch branch = {0};
	if (branch_lock(&app->pool, app->config.project, name, LOCK_PATIENCE_MS, app->purpose, &lock, err) < 0 ||
	    branch_find(app, name, &branch, err) < 0)
		return -1;
	if (branch_reset_locked(app, &branch, NULL, err) < 0)
		return -1;
	*ret = branch;
	branch = (struct branch){0};
	return 0;
}

static int stop_cleanly(struct branch *branch, struct error **err)
{
	if (branch_stop(branch, PG_STOP_CLEAN, err) < 0)
		return -1;
	return branch_write(branch, FILE_DURABLE, err);
}

static int apply_change(const struct app *app, struct branch *branch, enum branch_change change, const char *argument,
			struct error **err)
{
	switch (change) {
	case BRANCH_START:
		return branch_start(app, branch, err);
	case BRANCH_STOP:
		return stop_cleanly(branch, err);
	case BRANCH_PROTECT:
	case BRANCH_UNPROTECT:
		branch->protected = change == BRANCH_PROTECT;
		break;
	case BRANCH_EXPIRE:
		if (branch_parse_expiry(argument, &branch->expires_at, err) < 0 ||
		    rule_lifetime(app, true, branch, err) < 0)
			return -1;
		break;
	}
	return branch_write(branch, FILE_DURABLE, err);
}

int branch_change(const struct app *app, const char *name, enum branch_change change, const char *argument,
		  struct branch *ret, struct error **err)
{
	static const char *const events[] = {"branch.start", "branch.stop", "branch.protect", "branch.unprotect",
					     "branch.expire"};
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	_cleanup_branch_ struct branch branch = {0};
	if (branch_lock(&app->pool, app->config.project, name, LOCK_PATIENCE_MS, app->purpose, &lock, err) < 0 ||
	    branch_find(app, name, &branch, err) < 0 || branch_repair(app, &branch, err) < 0 ||
	    apply_change(app, &branch, change, argument, err) < 0)
		return -1;
	_cleanup_free_ char *subject = branch_subject(&branch);
	event_record(&app->pool, &(struct event){events[change], subject, NULL});
	*ret = branch;
	branch = (struct branch){0};
	return 0;
}
