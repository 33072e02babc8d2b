#include <unistd.h>

#include "app/check_run.h"
#include "app/url.h"
#include "check/command.h"

int check_run_command(struct check *check, struct check_session *session, struct error **err)
{
	const struct config *config = &check->app->config;
	_cleanup_(string_list_free) struct string_list environment = {0};
	_cleanup_free_ char *password = NULL;
	_cleanup_free_ char *log = branch_log_path(&check->branch);
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
	if (migration->outcome == OUTCOME_FAILED)
		check->report->verdict = VERDICT_FAILED;
	return 0;
}
