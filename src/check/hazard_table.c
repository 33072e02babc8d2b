#include "check/hazard_rule.h"

const struct hazard hazards[HAZARD_COUNT + 1] = {
	[HAZARD_TABLE_REWRITE] =
		{"table-rewrite", "A table is rewritten",
		 "Every row is written anew, with all indexes, under a lock that keeps out even SELECT, and needs as "
		 "much "
		 "disk again; it takes the longer the bigger the table has become.",
		 "Add a new column of the wanted type, fill it in batches, and swap the two in a short transaction. A "
		 "constant default, or a longer varchar, does not rewrite."},
	[HAZARD_ENUM_REWRITE] =
		{"enum-rewrite", "A table is rewritten to change an enum",
		 "Giving a column another enum type writes every row anew, under a lock that keeps out even SELECT.",
		 "Values are added without a rewrite: ALTER TYPE … ADD VALUE. Keep what is no longer used and forbid "
		 "it "
		 "with CHECK (…) NOT VALID; or fill a new column in batches."},
	[HAZARD_BLOCKING_INDEX_BUILD] = {"blocking-index-build", "An index is built while writes wait",
					 "INSERT, UPDATE and DELETE on the table wait until the index is complete.",
					 "CREATE INDEX CONCURRENTLY, in a migration that runs outside a transaction. "
					 "For a constraint, build the "
					 "unique index so, then ADD CONSTRAINT … USING INDEX."},
	[HAZARD_CONSTRAINT_SCAN] =
		{"constraint-scan", "A table is searched through while it is locked",
		 "All rows are checked while the lock keeps others out.",
		 "ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT in a transaction of its own, which blocks "
		 "nobody. "
		 "For NOT NULL, do so with CHECK (column IS NOT NULL) first; SET NOT NULL then needs no scan."},
	[HAZARD_WORK_UNDER_LOCK] =
		{"work-under-lock", "Work is done while a table is locked",
		 "A lock is held to the end of its transaction. Whatever else the transaction does, those who want the "
		 "table wait for it.",
		 "Put the long work into a migration of its own, or before the statement that takes the lock."},
	[HAZARD_SLOW_COMMIT] =
		{"slow-commit", "The COMMIT takes long",
		 "Deferred constraints and triggers run at COMMIT, while all locks of the transaction are still held.",
		 "SET CONSTRAINTS ALL IMMEDIATE before the locks are taken, or write fewer rows in a transaction."},
	[HAZARD_BLOCKING_LOCK] =
		{"blocking-lock", "A lock keeps others out for long",
		 "Queries that need the table wait, hold their connections, and soon there are none left.",
		 "Make the statement that takes the lock short: split it, and do what takes long without the lock; "
		 "refresh a materialized view CONCURRENTLY."},
	[HAZARD_LOCK_QUEUE] =
		{"lock-queue", "A lock is waited for without a limit",
		 "In production the lock has to be waited for behind any long query or transaction on the table, and "
		 "everybody who comes later waits behind the migration.",
		 "SET lock_timeout = '2s' before the statement, and try the migration again when it runs out."},
	[HAZARD_SLOW_STATEMENT] =
		{"slow-statement", "A statement takes long",
		 "The rows it writes stay locked, and dead rows cannot be cleaned up, until its transaction ends; the "
		 "deployment waits for it.",
		 "Write in batches that are committed one by one, outside the deployment if there are many."},
	[HAZARD_WAL_HEAVY] =
		{"wal-heavy", "Much is written to the log",
		 "Replicas fall behind, the archive and the disk of the log fill up, and checkpoints come more often.",
		 "Write in batches with pauses in which replicas catch up; change only rows that really change."},
	[HAZARD_TEMP_SPILL] =
		{"temp-spill", "A statement spills to disk",
		 "It sorts or joins more than fits into work_mem: it is slow, and fills the disk with temporary files.",
		 "SET LOCAL work_mem for this statement, an index that gives the order, or smaller batches."},
	[HAZARD_DATA_LOSS] =
		{"data-loss", "Data is deleted",
		 "What is dropped comes back only from a backup, and the application that still runs fails on it.",
		 "Deploy an application that no longer uses it, keep a copy, and drop it in a later release. If it is "
		 "meant: -- vela:ignore data-loss REASON"},
	[HAZARD_RENAME] =
		{"rename", "What is in use gets another name",
		 "The application that runs during the deployment still uses the old name, and fails.",
		 "Leave a view with the old name (CREATE VIEW old AS SELECT … FROM new) in the same transaction; for a "
		 "column, add the new one, write both, and drop the old one in a later release."},
	[HAZARD_MISSING_FK_INDEX] =
		{"missing-fk-index", "A foreign key has no index",
		 "Every DELETE and every change of the key in the referenced table reads the whole referencing table.",
		 "CREATE INDEX CONCURRENTLY on the referencing columns."},
	[HAZARD_UNVALIDATED_CONSTRAINT] =
		{"unvalidated-constraint", "A constraint is not validated",
		 "It holds for new rows only: old ones may break it, and the planner does not trust it.",
		 "This is the right first step. Validate it in a later migration: ALTER TABLE … VALIDATE CONSTRAINT …"},
	[HAZARD_INVALID_INDEX] =
		{"invalid-index", "An invalid index is left behind",
		 "No query uses it, every write pays for it, and the migration fails on its name when it runs again.",
		 "DROP INDEX CONCURRENTLY what is left, mend the cause (duplicates, mostly), and build it again."},
	[HAZARD_NOT_NULL_ON_DATA] = {"not-null-on-data", "NOT NULL on a column that has NULLs",
				     "The rows that are there do not fit, so the migration fails.",
				     "Fill the column first, in batches; or give a new column a DEFAULT."},
	[HAZARD_CONCURRENTLY_IN_TRANSACTION] = {"concurrently-in-transaction", "CONCURRENTLY within a transaction",
						"The server refuses it there, so the migration fails.",
						"Put the statement into a migration of its own that runs outside a "
						"transaction, as its format says; in "
						"plain SQL, after a COMMIT."},
	[HAZARD_NOT_REPEATABLE] =
		{"not-repeatable", "A failed migration leaves something behind",
		 "What ran before the failure is committed: the migration can neither be run again nor is it applied.",
		 "One statement in each migration that runs outside a transaction, or IF NOT EXISTS and IF EXISTS."},
	[HAZARD_OPEN_TRANSACTION] =
		{"open-transaction", "A transaction is left open",
		 "A BEGIN has no COMMIT: with many tools all that follows it is lost, and its locks stay until then.",
		 "COMMIT at the end, or leave BEGIN out where the tool begins the transaction."},
	[HAZARD_INVALID_IGNORE] = {"invalid-ignore", "An acceptance that accepts nothing",
				   "What it was to accept is still told, or will be.", "-- vela:ignore HAZARD REASON"},
};

const struct hazard *hazard_find(const char *id)
{
	for (const struct hazard *hazard = hazards; hazard->id; hazard++)
		if (string_equal(hazard->id, id))
			return hazard;
	return NULL;
}
