/* The ledger of locks: which existing relation was held in which mode from when to when, and what that kept out. */
#ifndef VELA_EVIDENCE_LEDGER_H
#define VELA_EVIDENCE_LEDGER_H

#include "report/evidence.h"

struct ledger {
	struct ledger_relation {
		uint32_t oid;
		struct report_relation record;
	} * relations;
	size_t count;
};
void ledger_free(struct ledger *ledger);

/* What a relation is; strings are borrowed and copied. */
struct ledger_subject {
	uint32_t oid;
	const char *name, *kind;
	uint64_t bytes;
	int64_t rows;
};

/* One hold in the ledger. */
struct ledger_place {
	size_t relation, hold;
};

/* Adds a hold that begins; until it is closed it ends when it began. */
struct ledger_place ledger_open(struct ledger *ledger, const struct ledger_subject *subject, struct report_hold hold);
void ledger_close(struct ledger *ledger, struct ledger_place place, double to_ms);

/*
 * The relations with for how long reads and writes were kept out: of holds that overlap or touch, each moment counts
 * once. Sorted by the longest time without writes, then without reads, then by name. Moves them out; the ledger is
 * empty afterwards.
 */
void ledger_finish(struct ledger *ledger, struct report_relation **ret, size_t *ret_count);

#endif
