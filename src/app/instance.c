#include "app/instance.h"

#include "app/branch_place.h"
#include "app/rule.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "pg/connection.h"
#include "pg/control.h"
#include "pool/port.h"

struct start {
	struct branch *branch;
	char *password;
	char *verifier; /* NULL: the role can log in already */
};

/* The verifier takes some milliseconds of arithmetic: done while the server boots. */
static int make_verifier(void *context, struct error **err)
{
	struct start *start = context;
	return start->branch->login_pending
		       ? pg_scram_verifier(start->password, start->branch->role, &start->verifier, err)
		       : 0;
}

/* Makes the record durable, where it has to wait for the disk anyway while the server boots. What is written after this
 * may be lost with the machine: that the role can log in already, and how long it took. */
static int use_boot_time(void *context, struct error **err)
{
	const struct start *start = context;
	return branch_write(start->branch, FILE_DURABLE, err) < 0 ? -1 : make_verifier(context, err);
}

/* The record knows the process before it executes anything, so that it is found even if we are killed now. */
static int record_instance(void *context, const struct process_id *id, struct error **err)
{
	const struct start *start = context;
	start->branch->instance = *id;
	string_replace(&start->branch->boot_id, process_boot_id());
	return branch_write(start->branch, FILE_VOLATILE, err);
}

static int run_instance(const struct app *app, const struct branch *branch, struct start *start, struct error **err)
{
	_cleanup_free_ char *data = branch_data_path(branch);
	_cleanup_free_ char *identity = branch_identity(&app->pool, branch);
	_cleanup_free_ char *sockets = NULL;
	_cleanup_free_ char *binaries = NULL;
	_cleanup_free_ struct pg_location *locations = app_postgres_locations(app);
	/* Found anew each time: which programs are run is no record's to say, and they may have moved. */
	if (pg_binaries_find(branch->major, locations, app->policy.postgres_count, &binaries, err) < 0 ||
	    pool_socket_directory(&app->pool, &sockets, err) < 0)
		return -1;
	struct pg_instance instance = {
		.purpose = PG_FOR_BRANCH,
		.major = branch->major,
		.binaries = binaries,
		.data = data,
		.directory = branch->directory,
		.socket_directory = sockets,
		.port = branch->port,
		.branch = identity,
		.superuser = branch->superuser,
		.role = branch->role,
		.preload = branch->preload,
		.durable = branch->durable,
		.max_prepared_transactions = branch->max_prepared_transactions,
		.just_cloned = branch->login_pending && branch->instance.pid == 0,
	};
	struct pg_start_hooks hooks = {record_instance, use_boot_time, start};
	return pg_instance_start(&instance, INSTANCE_START_MS, &hooks, err);
}

static int move_to_another_port(const struct app *app, struct branch *branch, struct error **err)
{
	int old = branch->port, port;
	_cleanup_lock_ struct lock branches = LOCK_NONE;
	if (rule_branches_lock(app, &branches, err) < 0 || branch_reserve_port(app, branch, &port, err) < 0)
		return -1;
	branch->port = port;
	if (branch_write(branch, FILE_VOLATILE, err) < 0) { /* a port that no record names would never be given back */
		port_release(&app->pool, port, branch->project, branch->name);
		branch->port = old;
		return -1;
	}
	port_release(&app->pool, old, branch->project, branch->name);
	_cleanup_free_ char *note =
		string_format("another program listens on port %d: %s moves to port %d", old, branch->name, port);
	progress_note(app->progress, note);
	return 0;
}

static int start_on_a_free_port(const struct app *app, struct branch *branch, struct start *start, struct error **err)
{
	enum { TRIES = 5 };
	for (int attempt = 1;; attempt++) {
		_cleanup_error_ struct error *problem = NULL;
		bool listener = !port_is_free(branch->port);
		if (!listener && run_instance(app, branch, start, &problem) == 0)
			return 0;
		branch->instance = (struct process_id){0};
		if (problem && (problem->kind != ERROR_CONFLICT || attempt == TRIES))
			return error_pass(err, TAKE_POINTER(problem));
		if (attempt == TRIES)
			return error_set(err, ERROR_CONFLICT, "port %d is taken by another program", branch->port);
		/* Where it is free again somebody only tried it, as we do: a vela of another pool, say. */
		if (!port_is_free(branch->port) && move_to_another_port(app, branch, err) < 0)
			return -1;
	}
}

/*
 * The row is written directly: ALTER ROLE would first try whether the verifier fits the empty password, which takes as
 * long as a login.
 */
static int let_role_log_in(const struct app *app, struct branch *branch, const char *verifier, struct error **err)
{
	_cleanup_connection_ PGconn *connection = NULL;
	_cleanup_result_ PGresult *result = NULL;
	if (branch_connect_as_superuser(app, branch, &connection, err) < 0)
		return -1;
	_cleanup_free_ char *role = pg_quote_literal(branch->role);
	_cleanup_free_ char *literal = pg_quote_literal(verifier);
	_cleanup_free_ char *sql = string_format("UPDATE pg_catalog.pg_authid SET rolcanlogin = true, rolpassword = %s "
						 "WHERE rolname = %s",
						 literal, role);
	if (pg_execute(connection, sql, &result, err) < 0)
		return -1;
	if (!string_equal(PQcmdTuples(result), "1"))
		return error_set(err, ERROR_POSTGRES, "the role %s is missing in %s", branch->role, branch->name);
	branch->login_pending = false;
	return 0;
}

/* Without fsync nothing says what of a branch reached the disk before the machine went down. */
static void warn_after_crash(const struct app *app, const struct branch *branch)
{
	struct pg_control control;
	_cleanup_free_ char *boot_id = process_boot_id();
	_cleanup_free_ char *data = branch_data_path(branch);
	if (branch->durable || branch->instance.pid <= 0 || string_equal(boot_id, branch->boot_id))
		return;
	if (pg_control_read(data, &control, NULL) == 0 && pg_control_is_clean(&control))
		return; /* it was stopped in time */
	_cleanup_free_ char *note =
		string_format("%s ran without fsync when the machine went down: its data may be damaged; "
			      "vela branch reset %s makes it anew",
			      branch->name, branch->name);
	progress_note(app->progress, note);
}

int branch_await_running(const struct branch *branch, struct error **err)
{
	_cleanup_free_ char *data = branch_data_path(branch);
	_cleanup_free_ char *log = branch_log_path(branch);
	if (!branch_is_running(branch))
		return 0;
	struct error *problem = NULL;
	if (pg_instance_await(data, log, &branch->instance, INSTANCE_START_MS, &problem) == 0)
		return 1;
	if (problem->kind == ERROR_INTERRUPTED || branch_is_running(branch))
		return error_pass(err, problem);
	error_free(problem);
	return 0;
}

static void explain_start(const struct branch *branch, struct error **err)
{
	error_wrap(err, "cannot start %s", branch->name);
	if (!err || (*err)->kind != ERROR_NOT_FOUND)
		return;
	error_rekind(err, ERROR_STORAGE); /* the branch is there: what was not found are parts of it */
	error_hint(err, "vela branch reset %s makes it anew", branch->name);
}

int branch_start(const struct app *app, struct branch *branch, struct error **err)
{
	int running = branch_await_running(branch, err);
	if (running < 0)
		return error_wrap(err, "cannot start %s", branch->name);
	if (running && !branch->login_pending)
		return 0;
	if (!branch->login_pending && rule_storage(app, branch, "start it", err) < 0)
		return -1;
	warn_after_crash(app, branch);
	struct start start = {.branch = branch};
	bool fresh = branch->login_pending; /* as every clone is: a later start is not part of what the clone took */
	double began = clock_monotonic_ms();
	int result = branch_password_read(branch, &start.password, err);
	if (result == 0 && running)
		result = make_verifier(&start, err); /* was started, and then its vela was killed */
	else if (result == 0)
		result = start_on_a_free_port(app, branch, &start, err);
	if (result == 0 && start.verifier)
		result = let_role_log_in(app, branch, start.verifier, err);
	if (fresh)
		branch->start_ms = clock_monotonic_ms() - began;
	if (result == 0)
		result = branch_write(branch, FILE_VOLATILE, err);
	if (result < 0)
		explain_start(branch, err);
	free(start.password);
	free(start.verifier);
	return result;
}

int branch_stop(struct branch *branch, enum pg_stop how, struct error **err)
{
	struct process_id instance = branch->instance;
	if (!branch_is_running(branch)) {
		_cleanup_free_ char *data = branch_data_path(branch);
		if (!pg_instance_find(data, &instance))
			instance.pid = 0;
	}
	if (instance.pid > 0 && pg_instance_stop(&instance, how, INSTANCE_STOP_MS, err) < 0)
		return error_wrap(err, "cannot stop %s", branch->name);
	branch->instance = (struct process_id){0};
	return 0;
}

/*
 * The owner of a database may set defaults for whoever connects to it, and on a branch that is its user. What a
 * superuser relies on is asked for with the connection, before any default counts: that no name means an object of the
 * user's, that the session is a superuser's, that it can write and that nothing ends it.
 */
static char *superuser_options(const struct branch *branch)
{
	static const struct {
		const char *setting;
		int since; /* the major version that has it; 0: all */
	} rows[] = {
		{"search_path=pg_catalog", 0},
		{"role=none", 0},
		{"default_transaction_read_only=off", 0},
		{"statement_timeout=0", 0},
		{"idle_in_transaction_session_timeout=0", 0},
		{"idle_session_timeout=0", 14},
		{"transaction_timeout=0", 17},
	};
	struct buffer options = {0};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (branch->major >= rows[i].since)
			buffer_addf(&options, "-c %s ", rows[i].setting);
	return buffer_steal(&options);
}

int branch_connect_as_superuser(const struct app *app, const struct branch *branch, PGconn **ret, struct error **err)
{
	_cleanup_free_ char *options = superuser_options(branch);
	_cleanup_free_ char *identity = branch_identity(&app->pool, branch);
	_cleanup_free_ char *sockets = NULL;
	if (pool_socket_directory(&app->pool, &sockets, err) < 0)
		return -1;
	struct pg_target target = {.host = sockets,
				   .port = branch->port,
				   .database = branch->database,
				   .user = branch->superuser,
				   .options = options,
				   .branch = identity};
	return pg_connect(&target, ret, err);
}

int branch_role_target(const struct app *app, const struct branch *branch, struct branch_target *ret,
		       struct error **err)
{
	_cleanup_free_ char *password = NULL;
	if (branch_password_read(branch, &password, err) < 0)
		return -1;
	ret->password = TAKE_POINTER(password);
	ret->identity = branch_identity(&app->pool, branch);
	ret->target = (struct pg_target){.host = "127.0.0.1",
					 .port = branch->port,
					 .database = branch->database,
					 .user = branch->role,
					 .password = ret->password,
					 .branch = ret->identity};
	return 0;
}

void branch_target_free(struct branch_target *target)
{
	free(target->password);
	free(target->identity);
	*target = (struct branch_target){0};
}

int branch_connect_as_role(const struct app *app, const struct branch *branch, PGconn **ret, struct error **err)
{
	_cleanup_(branch_target_free) struct branch_target target = {0};
	if (branch_role_target(app, branch, &target, err) < 0)
		return -1;
	return pg_connect(&target.target, ret, err);
}
