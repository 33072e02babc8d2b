#include "check/migration.h"

#include <stdbool.h>

#include "base/clock.h"
#include "base/identity.h"
#include "base/text.h"
#include "check/failure.h"
#include "check/session.h"
#include "check/tree.h"
#include "pg/connection.h"

struct application {
	PGconn *connection;
	double deadline;
	struct sql_text sql;
	struct sql_statement last; /* the statement that runs or ran */
	size_t statements;
	struct report_failure *failure;
};

/* The length of the valid UTF-8 character at `at`, other than NUL; 0 if there is none. */
static size_t character_length(const char *at, size_t rest)
{
	const unsigned char *s = (const unsigned char *)at;
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
	if (length == 0 || length > rest || s[0] == '\0')
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	bool too_long = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
	bool surrogate = s[0] == 0xed && s[1] >= 0xa0;
	bool beyond = s[0] == 0xf4 && s[1] >= 0x90;
	return too_long || surrogate || beyond ? 0 : length;
}

/* Postgres would refuse it too, but not say where. */
static struct report_failure *check_encoding(const struct sql_text *sql)
{
	size_t offset = 0;
	while (offset < sql->length) {
		size_t length = character_length(sql->text + offset, sql->length - offset);
		if (length == 0)
			break;
		offset += length;
	}
	if (offset == sql->length)
		return NULL;
	bool is_nul = sql->text[offset] == '\0';
	struct report_failure *failure =
		failure_at(sql, offset, true, is_nul ? "the file has a NUL byte" : "the file is not valid UTF-8");
	failure->hint = string_copy("save the file as UTF-8");
	return failure;
}

static void fail_copy(struct application *application, const PGresult *result)
{
	bool reads = PQresultStatus(result) == PGRES_COPY_IN;
	session_end_copy(application->connection, result);
	application->failure = failure_at(
		&application->sql, application->last.start, false,
		reads ? "COPY … FROM STDIN is not supported in a migration of format sql: there is no input"
		      : "COPY … TO STDOUT is not supported in a migration of format sql: there is no output");
	if (reads)
		application->failure->hint = string_copy("use INSERT for the rows of the file");
}

static void fail_statement(struct application *application, const PGresult *result)
{
	application->failure = failure_of_result(result, &application->sql, &application->last);
	bool in_transaction = PQtransactionStatus(application->connection) == PQTRANS_INERROR;
	if (string_equal(application->failure->sqlstate, "25001") && !application->failure->hint && in_transaction)
		application->failure->hint = string_copy(
			"each file runs in a transaction; put what cannot into a file of its own that begins "
			"with COMMIT; what follows it there runs outside a transaction");
}

static int run_statement(struct application *application, struct error **err)
{
	const struct sql_statement *statement = &application->last;
	if (statement->meta_command != SQL_NO_OFFSET) {
		application->failure =
			failure_of_meta_command(&application->sql, statement, "migrations of format sql");
		return 0;
	}
	_cleanup_free_ char *sql = string_copy_n(application->sql.text + statement->start, statement->length);
	_cleanup_result_ PGresult *result = NULL;
	application->statements++;
	if (session_query(application->connection, sql, application->deadline, &result, err) < 0)
		return error_wrap(err, "line %d", statement->line);
	if (!result) {
		application->failure = failure_of_time_limit(&application->sql, statement->start);
		return 0;
	}
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		break;
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		fail_copy(application, result);
		break;
	default:
		fail_statement(application, result);
	}
	return 0;
}

/* BEGIN and COMMIT; what the server has against it is a failure at the last statement. */
static int run_own(struct application *application, const char *sql, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (session_query(application->connection, sql, application->deadline, &result, err) < 0)
		return -1;
	if (!result)
		application->failure = failure_of_time_limit(&application->sql, application->last.start);
	else if (PQresultStatus(result) != PGRES_COMMAND_OK)
		application->failure = failure_of_result(result, &application->sql, &application->last);
	return 0;
}

static int commit(struct application *application, struct error **err)
{
	if (run_own(application, "COMMIT", err) < 0)
		return -1;
	struct report_failure *failure = application->failure;
	if (!failure)
		return 0;
	const char *context = failure->context ? failure->context : "";
	string_replace(
		&failure->context,
		string_format("at the COMMIT after the last statement, where deferred constraints are checked%s%s",
			      *context ? "\n" : "", context));
	return 0;
}

static int apply_text(struct application *application, struct error **err)
{
	struct sql_scanner scanner;
	sql_scanner_init(&scanner, application->sql.text, application->sql.length);
	if (session_reset(application->connection, err) < 0 || run_own(application, "BEGIN", err) < 0)
		return -1;
	struct sql_statement statement;
	while (!application->failure && sql_scanner_next(&scanner, &statement)) {
		application->last = statement;
		if (run_statement(application, err) < 0)
			return -1;
	}
	if (!application->failure && PQtransactionStatus(application->connection) != PQTRANS_IDLE &&
	    commit(application, err) < 0)
		return -1;
	return session_rollback(application->connection, err);
}

static int read_file(const char *repository, const char *file, struct buffer *ret, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	return tree_read(repository, file, MIGRATION_FILE_MAX, ret, err);
}

int migration_apply(PGconn *connection, const char *repository, const char *file, double deadline,
		    struct report_migration *ret, struct error **err)
{
	double start = clock_monotonic_ms();
	_cleanup_buffer_ struct buffer text = {0};
	if (read_file(repository, file, &text, err) < 0)
		return -1;
	struct application application = {
		.connection = connection, .deadline = deadline, .sql = {buffer_text(&text), text.length}};
	application.failure = check_encoding(&application.sql);
	if (!application.failure && apply_text(&application, err) < 0) {
		report_failure_free(application.failure);
		_cleanup_free_ char *shown = text_safe(file);
		return error_wrap(err, "cannot apply %s", shown);
	}
	struct report_migration migration = {
		.file = string_copy(file),
		.outcome = application.failure ? OUTCOME_FAILED : OUTCOME_PASSED,
		.milliseconds = clock_monotonic_ms() - start,
		.statements = application.statements,
		.failure = application.failure,
	};
	report_migration_clear(ret);
	*ret = migration;
	return 0;
}
