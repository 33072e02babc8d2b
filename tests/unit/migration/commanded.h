/* A command that is watched, for tests of migration/command.h. */
#ifndef VELA_TESTS_MIGRATION_COMMANDED_H
#define VELA_TESTS_MIGRATION_COMMANDED_H

#include "../evidence/watched.h"

#include "migration/command.h"

static const char command_psql[] = "psql -XqAt -v ON_ERROR_STOP=1 ";

struct commanded {
	struct report report;
	struct report_migration *migration;
};

static inline char *commanded_log(void)
{
	return path_join(server->run, "log", NULL);
}

/* Runs a line for the shell, with the files f0, f1, … that psql may want in its directory. */
static inline int commanded_try(struct commanded *commanded, const char *shell, double deadline,
				struct error **ret_error)
{
	_cleanup_connection_ PGconn *observer = cluster_connect(server);
	_cleanup_(string_list_free) struct string_list environment = {0};
	_cleanup_free_ char *log = commanded_log();
	struct evidence *evidence = NULL;
	string_list_add(&environment, "PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin");
	string_list_addf(&environment, "PGPORT=%d", server->instance.port);
	string_list_add(&environment, "PGHOST=127.0.0.1");
	string_list_add(&environment, "PGUSER=vela");
	string_list_add(&environment, "PGDATABASE=postgres");
	string_list_add(&environment, "PGPASSWORD=secret");
	string_list_add(&environment, "PGSSLMODE=disable");
	string_list_add(&environment, "PGGSSENCMODE=disable");
	const struct command_wanted wanted = {
		.shell = shell,
		.directory = server->root,
		.environment = environment.items,
		.role = "vela",
		.secret = "secret",
		.log = log,
	};
	commanded->report.migrations = commanded->migration = memory_allocate(sizeof(*commanded->migration));
	commanded->report.migration_count = 1;
	commanded->migration->file = string_copy("tool");
	assert_success(evidence_begin(observer, &commanded->report, &evidence, err));
	if (command_apply(&wanted, evidence, deadline, commanded->migration, ret_error) < 0) {
		evidence_free(evidence);
		return -1;
	}
	return evidence_end(evidence, ret_error);
}

static inline struct commanded commanded_run(const char *shell, double deadline)
{
	struct commanded commanded = {0};
	assert_success(commanded_try(&commanded, shell, deadline, err));
	assert_int_equal(commanded.migration->outcome, commanded.migration->failure ? OUTCOME_FAILED : OUTCOME_PASSED);
	return commanded;
}

static inline void put_file(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(server->root, name, NULL);
	assert_success(file_replace(path, text, strlen(text), 0644, FILE_VOLATILE, err));
}

/* psql with that script. */
static inline struct commanded commanded_sql(const char *sql)
{
	_cleanup_free_ char *line = string_format("%s-f script.sql", command_psql);
	put_file("script.sql", sql);
	return commanded_run(line, 0);
}

static inline void commanded_free(struct commanded *commanded)
{
	report_free(&commanded->report);
	*commanded = (struct commanded){0};
}

/* The statement that begins so; the last one. */
static inline const struct report_statement *commanded_find(const struct commanded *commanded, const char *sql)
{
	for (size_t i = commanded->migration->list_count; i-- > 0;)
		if (string_starts_with(commanded->migration->list[i].sql, sql))
			return &commanded->migration->list[i];
	return NULL;
}

static inline void assert_statement(const struct commanded *commanded, const char *sql, const char *expected)
{
	const struct report_statement *statement = commanded_find(commanded, sql);
	if (!statement)
		fail_msg("no statement begins with %s", sql);
	_cleanup_free_ char *text = statement_text(statement);
	if (!string_equal(text, expected))
		fail_msg("%s:\n     %s\nnot: %s", sql, text, expected);
}

/* Nothing in the database tells that somebody watched. */
static inline void assert_no_trace(void)
{
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_value(admin,
		     "SELECT (SELECT count(*) FROM pg_event_trigger) + (SELECT count(*) FROM pg_namespace WHERE "
		     "nspname ~ 'vela') + (SELECT count(*) FROM pg_proc WHERE proname = 'tell') + (SELECT count(*) "
		     "FROM pg_init_privs WHERE privtype = 'e') + (SELECT count(*) FROM pg_db_role_setting WHERE "
		     "setdatabase <> 0) + (SELECT count(*) FROM pg_stat_activity WHERE usename = 'vela')",
		     "0");
}

#endif
