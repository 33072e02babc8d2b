#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/identity.h"
#include "migration/format_row.h"
#include "sql/tree.h"

/* Which tool a repository uses. */

enum { PATHS_MAX = 6 };

/* Files that tell of a tool, most telling first: a configuration of one tool comes before what frameworks bring along.
 */
struct tool_sign {
	const char *name;
	const char *paths[PATHS_MAX]; /* any of them; one "*" in the last part stands for anything */
	const char *word;             /* that has to be in it; NULL: none */
	const char *format;           /* NULL: the tool is code, and run by `command` */
	const char *command;
	const char *directories[PATHS_MAX]; /* where the files are; the first that is there */
};

static const struct tool_sign tool_signs[] = {
	{.name = "prisma",
	 .paths = {"prisma/schema.prisma", "schema.prisma", "prisma.config.*", "prisma/schema/schema.prisma"},
	 .format = "prisma",
	 .directories = {"prisma/migrations", "migrations"}},
	{.name = "flyway",
	 .paths = {"flyway.conf", "flyway.toml", "conf/flyway.conf", "flyway.user.toml"},
	 .format = "flyway",
	 .directories = {"src/main/resources/db/migration", "db/migration", "sql", "migrations", "conf/sql"}},
	{.name = "diesel", .paths = {"diesel.toml"}, .format = "diesel", .directories = {"migrations"}},
	{.name = "graphile-migrate",
	 .paths = {".gmrc", ".gmrc.js", ".gmrc.cjs", ".gmrc.jsonc"},
	 .format = "graphile-migrate",
	 .directories = {"migrations/committed", "migrations"}},
	{.name = "sqlx",
	 .paths = {"sqlx.toml", ".sqlx"},
	 .format = "sqlx",
	 .directories = {"migrations", "db/migrations"}},
	{.name = "sqitch", .paths = {"sqitch.plan", "sqitch.conf"}, .command = "sqitch deploy \"db:$DATABASE_URL\""},
	{.name = "liquibase", .paths = {"liquibase.properties"}, .command = "liquibase update"},
	{.name = "atlas",
	 .paths = {"atlas.hcl", "migrations/atlas.sum"},
	 .command = "atlas migrate apply --url \"$DATABASE_URL\""},
	{.name = "drizzle", .paths = {"drizzle.config.*"}, .command = "npx drizzle-kit migrate"},
	{.name = "knex", .paths = {"knexfile.*"}, .command = "npx knex migrate:latest"},
	{.name = "node-pg-migrate",
	 .paths = {"package.json"},
	 .word = "\"node-pg-migrate\"",
	 .command = "npx node-pg-migrate up"},
	{.name = "typeorm", .paths = {"package.json"}, .word = "\"typeorm\"", .command = "npx typeorm migration:run"},
	{.name = "sequelize",
	 .paths = {".sequelizerc", "package.json"},
	 .word = "sequelize",
	 .command = "npx sequelize-cli db:migrate"},
	{.name = "alembic", .paths = {"alembic.ini"}, .command = "alembic upgrade head"},
	{.name = "rails", .paths = {"db/migrate/*.rb"}, .command = "bin/rails db:migrate"},
	{.name = "django", .paths = {"manage.py"}, .word = "django", .command = "python manage.py migrate"},
	{.name = "laravel", .paths = {"artisan"}, .command = "php artisan migrate --force"},
	{.name = "ecto", .paths = {"priv/repo/migrations/*.exs"}, .command = "mix ecto.migrate"},
};

/* Where repositories keep migrations, most telling first. */
static const char *const usual_directories[] = {
	"db/migrations",
	"migrations",
	"db/migrate",
	"db/migration",
	"src/main/resources/db/migration",
	"prisma/migrations",
	"database/migrations",
	"sql/migrations",
	"sql",
	"internal/db/migrations",
	"supabase/migrations",
};

/* "x*y": begins with x, ends with y. */
static bool fits(const char *name, const char *pattern)
{
	const char *star = strchr(pattern, '*');
	if (!star)
		return strcmp(name, pattern) == 0;
	size_t before = (size_t)(star - pattern), after = strlen(star + 1), length = strlen(name);
	return length > before + after && strncmp(name, pattern, before) == 0 &&
	       strcmp(name + length - after, star + 1) == 0;
}

static bool any_fits(const char *repository, const char *directory, const char *pattern, char **ret_path)
{
	_cleanup_close_ int fd = -1;
	if (tree_open(repository, directory, O_RDONLY | O_DIRECTORY, &fd, NULL) < 0)
		return false;
	DIR *stream = fdopendir(fd);
	if (!stream)
		return false;
	fd = -1; /* the stream's now */
	const struct dirent *entry;
	bool found = false;
	while (!found && (entry = readdir(stream)))
		if (fits(entry->d_name, pattern)) {
			*ret_path = path_join(directory, entry->d_name, NULL);
			found = true;
		}
	closedir(stream);
	return found;
}

static bool find_path(const char *repository, const char *pattern, char **ret_path)
{
	_cleanup_free_ char *directory = path_parent(pattern);
	if (strchr(pattern, '*'))
		return any_fits(repository, directory, path_basename(pattern), ret_path);
	if (!format_exists(repository, pattern))
		return false;
	*ret_path = string_copy(pattern);
	return true;
}

static bool is_there(const char *repository, const struct tool_sign *sign)
{
	for (size_t i = 0; i < PATHS_MAX && sign->paths[i]; i++) {
		_cleanup_free_ char *path = NULL;
		if (find_path(repository, sign->paths[i], &path) &&
		    (!sign->word || format_mentions(repository, path, sign->word)))
			return true;
	}
	return false;
}

static char *find_directory(const char *repository, const char *const *directories, size_t count)
{
	for (size_t i = 0; i < count && directories[i]; i++)
		if (format_has_directory(repository, directories[i]))
			return string_copy(directories[i]);
	return NULL;
}

static bool take_sign(const char *repository, const struct tool_sign *sign, struct migration_tool *ret)
{
	if (!is_there(repository, sign))
		return false;
	*ret = (struct migration_tool){.name = sign->name, .command = string_copy(sign->command)};
	if (!sign->format)
		return true;
	ret->format = migration_format_find(sign->format);
	ret->directory = find_directory(repository, sign->directories, PATHS_MAX);
	return ret->directory; /* configured, but without a migration yet: what follows may tell more */
}

static bool take_directory(const char *repository, const char *directory, struct migration_tool *ret)
{
	_cleanup_migrations_ struct migration_set set = {0};
	if (migration_list(repository, directory, NULL, &set, NULL) < 0 || set.count == 0)
		return false;
	*ret = (struct migration_tool){.format = set.format,
				       .directory = string_copy(set.directory),
				       .name = migration_format_name(set.format)};
	return true;
}

void migration_tool_free(struct migration_tool *tool)
{
	free(tool->directory);
	free(tool->command);
	*tool = (struct migration_tool){0};
}

int migration_detect(const char *repository, struct migration_tool *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_close_ int fd = -1;
	if (tree_open(repository, ".", O_RDONLY | O_DIRECTORY, &fd, err) < 0)
		return -1;
	*ret = (struct migration_tool){0};
	for (size_t i = 0; i < ARRAY_SIZE(tool_signs); i++)
		if (take_sign(repository, &tool_signs[i], ret))
			return 0;
	*ret = (struct migration_tool){0};
	for (size_t i = 0; i < ARRAY_SIZE(usual_directories); i++)
		if (take_directory(repository, usual_directories[i], ret))
			return 0;
	return 0;
}
