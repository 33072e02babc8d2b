/* The pieces that reports with evidence are put together from. What is given is copied. */
#ifndef VELA_TESTS_REPORT_FIXTURE_BUILD_H
#define VELA_TESTS_REPORT_FIXTURE_BUILD_H

#include "samples.h"

/* A new last element of an array that `count` belongs to, zeroed. */
#define FIXTURE_APPEND(array, count)                                                                                   \
	({                                                                                                             \
		(array) = memory_resize((array), (count) + 1, sizeof(*(array)));                                       \
		memset(&(array)[(count)], 0, sizeof(*(array)));                                                        \
		&(array)[(count)++];                                                                                   \
	})

static inline struct report_statement *fixture_add_statement(struct report_migration *migration, const char *sql,
							     const char *tag, int line, double from_ms, double to_ms)
{
	struct report_statement *statement = FIXTURE_APPEND(migration->list, migration->list_count);
	*statement = (struct report_statement){
		.sql = string_copy(sql),
		.tag = string_copy(tag),
		.line = line,
		.column = line ? 1 : 0,
		.outcome = tag ? OUTCOME_PASSED : OUTCOME_FAILED,
		.from_ms = from_ms,
		.to_ms = to_ms,
		.rows = -1,
	};
	migration->statements = migration->list_count;
	return statement;
}

static inline void fixture_add_lock(struct report_statement *statement, const char *relation, enum table_lock mode,
				    double from_ms, double to_ms)
{
	struct report_lock *lock = FIXTURE_APPEND(statement->locks, statement->lock_count);
	*lock = (struct report_lock){string_copy(relation), string_copy("table"), mode, from_ms, to_ms, false};
}

static inline struct report_change *fixture_add_change(struct report_statement *statement, enum report_change_kind kind,
						       const char *relation, const char *object, const char *detail)
{
	struct report_change *change = FIXTURE_APPEND(statement->changes, statement->change_count);
	*change = (struct report_change){
		.kind = kind,
		.relation = string_copy(relation),
		.object = string_copy(object),
		.detail = string_copy(detail),
		.rows = -1,
	};
	return change;
}

/* Of the run as a whole if `file` is NULL. */
static inline struct report_hazard *fixture_add_hazard(struct report *report, const char *id,
						       enum report_severity severity, const char *file, int line,
						       const char *measured)
{
	struct report_hazard *hazard = FIXTURE_APPEND(report->hazards, report->hazard_count);
	*hazard = (struct report_hazard){
		.id = string_copy(id),
		.severity = severity,
		.file = string_copy(file),
		.line = line,
		.migration = SIZE_MAX,
		.statement = SIZE_MAX,
		.measured = string_copy(measured),
	};
	return hazard;
}

static inline void fixture_advise(struct report_hazard *hazard, size_t migration, size_t statement, const char *why,
				  const char *instead)
{
	hazard->migration = migration;
	hazard->statement = statement;
	hazard->why = string_copy(why);
	hazard->instead = string_copy(instead);
}

/* With one hold, which blocks what its mode does. */
static inline struct report_relation *fixture_add_relation(struct report *report, const char *name, uint64_t bytes,
							   int64_t rows, enum table_lock mode, double from_ms,
							   double to_ms)
{
	struct report_relation *relation = FIXTURE_APPEND(report->relations, report->relation_count);
	*relation = (struct report_relation){
		.name = string_copy(name),
		.kind = string_copy("table"),
		.bytes = bytes,
		.rows = rows,
		.strongest = mode,
	};
	struct report_hold *hold = FIXTURE_APPEND(relation->holds, relation->hold_count);
	*hold = (struct report_hold){.mode = mode, .from_ms = from_ms, .to_ms = to_ms};
	if (table_locks[mode].blocks_writes)
		relation->writes_blocked_ms = relation->longest_writes_ms = to_ms - from_ms;
	if (table_locks[mode].blocks_reads)
		relation->reads_blocked_ms = relation->longest_reads_ms = to_ms - from_ms;
	return relation;
}

static inline void fixture_add_schema(struct report *report, char action, const char *object, const char *detail)
{
	struct report_schema_change *change = FIXTURE_APPEND(report->schema, report->schema_count);
	*change = (struct report_schema_change){action, string_copy(object), string_copy(detail)};
	report->has_schema = true;
}

static inline void fixture_add_sentence(char ***sentences, const char *text)
{
	size_t count = 0;
	while (*sentences && (*sentences)[count])
		count++;
	*sentences = memory_resize(*sentences, count + 2, sizeof(**sentences));
	(*sentences)[count] = string_copy(text);
	(*sentences)[count + 1] = NULL;
}

/* --- plans --- */

static inline struct plan_node fixture_node(const char *label, const char *detail, double estimated, double actual,
					    uint64_t loops, uint64_t blocks)
{
	return (struct plan_node){.label = string_copy(label),
				  .detail = string_copy(detail),
				  .rows_estimated = estimated,
				  .rows_actual = actual,
				  .loops = loops,
				  .blocks = blocks};
}

/* `node` is taken over. The result is good until the next child is added. */
static inline struct plan_node *fixture_add_child(struct plan_node *parent, struct plan_node node)
{
	struct plan_node *child = FIXTURE_APPEND(parent->children, parent->child_count);
	*child = node;
	return child;
}

/* `root` is taken over. */
static inline void fixture_set_side(struct report_plan_side *side, struct plan_node root, double milliseconds)
{
	side->root = memory_allocate(sizeof(*side->root));
	*side->root = root;
	side->blocks = root.blocks;
	side->milliseconds = milliseconds;
	side->rows = root.rows_actual;
}

static inline struct report_plan *fixture_add_plan(struct report *report, const char *name, const char *sql, int line,
						   enum report_outcome outcome)
{
	struct report_plan *plan = FIXTURE_APPEND(report->plans, report->plan_count);
	*plan = (struct report_plan){
		.name = string_copy(name), .sql = string_copy(sql), .line = line, .outcome = outcome};
	return plan;
}

/* --- workload --- */

static inline struct report_workload_query *fixture_add_query(struct report_workload *workload, const char *name,
							      double rate, const double *timeline)
{
	struct report_workload_query *query = FIXTURE_APPEND(workload->queries, workload->query_count);
	*query = (struct report_workload_query){
		.name = string_copy(name), .rate = rate, .stall_migration = SIZE_MAX, .stall_statement = SIZE_MAX};
	query->timeline = memory_allocate(workload->bucket_count * sizeof(double));
	memcpy(query->timeline, timeline, workload->bucket_count * sizeof(double));
	return query;
}

#endif
