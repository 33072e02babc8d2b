/* A query's plan before and after the migrations. */
#ifndef VELA_REPORT_PLAN_H
#define VELA_REPORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/evidence.h"

struct plan_node {
	char *label;                        /* "Index Scan using orders_pkey on orders" */
	char *detail;                       /* "filter: (status = 'open')"; NULL: nothing to add */
	double rows_estimated, rows_actual; /* per loop; actual -1: never executed */
	uint64_t loops, blocks;             /* shared blocks hit and read, with its children's */
	bool differs;                       /* from what stands at its place on the other side */
	struct plan_node *children;
	size_t child_count;
};

struct report_plan_side {
	struct plan_node *root; /* NULL: it could not be explained */
	uint64_t blocks, temp_blocks;
	double milliseconds; /* informs, never gates */
	double rows;
};

struct report_plan {
	char *name, *sql;
	int line;        /* in vela.yml */
	bool is_warning; /* severity: warn */
	enum report_outcome outcome;
	bool changed; /* the shape differs */
	struct report_plan_side before, after;
	char **differences;             /* sentences about what differs; end with NULL; may be NULL */
	char **violations;              /* sentences: why it does not hold; end with NULL; NULL: it holds */
	struct report_failure *failure; /* it could not be explained after the migrations */
	char *before_failure;           /* why there is no side before: "relation … does not exist"; NULL: there is */
};
void report_plan_clear(struct report_plan *plan);
void plan_node_free(struct plan_node *node); /* with its children */

#endif
