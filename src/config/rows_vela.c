#include "config/config.h"
#include "config/row.h"
#include "config/rows_vela.h"

static const char *const formats[] = {"auto",  "sql",    "flyway", "dbmate", "golang-migrate",
				      "goose", "prisma", "sqlx",   "diesel", "graphile-migrate",
				      NULL};
static const char *const transactions[] = {"file", "statement", NULL};

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
		.fallback = "auto",
		.choices = formats,
		.offset = offsetof(struct config, migrations_format),
		.help = "How they are written, and where the tool records what it has applied; `auto` recognises it by "
			"the files. `sql`: files that end in `.sql`, in the order of their names; of these, the ones "
			"that this git branch adds.",
	},
	{
		.path = "migrations.command",
		.type = SCHEMA_COMMAND,
		.minimum = 1,
		.maximum = MAX_COMMAND,
		.example = "alembic upgrade head",
		.offset = offsetof(struct config, migrations_shell),
		.second = offsetof(struct config, migrations_command),
		.help = "A tool that applies its migrations itself: a line for the shell, or a list of a program and "
			"its arguments. It runs in the directory of this file, as the owner of the pool, with "
			"`DATABASE_URL` and `PG*` set.",
	},
	{
		.path = "migrations.transaction",
		.type = SCHEMA_CHOICE,
		.fallback = "file",
		.choices = transactions,
		.offset = offsetof(struct config, migrations_transaction),
		.help = "Of plain SQL: whether each file runs in one transaction, or each statement in its own.",
	},
	{
		.path = "migrations.reversible",
		.type = SCHEMA_BOOLEAN,
		.fallback = "false",
		.offset = offsetof(struct config, migrations_reversible),
		.help = "Whether a check runs the migrations up, down and up again, and fails if that leaves a "
			"difference in the schema or in the rows.",
	},
	{
		.path = "migrations.limits",
		.type = SCHEMA_SECTION,
		.help = "What a migration may cost in production. What exceeds one of these fails the check; what "
			"comes near it is a warning.",
	},
	{
		.path = "migrations.limits.blocking",
		.type = SCHEMA_DURATION,
		.fallback = "1s",
		.minimum = 1,
		.maximum = DAY,
		.offset = offsetof(struct config, limit_blocking_ms),
		.help = "The longest that reads or writes of an existing table may be blocked without a break.",
	},
	{
		.path = "migrations.limits.statement",
		.type = SCHEMA_DURATION,
		.fallback = "60s",
		.minimum = 1,
		.maximum = DAY,
		.offset = offsetof(struct config, limit_statement_ms),
		.help = "The longest that one statement may take.",
	},
	{
		.path = "migrations.limits.wal",
		.type = SCHEMA_SIZE,
		.fallback = "1G",
		.minimum = 1,
		.maximum = MAX_BYTES,
		.offset = offsetof(struct config, limit_wal_bytes),
		.help = "The most that one statement may write to the log, which every replica has to receive.",
	},
	{
		.path = "migrations.limits.rewrite",
		.type = SCHEMA_SIZE,
		.fallback = "1G",
		.minimum = 1,
		.maximum = MAX_BYTES,
		.offset = offsetof(struct config, limit_rewrite_bytes),
		.help = "The largest table that may be written anew.",
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
	{.path = NULL},
};
static const struct schema_row *const parts[] = {rows, schema_rows_checks, schema_rows_hooks, NULL};

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
		   "  limits: {blocking: 500ms}\n"
		   "timeout: 30m\n"
		   "checks:\n"
		   "  - name: every order has a customer\n"
		   "    sql: SELECT count(*) FROM orders WHERE customer_id IS NULL\n"
		   "    equals: 0\n",
	.parts = parts,
};
