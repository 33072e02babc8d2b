#include "migration/copy.h"

static void refuse(struct execution *execution, PGresult **result, const char *message, const char *hint)
{
	session_end_copy(execution->connection, *result);
	pg_result_free(result);
	execution->failure = failure_at(&execution->sql, execution->last.start, false, message);
	execution->failure->hint = string_copy(hint);
}

static int copy_in(struct execution *execution, const struct pg_watch *watch, PGresult **result, struct error **err)
{
	size_t start, length;
	sql_scanner_take_copy_data(&execution->scanner, &start, &length);
	if (PQbinaryTuples(*result)) {
		refuse(execution, result, "COPY … FROM STDIN in binary format has no place in a file of text",
		       "use the text or csv format");
		return 0;
	}
	pg_result_free(result);
	if (pg_copy_in(execution->connection, execution->sql.text + start, length, watch, result, err) < 0)
		return -1;
	if (PQresultStatus(*result) == PGRES_FATAL_ERROR && *result)
		execution->failure = failure_of_copy(*result, &execution->sql, &execution->last, start, length);
	return 0;
}

static void take_row(void *context, const char *data, size_t length)
{
	session_notices_add(context, data, length);
}

static int copy_out(struct execution *execution, const struct pg_watch *watch, PGresult **result, struct error **err)
{
	pg_copy_take *take = PQbinaryTuples(*result) ? NULL : take_row;
	pg_result_free(result);
	return pg_copy_out(execution->connection, take, &execution->notices, watch, result, err);
}

int copy_run(struct execution *execution, const struct pg_watch *watch, bool whole, PGresult **result,
	     struct error **err)
{
	while (*result && !execution->failure) {
		int copied;
		switch (PQresultStatus(*result)) {
		case PGRES_COPY_IN:
			if (whole) {
				refuse(execution, result, "COPY … FROM STDIN has no data here",
				       "this migration's tool sends the statement as a whole; use INSERT");
				return 0;
			}
			copied = copy_in(execution, watch, result, err);
			break;
		case PGRES_COPY_OUT:
			copied = copy_out(execution, watch, result, err);
			break;
		default:
			return 0;
		}
		if (copied < 0)
			return -1;
	}
	return 0;
}
