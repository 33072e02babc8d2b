#include "report/table_lock.h"

#include "base/memory.h"

const struct table_lock_info table_locks[TABLE_LOCK_COUNT] = {
	[TABLE_LOCK_NONE] = {"", "", NULL, false, false},
	[TABLE_LOCK_ACCESS_SHARE] = {"AccessShareLock", "ACCESS SHARE", "only DROP, TRUNCATE and most ALTER TABLE",
				     false, false},
	[TABLE_LOCK_ROW_SHARE] = {"RowShareLock", "ROW SHARE", "only DROP, TRUNCATE and most ALTER TABLE", false,
				  false},
	[TABLE_LOCK_ROW_EXCLUSIVE] = {"RowExclusiveLock", "ROW EXCLUSIVE", "index builds and changes of the table",
				      false, false},
	[TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE] = {"ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE",
					       "maintenance and changes of the table", false, false},
	[TABLE_LOCK_SHARE] = {"ShareLock", "SHARE", "writes", false, true},
	[TABLE_LOCK_SHARE_ROW_EXCLUSIVE] = {"ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE", "writes", false, true},
	[TABLE_LOCK_EXCLUSIVE] = {"ExclusiveLock", "EXCLUSIVE", "writes and SELECT FOR UPDATE", false, true},
	[TABLE_LOCK_ACCESS_EXCLUSIVE] = {"AccessExclusiveLock", "ACCESS EXCLUSIVE", "reads and writes", true, true},
};

enum table_lock table_lock_find(const char *name)
{
	for (int mode = TABLE_LOCK_ACCESS_SHARE; mode < TABLE_LOCK_COUNT; mode++)
		if (string_equal(table_locks[mode].name, name))
			return (enum table_lock)mode;
	return TABLE_LOCK_NONE;
}
