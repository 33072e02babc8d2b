#include "config/rows_pool.h"

#include "base/memory.h"

enum { MAX_URL = 4096, MAX_SOURCES = 1000, MAX_VERSIONS = 16 };

static const char *const places[] = {"url", "data_directory", NULL};

static const struct schema_row major = {
	.path = "MAJOR",
	.type = SCHEMA_INTEGER,
	.minimum = 13,
	.maximum = 18,
	.offset = offsetof(struct policy_postgres, major),
};

static const struct schema_row source_name = {
	.path = "NAME",
	.type = SCHEMA_NAME,
	.offset = offsetof(struct policy_source, name),
};

static const struct schema_row rows[] = {
	{.path = "", .type = SCHEMA_SECTION, .help = "What the administrator of a pool decides."},
	{
		.path = "version",
		.type = SCHEMA_INTEGER,
		.minimum = 1,
		.maximum = 1,
		.offset = SCHEMA_NOT_KEPT,
		.help = "The version of this file's format.",
		.example = "1",
	},
	{
		.path = "ports",
		.type = SCHEMA_PORTS,
		.fallback = "25000-25999",
		.minimum = 1024,
		.maximum = 65535,
		.offset = offsetof(struct policy, first_port),
		.second = offsetof(struct policy, last_port),
		.help = "The TCP ports that branches get, the first and the last of them.",
	},
	{
		.path = "reserve",
		.type = SCHEMA_RESERVE,
		.fallback = "5%",
		.offset = offsetof(struct policy, reserve_bytes),
		.second = offsetof(struct policy, reserve_percent),
		.help = "How much of the filesystem has to stay free: no branch is made when there is less.",
	},
	{
		.path = "postgres",
		.type = SCHEMA_MAP,
		.maximum = MAX_VERSIONS,
		.key = &major,
		.offset = offsetof(struct policy, postgres),
		.second = offsetof(struct policy, postgres_count),
		.item_size = sizeof(struct policy_postgres),
		.help = "Where the programs of a major version are, if not where packages put them.",
	},
	{
		.path = "postgres.*",
		.type = SCHEMA_ABSOLUTE,
		.minimum = 1,
		.maximum = MAX_PATH,
		.offset = offsetof(struct policy_postgres, directory),
		.help = "The directory that holds `postgres` of major version 13 to 18.",
		.example = "/opt/postgres-17/bin",
	},
	{
		.path = "sources",
		.type = SCHEMA_MAP,
		.maximum = MAX_SOURCES,
		.key = &source_name,
		.offset = offsetof(struct policy, sources),
		.second = offsetof(struct policy, source_count),
		.item_size = sizeof(struct policy_source),
		.help = "Where baselines come from, under the names that `vela baseline create --from` takes.",
	},
	{
		.path = "sources.*",
		.type = SCHEMA_SECTION,
		.one_of = places,
		.help = "One source: either a server that runs, or the directory of one that does not.",
	},
	{
		.path = "sources.*.url",
		.type = SCHEMA_URL,
		.minimum = 1,
		.maximum = MAX_URL,
		.offset = offsetof(struct policy_source, url),
		.help = "The server, as `postgres://USER@HOST:PORT/DATABASE`, without a password.",
		.example = "postgres://backup@db.example.com/app",
	},
	{
		.path = "sources.*.data_directory",
		.type = SCHEMA_ABSOLUTE,
		.minimum = 1,
		.maximum = MAX_PATH,
		.offset = offsetof(struct policy_source, data_directory),
		.help = "The data directory of a server on this machine.",
		.example = "/var/lib/postgresql/17/main",
	},
	{
		.path = "sources.*.password_file",
		.type = SCHEMA_ABSOLUTE,
		.minimum = 1,
		.maximum = MAX_PATH,
		.needs = "url",
		.offset = offsetof(struct policy_source, password_file),
		.help = "A file that holds the password of the URL's user and nothing else.",
		.example = "/etc/vela/production.password",
	},
	{.path = NULL},
};
static const struct schema_row *const parts[] = {rows, schema_rows_pool_limits, NULL};

const struct schema_table schema_pool_yml = {
	.name = "pool.yml",
	.title = "pool.yml: what the administrator of a pool decides",
	.summary = "`pool.yml` stands in the pool's directory and belongs to its owner. A missing or empty file means "
		   "the defaults.",
	.example = "version: 1\n"
		   "ports: 25000-25999\n"
		   "reserve: 5%\n"
		   "postgres:\n"
		   "  17: /opt/postgres-17/bin\n"
		   "sources:\n"
		   "  production:\n"
		   "    url: postgres://backup@db.example.com/app\n"
		   "    password_file: /etc/vela/production.password\n"
		   "  staging:\n"
		   "    data_directory: /var/lib/postgresql/17/staging\n"
		   "limits: {branches: 200, branches_per_project: 50, lifetime: 30d, storage: 20G}\n"
		   "retention: {revisions: 3, younger: 30d}\n"
		   "projects:\n"
		   "  shop: {forge: github, repository: acme/shop, token_file: /etc/vela/shop.token}\n",
	.parts = parts,
};
