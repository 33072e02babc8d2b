/* Expectations of rows: how many there are, which must not be there, and which must. */
#include "base/quantity.h"
#include "check/expectation.h"
#include "pg/connection.h"

/* --- that it runs --- */

/* To its end, and without its rows: they are all made, and all passed over. */
int judge_running(struct trial *trial, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	bool wrapped = query_is_table(&trial->query);
	if (trial_run(trial, wrapped ? "SELECT * FROM (" : NULL, wrapped ? ") AS q OFFSET 9223372036854775807" : NULL,
		      &result, err) < 0)
		return -1;
	trial_hold(trial, result);
	return 0;
}

/* --- how many --- */

static int count_rows(struct trial *trial, const char *front, const char *back, long long *ret, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (trial_run(trial, front, back, &result, err) < 0)
		return -1;
	*ret = result ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : -1;
	return 0;
}

/* -1: the check says why there is no count. */
static int count_all(struct trial *trial, long long *ret, struct error **err)
{
	if (query_is_table(&trial->query))
		return count_rows(trial, "SELECT pg_catalog.count(*) FROM (", ") AS q", ret, err);
	_cleanup_result_ PGresult *result = NULL;
	if (trial_fetch(trial, 0, &result, err) < 0)
		return -1;
	*ret = result ? PQntuples(result) : -1;
	return 0;
}

int judge_row_count(struct trial *trial, struct error **err)
{
	const struct assertion *wanted = trial->assertion;
	long long count;
	if (count_all(trial, &count, err) < 0)
		return -1;
	if (count < 0)
		return 0;
	_cleanup_free_ char *number = quantity_format_count((uint64_t)count);
	trial->check->actual = string_format("%s row%s", number, count == 1 ? "" : "s");
	trial_hold(trial, (!wanted->rows_exactly || count == strtoll(wanted->rows_exactly, NULL, 10)) &&
				  (!wanted->rows_at_least || count >= strtoll(wanted->rows_at_least, NULL, 10)) &&
				  (!wanted->rows_at_most || count <= strtoll(wanted->rows_at_most, NULL, 10)));
	return 0;
}

/* --- which must not be there --- */

static void add_value(struct buffer *text, const char *value)
{
	bool plain = value && *value && !string_equal(value, "NULL") && !strpbrk(value, ",()'\n");
	if (!value || plain) {
		buffer_add_text(text, value ? value : "NULL");
		return;
	}
	_cleanup_free_ char *quoted = pg_quote_literal(value);
	buffer_add_text(text, quoted);
}

static const char *value_of(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

/* "(id = 7, email = NULL)" */
static void add_named_row(struct buffer *text, const PGresult *result, int row)
{
	buffer_add_char(text, '(');
	for (int column = 0; column < PQnfields(result); column++) {
		buffer_addf(text, "%s%s = ", column == 0 ? "" : ", ", PQfname(result, column));
		add_value(text, value_of(result, row, column));
	}
	buffer_add_char(text, ')');
}

struct offence {
	const char *one, *many; /* in words, after their number */
	const char *front;      /* around the query, it gives the offending rows */
	char *back;             /* owned */
};

/* They are counted only if there is one. */
static int judge_offence(struct trial *trial, const struct offence *offence, struct error **err)
{
	_cleanup_free_ char *first_back = string_format("%s LIMIT 1", offence->back);
	_cleanup_free_ char *count_front = string_format("SELECT pg_catalog.count(*) FROM (%s", offence->front);
	_cleanup_free_ char *count_back = string_format("%s) AS offending", offence->back);
	_cleanup_result_ PGresult *first = NULL;
	long long count = 0;
	if (!query_is_table(&trial->query)) {
		trial_refuse(trial, string_format("%s needs a query that can stand in FROM: SELECT, VALUES, WITH or "
						  "TABLE",
						  trial->expectation->name));
		return 0;
	}
	if (trial_run(trial, offence->front, first_back, &first, err) < 0 ||
	    (first && PQntuples(first) > 0 && count_rows(trial, count_front, count_back, &count, err) < 0))
		return -1;
	if (trial->check->failure)
		return 0;
	_cleanup_buffer_ struct buffer words = {0};
	_cleanup_free_ char *number = quantity_format_count((uint64_t)count);
	buffer_addf(&words, "%s %s", number, count == 1 ? offence->one : offence->many);
	if (count > 0) {
		buffer_add_text(&words, count == 1 ? ": " : ", one of them: ");
		add_named_row(&words, first, 0);
	}
	trial->check->actual = expectation_cut(buffer_text(&words));
	trial_hold(trial, count == 0);
	return 0;
}

int judge_empty(struct trial *trial, struct error **err)
{
	struct offence offence = {"row", "rows", "SELECT q.* FROM (", string_copy(") AS q")};
	int result = judge_offence(trial, &offence, err);
	free(offence.back);
	return result;
}

/* q."a" AFTER SEPARATOR q."b" AFTER … */
static void add_columns(struct buffer *sql, char *const *columns, const char *separator, const char *after)
{
	for (size_t i = 0; columns[i]; i++) {
		_cleanup_free_ char *name = pg_quote_identifier(columns[i]);
		buffer_addf(sql, "%sq.%s%s", i == 0 ? "" : separator, name, after);
	}
}

int judge_not_null(struct trial *trial, struct error **err)
{
	struct buffer back = {0};
	buffer_add_text(&back, ") AS q WHERE ");
	add_columns(&back, trial->assertion->not_null, " OR ", " IS NULL");
	struct offence offence = {"row with a NULL", "rows with a NULL", "SELECT q.* FROM (", buffer_steal(&back)};
	int result = judge_offence(trial, &offence, err);
	free(offence.back);
	return result;
}

int judge_unique(struct trial *trial, struct error **err)
{
	char *const *columns = trial->assertion->unique;
	_cleanup_buffer_ struct buffer front = {0};
	struct buffer back = {0};
	buffer_add_text(&front, "SELECT ");
	add_columns(&front, columns, ", ", "");
	buffer_add_text(&front, ", pg_catalog.count(*) AS times FROM (");
	buffer_add_text(&back, ") AS q WHERE ");
	add_columns(&back, columns, " AND ", " IS NOT NULL");
	buffer_add_text(&back, " GROUP BY ");
	add_columns(&back, columns, ", ", "");
	buffer_add_text(&back, " HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1");
	struct offence offence = {"value occurs more than once", "values occur more than once", buffer_text(&front),
				  buffer_steal(&back)};
	int result = judge_offence(trial, &offence, err);
	free(offence.back);
	return result;
}

/* --- which must be there --- */

/* "(7, open)" */
static char *row_text(const PGresult *result, int row)
{
	struct buffer text = {0};
	buffer_add_char(&text, '(');
	for (int column = 0; column < PQnfields(result); column++) {
		buffer_add_text(&text, column == 0 ? "" : ", ");
		add_value(&text, value_of(result, row, column));
	}
	buffer_add_char(&text, ')');
	return buffer_steal(&text);
}

/* The same of what is expected; of a boolean column of `result` (may be NULL) as the server writes it. */
static char *expected_row_text(char *const *values, const char *null_value, const PGresult *result)
{
	struct buffer text = {0};
	buffer_add_char(&text, '(');
	for (size_t i = 0; values[i]; i++) {
		const char *value = values[i] == null_value ? NULL : values[i];
		bool boolean = result && (int)i < PQnfields(result) && PQftype(result, (int)i) == BOOLEAN_TYPE;
		if (boolean && (string_equal(value, "true") || string_equal(value, "false")))
			value = value[0] == 't' ? "t" : "f";
		buffer_add_text(&text, i == 0 ? "" : ", ");
		add_value(&text, value);
	}
	buffer_add_char(&text, ')');
	return buffer_steal(&text);
}

static void read_rows(const PGresult *result, struct string_list *ret)
{
	for (int row = 0; row < PQntuples(result); row++)
		string_list_take(ret, row_text(result, row));
}

static void read_expected(const struct assertion *wanted, const PGresult *result, struct string_list *ret)
{
	for (size_t i = 0; wanted->returns[i]; i++)
		string_list_take(ret, expected_row_text(wanted->returns[i], wanted->null_value, result));
}

static char *join_rows(const struct string_list *rows)
{
	struct buffer text = {0};
	for (size_t i = 0; i < rows->count; i++)
		buffer_addf(&text, "%s%s", i == 0 ? "" : ", ", rows->items[i]);
	return rows->count > 0 ? buffer_steal(&text) : string_copy("no rows");
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct string_list *rows)
{
	if (rows->count > 0)
		qsort(rows->items, rows->count, sizeof(*rows->items), compare_texts);
}

char *describe_returns(const struct assertion *assertion)
{
	struct string_list rows __attribute__((cleanup(string_list_free))) = {0};
	read_expected(assertion, NULL, &rows);
	_cleanup_free_ char *text = join_rows(&rows);
	return expectation_cut(text);
}

int judge_returns(struct trial *trial, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	struct string_list expected __attribute__((cleanup(string_list_free))) = {0};
	struct string_list actual __attribute__((cleanup(string_list_free))) = {0};
	size_t limit = 1;
	while (trial->assertion->returns[limit - 1])
		limit++;
	if (trial_fetch(trial, limit, &result, err) < 0)
		return -1;
	if (!result)
		return 0;
	read_expected(trial->assertion, result, &expected);
	read_rows(result, &actual);
	_cleanup_free_ char *text = join_rows(&actual);
	bool more = actual.count > expected.count;
	_cleanup_free_ char *words = string_format("%s%s", text, more ? ", …" : "");
	trial->check->actual = expectation_cut(words);
	if (!trial->assertion->ordered) {
		sort(&expected);
		sort(&actual);
	}
	bool same = actual.count == expected.count;
	for (size_t i = 0; same && i < actual.count; i++)
		same = string_equal(actual.items[i], expected.items[i]);
	trial_hold(trial, same);
	return 0;
}

/* --- unchanged --- */

/* Of all rows, in an order that does not depend on the plan; NULL: there are too many. */
static int fetch_all(struct trial *trial, char **ret, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	struct string_list rows __attribute__((cleanup(string_list_free))) = {0};
	*ret = NULL;
	if (trial_fetch(trial, ASSERTION_UNCHANGED_MAX + 1, &result, err) < 0)
		return -1;
	if (!result)
		return 0;
	if (PQntuples(result) > ASSERTION_UNCHANGED_MAX) {
		trial_refuse(trial, string_format("the query gave more than %d rows, which is what unchanged "
						  "compares at most: let it give counts or sums",
						  ASSERTION_UNCHANGED_MAX));
		return 0;
	}
	if (PQntuples(result) == 1 && PQnfields(result) == 1) {
		struct buffer text = {0};
		add_value(&text, value_of(result, 0, 0));
		*ret = buffer_steal(&text);
		return 0;
	}
	read_rows(result, &rows);
	sort(&rows);
	*ret = join_rows(&rows);
	return 0;
}

int measure_unchanged(struct trial *trial, struct error **err)
{
	return fetch_all(trial, &trial->check->before, err);
}

int judge_unchanged(struct trial *trial, struct error **err)
{
	_cleanup_free_ char *text = NULL;
	if (fetch_all(trial, &text, err) < 0)
		return -1;
	trial->check->actual = expectation_cut(text);
	trial_hold(trial, text && string_equal(text, trial->check->before));
	return 0;
}
