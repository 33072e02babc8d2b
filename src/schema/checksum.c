#include "schema/checksum.h"

#include <inttypes.h>

#include "base/buffer.h"
#include "base/interrupt.h"
#include "base/template.h"
#include "base/text.h"
#include "sql/session.h"
#include "pg/connection.h"

enum { TABLE_NAME, TABLE_COLUMNS, TABLE_QUERY };

/* --- the sum over the rows of a table --- */

struct sum {
	long long rows;
	uint64_t of_hashes;
};

static void add_row(void *context, const char *data, size_t length)
{
	struct sum *sum = context;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
	/* Stirred, for the sum: else what one row has more another could have less. */
	hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
	sum->of_hashes += hash ^ (hash >> 33);
	sum->rows++;
}

/* --- reading --- */

static void clear_checksum(struct table_checksum *checksum)
{
	free(checksum->table);
	free(checksum->sum);
	free(checksum->columns);
}

void table_checksums_free(struct table_checksums *checksums)
{
	for (size_t i = 0; i < checksums->count; i++)
		clear_checksum(&checksums->items[i]);
	free(checksums->items);
	*checksums = (struct table_checksums){0};
}

/* Takes over `result`, which has to be there and of that kind. */
static int expect(PGresult *result, ExecStatusType status, PGresult **ret, struct error **err)
{
	_cleanup_result_ PGresult *owned = result;
	if (!owned)
		return error_set(err, ERROR_POSTGRES, "the time limit was reached");
	if (PQresultStatus(owned) != status)
		return pg_result_error(owned, err);
	*ret = TAKE_POINTER(owned);
	return 0;
}

/* A query within the deadline. */
static int ask(PGconn *connection, const char *sql, double deadline, ExecStatusType status, PGresult **ret,
	       struct error **err)
{
	PGresult *result = NULL;
	if (session_query(connection, sql, deadline, &result, err) < 0)
		return -1;
	return expect(result, status, ret, err);
}

static int find_tables(PGconn *connection, char *const *tables, size_t count, double deadline, PGresult **ret,
		       struct error **err)
{
	_cleanup_buffer_ struct buffer list = {0};
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *literal = pg_quote_literal(tables[i]);
		buffer_addf(&list, "%s%s", i > 0 ? ", " : "", literal);
	}
	const struct template_value values[] = {{"tables", buffer_text(&list)}, {NULL, NULL}};
	_cleanup_free_ char *sql = template_fill("sql/checksum_tables.sql", values);
	return ask(connection, sql, deadline, PGRES_TUPLES_OK, ret, err);
}

static int copy_out(PGconn *connection, const char *sql, double deadline, struct sum *sum, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (ask(connection, sql, deadline, PGRES_COPY_OUT, &result, err) < 0)
		return -1;
	const struct pg_watch watch = {.deadline = deadline};
	PGresult *end = NULL;
	if (pg_copy_out(connection, add_row, sum, &watch, &end, err) < 0)
		return -1;
	pg_result_free(&result);
	return expect(end, PGRES_COMMAND_OK, &result, err);
}

static int sum_table(PGconn *connection, const PGresult *tables, int row, double deadline, struct table_checksum *ret,
		     struct error **err)
{
	struct sum sum = {0};
	if (copy_out(connection, PQgetvalue(tables, row, TABLE_QUERY), deadline, &sum, err) < 0) {
		_cleanup_free_ char *table = text_safe(PQgetvalue(tables, row, TABLE_NAME));
		return error_wrap(err, "%s", table);
	}
	*ret = (struct table_checksum){
		.table = string_copy(PQgetvalue(tables, row, TABLE_NAME)),
		.rows = sum.rows,
		.sum = string_format("%" PRIu64, sum.of_hashes),
		.columns = string_copy(PQgetvalue(tables, row, TABLE_COLUMNS)),
	};
	return 0;
}

static int compare_tables(const void *left, const void *right)
{
	const struct table_checksum *a = left, *b = right;
	return strcmp(a->table, b->table);
}

static int read_all(PGconn *connection, char *const *tables, size_t count, double deadline, struct table_checksums *ret,
		    struct error **err)
{
	_cleanup_result_ PGresult *found = NULL;
	if (pg_execute(connection, template_text("sql/read_session.sql"), NULL, err) < 0 ||
	    find_tables(connection, tables, count, deadline, &found, err) < 0)
		return -1;
	ret->items = memory_allocate((size_t)PQntuples(found) * sizeof(*ret->items));
	for (int row = 0; row < PQntuples(found); row++) {
		if (sum_table(connection, found, row, deadline, &ret->items[ret->count], err) < 0)
			return -1;
		ret->count++;
	}
	if (ret->count > 0)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_tables);
	return 0;
}

int table_checksums_read(PGconn *connection, char *const *tables, size_t count, double deadline,
			 struct table_checksums *ret, struct error **err)
{
	_cleanup_checksums_ struct table_checksums checksums = {0};
	if (read_all(connection, tables, count, deadline, &checksums, err) < 0) {
		INTERRUPT_DEFER_SCOPE;
		(void)session_rollback(connection, NULL);
		return error_wrap(err, "cannot compare the rows of tables");
	}
	if (session_rollback(connection, err) < 0)
		return -1;
	*ret = checksums;
	checksums = (struct table_checksums){0};
	return 0;
}

/* --- comparing --- */

static void compare_table(const struct table_checksum *before, const struct table_checksum *after,
			  enum checksum_depth depth, struct string_list *ret)
{
	if (before->rows != after->rows)
		string_list_addf(ret, "%s has %lld row%s instead of %lld", after->table, after->rows,
				 after->rows == 1 ? "" : "s", before->rows);
	else if (depth == CHECKSUM_ROWS || after->rows == 0)
		return;
	else if (strcmp(before->columns, after->columns) != 0)
		string_list_addf(ret, "%s has other columns, so that its values cannot be compared", after->table);
	else if (strcmp(before->sum, after->sum) != 0)
		string_list_addf(ret, "%s has the same number of rows (%lld), but other values", after->table,
				 after->rows);
}

void table_checksums_compare(const struct table_checksums *before, const struct table_checksums *after,
			     enum checksum_depth depth, struct string_list *ret)
{
	size_t i = 0, j = 0;
	while (i < before->count && j < after->count) {
		int order = strcmp(before->items[i].table, after->items[j].table);
		if (order == 0)
			compare_table(&before->items[i], &after->items[j], depth, ret);
		i += order <= 0;
		j += order >= 0;
	}
}
