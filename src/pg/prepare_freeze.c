#include "pg/prepare_freeze.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/template.h"
#include "base/text.h"
#include "pg/connection.h"
#include "pg/control.h"

/* --- freezing --- */

/* Small tables go many to a statement: at the end of each the server looks through all of pg_class. */
enum { BATCH_TABLES = 200, BATCH_BYTES = 64 << 20 };

struct freezing {
	const struct preparation *preparation;
	PGconn *connection;
	const PGresult *tables; /* name, bytes */
	char *step;
	uint64_t done, total;
};

static void freezing_end(struct freezing *freezing)
{
	free(freezing->step);
}

static uint64_t bytes_of(const struct freezing *freezing, int row)
{
	return strtoull(PQgetvalue(freezing->tables, row, 1), NULL, 10);
}

static char *make_statement(const struct freezing *freezing, int first, int end)
{
	struct buffer sql = {0};
	buffer_add_text(&sql, "VACUUM (FREEZE) ");
	for (int row = first; row < end; row++)
		buffer_addf(&sql, "%s%s", row > first ? ", " : "", PQgetvalue(freezing->tables, row, 0));
	return buffer_steal(&sql);
}

/* 0: done; 1: the server refused, for the reason in *reason; -1. */
static int vacuum(const struct freezing *freezing, int first, int end, struct error **reason, struct error **err)
{
	_cleanup_free_ char *statement = make_statement(freezing, first, end);
	_cleanup_result_ PGresult *result = NULL;
	if (pg_query(freezing->connection, statement, 0, &result, err) < 0)
		return -1;
	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		return 0;
	pg_result_error(result, reason);
	return 1;
}

static void tell_refusal(const struct freezing *freezing, int row, const struct error *reason)
{
	_cleanup_free_ char *table = text_safe(PQgetvalue(freezing->tables, row, 0));
	_cleanup_free_ char *database = text_safe(PQdb(freezing->connection));
	_cleanup_free_ char *note = string_format("database \"%s\": table %s cannot be vacuumed on this host: %s",
						  database, table, reason->message);
	progress_note(freezing->preparation->progress, note);
}

static int vacuum_each(const struct freezing *freezing, int first, int end, struct error **err)
{
	for (int row = first; row < end; row++) {
		_cleanup_error_ struct error *reason = NULL;
		int result = vacuum(freezing, row, row + 1, &reason, err);
		if (result < 0)
			return -1;
		if (result > 0 && reason->kind == ERROR_STORAGE)
			return error_pass(err, TAKE_POINTER(reason));
		if (result > 0)
			tell_refusal(freezing, row, reason);
	}
	return 0;
}

static int vacuum_batch(struct freezing *freezing, int first, int end, struct error **err)
{
	_cleanup_error_ struct error *reason = NULL;
	int result = vacuum(freezing, first, end, &reason, err);
	if (result > 0)
		result = vacuum_each(freezing, first, end, err);
	for (int row = first; row < end; row++)
		freezing->done += bytes_of(freezing, row);
	progress_update(freezing->preparation->progress, freezing->step, freezing->done, freezing->total);
	return result;
}

static int vacuum_all(struct freezing *freezing, struct error **err)
{
	int count = PQntuples(freezing->tables);
	for (int row = 0; row < count; row++)
		freezing->total += bytes_of(freezing, row);
	progress_update(freezing->preparation->progress, freezing->step, 0, freezing->total);
	for (int first = 0, end; first < count; first = end) {
		uint64_t bytes = 0;
		for (end = first; end < count && end - first < BATCH_TABLES; end++) {
			bytes += bytes_of(freezing, end);
			if (end > first && bytes > BATCH_BYTES)
				break;
		}
		if (vacuum_batch(freezing, first, end, err) < 0)
			return -1;
	}
	return 0;
}

int prepare_freeze(const struct preparation *preparation, PGconn *connection, struct error **err)
{
	_cleanup_result_ PGresult *tables = NULL;
	if (pg_execute(connection, template_text("sql/prepare_freeze.sql"), &tables, err) < 0)
		return prepare_explain(connection, err);
	_cleanup_free_ char *database = text_safe(PQdb(connection));
	_cleanup_(freezing_end) struct freezing freezing = {.preparation = preparation,
							    .connection = connection,
							    .tables = tables,
							    .step = string_format("freezing %s", database)};
	return vacuum_all(&freezing, err) < 0 ? prepare_explain(connection, err) : 0;
}

/* --- the log --- */

enum { SEGMENT_NAME_LENGTH = 24 };

static char *segment_name(const struct pg_control *control)
{
	uint64_t number = control->checkpoint_lsn / control->wal_segment_bytes;
	uint64_t per_id = (UINT64_C(1) << 32) / control->wal_segment_bytes;
	return string_format("%08X%08X%08X", control->timeline, (unsigned)(number / per_id),
			     (unsigned)(number % per_id));
}

static bool is_segment(const char *name)
{
	return strspn(name, "0123456789ABCDEF") >= SEGMENT_NAME_LENGTH; /* and "….partial", "….00000028.backup" */
}

static int remove_statuses(const char *wal, struct error **err)
{
	_cleanup_free_ char *directory = path_join(wal, "archive_status", NULL);
	_cleanup_(string_list_free) struct string_list names = {0};
	if (directory_list(directory, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(directory, names.items[i], NULL);
		if (file_unlink(path, err) < 0)
			return -1;
	}
	return 0;
}

int prepare_trim_wal(const char *data, struct error **err)
{
	struct pg_control control;
	_cleanup_(string_list_free) struct string_list names = {0};
	_cleanup_free_ char *wal = path_join(data, "pg_wal", NULL);
	if (pg_control_read(data, &control, err) < 0 || directory_list(wal, &names, err) < 0)
		return -1;
	if (!pg_control_is_clean(&control))
		return error_set(err, ERROR_POSTGRES, "the copy was not stopped cleanly");
	_cleanup_free_ char *needed = segment_name(&control);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(wal, names.items[i], NULL);
		if (is_segment(names.items[i]) && !string_equal(names.items[i], needed) && file_unlink(path, err) < 0)
			return -1;
	}
	return remove_statuses(wal, err);
}
