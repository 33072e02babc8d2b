/* What the parts of the watch share. Only for src/evidence/evidence*.c and src/migration/command*.c. */
#ifndef VELA_EVIDENCE_WATCH_H
#define VELA_EVIDENCE_WATCH_H

#include "evidence/changes.h"
#include "evidence/evidence.h"
#include "evidence/hang.h"
#include "evidence/ledger.h"
#include "evidence/observer.h"
#include "evidence/witness.h"

enum { WATCH_SLOW_TICK_MS = 100, WATCH_NOTABLE_BYTES = 1 << 20 };

/* A lock on an existing relation that the open transaction holds. */
struct watch_hold {
	struct held_lock lock;
	size_t statement, place; /* of its record in the migration's list; place SIZE_MAX: it has none, being weak */
	struct ledger_place ledger;
	bool is_new;
};

/* A lock that was seen while a statement ran. */
struct watch_sample {
	struct held_lock lock;
	double from_ms, to_ms;
	bool is_held;  /* at the last look; then there is no to_ms yet */
	bool is_exact; /* told by a log */
};

struct watch_foreign_key {
	uint32_t oid;
	size_t migration, statement;
};

struct evidence {
	PGconn *observer;      /* borrowed */
	struct report *report; /* borrowed */
	struct registry registry;
	struct ledger ledger;
	uint64_t lsn_begin, size_begin, peak_bytes;
	uint32_t foreign_key_begin, foreign_key_newest;
	struct watch_foreign_key *foreign_keys;
	size_t foreign_key_count;
	bool others_write;
	evidence_guard *guard; /* NULL: none */
	void *guard_context;

	/* the migration that is being applied */
	struct witness witness;
	int pid; /* of its connection */
	size_t migration;
	const struct session_notices *notices; /* borrowed; NULL: none */
	bool lock_timeout;                     /* as last known */

	/* the statement */
	uint64_t lsn, temp_bytes;  /* where the log and the notices' counter were when it began */
	bool began_in_transaction; /* else it is on its own */
	uint32_t begin_transaction;
	double next_slow_tick, last_look;
	struct hang hang;
	struct watch_sample *samples;
	size_t sample_count;

	/* a tool that connects by itself */
	char *outside_role;   /* NULL: there is none now */
	PGresult *statistics; /* from before it: rows of observer_statistics() */

	/* the transaction */
	size_t first_statement;   /* SIZE_MAX: none yet */
	bool has_read;            /* a query has run in it */
	bool is_untold;           /* its session did not tell what a statement changed */
	struct watch_hold *holds; /* sorted by relation and mode */
	size_t hold_count;
	struct oid_list touched; /* relations with a state or counts of their own in it */
};

/* --- evidence_locks.c --- */

/* Compares what is held with what was held before `statement`: new locks go into its record, lost ones end with it. */
void watch_locks(struct evidence *evidence, struct report_migration *migration, size_t statement,
		 const struct look *look);
void watch_release_all(struct evidence *evidence, struct report_migration *migration, double to_ms);
/* Remembers what is held at this moment of a statement, and puts what is not known otherwise into its record. */
void watch_sample(struct evidence *evidence, const struct look *look);
void watch_sampled(struct evidence *evidence, struct report_migration *migration, size_t statement);
/* A lock that a change on its own cannot have been made without, if it was not seen. */
void watch_implied(struct evidence *evidence, struct report_migration *migration, size_t statement,
		   struct relation *relation, enum table_lock mode);
enum table_lock watch_strongest(const struct evidence *evidence, uint32_t relation);

/* --- evidence_question.c --- */

struct watch_question {
	struct oid_list states, counts;
	bool has_created; /* something new is locked as only its maker locks it */
};
void watch_question_free(struct watch_question *question);
#define _cleanup_question_ _cleanup_(watch_question_free)
void watch_question(struct evidence *evidence, const struct report_statement *statement, size_t index,
		    const struct look *look, struct watch_question *ret);
/* It neither reads nor changes anything, and may stand before a transaction's first snapshot is taken. */
bool watch_needs_no_snapshot(const struct report_statement *statement);
bool watch_tag_is(const struct report_statement *statement, const char *tag);

/* --- evidence_states.c --- */

/* After a statement in a transaction that is still open. */
int watch_transaction(struct evidence *evidence, struct report_migration *migration, size_t statement,
		      const struct look *look, struct error **err);
/* --- evidence_committed.c --- */

/* After a statement that was on its own, or after a tool that connects by itself. */
int watch_committed(struct evidence *evidence, struct report_migration *migration, size_t statement,
		    struct error **err);
/* The same, where any of the statements may have done it: `attribute` says which of them changed a relation, if it has
 * changed. */
typedef size_t watch_attribute(void *context, const struct relation *relation);
int watch_attributed(struct evidence *evidence, struct report_migration *migration, watch_attribute *attribute,
		     void *context, struct error **err);
/* What a session has told of itself, through a log, say, after `statement`; SIZE_MAX: before any, a beginning only. */
int watch_testified(struct evidence *evidence, struct report_migration *migration, size_t statement,
		    const struct watch_question *question, struct testimony *testimony, struct error **err);
/* After a COMMIT, the last statement: what is committed and nobody has told of. To be called once it is settled. */
int watch_untold(struct evidence *evidence, struct report_migration *migration, size_t statement, struct error **err);
/* The open transaction's states become those committed, or are forgotten. */
void watch_settle(struct evidence *evidence, bool committed);
/* What the statements from `first` to before `end` did that was undone with them. */
void watch_undo(struct report_migration *migration, size_t first, size_t end);
/* The same back to the savepoint that `statement`, a ROLLBACK TO, names. */
void watch_undo_to_savepoint(struct report_migration *migration, size_t statement);

/* --- evidence_record.c --- */

/* Moves the changes into the statement's record: once for a parent and its partitions, with dropped values counted. */
int watch_record(struct evidence *evidence, struct change_list *list, struct report_statement *statement,
		 struct error **err);
/* At the end of the run: foreign keys that are without an index now; an invalid index is one only if it still is. */
int watch_foreign_keys(struct evidence *evidence, struct error **err);
int watch_invalid_indexes(struct evidence *evidence, struct error **err);

/* After a statement that cost much. Space is given back at COMMIT only: until then there is both the old and the new.
 */
int watch_peak(struct evidence *evidence, const struct report_statement *statement, struct error **err);
void watch_blind(struct evidence *evidence, const char *sentence); /* told once */

#endif
