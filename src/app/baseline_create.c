#include "app/baseline.h"
#include "app/trash.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/name.h"
#include "base/text.h"
#include "pg/control.h"
#include "pg/log.h"
#include "pg/prepare.h"
#include "pg/source.h"
#include "pool/event.h"
#include "pool/lock.h"

#define BRANCH_ROLE "vela" /* whom branches are used as */

/* Besides the data: the WAL of the backup and of the preparation. */
enum { WORKING_BYTES = 64 << 20 };

struct source {
	char *text; /* as it was named, for the record */
	char *url;  /* one of these two */
	char *data_directory;
	char *password;               /* NULL: libpq's own ways */
	struct pg_server_facts facts; /* of a server */
	int major;
	uint64_t bytes;
	char *preload;
	char *binaries;
};

static void source_free(struct source *source)
{
	free(source->text);
	free(source->url);
	free(source->data_directory);
	if (source->password)
		explicit_bzero(source->password, strlen(source->password));
	free(source->password);
	free(source->preload);
	free(source->binaries);
	pg_server_facts_free(&source->facts);
}

/* One trailing line end does not count. */
static int read_password(const char *path, char **ret, struct error **err)
{
	struct buffer text = {0};
	if (file_read(path, 1024, FILE_FOLLOW, &text, err) < 0) {
		if (err && (*err)->kind == ERROR_NOT_FOUND)
			error_rekind(err, ERROR_USAGE);
		return error_wrap(err, "cannot read the password");
	}
	while (text.length > 0 && (text.data[text.length - 1] == '\n' || text.data[text.length - 1] == '\r'))
		buffer_truncate(&text, text.length - 1);
	*ret = buffer_steal(&text);
	return 0;
}

/* A file named on the command line is the caller's; one that pool.yml names has to be the pool owner's own to read: the
 * owner writes pool.yml, and must not see through root's eyes. */
static int find_password(const struct baseline_request *request, const struct policy_source *named, char **ret,
			 struct error **err)
{
	if (request->password_file) {
		IDENTITY_CALLER_SCOPE;
		return read_password(request->password_file, ret, err);
	}
	return named && named->password_file ? read_password(named->password_file, ret, err) : 0;
}

static bool is_url(const char *text)
{
	return string_starts_with(text, "postgres://") || string_starts_with(text, "postgresql://");
}

static int resolve_source(const struct app *app, const struct baseline_request *request, const char *text,
			  struct source *source, struct error **err)
{
	const struct policy_source *named = policy_find_source(&app->policy, text);
	const char *place = named ? (named->url ? named->url : named->data_directory) : text;
	if (is_url(place))
		source->url = string_copy(place);
	else if (!named && !strchr(text, '/') && !file_is_directory(text)) {
		_cleanup_free_ char *safe = text_safe(text);
		error_set(err, ERROR_NOT_FOUND, "there is no source \"%s\"", safe);
		return error_hint(
			err,
			"give a postgres:// URL, the path of a data directory, or a name from `sources` in %s/pool.yml",
			app->pool.path);
	} else {
		source->data_directory = app_place(place);
	}
	source->text = named || source->url ? string_copy(text) : string_copy(source->data_directory);
	return find_password(request, named, &source->password, err);
}

static int look_at_server(struct source *source, struct error **err)
{
	if (pg_source_inspect(source->url, source->password, &source->facts, err) < 0)
		return -1;
	source->major = source->facts.major;
	source->bytes = source->facts.bytes;
	source->preload = string_copy(source->facts.preload);
	return 0;
}

static int look_at_directory(const struct app *app, struct source *source, struct error **err)
{
	const char *data = source->data_directory;
	enum pg_directory_state state;
	if (pg_data_major(data, &source->major, err) < 0 || pg_directory_state(data, &state, err) < 0)
		return -1;
	bool snapshot = storage_is_cloneable_top(app->driver, data);
	if (state == PG_DIRECTORY_CRASHED && !snapshot) {
		error_set(err, ERROR_CONFLICT, "%s was not shut down cleanly", data);
		return error_hint(err, "start that server and stop it again, then repeat");
	}
	if (state == PG_DIRECTORY_RUNNING && !snapshot) {
		error_set(err, ERROR_CONFLICT, "a server is running on %s", data);
		return error_hint(err, "give its postgres:// URL instead, or stop it; a running server's directory can "
				       "be taken only where "
				       "it is a btrfs subvolume on the pool's own filesystem");
	}
	source->preload = pg_directory_preload(data);
	return storage_tree_size(data, &source->bytes, err);
}

/* --- taking the copy --- */

static bool not_part_of_the_data(const char *path)
{
	return string_equal(path, "postmaster.pid") || string_equal(path, "postmaster.opts") ||
	       string_equal(path, "log") || string_equal(path, "pg_log");
}

/* A server that was started while we copied has spoilt the copy. */
static int check_still_stopped(const char *data, const struct pg_control *before, struct error **err)
{
	struct pg_control after;
	enum pg_directory_state state;
	if (pg_control_read(data, &after, err) < 0 || pg_directory_state(data, &state, err) < 0)
		return -1;
	if (state != PG_DIRECTORY_STOPPED || after.checkpoint_lsn != before->checkpoint_lsn)
		return error_set(err, ERROR_CONFLICT, "a server was started on %s while it was copied", data);
	return 0;
}

static int copy_directory(const struct app *app, const struct source *source, const char *target, struct error **err)
{
	enum pg_directory_state state;
	if (pg_directory_state(source->data_directory, &state, err) < 0)
		return -1;
	if (state != PG_DIRECTORY_STOPPED)
		return storage_clone_foreign(app->driver, source->data_directory, target, err);
	struct pg_control before;
	if (pg_control_read(source->data_directory, &before, err) < 0 || app->driver->create(target, err) < 0 ||
	    storage_import(source->data_directory, target, not_part_of_the_data, app->progress, err) < 0)
		return -1;
	return check_still_stopped(source->data_directory, &before, err);
}

static int copy_source(const struct app *app, const struct source *source, const char *target, struct error **err)
{
	if (source->data_directory)
		return copy_directory(app, source, target, err);
	if (app->driver->create(target, err) < 0)
		return -1;
	return pg_source_backup(source->binaries, source->url, source->password, target, app->progress, err);
}

/* --- preparing it --- */

/* The server that prepares has no TCP port, but its socket's name has a number: one below those that branches can have,
 * held by a lock, so that several preparations do not meet. */
static int reserve_socket(const struct app *app, struct lock *ret_lock, int *ret_number, struct error **err)
{
	enum { HIGHEST = 1023 };
	for (int number = 1;; number++) {
		_cleanup_free_ char *name = string_format("socket.%d", number);
		_cleanup_error_ struct error *problem = NULL;
		if (lock_acquire(&app->pool, name, LOCK_MODE_EXCLUSIVE, 0, app->purpose, ret_lock, &problem) == 0) {
			*ret_number = number;
			return 0;
		}
		if (problem->kind != ERROR_CONFLICT || number == HIGHEST)
			return error_pass(err, TAKE_POINTER(problem));
	}
}

static int prepare(const struct app *app, const struct source *source, const char *staging, const char *data,
		   struct baseline *baseline, struct error **err)
{
	struct pg_control control;
	int socket_number = 0;
	_cleanup_lock_ struct lock socket_lock = LOCK_NONE;
	_cleanup_free_ char *sockets = NULL;
	_cleanup_free_ char *identity = string_format("%s/baseline/%s", app->pool.id, baseline->name);
	if (pg_prepare_files(data, err) < 0 || pg_control_read(data, &control, err) < 0 ||
	    pool_socket_directory(&app->pool, &sockets, err) < 0 ||
	    reserve_socket(app, &socket_lock, &socket_number, err) < 0)
		return -1;
	progress_update(app->progress, "recovering", 0, 0);
	if (pg_prepare_superuser(source->binaries, data, &baseline->superuser, err) < 0)
		return -1;
	baseline->max_prepared_transactions = control.max_prepared_transactions;
	struct pg_instance instance = {
		.purpose = PG_FOR_PREPARATION,
		.major = source->major,
		.binaries = source->binaries,
		.data = data,
		.directory = staging,
		.socket_directory = sockets,
		.port = socket_number,
		.branch = identity,
		.superuser = baseline->superuser,
		.preload = source->preload,
		.max_prepared_transactions = control.max_prepared_transactions,
	};
	struct pg_prepared prepared = {0};
	if (pg_prepare_cluster(&instance, BRANCH_ROLE, app->progress, &prepared, err) < 0) {
		_cleanup_free_ char *log = path_join(staging, "log", NULL);
		pg_log_blame_disk(log, 0, err);
		return -1;
	}
	baseline->databases = prepared.databases;
	baseline->preload = prepared.preload;
	return 0;
}

static int describe(const struct source *source, const char *data, struct baseline *baseline, struct error **err)
{
	struct pg_control control;
	if (pg_control_read(data, &control, err) < 0 ||
	    pg_binaries_version(source->binaries, source->major, &baseline->version, err) < 0 ||
	    storage_tree_size(data, &baseline->bytes, err) < 0)
		return -1;
	baseline->lsn = pg_lsn_format(control.checkpoint_lsn);
	baseline->major = source->major;
	baseline->source = string_copy(source->text);
	baseline->role = string_copy(BRANCH_ROLE);
	return 0;
}

static int build(const struct app *app, const struct source *source, const char *staging, struct baseline *baseline,
		 struct error **err)
{
	_cleanup_free_ char *data = path_join(staging, "data", NULL);
	if (directory_create(staging, 0700, err) < 0)
		return -1;
	if (copy_source(app, source, data, err) < 0)
		return error_wrap(err, "cannot copy %s", source->text);
	baseline->taken_at = clock_now();
	if (prepare(app, source, staging, data, baseline, err) < 0 || describe(source, data, baseline, err) < 0)
		return error_wrap(err, "cannot prepare the copy of %s", source->text);
	progress_update(app->progress, "sealing", 0, 0);
	if (app->driver->seal(data, err) < 0 || interrupt_check(err) < 0)
		return -1;
	INTERRUPT_DEFER_SCOPE;
	return baseline_publish(&app->pool, staging, baseline, err);
}

/* The lock tells gc that this staging directory has somebody who works on it. */
static int build_in_staging(const struct app *app, const struct source *source, struct baseline *baseline,
			    struct error **err)
{
	_cleanup_free_ char *staging = pool_temporary_path(&app->pool, "tmp", baseline->name);
	_cleanup_free_ char *name = string_format("tmp.%s", path_basename(staging));
	_cleanup_(lock_retire) struct lock lock = LOCK_NONE;
	if (lock_acquire(&app->pool, name, LOCK_MODE_EXCLUSIVE, 0, app->purpose, &lock, err) < 0)
		return -1;
	if (build(app, source, staging, baseline, err) == 0)
		return 0;
	INTERRUPT_DEFER_SCOPE;
	(void)volumes_remove(app, staging, NULL);
	return -1;
}

static int look_at_source(const struct app *app, const struct baseline_request *request, const char *text,
			  struct source *source, struct error **err)
{
	if (resolve_source(app, request, text, source, err) < 0)
		return -1;
	progress_update(app->progress, "looking at the source", 0, 0);
	if ((source->url ? look_at_server(source, err) : look_at_directory(app, source, err)) < 0)
		return -1;
	_cleanup_free_ struct pg_location *locations = app_postgres_locations(app);
	if (pg_binaries_find(source->major, locations, app->policy.postgres_count, &source->binaries, err) < 0)
		return -1;
	_cleanup_free_ char *version = NULL;
	if (pg_binaries_version(source->binaries, source->major, &version, err) < 0)
		return -1;
	return app_check_space(app, source->bytes + source->bytes / 10 + WORKING_BYTES, "a copy of this source", err);
}

/* The source of the newest revision, for a refresh that names none; and whether there is a baseline at all. */
static int check_existing(const struct app *app, const struct baseline_request *request, char **ret_source,
			  struct error **err)
{
	_cleanup_baseline_ struct baseline newest = {0};
	_cleanup_error_ struct error *problem = NULL;
	int found = baseline_find(&app->pool, request->name, &newest, &problem);
	if (found < 0 && (problem->kind != ERROR_NOT_FOUND || request->refresh)) {
		bool damaged = problem->kind == ERROR_STORAGE;
		error_pass(err, TAKE_POINTER(problem));
		return damaged ? error_hint(err, "vela doctor tells which revision that is, and how to delete it") : -1;
	}
	if (found == 0 && !request->refresh) {
		error_set(err, ERROR_CONFLICT, "baseline %s exists already (revision %d)", request->name,
			  newest.revision);
		return error_hint(err, "vela baseline refresh %s takes a new revision of it", request->name);
	}
	*ret_source = string_copy(request->source ? request->source : newest.source);
	if (!*ret_source)
		return error_set(err, ERROR_USAGE, "baseline %s: from which source?", request->name);
	return 0;
}

int baseline_create(const struct app *app, const struct baseline_request *request, struct baseline *ret,
		    struct error **err)
{
	if (!name_is_valid(request->name)) {
		_cleanup_free_ char *safe = text_safe(request->name);
		error_set(err, ERROR_USAGE, "\"%s\" is not a name for a baseline", safe);
		return error_hint(err, "use a-z, 0-9, '.', '_' and '-', at most %d characters", NAME_MAX_LENGTH);
	}
	_cleanup_lock_ struct lock lock = LOCK_NONE;
	_cleanup_free_ char *lock_name = string_format("making.%s", request->name);
	_cleanup_free_ char *text = NULL;
	_cleanup_(source_free) struct source source = {0};
	_cleanup_baseline_ struct baseline baseline = {.name = string_copy(request->name)};
	if (lock_acquire(&app->pool, lock_name, LOCK_MODE_EXCLUSIVE, LOCK_PATIENCE_MS, app->purpose, &lock, err) < 0 ||
	    check_existing(app, request, &text, err) < 0)
		return -1;
	if (look_at_source(app, request, text, &source, err) < 0 ||
	    baseline_next_revision(&app->pool, request->name, &baseline.revision, err) < 0 ||
	    build_in_staging(app, &source, &baseline, err) < 0)
		return error_wrap(err, "cannot take baseline %s", request->name);
	_cleanup_free_ char *subject = string_format("%s@%d", baseline.name, baseline.revision);
	event_record(&app->pool,
		     &(struct event){request->refresh ? "baseline.refresh" : "baseline.create", subject, NULL});
	*ret = baseline;
	baseline = (struct baseline){0};
	return 0;
}
