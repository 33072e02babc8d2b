/* PostgreSQL's table-level lock modes, and what each keeps others from doing. */
#ifndef VELA_REPORT_TABLE_LOCK_H
#define VELA_REPORT_TABLE_LOCK_H

#include <stdbool.h>

/* From weak to strong: the numbers are the server's. */
enum table_lock {
	TABLE_LOCK_NONE,
	TABLE_LOCK_ACCESS_SHARE,
	TABLE_LOCK_ROW_SHARE,
	TABLE_LOCK_ROW_EXCLUSIVE,
	TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE,
	TABLE_LOCK_SHARE,
	TABLE_LOCK_SHARE_ROW_EXCLUSIVE,
	TABLE_LOCK_EXCLUSIVE,
	TABLE_LOCK_ACCESS_EXCLUSIVE,
	TABLE_LOCK_COUNT
};

struct table_lock_info {
	const char *name;                 /* as pg_locks shows it: "AccessExclusiveLock" */
	const char *sql;                  /* as the manual calls it: "ACCESS EXCLUSIVE" */
	const char *blocks;               /* in words, from the conflict matrix: "reads and writes"; NULL for NONE */
	bool blocks_reads, blocks_writes; /* SELECT; INSERT, UPDATE, DELETE */
};
extern const struct table_lock_info table_locks[TABLE_LOCK_COUNT];

enum table_lock table_lock_find(const char *name); /* of pg_locks; TABLE_LOCK_NONE: not known */

#endif
