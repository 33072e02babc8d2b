#include <unistd.h>

#include "app/check_run.h"
#include "app/url.h"
#include "base/text.h"
#include "migration/command.h"
#include "pg/log.h"

/*
 * On a disk with room it would not have failed. The server's log may have had no room to say so; what the command says
 * then is what the server told it.
 */
static int refuse_full_disk(const struct report_migration *migration, const char *log, off_t log_end,
			    struct error **err)
{
	static const char symptom[] = "No space left on device";
	_cleanup_free_ char *command = text_safe(migration->file);
	struct error *problem = NULL;
	error_set(&problem, ERROR_POSTGRES, "cannot apply %s: %s", command, migration->failure->message);
	pg_log_blame_disk(log, log_end, &problem);
	if (problem->kind == ERROR_STORAGE)
		return error_pass(err, problem);
	error_free(problem);
	if (!migration->output || !strstr(migration->output, symptom))
		return 0;
	error_set(err, ERROR_STORAGE, "cannot apply %s: %s (%s)", command, migration->failure->message, symptom);
	return error_hint(err, "delete branches, run vela gc, or give the pool more space");
}

/* A server that died, even if it runs again, says nothing about the migrations. `backend` was the observer's. */
static int refuse_lost_server(const struct report_migration *migration, const PGconn *observer, int backend,
			      struct error **err)
{
	if (PQstatus(observer) == CONNECTION_OK && PQbackendPID(observer) == backend)
		return 0;
	_cleanup_free_ char *command = text_safe(migration->file);
	return error_set(err, ERROR_POSTGRES, "cannot apply %s: %s", command, migration->failure->message);
}

int check_run_command(struct check *check, struct check_session *session, struct error **err)
{
	const struct config *config = &check->app->config;
	_cleanup_(string_list_free) struct string_list environment = {0};
	_cleanup_free_ char *password = NULL;
	_cleanup_free_ char *log = branch_log_path(&check->branch);
	off_t log_end = pg_log_end(log);
	int backend = PQbackendPID(session->observer);
	for (char **variable = environ; *variable; variable++)
		string_list_add(&environment, *variable);
	if (branch_password_read(&check->branch, &password, err) < 0 ||
	    url_add_environment(&check->branch, &environment, err) < 0 ||
	    url_add_tool_environment(&check->branch, &environment, err) < 0)
		return -1;
	const struct command_wanted wanted = {
		.argv = config->migrations_command,
		.shell = config->migrations_shell,
		.directory = config->directory,
		.environment = environment.items,
		.role = check->branch.role,
		.secret = password,
		.log = log,
	};
	struct report_migration *migration = &check->report->migrations[0];
	progress_update(check->app->progress, migration->file, 0, 0);
	if (command_apply(&wanted, session->evidence, check->deadline, migration, err) < 0)
		return -1;
	if (migration->outcome != OUTCOME_FAILED)
		return 0;
	check->report->verdict = VERDICT_FAILED;
	if (refuse_lost_server(migration, session->observer, backend, err) < 0)
		return -1;
	return refuse_full_disk(migration, log, log_end, err);
}
