#include "report/table_lock.h"

#include "base/memory.h"

const struct table_lock_info table_locks[TABLE_LOCK_COUNT] = {
	[TABLE_LOCK_NONE] = {"", "", "", NULL, false, false},
	[TABLE_LOCK_ACCESS_SHARE] = {"AccessShareLock", "ACCESS SHARE", "SELECT",
				     "only DROP, TRUNCATE and most ALTER TABLE", false, false},
	[TABLE_LOCK_ROW_SHARE] = {"RowShareLock", "ROW SHARE", "SELECT FOR UPDATE or FOR SHARE",
				  "only DROP, TRUNCATE and most ALTER TABLE", false, false},
	[TABLE_LOCK_ROW_EXCLUSIVE] = {"RowExclusiveLock", "ROW EXCLUSIVE", "INSERT, UPDATE, DELETE, MERGE",
				      "index builds and changes of the table", false, false},
	[TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE] = {"ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE",
					       "VACUUM, ANALYZE, CREATE INDEX CONCURRENTLY",
					       "maintenance and changes of the table", false, false},
	[TABLE_LOCK_SHARE] = {"ShareLock", "SHARE", "CREATE INDEX", "writes", false, true},
	[TABLE_LOCK_SHARE_ROW_EXCLUSIVE] = {"ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE",
					    "CREATE TRIGGER, ADD FOREIGN KEY", "writes", false, true},
	[TABLE_LOCK_EXCLUSIVE] = {"ExclusiveLock", "EXCLUSIVE", "REFRESH MATERIALIZED VIEW CONCURRENTLY",
				  "writes and SELECT FOR UPDATE", false, true},
	[TABLE_LOCK_ACCESS_EXCLUSIVE] = {"AccessExclusiveLock", "ACCESS EXCLUSIVE", "most ALTER TABLE, DROP, TRUNCATE",
					 "reads and writes", true, true},
};

enum table_lock table_lock_find(const char *name)
{
	for (int mode = TABLE_LOCK_ACCESS_SHARE; mode < TABLE_LOCK_COUNT; mode++)
		if (string_equal(table_locks[mode].name, name))
			return (enum table_lock)mode;
	return TABLE_LOCK_NONE;
}

bool table_locks_conflict(enum table_lock a, enum table_lock b)
{
	/* A bit for each mode that conflicts: the matrix of the manual's chapter on explicit locking. */
	static const unsigned conflicts[TABLE_LOCK_COUNT] = {
		[TABLE_LOCK_ACCESS_SHARE] = 0x100,  [TABLE_LOCK_ROW_SHARE] = 0x180,
		[TABLE_LOCK_ROW_EXCLUSIVE] = 0x1e0, [TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE] = 0x1f0,
		[TABLE_LOCK_SHARE] = 0x1d8,         [TABLE_LOCK_SHARE_ROW_EXCLUSIVE] = 0x1f8,
		[TABLE_LOCK_EXCLUSIVE] = 0x1fc,     [TABLE_LOCK_ACCESS_EXCLUSIVE] = 0x1fe,
	};
	return conflicts[a] & (1U << b);
}
