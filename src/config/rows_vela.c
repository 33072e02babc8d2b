#include "config/config.h"
#include "config/row.h"

enum {
	SECOND = 1000,
	MAX_PATH = 1024,
	MAX_SQL = 65536,
	MAX_CHECKS = 1000,
	MAX_CHECK_NAME = 200,
	MAX_DATABASE = 63 /* what Postgres keeps of a name */
};
#define DAY (86400ULL * SECOND)

static const char *const formats[] = {"sql", NULL};

static const struct schema_row rows[] = {
	{.path = "", .type = SCHEMA_SECTION, .help = "What this repository asks for."},
	{
		.path = "version",
		.type = SCHEMA_INTEGER,
		.required = true,
		.minimum = 1,
		.maximum = 1,
		.offset = SCHEMA_NOT_KEPT,
		.help = "The version of this file's format.",
		.example = "1",
	},
	{
		.path = "project",
		.type = SCHEMA_NAME,
		.fallback = "default",
		.offset = offsetof(struct config, project),
		.help = "Keeps the branches of this repository apart from those of others in the same pool.",
		.example = "shop",
	},
	{
		.path = "pool",
		.type = SCHEMA_PATH,
		.minimum = 1,
		.maximum = MAX_PATH,
		.offset = offsetof(struct config, pool),
		.help = "The pool's directory; a relative path begins at the directory of this file. "
			"The option `--pool` and the variable `VELA_POOL` go before it.",
		.example = "/var/lib/vela",
	},
	{
		.path = "baseline",
		.type = SCHEMA_BASELINE,
		.offset = offsetof(struct config, baseline),
		.help = "The baseline that new branches are clones of; without a revision, its newest one.",
		.example = "production",
	},
	{
		.path = "database",
		.type = SCHEMA_TEXT,
		.minimum = 1,
		.maximum = MAX_DATABASE,
		.offset = offsetof(struct config, database),
		.help = "The database that migrations and checks connect to.",
		.example = "app",
	},
	{.path = "branch", .type = SCHEMA_SECTION, .help = "How branches are made."},
	{
		.path = "branch.expires",
		.type = SCHEMA_EXPIRY,
		.fallback = "never",
		.minimum = SECOND,
		.maximum = 3650 * DAY,
		.offset = offsetof(struct config, branch_expires_ms),
		.help = "How long after its creation a branch may be removed by `vela gc`.",
		.example = "7d",
	},
	{
		.path = "branch.durable",
		.type = SCHEMA_BOOLEAN,
		.fallback = "false",
		.offset = offsetof(struct config, branch_durable),
		.help = "Whether a branch survives a crash of the machine (`fsync=on`). "
			"Without it a branch is faster, and after such a crash it should be reset.",
	},
	{.path = "migrations", .type = SCHEMA_SECTION, .help = "What `vela migrate` and `vela check` apply."},
	{
		.path = "migrations.directory",
		.type = SCHEMA_RELATIVE,
		.minimum = 1,
		.maximum = MAX_PATH,
		.offset = offsetof(struct config, migrations_directory),
		.help = "Where the migrations are: a path below the directory of this file, without `..`.",
		.example = "db/migrations",
	},
	{
		.path = "migrations.format",
		.type = SCHEMA_CHOICE,
		.fallback = "sql",
		.choices = formats,
		.offset = offsetof(struct config, migrations_format),
		.help = "How they are written. `sql`: files that end in `.sql`, applied in the order of their names.",
	},
	{
		.path = "timeout",
		.type = SCHEMA_DURATION,
		.fallback = "1h",
		.minimum = SECOND,
		.maximum = DAY,
		.offset = offsetof(struct config, timeout_ms),
		.help = "The longest that all migrations and checks of one run may take together.",
	},
	{
		.path = "checks",
		.type = SCHEMA_LIST,
		.maximum = MAX_CHECKS,
		.unique = "name",
		.offset = offsetof(struct config, checks),
		.second = offsetof(struct config, check_count),
		.item_size = sizeof(struct config_check),
		.help = "What has to hold after the migrations.",
	},
	{
		.path = "checks[]",
		.type = SCHEMA_SECTION,
		.line_offset = offsetof(struct config_check, line),
		.help = "One query, and what it should give.",
	},
	{
		.path = "checks[].name",
		.type = SCHEMA_TEXT,
		.required = true,
		.minimum = 1,
		.maximum = MAX_CHECK_NAME,
		.offset = offsetof(struct config_check, name),
		.help = "What is checked, as the report shows it. No two checks may have the same name.",
		.example = "every order has a customer",
	},
	{
		.path = "checks[].sql",
		.type = SCHEMA_SQL,
		.required = true,
		.minimum = 1,
		.maximum = MAX_SQL,
		.offset = offsetof(struct config_check, sql),
		.help = "The query.",
		.example = "SELECT count(*) FROM orders WHERE customer_id IS NULL",
	},
	{
		.path = "checks[].equals",
		.type = SCHEMA_SCALAR,
		.maximum = MAX_SQL,
		.offset = offsetof(struct config_check, equals),
		.help = "The one value the query has to give, compared as the text the server prints for it. An "
			"unquoted `true` or `false` stands for `t` or `f`, which is how Postgres prints a boolean; in "
			"quotes it is the word itself. NULL never equals anything: use `IS NULL` in the query.",
		.example = "0",
	},
};

const struct schema_table schema_vela_yml = {
	.name = "vela.yml",
	.title = "vela.yml: what a repository asks for",
	.summary = "`vela.yml` stands at the top of the repository. vela looks for it in the working directory and "
		   "upward from there. Without one, the defaults hold.",
	.example = "version: 1\n"
		   "project: shop\n"
		   "baseline: production\n"
		   "database: app\n"
		   "branch:\n"
		   "  expires: 7d\n"
		   "migrations:\n"
		   "  directory: db/migrations\n"
		   "timeout: 30m\n"
		   "checks:\n"
		   "  - name: every order has a customer\n"
		   "    sql: SELECT count(*) FROM orders WHERE customer_id IS NULL\n"
		   "    equals: 0\n",
	.rows = rows,
	.count = ARRAY_SIZE(rows),
};
