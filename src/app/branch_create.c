#include <unistd.h>

#include "app/branch.h"
#include "app/branch_place.h"
#include "app/fork.h"
#include "app/instance.h"
#include "app/rule.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/quantity.h"
#include "pool/baseline.h"
#include "pool/event.h"

/* What a new branch is cloned from; its lock keeps it there meanwhile. */
struct origin {
	struct baseline baseline; /* of a child: name stays NULL */
	struct branch parent;     /* else name stays NULL */
	struct lock lock;
};

static void origin_free(struct origin *origin)
{
	baseline_free(&origin->baseline);
	branch_free(&origin->parent);
	lock_release(&origin->lock);
}

/* The baseline that is meant when nobody names one: the only one there is. */
static int only_baseline(const struct app *app, char **ret, struct error **err)
{
	struct baseline_list list;
	if (baseline_list(&app->pool, NULL, &list, NULL, err) < 0)
		return -1;
	bool one_name = list.count > 0;
	for (size_t i = 1; i < list.count; i++)
		one_name = one_name && string_equal(list.items[i].name, list.items[0].name);
	if (one_name)
		*ret = string_copy(list.items[0].name);
	else if (list.count == 0)
		error_set(err, ERROR_NOT_FOUND, "the pool at %s has no baseline yet", app->pool.path);
	else
		error_set(err, ERROR_CONFIG, "the pool has several baselines: which one?");
	if (!one_name)
		error_hint(
			err, "%s",
			list.count == 0
				? "take one with: vela baseline create production --from postgres://USER@HOST/DATABASE"
				: "name it with --baseline, or as `baseline:` in vela.yml");
	baseline_list_free(&list);
	return one_name ? 0 : -1;
}

static int find_baseline(const struct app *app, const struct branch_request *request, struct origin *origin,
			 struct error **err)
{
	_cleanup_free_ char *only = NULL;
	const char *reference = request->baseline ? request->baseline : app->config.baseline;
	if (!reference && only_baseline(app, &only, err) < 0)
		return -1;
	_cleanup_free_ char *name = NULL;
	int revision;
	if (baseline_parse_reference(reference ? reference : only, &name, &revision, err) < 0)
		return -1;
	_cleanup_free_ char *lock = string_format("baseline.%s", name);
	if (lock_acquire(&app->pool, lock, LOCK_MODE_SHARED, LOCK_PATIENCE_MS, app->purpose, &origin->lock, err) < 0)
		return -1;
	return baseline_find(&app->pool, reference ? reference : only, &origin->baseline, err);
}

static int find_parent(const struct app *app, const char *parent, const char *child, struct origin *origin,
		       struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	if (branch_context_resolve(parent, &context, err) < 0)
		return -1;
	if (string_equal(context.name, child))
		return error_set(err, ERROR_USAGE, "%s cannot be made from itself", child);
	if (branch_lock(&app->pool, app->config.project, context.name, LOCK_PATIENCE_MS, app->purpose, &origin->lock,
			err) < 0 ||
	    branch_read(&app->pool, app->config.project, context.name, &origin->parent, err) < 0)
		return -1;
	if (branch_repair(app, &origin->parent, err) < 0)
		return -1;
	return rule_storage(app, &origin->parent, "clone it", err);
}

static int choose_database(const struct app *app, const struct baseline *baseline, char **ret, struct error **err)
{
	const struct string_list *databases = &baseline->databases;
	const char *only = NULL;
	size_t candidates = 0;
	_cleanup_buffer_ struct buffer names = {0};
	for (size_t i = 0; i < databases->count; i++) {
		const char *name = databases->items[i];
		buffer_addf(&names, "%s%s", i ? ", " : "", name);
		if (string_equal(name, app->config.database)) {
			*ret = string_copy(name);
			return 0;
		}
		if (!string_equal(name, "postgres")) {
			only = name;
			candidates++;
		}
	}
	if (app->config.database)
		error_set(err, ERROR_CONFIG, "baseline %s@%d has no database \"%s\"", baseline->name,
			  baseline->revision, app->config.database);
	else if (candidates > 1)
		error_set(err, ERROR_CONFIG, "baseline %s@%d has several databases: which one?", baseline->name,
			  baseline->revision);
	if (app->config.database || candidates > 1)
		return error_hint(err, "set `database:` in vela.yml; there are: %s", buffer_text(&names));
	*ret = string_copy(only ? only : "postgres");
	return 0;
}

static int fill_from_baseline(const struct app *app, const struct baseline *baseline, struct branch *branch,
			      struct error **err)
{
	if (choose_database(app, baseline, &branch->database, err) < 0)
		return -1;
	_cleanup_free_ char *binaries = NULL;
	_cleanup_free_ struct pg_location *locations = app_postgres_locations(app);
	if (pg_binaries_find(baseline->major, locations, app->policy.postgres_count, &binaries, err) < 0)
		return -1; /* said before anything is made */
	branch->baseline = string_copy(baseline->name);
	branch->revision = baseline->revision;
	branch->baseline_taken_at = baseline->taken_at;
	branch->baseline_lsn = string_copy(baseline->lsn);
	branch->role = string_copy(baseline->role);
	branch->superuser = string_copy(baseline->superuser);
	branch->preload = string_copy(baseline->preload);
	branch->major = baseline->major;
	branch->max_prepared_transactions = baseline->max_prepared_transactions;
	return 0;
}

static void fill_from_parent(const struct branch *parent, struct branch *branch)
{
	branch->parent = string_copy(parent->name);
	branch->database = string_copy(parent->database);
	branch->baseline = string_copy(parent->baseline);
	branch->revision = parent->revision;
	branch->baseline_taken_at = parent->baseline_taken_at;
	branch->baseline_lsn = string_copy(parent->baseline_lsn);
	branch->role = string_copy(parent->role);
	branch->superuser = string_copy(parent->superuser);
	branch->preload = string_copy(parent->preload);
	branch->major = parent->major;
	branch->max_prepared_transactions = parent->max_prepared_transactions;
}

static int fill_expiry(const struct app *app, const struct branch_request *request, struct branch *branch,
		       struct error **err)
{
	const struct config *config = &app->config;
	bool asked = request->expires || config_key_find(config, "branch.expires");
	if (config->branch_expires_ms > 0)
		branch->expires_at = branch->created_at + (time_t)(config->branch_expires_ms / 1000);
	if (request->expires && branch_parse_expiry(request->expires, &branch->expires_at, err) < 0)
		return -1;
	return request->reference ? 0 : rule_lifetime(app, asked, branch, err);
}

static int fill_record(const struct app *app, const struct branch_context *context,
		       const struct branch_request *request, const struct origin *origin, struct branch *branch,
		       struct error **err)
{
	branch->project = string_copy(app->config.project);
	branch->name = string_copy(context->name);
	branch->title = string_copy(context->title);
	branch->directory = branch_directory(&app->pool, branch->project, branch->name);
	branch->git_branch = string_copy(context->git_branch);
	branch->git_commit = string_copy(context->git_commit);
	branch->git_directory = string_copy(context->git_directory);
	branch->repository = string_copy(context->repository);
	branch->pull_request = context->pull_request;
	branch->state = BRANCH_CREATING;
	branch->protected = request->protect;
	branch->durable = app->config.branch_durable;
	branch->temporary = request->temporary;
	branch->reference = request->reference;
	branch->login_pending = true;
	branch->created_at = clock_now();
	branch->created_by = identity_person();
	if (fill_expiry(app, request, branch, err) < 0)
		return -1;
	if (origin->parent.name) {
		fill_from_parent(&origin->parent, branch);
		return 0;
	}
	return fill_from_baseline(app, &origin->baseline, branch, err);
}

static int clone_data(const struct app *app, const struct origin *origin, struct branch *branch, struct error **err)
{
	double began = clock_monotonic_ms();
	_cleanup_free_ char *target = branch_data_path(branch);
	int result;
	if (origin->parent.name) {
		result = branch_clone_data(app, &origin->parent, target, err);
	} else {
		_cleanup_free_ char *source = baseline_data_path(&origin->baseline);
		result = app->driver->clone(source, target, err);
	}
	branch->clone_ms = clock_monotonic_ms() - began;
	return result;
}

static int build(const struct app *app, const struct origin *origin, struct branch *branch, struct error **err)
{
	if (clone_data(app, origin, branch, err) < 0 || interrupt_check(err) < 0)
		return -1;
	branch->state = BRANCH_READY; /* a clone with its record is a branch, even if its first start were cut short */
	return branch_start(app, branch, err);
}

/* A branch that is to be made anew goes only when all is there that its successor needs. */
static int make(const struct app *app, const struct branch_context *context, const struct branch_request *request,
		bool replace, struct branch *branch, struct error **err)
{
	double began = clock_monotonic_ms();
	_cleanup_(origin_free) struct origin origin = {.lock = LOCK_NONE};
	if (!request->reference && (rule_creators(app, err) < 0 || rule_settings(app, err) < 0))
		return -1;
	int found = request->parent ? find_parent(app, request->parent, context->name, &origin, err)
				    : find_baseline(app, request, &origin, err);
	if (found < 0 || fill_record(app, context, request, &origin, branch, err) < 0 ||
	    app_check_space(app, 0, "another branch", err) < 0)
		return -1;
	bool is_free = !replace;
	int result = replace ? branch_place_anew(app, branch, &is_free, err) : branch_place(app, branch, err);
	if (!is_free)
		return -1;
	if (result == 0 && build(app, &origin, branch, err) == 0) {
		branch->total_ms = clock_monotonic_ms() - began;
		if (branch_write(branch, FILE_VOLATILE, err) == 0)
			return 0;
	}
	INTERRUPT_DEFER_SCOPE;
	(void)branch_discard(app, branch->project, branch->name, NULL, NULL);
	return -1;
}

enum existing { EXISTING_NONE, EXISTING_BRANCH, EXISTING_TO_REPLACE };

/* What is there under that name; nothing half-made is, afterwards. -1: an error. */
static int look_for_existing(const struct app *app, const struct branch_context *context,
			     const struct branch_request *request, struct branch *ret, struct error **err)
{
	_cleanup_error_ struct error *problem = NULL;
	_cleanup_branch_ struct branch branch = {0};
	int read = branch_read(&app->pool, app->config.project, context->name, &branch, &problem);
	if (read < 0 && problem->kind != ERROR_NOT_FOUND)
		return error_pass(err, TAKE_POINTER(problem));
	if (read < 0 || branch.state == BRANCH_CREATING || branch.temporary)
		return branch_discard(app, app->config.project, context->name, NULL, err) < 0 ? -1 : EXISTING_NONE;
	/* Two git branches whose names were squeezed to the same name: the second must not get the first one's
	 * database. */
	bool squeezed = !string_equal(branch.title, branch.name) && !string_equal(context->title, context->name);
	if (squeezed && !string_equal(branch.title, context->title))
		return error_set(err, ERROR_CONFLICT, "the name %s belongs to the branch of \"%s\"", branch.name,
				 branch.title);
	if (request->fresh)
		return branch_may_be_deleted(app, &branch, err) < 0 ? -1 : EXISTING_TO_REPLACE;
	*ret = branch;
	branch = (struct branch){0};
	return EXISTING_BRANCH;
}

/* What was asked for holds for a new branch; that it does not for this one should not go unsaid. */
static void note_unused(const struct app *app, const struct branch_request *request, const struct branch *branch)
{
	if (!request->baseline && !request->parent && !request->expires && !request->protect)
		return;
	_cleanup_free_ char *note =
		string_format("%s was there already and stays as it was made; --fresh makes it anew", branch->name);
	progress_note(app->progress, note);
}

int branch_create_locked(const struct app *app, const struct branch_context *context,
			 const struct branch_request *request, struct branch *ret, bool *ret_created,
			 struct error **err)
{
	_cleanup_branch_ struct branch branch = {0};
	if (fork_check_policy(app, err) < 0)
		return -1;
	int existing = look_for_existing(app, context, request, &branch, err);
	if (existing < 0)
		return -1;
	bool found = existing == EXISTING_BRANCH;
	if (found && (branch_repair(app, &branch, err) < 0 || branch_start(app, &branch, err) < 0))
		return -1;
	if (found)
		note_unused(app, request, &branch);
	if (!found && make(app, context, request, existing == EXISTING_TO_REPLACE, &branch, err) < 0)
		return error_wrap(err, "cannot create branch %s", context->name);
	if (!found) {
		_cleanup_free_ char *subject = branch_subject(&branch);
		event_record(&app->pool, &(struct event){"branch.create", subject, NULL});
	}
	*ret = branch;
	branch = (struct branch){0};
	*ret_created = !found;
	return 0;
}

int branch_create(const struct app *app, const struct branch_context *context, const struct branch_request *request,
		  struct branch *ret, bool *ret_created, struct error **err)
{
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	if (branch_lock(&app->pool, app->config.project, context->name, LOCK_PATIENCE_MS, app->purpose, &lock, err) < 0)
		return -1;
	return branch_create_locked(app, context, request, ret, ret_created, err);
}
