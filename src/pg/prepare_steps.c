#include "pg/prepare_steps.h"

#include <stdbool.h>

#include "base/template.h"
#include "base/text.h"
#include "pg/connection.h"

enum { STATEMENT_COLUMNS = 160 };

/* Of every row the first column is a statement, the second what the user should know; either may be NULL, and the
 * second may be left out. */
enum column { STATEMENT, NOTE };

enum action {
	RUN,         /* every statement has to succeed */
	RUN_ACYCLIC, /* the same; a membership that would make a circle is left out */
};

/* Their order is part of it. */
static const struct step {
	enum prepare_phase phase;
	const char *template;
	const char *purpose; /* after "cannot" */
	enum action action;
	int since; /* major version that has the catalogs; 0: all */
} steps[] = {
	{PREPARE_FIRST, "sql/prepare_event_triggers.sql", "disable event triggers", RUN, 0},
	{PREPARE_FIRST, "sql/prepare_transactions.sql", "roll back prepared transactions", RUN, 0},

	{PREPARE_CLUSTER, "sql/prepare_roles.sql", "make the roles of branches", RUN, 0},
	{PREPARE_CLUSTER, "sql/prepare_logins.sql", "take logins away", RUN, 0},
	{PREPARE_CLUSTER, "sql/prepare_memberships.sql", "revoke memberships", RUN, 0},
	{PREPARE_CLUSTER, "sql/prepare_parameters.sql", "revoke rights on settings", RUN, 15},
	{PREPARE_CLUSTER, "sql/prepare_databases.sql", "hand over databases", RUN, 0},
	{PREPARE_CLUSTER, "sql/prepare_access.sql", "let branches in", RUN, 0},

	{PREPARE_DATABASE, "sql/prepare_subscriptions.sql", "drop subscriptions", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_mappings.sql", "drop user mappings", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_jobs.sql", "deactivate scheduled jobs", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_untrusted.sql", "withhold untrusted functions", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_network.sql", "cut the ways to other servers", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_functions.sql", "revoke rights on functions", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_handover.sql", "hand over what superusers own", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_grants.sql", "let branches act for the owners", RUN_ACYCLIC, 0},
	{PREPARE_DATABASE, "sql/prepare_note_unlogged.sql", "look for unlogged tables", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_note_collations.sql", "compare collations", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_note_database_collation.sql", "compare collations", RUN, 15},
};

int prepare_explain(PGconn *connection, struct error **err)
{
	if (err && *err && (strstr((*err)->message, "(58P01)") || strstr((*err)->message, "could not find function")))
		error_hint(err, "install the packages of the extensions that the source uses on this host");
	else if (err && *err && strstr((*err)->message, "locale"))
		error_hint(err,
			   "install the source's locale on this host (locale-gen, or the package glibc-langpack-…)");
	_cleanup_free_ char *database = text_safe(PQdb(connection));
	return error_wrap(err, "database \"%s\"", database);
}

int prepare_connect(const struct preparation *preparation, const char *database, PGconn **ret, struct error **err)
{
	const struct pg_instance *instance = preparation->instance;
	const struct pg_target target = {.host = instance->socket_directory,
					 .port = instance->port,
					 .database = database,
					 .user = instance->superuser,
					 .branch = instance->branch};
	_cleanup_connection_ PGconn *connection = NULL;
	if (pg_connect(&target, &connection, err) < 0) {
		_cleanup_free_ char *shown = text_safe(database);
		return error_wrap(err, "cannot open database \"%s\" of the copy", shown);
	}
	if (pg_execute(connection, template_text("sql/prepare_session.sql"), NULL, err) < 0)
		return prepare_explain(connection, err);
	*ret = TAKE_POINTER(connection);
	return 0;
}

static bool is_circle(const PGresult *result)
{
	return string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "0LP01");
}

static int run_statement(PGconn *connection, const struct step *step, const char *statement, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (pg_query(connection, statement, 0, &result, err) < 0)
		return -1;
	if (PQresultStatus(result) != PGRES_FATAL_ERROR || (step->action == RUN_ACYCLIC && is_circle(result)))
		return 0;
	_cleanup_free_ char *safe = text_safe(statement);
	_cleanup_free_ char *shown = text_shorten(safe, STATEMENT_COLUMNS);
	pg_result_error(result, err);
	return error_wrap(err, "%s", shown);
}

static void tell(const struct preparation *preparation, const PGresult *answer, int row)
{
	if (PQnfields(answer) <= NOTE || PQgetisnull(answer, row, NOTE))
		return;
	_cleanup_free_ char *note = text_safe(PQgetvalue(answer, row, NOTE));
	progress_note(preparation->progress, note);
}

static int run_step(const struct preparation *preparation, const struct step *step, PGconn *connection,
		    struct error **err)
{
	_cleanup_free_ char *role = pg_quote_literal(preparation->role);
	_cleanup_free_ char *heir = pg_quote_literal(preparation->heir);
	const struct template_value values[] = {{"role", role}, {"heir", heir}, {NULL, NULL}};
	_cleanup_free_ char *question = template_fill(step->template, values);
	_cleanup_result_ PGresult *answer = NULL;
	if (pg_execute(connection, question, &answer, err) < 0)
		return -1;
	for (int row = 0; row < PQntuples(answer); row++) {
		if (!PQgetisnull(answer, row, STATEMENT) &&
		    run_statement(connection, step, PQgetvalue(answer, row, STATEMENT), err) < 0)
			return -1;
		tell(preparation, answer, row);
	}
	return 0;
}

int prepare_run(const struct preparation *preparation, enum prepare_phase phase, PGconn *connection, struct error **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct step *step = &steps[i];
		if (step->phase != phase || preparation->instance->major < step->since)
			continue;
		if (run_step(preparation, step, connection, err) < 0) {
			error_wrap(err, "cannot %s", step->purpose);
			return prepare_explain(connection, err);
		}
	}
	return 0;
}
