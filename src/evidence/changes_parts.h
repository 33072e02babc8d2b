/* What the comparison's parts share. Only for src/check/changes*.c. */
#ifndef VELA_EVIDENCE_CHANGES_PARTS_H
#define VELA_EVIDENCE_CHANGES_PARTS_H

#include "evidence/changes.h"

/* Adds a change of the relation; the rest is the caller's to fill in before it adds another one. */
struct report_change *change_add(struct change_list *list, const struct comparison *comparison,
				 enum report_change_kind kind, uint32_t object);
void change_add_rows(struct report_change *change, int64_t rows); /* as the statistics have them */

const struct column_state *change_column(const struct relation_state *state, int number); /* NULL: it has none */
bool change_same_type(const struct column_state *a, const struct column_state *b);
/* By the plain names, where both have been read: as shown, one is quoted as its reader's session has it. */
bool change_same_name(const char *name, const char *shown, const char *other_name, const char *other_shown);
bool change_has_rows(char kind); /* of its own: not a partitioned or foreign table */
bool change_held_data(const struct comparison *comparison);

struct change_validated {
	bool any;         /* a constraint became valid for rows that were there */
	bool foreign_key; /* and it is a foreign key, whose checking the table's counters may miss */
};
void changes_find_renamed(const struct comparison *comparison, struct change_list *list);
void changes_find_columns(const struct comparison *comparison, struct change_list *list);
/* Whether a NOT NULL was set that holds for the rows that were there. */
bool changes_find_not_null(const struct comparison *comparison, struct change_list *list);
void changes_find_constraints(const struct comparison *comparison, struct change_list *list,
			      struct change_validated *ret);

#endif
