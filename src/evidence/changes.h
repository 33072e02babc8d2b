/* What a statement did to a relation, found by comparing what it was made of before and after. Pure. */
#ifndef VELA_EVIDENCE_CHANGES_H
#define VELA_EVIDENCE_CHANGES_H

#include "evidence/relation.h"
#include "report/evidence.h"

/* One relation before and after one statement; all borrowed. */
struct comparison {
	const char *tag;                     /* the statement's; NULL: it failed */
	const struct relation_state *before; /* never NULL */
	const struct relation_state *after;  /* NULL: it is gone */
	struct relation_counts counts;       /* what the statement did to its rows, as far as that is known */
	bool had_rows;                       /* rows were put into it since `before` was read */
	enum table_lock held;                /* the strongest */
	bool in_transaction;                 /* false: the statement committed by itself */
	uint64_t bytes;                      /* of the relation, with all that belongs to it; 0: not known */
	int columns;                         /* what has a higher number is new in this run: nobody's yet */
};

/* Changes as they are found, each with what it is about. */
struct found_change {
	struct report_change change;
	uint32_t relation, object; /* of pg_class; and the index or constraint, or a column's number */
};
struct change_list {
	struct found_change *items;
	size_t count;
};
void change_list_free(struct change_list *list);
#define _cleanup_changes_ _cleanup_(change_list_free)

/*
 * Adds what differs. Values of dropped columns are left at rows -1. What is of foreign keys without an index is not
 * found here: whether one is missing shows at the end of a run.
 */
void changes_find(const struct comparison *comparison, struct change_list *list);
/* The rows that a statement deleted from a table whose definition nobody has looked at. */
void changes_find_deleted(const char *tag, const struct relation *relation, const struct relation_counts *counts,
			  struct change_list *list);
/* A statement that reads or changes rows, and cannot change a definition but through what it calls. */
bool tag_is_query(const char *tag);
/* Kinds that are undone with the transaction, as opposed to work that has been done. */
bool change_is_lasting(enum report_change_kind kind);

#endif
