/*
 * The observer's connection: a superuser's, that reads what others hold and what is committed, and never anything of a
 * user's. Its statements are short, each on its own, and take no lock on a user's relation: they neither wait for a
 * migration nor keep one waiting.
 */
#ifndef VELA_EVIDENCE_OBSERVER_H
#define VELA_EVIDENCE_OBSERVER_H

#include "base/error.h"
#include "evidence/relation.h"

/* Makes the session fit for that. */
int observer_prepare(PGconn *observer, struct error **err);
/* Writes out what is dirty, so that from here on every page that is changed goes to the log as a whole once. */
int observer_checkpoint(PGconn *observer, struct error **err);

int observer_registry(PGconn *observer, struct registry *ret, struct error **err);
int observer_database_size(PGconn *observer, uint64_t *ret, struct error **err);

struct held_lock {
	uint32_t relation;
	enum table_lock mode;
};
int held_lock_order(const void *a, const void *b); /* by relation, then mode; for qsort */

struct look {
	uint64_t lsn;
	struct held_lock *locks; /* in that order, each once */
	size_t lock_count;
	bool others_write;  /* another session has a transaction that writes */
	bool defines_newer; /* a newer relation is locked as for a foreign key or by its maker */
};
void look_free(struct look *look);
#define _cleanup_look_ _cleanup_(look_free)
void look_add(struct look *look, struct held_lock lock);
void look_read(struct look *look, const char *text); /* adds those of "16385 AccessShareLock 16390 RowExclusiveLock" */
void look_sort(struct look *look);                   /* after these two; of what is the same one stays */
/* The locks on users' relations up to the OID `newest` that backend `pid` was granted, and where the log ends. */
int observer_look(PGconn *observer, int pid, uint32_t newest, struct look *ret, struct error **err);

/* The committed states of relations; those that are not there are left out. Constraints are without definition. */
int observer_states(PGconn *observer, const struct oid_list *relations, struct relation_states *ret,
		    struct error **err);

/* A moment, and the relations whose definition has changed since, by what is committed. */
struct moment {
	uint64_t lsn;
	uint32_t transaction;
};
int observer_moment(PGconn *observer, struct moment *ret, struct error **err);
int observer_changed(PGconn *observer, uint32_t transaction, struct oid_list *ret, struct error **err);

/* Those of `relations` that are not there any more. */
int observer_gone(PGconn *observer, const struct oid_list *relations, struct oid_list *ret, struct error **err);

/* What the statistics say of a column's values; found false: nothing. */
struct column_statistics {
	bool found;
	double null_fraction;
	int width;
};
int observer_column(PGconn *observer, uint32_t relation, int number, struct column_statistics *ret, struct error **err);

/* All that the statistics say: rows of table, number of the column, fraction of NULLs, width. */
int observer_statistics(PGconn *observer, PGresult **ret, struct error **err);

/* The newest foreign key; 0: there is none. */
int observer_newest_foreign_key(PGconn *observer, uint32_t *ret, struct error **err);
/* Foreign keys newer than `since`, with no index that begins with their columns: rows of oid, table, constraint,
 * columns, and the table's rows (-1: not known) and bytes. */
int observer_unindexed(PGconn *observer, uint32_t since, PGresult **ret, struct error **err);
/* Their names, as SQL has them. */
int observer_invalid_indexes(PGconn *observer, struct string_list *ret, struct error **err);

#endif
