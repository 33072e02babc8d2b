#include "migration/rows.h"

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"

enum { ROW_MAX = 300 /* bytes of a row that is shown */ };

/* What a violation is called, and the rows that are in the way. */
struct offence {
	char *condition; /* of the rows, SQL; NULL: `key` is meant */
	char *key;       /* of which values occur more than once, SQL */
	char *words;     /* "have no total" */
};

static void offence_clear(struct offence *offence)
{
	free(offence->condition);
	free(offence->key);
	free(offence->words);
}

static const char *field(const PGresult *result, int code)
{
	const char *text = PQresultErrorField(result, code);
	return text ? text : "";
}

/* ALTER TABLE … SET NOT NULL; of a row that comes in, the server tells. */
static void find_null(const struct execution *execution, struct offence *ret)
{
	const char *column = field(execution->refusal, PG_DIAG_COLUMN_NAME);
	_cleanup_free_ char *quoted = pg_quote_identifier(column);
	ret->condition = string_format("%s IS NULL", quoted);
	ret->words = string_format("have no %s", column);
}

/* ADD CONSTRAINT … CHECK: it is gone with the rollback, but the statement has its words. */
static void find_check(const struct execution *execution, struct offence *ret)
{
	size_t start, length;
	if (!sql_statement_find_clause(execution->sql.text, &execution->last, "check", &start, &length))
		return;
	_cleanup_free_ char *expression = string_copy_n(execution->sql.text + start, length);
	ret->condition = string_format("NOT (%s\n)", expression);
	ret->words = string_format("violate %s", field(execution->refusal, PG_DIAG_CONSTRAINT_NAME));
}

/* CREATE UNIQUE INDEX: the detail is "Key (a, lower(b))=(…) is duplicated." */
static void find_duplicate(const struct execution *execution, struct offence *ret)
{
	static const char before[] = "Key (";
	const char *detail = field(execution->refusal, PG_DIAG_MESSAGE_DETAIL);
	const char *end = strstr(detail, ")=(");
	if (!string_starts_with(detail, before) || !end || !strstr(end, "is duplicated"))
		return;
	ret->key = string_copy_n(detail + strlen(before), (size_t)(end - detail) - strlen(before));
	ret->words = string_format("values of (%s) occur more than once", ret->key);
}

static const struct {
	const char *sqlstate;
	bool only_without_detail; /* else the detail has the row */
	void (*find)(const struct execution *execution, struct offence *ret);
} rows[] = {
	{"23502", true, find_null},
	{"23514", true, find_check},
	{"23505", false, find_duplicate},
};

static void find_offence(const struct execution *execution, struct offence *ret)
{
	const char *state = field(execution->refusal, PG_DIAG_SQLSTATE);
	bool has_detail = PQresultErrorField(execution->refusal, PG_DIAG_MESSAGE_DETAIL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (string_equal(rows[i].sqlstate, state) && !(rows[i].only_without_detail && has_detail))
			rows[i].find(execution, ret);
}

static char *query_for(const struct offence *offence, const char *table)
{
	if (offence->key)
		return string_format("SELECT pg_catalog.count(*), NULL FROM (SELECT FROM %s WHERE (%s) IS NOT "
				     "NULL GROUP BY %s HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1) AS d",
				     table, offence->key, offence->key);
	return string_format("SELECT (SELECT pg_catalog.count(*) FROM %s AS t WHERE %s), "
			     "(SELECT t::pg_catalog.text FROM %s AS t WHERE %s LIMIT 1)",
			     table, offence->condition, table, offence->condition);
}

static char *describe(const PGresult *result, const struct offence *offence, const char *table)
{
	unsigned long long count = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
	if (count == 0)
		return NULL;
	_cleanup_free_ char *number = quantity_format_count(count);
	if (offence->key)
		return string_format("%s %s in %s", number, offence->words, table);
	const char *row = PQgetvalue(result, 0, 1);
	_cleanup_free_ char *shown = text_cut(row, strlen(row), ROW_MAX);
	return string_format("%s row%s of %s %s; one: %s", number, count == 1 ? "" : "s", table, offence->words, shown);
}

/* Runs the statements in turn; the last one's result, or NULL if one of them did not succeed in time. */
static int run_all(PGconn *connection, const char *const *statements, size_t count, PGresult **ret, struct error **err)
{
	double deadline = clock_monotonic_ms() + ROWS_TIMEOUT_MS;
	_cleanup_result_ PGresult *result = NULL;
	for (size_t i = 0; i < count; i++) {
		pg_result_free(&result);
		if (session_query(connection, statements[i], deadline, &result, err) < 0)
			return -1;
		if (!result ||
		    (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK))
			return 0;
	}
	*ret = TAKE_POINTER(result);
	return 0;
}

int rows_explain(struct execution *execution, struct error **err)
{
	_cleanup_(offence_clear) struct offence offence = {0};
	find_offence(execution, &offence);
	if (!offence.words)
		return 0;
	_cleanup_free_ char *schema = pg_quote_identifier(field(execution->refusal, PG_DIAG_SCHEMA_NAME));
	_cleanup_free_ char *name = pg_quote_identifier(field(execution->refusal, PG_DIAG_TABLE_NAME));
	_cleanup_free_ char *table = string_format("%s.%s", schema, name);
	_cleanup_free_ char *shown = string_format("%s.%s", field(execution->refusal, PG_DIAG_SCHEMA_NAME),
						   field(execution->refusal, PG_DIAG_TABLE_NAME));
	_cleanup_free_ char *query = query_for(&offence, table);
	const char *const statements[] = {"BEGIN READ ONLY", "SET LOCAL lock_timeout = 1000", query};
	_cleanup_result_ PGresult *result = NULL;
	if (run_all(execution->connection, statements, ARRAY_SIZE(statements), &result, err) < 0)
		return -1;
	if (result && PQntuples(result) == 1 && PQnfields(result) == 2)
		execution->failure->rows = describe(result, &offence, shown);
	return session_rollback(execution->connection, err);
}
