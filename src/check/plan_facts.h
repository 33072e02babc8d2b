/* What EXPLAIN told of a query: facts to compare, beside the tree that the report shows. */
#ifndef VELA_CHECK_PLAN_FACTS_H
#define VELA_CHECK_PLAN_FACTS_H

#include <jansson.h>

#include "check/plan.h"

enum {
	PLAN_DEPTH_MAX = 300,
	PLAN_NODES_MAX = 10000, /* a partition is a node */
	PLAN_TEXT_MAX = 500,    /* bytes of a label or of a line of detail; what is longer ends with "…" */
	PLAN_BLOCK_BYTES = 8192,
};

struct plan_fact {
	struct plan_node *shown; /* the same node in the report's tree; borrowed */
	char *step;              /* "Hash Left Join", "HashAggregate", "Seq Scan" */
	char *schema, *relation; /* what it reads; without a schema a function or a CTE, say; NULL: none */
	char *index;             /* NULL: none */
	bool writes;             /* INSERT, UPDATE, DELETE, MERGE on the relation */
	bool is_inner;           /* the inner side of a join */
	bool is_subplan;         /* of an expression, or a CTE */
	uint64_t spilled_bytes;  /* by itself */
	struct plan_fact *children;
	size_t child_count;
};

struct plan_setting {
	char *name, *value;
};

struct plan_facts {
	struct report_plan_side side;  /* owns the tree that is shown */
	struct plan_fact *root;        /* NULL only in {0} */
	struct plan_setting *settings; /* that are not the default, as EXPLAIN lists them */
	size_t setting_count;
};

/* Of EXPLAIN (VERBOSE, FORMAT JSON), with or without ANALYZE and BUFFERS. Anything else is ERROR_POSTGRES. */
int plan_parse(const char *json, size_t length, struct plan_facts *ret, struct error **err);
void plan_facts_free(struct plan_facts *facts);

/* As psql shows the node, and its conditions, keys and the like, a line each; NULL: there are none. Owned. */
char *plan_label(const json_t *node, const char *step);
char *plan_detail(const json_t *node, uint64_t spilled_bytes);
char *plan_step(const json_t *node);
const char *plan_spill_words(const char *step); /* "sorts" */

/*
 * Marks on both trees what differs at its place, and adds sentences about what differs. True if the shape does: nodes,
 * joins, relations, indexes; no costs and no numbers of rows. `before` NULL: there is nothing to compare with, and
 * only what is remarkable by itself is told.
 */
bool plan_compare(struct plan_facts *before, struct plan_facts *after, struct string_list *differences);

/* A name in vela.yml, and what the server takes it for: "schema.table" for tables, "index" for indexes. */
struct plan_name {
	const char *given;
	struct string_list members; /* with partitions; empty: there is no such thing */
};
struct plan_gates {
	const struct plan_wanted *wanted;
	struct plan_name *tables, *indexes; /* of no_seq_scan_on and uses_index */
	size_t table_count, index_count;
};
/* Adds a sentence for each that does not hold. */
void plan_judge(const struct plan_facts *before, const struct plan_facts *after, bool changed,
		const struct plan_gates *gates, struct string_list *violations);

/* The node whose rows were estimated worst: its factor, from 1. *ret NULL: none counts. */
double plan_worst_estimate(const struct plan_facts *facts, const struct plan_fact **ret);
/* "41,200 blocks instead of 120 (343×)" */
char *plan_blocks_words(uint64_t before, uint64_t after);
char *plan_rows_words(const struct plan_fact *fact); /* "rows of Seq Scan on orders: estimated 10, actual 52,000" */
char *plan_spill_sentence(const struct plan_facts *facts); /* "sorts on disk (12 MiB)"; NULL: all stays in memory */
/* "orders"; with its schema where that is not public. */
char *plan_relation_name(const char *schema, const char *relation);

#endif
