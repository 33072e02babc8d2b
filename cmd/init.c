#include "base/file.h"
#include "base/name.h"
#include "base/template.h"
#include "migration/format.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option no_options[] = {{NULL, 0, NULL, NULL}};

/* What it may cost, within a section that is there or in a comment. */
static const char limits_example[] =
	"  # What one of them may cost in production: more fails the check.\n"
	"  # limits:\n"
	"  #   blocking: 1s       # the longest that reads or writes of a table may be blocked\n"
	"  #   statement: 60s     # the longest that a statement may take\n"
	"  #   wal: 1G            # the most that a statement may write to the log\n"
	"  #   rewrite: 1G        # the largest table that may be written anew\n";
static const char reversible_example[] =
	"  # Run up, down and up again: the down migrations have to take everything back.\n"
	"  # reversible: true\n";

static char *describe_migrations(const struct migration_tool *tool)
{
	if (tool->command)
		return string_format("migrations:\n  command: %s\n%s", tool->command, limits_example);
	if (tool->directory)
		return string_format("migrations:\n  directory: %s\n  format: %s\n%s%s", tool->directory,
				     migration_format_name(tool->format), limits_example, reversible_example);
	return string_copy("# Where the migrations are, or the command line that applies them.\n"
			   "# migrations:\n"
			   "#   directory: db/migrations\n"
			   "#   limits:\n"
			   "#     blocking: 1s       # the longest that reads or writes of a table may be blocked\n");
}

static int write_file(const char *directory, const char *path, struct migration_tool *ret_tool, struct error **err)
{
	if (migration_detect(directory, ret_tool, err) < 0)
		return -1;
	_cleanup_free_ char *project = NULL;
	if (name_from_text(path_basename(directory), "project", &project, NULL) < 0)
		project = string_copy("default");
	_cleanup_free_ char *migrations = describe_migrations(ret_tool);
	const struct template_value values[] = {{"project", project}, {"migrations", migrations}, {NULL, NULL}};
	_cleanup_free_ char *text = template_fill("init/vela.yml", values);
	return file_replace(path, text, strlen(text), 0644, FILE_VOLATILE, err);
}

static void print_result(const struct invocation *invocation, const char *path, bool created,
			 const struct migration_tool *tool)
{
	if (invocation->json)
		output_json(json_pack("{s:i, s:s, s:b, s:s?, s:s?, s:s?, s:s?}", "schema", 1, "path", path, "created",
				      created, "tool", tool->name, "format",
				      tool->format ? migration_format_name(tool->format) : NULL, "directory",
				      tool->directory, "command", tool->command));
	else if (!created)
		output_text("%s is there already and stays as it is\n", path);
	else if (tool->name)
		output_text("wrote %s: %s migrations%s%s%s%s; next: vela check\n", path, tool->name,
			    tool->directory ? " in " : "", tool->directory ? tool->directory : "",
			    tool->command ? ", applied by " : "", tool->command ? tool->command : "");
	else
		output_text("wrote %s; next: say in it where the migrations are, then vela check\n", path);
}

static int run(struct invocation *invocation, struct error **err)
{
	_cleanup_free_ char *path = path_absolute(NULL, "vela.yml");
	_cleanup_free_ char *directory = path_parent(path);
	_cleanup_(migration_tool_free) struct migration_tool tool = {0};
	bool created = !file_exists(path);
	if (created && write_file(directory, path, &tool, err) < 0)
		return -1;
	print_result(invocation, path, created, &tool);
	return 0;
}

const struct command command_init = {
	.name = "init",
	.arguments = "",
	.summary = "write a commented vela.yml; one that is there stays",
	.description = "Recognises the tool that the repository's migrations are for, by its configuration and the "
		       "files' names: one of the formats that vela applies itself, or a command to run.",
	.options = no_options,
	.run = run,
};
