#include "check/plan_side.h"

#include "sql/session.h"
#include "pg/connection.h"

enum { WARM_UPS = 1, RUNS = 3 };

/* --- explaining --- */

static const char EXPLAIN_ONLY[] = "EXPLAIN (VERBOSE, FORMAT JSON)";
static const char EXPLAIN_ANALYZE[] = "EXPLAIN (ANALYZE, VERBOSE, BUFFERS, SETTINGS, TIMING OFF, FORMAT JSON)";
static const char SETTINGS[] = "SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0";

/* An answer that is no plan is the query's failure: a utility statement, a rule. */
static void parse(const PGresult *result, const struct query *query, struct plan_facts *ret,
		  struct report_failure **ret_failure)
{
	_cleanup_error_ struct error *error = NULL;
	const char *json = PQntuples(result) == 1 && PQnfields(result) == 1 ? PQgetvalue(result, 0, 0) : "";
	if (plan_parse(json, strlen(json), ret, &error) < 0)
		*ret_failure = failure_at(&query->sql, query->statement.start, false, error->message);
}

/* In a transaction that is rolled back: the query may write. */
static int explain(PGconn *connection, const char *how, const struct query *query, double deadline,
		   struct plan_facts *ret, struct report_failure **ret_failure, struct error **err)
{
	_cleanup_result_ PGresult *set = NULL;
	_cleanup_result_ PGresult *result = NULL;
	if (query_begin(connection, false, deadline, ret_failure, err) < 0 ||
	    (!*ret_failure && query_run_own(connection, SETTINGS, deadline, &set, ret_failure, err) < 0) ||
	    (!*ret_failure && query_run(connection, query, how, "", deadline, &result, ret_failure, err) < 0))
		return -1;
	if (result)
		parse(result, query, ret, ret_failure);
	return session_rollback(connection, err);
}

static int compare_blocks(const void *a, const void *b)
{
	const struct plan_facts *x = a, *y = b;
	return (x->side.blocks > y->side.blocks) - (x->side.blocks < y->side.blocks);
}

static int compare_numbers(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* The run in the middle by blocks, with the time in the middle. */
static void take_median(struct plan_facts *runs, struct plan_facts *ret)
{
	double milliseconds[RUNS];
	for (size_t i = 0; i < RUNS; i++)
		milliseconds[i] = runs[i].side.milliseconds;
	qsort(milliseconds, RUNS, sizeof(*milliseconds), compare_numbers);
	qsort(runs, RUNS, sizeof(*runs), compare_blocks);
	*ret = runs[RUNS / 2];
	ret->side.milliseconds = milliseconds[RUNS / 2];
	runs[RUNS / 2] = (struct plan_facts){0};
}

static int measure(PGconn *connection, const struct query *query, double deadline, struct plan_facts *ret,
		   struct report_failure **ret_failure, struct error **err)
{
	struct plan_facts runs[RUNS] = {0};
	int result = 0;
	for (size_t i = 0; i < WARM_UPS + RUNS && result == 0 && !*ret_failure; i++) {
		struct plan_facts *run = &runs[i % RUNS]; /* what warmed up is replaced */
		plan_facts_free(run);
		result = explain(connection, EXPLAIN_ANALYZE, query, deadline, run, ret_failure, err);
	}
	if (result == 0 && !*ret_failure)
		take_median(runs, ret);
	for (size_t i = 0; i < RUNS; i++)
		plan_facts_free(&runs[i]);
	return result;
}

/* --- statistics --- */

/* "(schema, relation), (…)" of all that the plan reads, as SQL. */
static void add_relations(const struct plan_fact *fact, struct buffer *sql)
{
	if (fact->schema && fact->relation) {
		_cleanup_free_ char *schema = pg_quote_literal(fact->schema);
		_cleanup_free_ char *relation = pg_quote_literal(fact->relation);
		buffer_addf(sql, "%s(%s, %s)", sql->length > 0 ? ", " : "", schema, relation);
	}
	for (size_t i = 0; i < fact->child_count; i++)
		add_relations(&fact->children[i], sql);
}

/* The tables, and whether the role may ANALYZE each: if not, it would get no more than a warning. */
static char *tables_sql(PGconn *connection, const char *names)
{
	bool has_maintain = PQserverVersion(connection) >= 170000;
	return string_format(
		"SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname), "
		"pg_catalog.pg_has_role(c.relowner, 'USAGE') OR pg_catalog.pg_has_role(d.datdba, 'USAGE')%s "
		"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		"JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database() "
		"WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'pg_catalog' "
		"AND (n.nspname, c.relname) IN (VALUES %s) ORDER BY 1",
		has_maintain ? " OR pg_catalog.has_table_privilege(c.oid, 'MAINTAIN')" : "", names);
}

static void add_note(struct string_list *notes, const char *table)
{
	_cleanup_free_ char *note =
		string_format("the statistics of %s are as they came: the role has no right to ANALYZE it", table);
	if (!string_list_has(notes, note)) /* of the other side */
		string_list_add(notes, note);
}

static int analyze_table(struct plan_side *side, const char *table, double deadline,
			 struct report_failure **ret_failure, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	_cleanup_free_ char *sql = string_format("ANALYZE %s", table);
	if (string_list_has(&side->analyzed, table))
		return 0;
	if (query_run_own(side->connection, sql, deadline, &result, ret_failure, err) < 0)
		return -1;
	if (result)
		string_list_add(&side->analyzed, table);
	return 0;
}

static int analyze(struct plan_side *side, const struct plan_facts *facts, double deadline, struct string_list *notes,
		   struct report_failure **ret_failure, struct error **err)
{
	_cleanup_buffer_ struct buffer names = {0};
	_cleanup_result_ PGresult *tables = NULL;
	if (facts->root)
		add_relations(facts->root, &names);
	if (names.length == 0)
		return 0;
	_cleanup_free_ char *sql = tables_sql(side->connection, buffer_text(&names));
	if (query_run_own(side->connection, sql, deadline, &tables, ret_failure, err) < 0)
		return -1;
	for (int i = 0; tables && i < PQntuples(tables) && !*ret_failure; i++) {
		const char *table = PQgetvalue(tables, i, 0);
		if (!string_equal(PQgetvalue(tables, i, 1), "t"))
			add_note(notes, table);
		else if (analyze_table(side, table, deadline, ret_failure, err) < 0)
			return -1;
	}
	return 0;
}

int plan_side_explain(struct plan_side *side, const struct query *query, double deadline, struct plan_facts *ret,
		      struct string_list *notes, struct report_failure **ret_failure, struct error **err)
{
	_cleanup_(plan_facts_free) struct plan_facts first = {0};
	*ret_failure = NULL;
	if (session_reset(side->connection, err) < 0 ||
	    explain(side->connection, EXPLAIN_ONLY, query, deadline, &first, ret_failure, err) < 0 ||
	    (!*ret_failure && analyze(side, &first, deadline, notes, ret_failure, err) < 0))
		return -1;
	return *ret_failure ? 0 : measure(side->connection, query, deadline, ret, ret_failure, err);
}

/* --- names --- */

static int read_name(struct plan_side *side, const char *given, const char *member, double deadline,
		     struct plan_name *ret, struct report_failure **ret_failure, struct error **err)
{
	_cleanup_free_ char *literal = pg_quote_literal(given);
	_cleanup_free_ char *sql =
		string_format("WITH RECURSIVE family (id) AS (SELECT pg_catalog.to_regclass(%s)::pg_catalog.oid UNION "
			      "SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN family f ON i.inhparent = f.id) "
			      "SELECT %s FROM family f JOIN pg_catalog.pg_class c ON c.oid = f.id "
			      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace",
			      literal, member);
	_cleanup_result_ PGresult *result = NULL;
	ret->given = given;
	if (query_run_own(side->connection, sql, deadline, &result, ret_failure, err) < 0)
		return -1;
	for (int i = 0; result && i < PQntuples(result); i++)
		string_list_add(&ret->members, PQgetvalue(result, i, 0));
	return 0;
}

/* `member`: SQL for how the plan's facts name it. */
static int read_names(struct plan_side *side, char *const *names, const char *member, double deadline,
		      struct plan_name **ret, size_t *ret_count, struct report_failure **ret_failure,
		      struct error **err)
{
	size_t count = 0;
	while (names && names[count])
		count++;
	if (count == 0)
		return 0;
	*ret = memory_allocate(count * sizeof(**ret));
	*ret_count = count;
	for (size_t i = 0; i < count && !*ret_failure; i++)
		if (read_name(side, names[i], member, deadline, &(*ret)[i], ret_failure, err) < 0)
			return -1;
	return 0;
}

int plan_gates_read(struct plan_side *side, double deadline, struct plan_gates *gates,
		    struct report_failure **ret_failure, struct error **err)
{
	const struct plan_wanted *wanted = gates->wanted;
	*ret_failure = NULL;
	if (read_names(side, wanted->no_seq_scan_on,
		       "n.nspname OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) c.relname", deadline,
		       &gates->tables, &gates->table_count, ret_failure, err) < 0)
		return -1;
	if (*ret_failure)
		return 0;
	return read_names(side, wanted->uses_index, "c.relname", deadline, &gates->indexes, &gates->index_count,
			  ret_failure, err);
}

static void free_names(struct plan_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		string_list_free(&names[i].members);
	free(names);
}

void plan_gates_free(struct plan_gates *gates)
{
	free_names(gates->tables, gates->table_count);
	free_names(gates->indexes, gates->index_count);
	*gates = (struct plan_gates){0};
}
