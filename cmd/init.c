#include "base/file.h"
#include "base/name.h"
#include "base/template.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option no_options[] = {{NULL, 0, NULL, NULL}};

/* Where repositories keep plain SQL migrations, most telling first. */
static const char *const usual_directories[] = {"db/migrations", "migrations", "db/migrate", "sql/migrations",
						"database/migrations"};

static bool holds_sql(const char *directory)
{
	_cleanup_(string_list_free) struct string_list files = {0};
	if (directory_list(directory, &files, NULL) < 0)
		return false;
	for (size_t i = 0; i < files.count; i++) {
		size_t length = strlen(files.items[i]);
		if (length > 4 && string_equal(files.items[i] + length - 4, ".sql"))
			return true;
	}
	return false;
}

static char *describe_migrations(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(usual_directories); i++)
		if (holds_sql(usual_directories[i]))
			return string_format("migrations:\n  directory: %s\n  format: sql\n", usual_directories[i]);
	return string_copy("# migrations:\n#   directory: db/migrations\n#   format: sql\n");
}

static int write_file(const char *path, struct error **err)
{
	_cleanup_free_ char *directory = path_parent(path);
	_cleanup_free_ char *project = NULL;
	if (name_from_text(path_basename(directory), "project", &project, NULL) < 0)
		project = string_copy("default");
	_cleanup_free_ char *migrations = describe_migrations();
	const struct template_value values[] = {{"project", project}, {"migrations", migrations}, {NULL, NULL}};
	_cleanup_free_ char *text = template_fill("init/vela.yml", values);
	return file_replace(path, text, strlen(text), 0644, FILE_VOLATILE, err);
}

static int run(struct invocation *invocation, struct error **err)
{
	_cleanup_free_ char *path = path_absolute(NULL, "vela.yml");
	bool created = !file_exists(path);
	if (created && write_file(path, err) < 0)
		return -1;
	if (invocation->json)
		output_json(json_pack("{s:i, s:s, s:b}", "schema", 1, "path", path, "created", created));
	else
		output_text(created ? "wrote %s; next: vela check\n" : "%s is there already and stays as it is\n",
			    path);
	return 0;
}

const struct command command_init = {
	.name = "init",
	.arguments = "",
	.summary = "write a commented vela.yml; one that is there stays",
	.options = no_options,
	.run = run,
};
