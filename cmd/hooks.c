#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "app/hooks.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option no_options[] = {{NULL, 0, NULL, NULL}};

static void show_as_json(const struct hooks_status *status)
{
	json_t *hooks = json_array(), *notes = json_array();
	for (size_t i = 0; i < status->count; i++) {
		const struct hook_status *hook = &status->hooks[i];
		json_t *item = json_pack("{s:s, s:b}", "name", hook->name, "installed", hook->installed);
		json_object_set_new(item, "file", hook->file ? json_string(hook->file) : json_null());
		json_array_append_new(hooks, item);
	}
	for (size_t i = 0; i < status->notes.count; i++)
		json_array_append_new(notes, json_string(status->notes.items[i]));
	output_json(json_pack("{s:i, s:s, s:o, s:o}", "schema", 1, "directory", status->directory, "hooks", hooks,
			      "notes", notes));
}

static void show(const struct invocation *invocation, const struct hooks_status *status, const char *line)
{
	if (invocation->json) {
		show_as_json(status);
		return;
	}
	if (line)
		output_text("%s %s\n", line, status->directory);
	for (size_t i = 0; i < status->count && !line; i++)
		output_text("%-22s %s\n", status->hooks[i].name,
			    status->hooks[i].installed ? status->hooks[i].file : "not installed");
	for (size_t i = 0; i < status->notes.count; i++)
		output_note(invocation, "%s", status->notes.items[i]);
}

/* This program's path, as the hooks will call it. */
static int find_program(char **ret, struct error **err)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length < 0)
		return error_errno(err, errno, "cannot tell where vela is");
	path[length] = '\0';
	*ret = string_copy(path);
	return 0;
}

static int run_install(struct invocation *invocation, struct error **err)
{
	_cleanup_hooks_status_ struct hooks_status status = {0};
	_cleanup_free_ char *program = NULL;
	if (find_program(&program, err) < 0 || app_load_config(&invocation->app, err) < 0 ||
	    hooks_install(&invocation->app.config, program, &status, err) < 0)
		return -1;
	show(invocation, &status, "hooks are installed in");
	if (!invocation->app.config.hooks_env_file)
		output_note(invocation, "no file gets DATABASE_URL: vela.yml names none (hooks: {env_file: .env})");
	return 0;
}

/* Without a vela.yml, or with one that cannot be read, hooks can be removed all the same. */
static int run_uninstall(struct invocation *invocation, struct error **err)
{
	_cleanup_hooks_status_ struct hooks_status status = {0};
	(void)app_load_config(&invocation->app, NULL);
	if (hooks_uninstall(&invocation->app.config, &status, err) < 0)
		return -1;
	string_list_free(&status.notes);
	show(invocation, &status, "hooks are no longer in");
	return 0;
}

static int run_status(struct invocation *invocation, struct error **err)
{
	_cleanup_hooks_status_ struct hooks_status status = {0};
	if (app_load_config(&invocation->app, err) < 0 || hooks_read_status(&invocation->app.config, &status, err) < 0)
		return -1;
	show(invocation, &status, NULL);
	return 0;
}

const struct command command_hooks_install = {
	.name = "hooks install",
	.arguments = "",
	.summary = "let git call vela: a database follows the checkout",
	.description = "After a checkout the branch's database is there, started, and its DATABASE_URL in the file "
		       "that `hooks.env_file` of vela.yml names. A push that changes migrations is checked first. "
		       "Databases of git branches that are merged or deleted go. Hooks that are there already go on "
		       "working. VELA_SKIP=1 skips vela for once.",
	.options = no_options,
	.run = run_install,
};

const struct command command_hooks_uninstall = {
	.name = "hooks uninstall",
	.arguments = "",
	.summary = "take vela out of git's hooks again, without a trace",
	.options = no_options,
	.run = run_uninstall,
};

const struct command command_hooks_status = {
	.name = "hooks status",
	.arguments = "",
	.summary = "which of git's hooks call vela, and in which files",
	.options = no_options,
	.run = run_status,
};
