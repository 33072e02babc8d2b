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

struct config_check {
	char *name;
	char *sql;
	char *equals; /* compared as the server's text; NULL if the check has no expectation */
	int line;     /* of the check in vela.yml */
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
	char *migrations_format;    /* a choice of the schema: "sql" */
	uint64_t timeout_ms;        /* for all migrations and checks of one run */
	struct config_check *checks;
	size_t check_count;
};

/*
 * Loads `path`, or if NULL the vela.yml found from `start` upward (stopping at the filesystem's root); none found is a
 * success with defaults. An explicit `path` that is missing is an error.
 */
int config_load(const char *path, const char *start, struct config *ret, struct error **err);
/* `name` stands in messages. `path` and `directory` stay NULL, and a relative `pool` stays as written. */
int config_parse(const char *name, const char *text, size_t length, struct config *ret, struct error **err);
void config_free(struct config *config);
#define _cleanup_config_ _cleanup_(config_free)

#endif
