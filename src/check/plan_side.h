/* What is asked of a server for a plan. */
#ifndef VELA_CHECK_PLAN_SIDE_H
#define VELA_CHECK_PLAN_SIDE_H

#include "check/plan_facts.h"
#include "sql/query.h"

/*
 * Makes the statistics of what the query reads anew, where that has not been done on this side, and explains it. A
 * failure of the query's is a success with *ret_failure, owned. Adds a sentence to `notes` for what could not be
 * analyzed.
 */
int plan_side_explain(struct plan_side *side, const struct query *query, double deadline, struct plan_facts *ret,
		      struct string_list *notes, struct report_failure **ret_failure, struct error **err);

/* Looks up the names of gates->wanted. */
int plan_gates_read(struct plan_side *side, double deadline, struct plan_gates *gates,
		    struct report_failure **ret_failure, struct error **err);
void plan_gates_free(struct plan_gates *gates);

#endif
