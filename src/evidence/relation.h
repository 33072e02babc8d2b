/*
 * The relations of a database as the watch over a run of migrations knows them: which there were, and what each is made
 * of at a moment. Filled from the rows of templates/sql/watch_*.sql. Names that end in `shown` are as SQL writes them.
 */
#ifndef VELA_EVIDENCE_RELATION_H
#define VELA_EVIDENCE_RELATION_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/table_lock.h"

enum { RELATION_BLOCK = 8192 }; /* bytes in a page, as servers are built */

struct column_state {
	int number;
	char *name, *shown;
	char *type; /* "character varying(20)", "public.mood" */
	uint32_t type_oid, collation;
	int modifier;
	bool not_null, has_default, has_missing; /* missing: rows from before it have its value without having been
						  * written */
	bool is_enum, is_domain;                 /* or an array of these */
	char identity, generated;                /* '\0': no */
};

struct constraint_state {
	uint32_t oid;
	char *name, *shown;
	char type; /* of pg_constraint */
	bool validated, local;
	char *columns;    /* "{1,2}": their numbers */
	char *definition; /* NULL: not read */
};

struct index_state {
	uint32_t oid, file;
	char *name, *shown;
	char kind; /* 'I': of a partitioned table, without storage */
	bool valid;
};

struct relation_state {
	uint32_t oid, file; /* file 0: none */
	char *schema, *name;
	char *schema_shown;
	char *shown; /* with its schema */
	char kind, persistence;
	uint32_t access_method, tablespace;
	bool is_partition;
	bool is_partial; /* neither columns nor constraints are known, nor more than kind, file and names */
	uint64_t bytes;  /* of the table itself */
	uint64_t total;  /* with indexes and toast; 0: not read */
	int64_t rows;    /* about; -1: not known */
	struct column_state *columns;
	size_t column_count;
	struct constraint_state *constraints;
	size_t constraint_count;
	struct index_state *indexes;
	size_t index_count;
};
void relation_state_free(struct relation_state *state); /* NULL is allowed */

/* What a transaction did to a relation's rows so far, as the server counts. */
struct relation_counts {
	int64_t scans, read, inserted, updated, deleted;
};

/* A relation that was there when the watch began. */
struct relation {
	uint32_t oid;
	uint32_t owner;  /* the table of an index or of toast; 0: none */
	uint32_t parent; /* that it is a partition of, or inherits from; 0: none */
	uint32_t file;
	char *shown;    /* as it was called then */
	char kind;      /* of pg_class */
	bool valid;     /* of an index */
	int columns;    /* the highest number of one; what comes later is new */
	bool gone;      /* dropped, in the open transaction or for good */
	uint64_t bytes; /* with indexes and toast; 0: not known */
	int64_t rows;   /* about; -1: not known */
	uint64_t own_bytes;
	struct relation_state *before; /* as committed; NULL: not read yet */
	struct relation_state *now;    /* as the open transaction has it; NULL: as committed */
	bool is_touched;               /* it has counts or a state of its own in the open transaction */
	struct relation_counts counts; /* of the open transaction, when last read */
	struct relation_counts delta;  /* what the last statement added to them */
};

struct registry {
	struct relation *items; /* sorted by oid */
	size_t count;
};
void registry_read(struct registry *registry, const PGresult *result); /* the rows of watch_relations.sql */
void registry_free(struct registry *registry);
struct relation *registry_find(const struct registry *registry, uint32_t oid); /* NULL: there was none */
/* The table that an index or toast, or what belongs to toast, belongs to; any other relation itself. */
struct relation *registry_table_of(const struct registry *registry, struct relation *relation);
bool relation_is_toast(const struct registry *registry, const struct relation *relation);

const char *relation_kind_name(char kind);                       /* "table", "index", … */
const char *relation_name(const struct relation *relation);      /* what it is called at this moment */
struct relation_state *relation_state_of(struct relation *from); /* now, else before; NULL: not known */
/* The little that the registry knows of a table: `is_partial`. Owned. */
struct relation_state *relation_state_partial(const struct registry *registry, const struct relation *relation);

/* The states in the rows of watch_state.sql. */
struct relation_states {
	struct relation_slot {
		uint32_t oid;
		struct relation_state *state; /* NULL: taken */
	} * slots;                            /* sorted by oid */
	size_t count;
};
void relation_states_read(const PGresult *result, struct relation_states *ret);
struct relation_state *relation_states_take(struct relation_states *states, uint32_t oid); /* owned; NULL: none */
void relation_states_free(struct relation_states *states);
#define _cleanup_states_ _cleanup_(relation_states_free)
void relation_state_add_index(struct relation_state *state, struct index_state index); /* its strings are taken over */

struct oid_list {
	uint32_t *items;
	size_t count;
};
void oid_list_add(struct oid_list *list, uint32_t oid);
bool oid_list_has(const struct oid_list *list, uint32_t oid);
char *oid_list_text(const struct oid_list *list); /* "{1,2}", as an array; owned */
void oid_list_free(struct oid_list *list);
#define _cleanup_oids_ _cleanup_(oid_list_free)

uint32_t result_oid(const PGresult *result, int row, int column);
int64_t result_number(const PGresult *result, int row, int column); /* 0 for NULL */

#endif
