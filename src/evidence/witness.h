/*
 * What only the connection that migrates can tell of its open transaction. It is asked between two statements, by a
 * query that no search_path bends and behind a savepoint, so that nothing is left of it, even if it fails.
 */
#ifndef VELA_EVIDENCE_WITNESS_H
#define VELA_EVIDENCE_WITNESS_H

#include "base/error.h"
#include "evidence/relation.h"

struct witness {
	PGconn *connection; /* borrowed */
	bool prepared;      /* the queries, in this session */
	unsigned number;    /* of their names */
};

struct testimony {
	struct relation_states states; /* of the relations asked for; those that are not there any more are left out */
	PGresult *counts;              /* see testimony_counts() */
	bool lock_timeout;             /* one is set */
	uint64_t lsn;                  /* where the log ends after all this */
	struct oid_list foreign_keys;  /* newer than the one asked for */
};
void testimony_free(struct testimony *testimony);
#define _cleanup_testimony_ _cleanup_(testimony_free)
/* From rows that have come another way: of watch_state.sql with watch_foreign_keys.sql (NULL: none), and of
 * watch_session.sql, which are taken over. */
void testimony_read(const PGresult *states, PGresult *counts, struct testimony *ret);
bool testimony_counts(const struct testimony *testimony, int row, uint32_t *ret_relation, struct relation_counts *ret);

/*
 * `states` NULL: neither these nor foreign keys are asked for, which is quicker. In an open transaction that has not
 * failed and in which a query has run. *ret_answered false: the server refused, and the transaction is as it was.
 */
int witness_ask(struct witness *witness, const struct oid_list *states, const struct oid_list *counts,
		uint32_t foreign_key, struct testimony *ret, bool *ret_answered, struct error **err);
/* Whether a limit for waiting for locks is set, without a query: fit for a transaction that has not begun to read. */
int witness_lock_timeout(struct witness *witness, bool *ret, struct error **err);
/* Whether the counters of a transaction begin at zero; before PostgreSQL 15 they may have those of the last second. */
bool witness_can_flush(const struct witness *witness);
/* Outside a transaction: forgets what earlier ones counted, so that the next begins at zero. */
int witness_flush_counts(struct witness *witness, struct error **err);

#endif
