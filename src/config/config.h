/*
 * vela.yml: what a repository asks for. Untrusted: it comes from whoever opened the pull request.
 * Every key is a row of the schema table (config/schema.h), from which validation, `vela schema` and docs/config.md are
 * made. All errors of a file are reported in one run, one per line, each as "vela.yml:LINE:COL: …" (ERROR_CONFIG).
 */
#ifndef VELA_CONFIG_CONFIG_H
#define VELA_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* One query and what is expected of it; of the expectations exactly one is given, or none: then it only has to run. */
struct config_check {
	char *name;
	char *sql;
	int line;                                              /* of the check in vela.yml */
	char *severity;                                        /* "error" or "warn" */
	char *equals, *not_equals;                             /* the server's text */
	char *between_low, *between_high, *at_least, *at_most; /* numbers as written */
	char *matches;                                         /* a regular expression, the server's */
	char *rows_exactly, *rows_at_least, *rows_at_most;     /* whole numbers as written; NULL: not given */
	bool empty;
	char ***returns; /* rows of values, each row and the whole end with NULL; a NULL value is config_null */
	bool ordered;    /* of `returns` */
	char *fails;     /* an SQLSTATE, or a part of the message */
	bool unchanged;
	char *change_at_most, *change_at_least; /* "1%", "100": how far from the value before; NULL: no bound */
	char **not_null, **unique;              /* columns of the result; end with NULL */
};
extern char config_null[]; /* stands for NULL in `returns`: compare the pointer */
void config_rows_free(char ***rows);

struct config_plan {
	char *name;
	char *sql;
	int line;
	char *severity;                      /* "error" or "warn" */
	char **no_seq_scan_on, **uses_index; /* end with NULL; NULL: not given */
	double buffers_max_ratio;            /* 0: not given */
	double rows_max_misestimate;         /* likewise */
	bool unchanged, no_spill;
};

struct config_workload_query {
	char *name;
	char *sql;
	int line;
	double rate; /* per second */
};

/* One that vela.yml gives: "branch.expires"; of lists and maps only they themselves. */
struct config_key {
	char *key;
	int line, column;
};

struct config {
	char *path;                 /* absolute; NULL if there is no vela.yml: then the rest are the defaults */
	char *directory;            /* that holds it; NULL likewise */
	char *project;              /* "default" if not given */
	char *pool;                 /* absolute or NULL; a relative one is relative to the file */
	char *baseline;             /* NULL if not given */
	char *database;             /* NULL if not given */
	uint64_t branch_expires_ms; /* 0: never */
	bool branch_durable;
	char *migrations_directory; /* relative to `directory`, below it (no "..", not absolute); NULL if not given */
	char *migrations_format;    /* a choice of the schema: "auto", "sql", "flyway", … */
	char **migrations_command;  /* argv; ends with NULL; NULL: not given, or: */
	char *migrations_shell;     /* a line for the shell */
	bool migrations_reversible;
	char *migrations_transaction; /* of plain SQL: "file" or "statement" */
	uint64_t limit_blocking_ms, limit_statement_ms, limit_wal_bytes, limit_rewrite_bytes;
	uint64_t timeout_ms; /* for all migrations and checks of one run */
	struct config_check *checks;
	size_t check_count;
	struct config_plan *plans;
	size_t plan_count;
	struct config_workload_query *workload_queries;
	size_t workload_query_count;
	char *workload_script;             /* of pgbench, relative to `directory`; NULL: none */
	int workload_clients;              /* of pgbench */
	double workload_rate;              /* of pgbench, transactions per second */
	uint64_t workload_max_stall_ms;    /* 0: no limit */
	char *hooks_env_file;              /* relative to `directory`, below it; NULL if not given */
	char *hooks_pre_push;              /* "block", "warn" or "off" */
	char *hooks_pre_push_without_pool; /* "allow" or "block" */
	struct config_key *keys;
	size_t key_count;
};

/*
 * Loads `path`, or if NULL the vela.yml found from `start` upward (stopping at the filesystem's root); none found is a
 * success with defaults. An explicit `path` that is missing is an error.
 */
int config_load(const char *path, const char *start, struct config *ret, struct error **err);
/* `name` stands in messages. `path` and `directory` stay NULL, and a relative `pool` stays as written. */
int config_parse(const char *name, const char *text, size_t length, struct config *ret, struct error **err);
void config_free(struct config *config);
/* NULL: vela.yml does not give it, and what `config` has is the default. */
const struct config_key *config_key_find(const struct config *config, const char *key);
#define _cleanup_config_ _cleanup_(config_free)

#endif
