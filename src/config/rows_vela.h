/* What the parts of vela.yml's table share. */
#ifndef VELA_CONFIG_ROWS_VELA_H
#define VELA_CONFIG_ROWS_VELA_H

#include "config/row.h"

enum {
	SECOND = 1000,
	MAX_PATH = 1024,
	MAX_SQL = 65536,
	MAX_CHECKS = 1000,
	MAX_CHECK_NAME = 200,
	MAX_DATABASE = 63, /* what Postgres keeps of a name */
	MAX_NAME = 200,    /* schema and name, quoted */
	MAX_NUMBER = 100,  /* characters */
	MAX_COMMAND = 4096,
	MAX_QUERIES = 50
};
#define DAY (86400ULL * SECOND)
#define MAX_BYTES (1ULL << 50)

extern const struct schema_row schema_rows_checks[]; /* checks, plans, workload */
extern const struct schema_row schema_rows_hooks[];

#endif
