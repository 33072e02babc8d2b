#include "pg/prepare_steps.h"

#include <stdbool.h>

#include "base/template.h"
#include "base/text.h"
#include "pg/connection.h"

enum { STATEMENT_COLUMNS = 160 };

enum action {
	RUN,           /* every row is a statement, which has to succeed */
	RUN_ACYCLIC,   /* the same; a membership that would make a circle is left out */
	RUN_AND_COUNT, /* the same; the user is told how many there were */
	TELL,          /* every row is something that the user should know */
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
	{PREPARE_DATABASE, "sql/prepare_mappings.sql", "cut the ways to other servers", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_jobs.sql", "deactivate scheduled jobs", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_untrusted.sql", "withhold untrusted functions", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_functions.sql", "revoke rights on functions", RUN, 0},
	{PREPARE_DATABASE, "sql/prepare_handover.sql", "hand over what superusers own", RUN_AND_COUNT, 0},
	{PREPARE_DATABASE, "sql/prepare_grants.sql", "let branches act for the owners", RUN_ACYCLIC, 0},
	{PREPARE_DATABASE, "sql/prepare_note_unlogged.sql", "look for unlogged tables", TELL, 0},
	{PREPARE_DATABASE, "sql/prepare_note_collations.sql", "compare collations", TELL, 0},
	{PREPARE_DATABASE, "sql/prepare_note_database_collation.sql", "compare collations", TELL, 15},
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

static void tell_count(const struct preparation *preparation, PGconn *connection, int count)
{
	_cleanup_free_ char *database = text_safe(PQdb(connection));
	_cleanup_free_ char *note =
		string_format("database \"%s\": %d object%s of superusers now belong%s to a plain role, so "
			      "that branches can change them",
			      database, count, count == 1 ? "" : "s", count == 1 ? "s" : "");
	if (count > 0)
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
		const char *text = PQgetvalue(answer, row, 0);
		if (step->action == TELL) {
			_cleanup_free_ char *safe = text_safe(text);
			progress_note(preparation->progress, safe);
		} else if (run_statement(connection, step, text, err) < 0) {
			return -1;
		}
	}
	if (step->action == RUN_AND_COUNT)
		tell_count(preparation, connection, PQntuples(answer));
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
