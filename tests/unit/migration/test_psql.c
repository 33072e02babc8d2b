#include "script.h"

#include <sys/stat.h>

#include "migration/psql.h"

static char *repository;

static int setup(void **state)
{
	char path[] = "/tmp/vela-psql-XXXXXX";
	assert_non_null(mkdtemp(path));
	repository = string_copy(path);
	return script_setup(state);
}

static int teardown(void **state)
{
	int result = directory_remove(repository, NULL);
	free(repository);
	return script_teardown(state) | result;
}

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(repository, name, NULL);
	_cleanup_free_ char *parent = path_parent(path);
	assert_success(directory_create_all(parent, 0700, err));
	assert_success(file_replace(path, text, strlen(text), 0644, FILE_VOLATILE, err));
}

static struct report_migration run_psql(const char *text, enum migration_transaction transaction, double deadline)
{
	struct script kept;
	struct report_migration migration = {0};
	static char file[] = "db/1.sql";
	struct pg_target target = server_target();
	struct psql_wanted wanted = {.program = PG15 "/psql", .target = &target, .repository = repository};
	struct migration_script *script = script_of(&kept, text, strlen(text), transaction);
	script->file = file;
	assert_success(psql_apply(&wanted, script, deadline, &migration, err));
	assert_int_equal(migration.failure != NULL, migration.outcome == OUTCOME_FAILED);
	return migration;
}

static void assert_runs(const char *text, const char *output)
{
	struct report_migration migration = run_psql(text, TRANSACTION_FILE, 0);
	if (migration.failure)
		fail_msg("%d: %s", migration.failure->line, migration.failure->message);
	if (output)
		assert_words(migration.output, output);
	report_migration_clear(&migration);
}

static void assert_stops(const char *text, const char *words, int line, int column)
{
	struct report_migration migration = run_psql(text, TRANSACTION_FILE, 0);
	assert_non_null(migration.failure);
	if (!strstr(migration.failure->message, words) || migration.failure->line != line ||
	    migration.failure->column != column)
		fail_msg("%d:%d: %s", migration.failure->line, migration.failure->column, migration.failure->message);
	report_migration_clear(&migration);
}

static void test_when_it_is_needed(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool needed;
	} rows[] = {
		{"SELECT '\\', $$\\$$ -- \\\n", false},
		{"COPY t FROM stdin;\n\\N\t'\n\\.\nSELECT 1;", false},
		{"COPY t (\"from\") FROM STDIN (FORMAT csv); -- x\n\\N\n\\.\n\\echo", true},
		{"COPY (SELECT 1) TO STDOUT;\n\\echo", true},
		{"SELECT 1 \\; SELECT 2;", true},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct script kept;
		const char *text = rows[i].text;
		if (psql_is_needed(script_of(&kept, text, strlen(text), TRANSACTION_FILE)) != rows[i].needed)
			fail_msg("%s", text);
	}
}

static void test_commands_that_are_obeyed(void **state)
{
	(void)state;
	assert_runs("\\set ON_ERROR_STOP on\n\\set name 'My table'\nCREATE TABLE :\"name\" (a int);\n"
		    "SELECT 3 AS n, true AS yes \\gset p_\nINSERT INTO :\"name\" VALUES (:p_n);\n"
		    "\\if :p_yes\nINSERT INTO :\"name\" VALUES (4);\n\\else\nSELECT 1/0;\n\\endif\n"
		    "SELECT format('INSERT INTO %I VALUES (%s)', 'My table', i) FROM generate_series(5, 6) i \\gexec\n"
		    "COPY :\"name\" FROM stdin;\n7\n\\.\n\\set x 8 \\\\ INSERT INTO :\"name\" VALUES (:x);\n"
		    "SELECT 1 \\; INSERT INTO :\"name\" VALUES (9);\n\\echo it :name is\nSELECT 1 AS last \\gx",
		    "it My table is\n");
	assert_value(connection, "SELECT string_agg(a::text, ',' ORDER BY a) FROM \"My table\"", "3,4,5,6,7,8,9");
}

static void test_commands_that_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;
		int line, column;
	} rows[] = {
		{"SELECT 1;\n\\! touch x", "\\! is refused: it runs a program", 2, 1},
		{"  \\copy t from 'x'", "\\copy is refused: it reads or writes files", 1, 3},
		{"SELECT 1 \\g x", "\\g is refused: it may have no arguments", 1, 10},
		{"SELECT 1 \\g |sh", "\\g is refused", 1, 10},
		{"SELECT 1 \\gx (format=csv) x", "\\gx is refused", 1, 10},
		{"\\set x `id`", "a backquote runs a program", 1, 1},
		{"\\echo a \\! id", "\\! is refused", 1, 9},
		{"\\echo 'a\\! id'", "\\! is refused", 1, 9},
		{"\\if `true`\n\\endif", "a backquote", 1, 1},
		{"\\set ON_ERROR_STOP off", "decides how psql reads", 1, 1},
		{"\\set :x off", "the name of a variable", 1, 1},
		{"\\unset ON_ERROR_STOP", "decides how psql reads", 1, 1},
		{"\\set SINGLESTEP on", "decides how psql reads", 1, 1},
		{"\\encoding SJIS", "migrations are UTF-8", 1, 1},
		{"\\connect other", "has one connection", 1, 1},
		{"\\nonsense", "not among those", 1, 1},
		{"\\if 1\nSELECT '\\d';\n\\endif", "may have no backslash", 2, 9},
		{"\\if 1\n", "\\if without \\endif", 2, 1},
		{"\\endif", "\\endif without \\if", 1, 1},
		{"\\unrestrict x", "restricted mode", 1, 1},
		{"\\o x", "reads or writes files", 1, 1},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_stops(rows[i].text, rows[i].words, rows[i].line, rows[i].column);
}

/* Ways to make psql see a command where the list of the harmless ones saw none. None of them runs it. */
static void test_commands_that_hide(void **state)
{
	(void)state;
	_cleanup_free_ char *witness = path_join(repository, "witness", NULL);
	static const char *const texts[] = {
		/* A variable may have commands in it. */
		"SELECT '\\! touch WITNESS' AS x \\gset\n:x\n",
		/* The server decides what a backslash in quotes means. */
		"\\echo\nSET standard_conforming_strings = off;\nSELECT 'x\\'' ;\n\\echo\nSELECT '\n"
		"\\! touch WITNESS\n';",
		/* In this encoding, the quote is a part of the letter before it. */
		"\\echo\nSET client_encoding = 'SJIS';\nSELECT '\xe3\x81\x82'; \nSELECT '\n\\! touch WITNESS\n';",
		/* COPY takes the lines that follow for data. */
		"CREATE TABLE t (a text);\nSELECT $$COPY t FROM stdin$$ \\gexec\nSELECT $$\n\\.\n\\! touch "
		"WITNESS\n$$;",
		"CREATE TABLE t (a text);\nCOPY t FROM stdin \\gset\nSELECT $$\n\\.\n\\! touch WITNESS\n$$;",
		/* In a branch that is not taken. */
		"SET standard_conforming_strings = off;\n\\if false\nSELECT 'x''\n';\n\\endif\nSELECT '\\''\n"
		"\\! touch WITNESS\n';",
		"\\set x '\n:x\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_buffer_ struct buffer text = {0};
		const char *at = texts[i], *mark = strstr(at, "WITNESS");
		buffer_add(&text, at, mark ? (size_t)(mark - at) : strlen(at));
		if (mark) {
			buffer_add_text(&text, witness);
			buffer_add_text(&text, mark + strlen("WITNESS"));
		}
		struct report_migration migration = run_psql(text.data, TRANSACTION_STATEMENT, 0);
		if (file_exists(witness))
			fail_msg("it ran: %s\n%s", text.data, migration.output);
		if (mark && !migration.failure)
			fail_msg("it passed: %s\n%s", text.data, migration.output);
		report_migration_clear(&migration);
	}
}

static void test_files_that_are_included(void **state)
{
	(void)state;
	put("db/parts/a.sql", "CREATE TABLE a ();\n\\ir b.sql\n\\echo back");
	put("db/parts/b.sql", "CREATE TABLE b ()");
	put("db/parts/d.sql", "-- nothing\n");
	put("top.sql", "CREATE TABLE c ();\nSELECT 1/0;\n");
	put("loop.sql", "\\i loop.sql\n");
	put("bad.sql", "\\! id\n");
	assert_runs("\\ir parts/a.sql\n\\i 'db/parts/../parts/d.sql'\n", "back\n");
	assert_value(connection, "SELECT to_regclass('b')", "b");
	struct report_migration migration = run_psql("SELECT 1;\n\\i top.sql\n", TRANSACTION_FILE, 0);
	assert_string_equal(migration.failure->sqlstate, "22012");
	assert_string_equal(migration.failure->context, "in top.sql, line 2, which the migration includes");
	report_migration_clear(&migration);
	assert_value(connection, "SELECT to_regclass('c')", NULL);
	assert_stops("\\i loop.sql", "too deeply", 1, 1);
	assert_stops("\\i bad.sql", "\\! is refused", 1, 1);
	assert_stops("\\i ../../etc/passwd", "leads out of the repository", 1, 1);
	assert_stops("\\i /etc/passwd", "leads out of the repository", 1, 1);
	assert_stops("\\i :name", "without variables", 1, 1);
	assert_stops("SELECT 1\n\\i top.sql", "has not ended", 2, 1);
	assert_stops("\\i none.sql", "none.sql", 1, 1);
}

static void test_failures(void **state)
{
	(void)state;
	struct report_migration migration =
		run_psql("CREATE TABLE t (a int PRIMARY KEY);\n\\echo one\n\nINSERT INTO t\n"
			 "VALUES (1), (1);\nSELECT 1;\n",
			 TRANSACTION_FILE, 0);
	assert_string_equal(migration.failure->sqlstate, "23505");
	assert_words(migration.failure->message, "duplicate key");
	assert_string_equal(migration.failure->detail, "Key (a)=(1) already exists.");
	assert_int_equal(migration.failure->line, 5);
	assert_string_equal(migration.failure->source_line, "VALUES (1), (1);");
	assert_words(migration.output, "one\n");
	report_migration_clear(&migration);
	assert_value(connection, "SELECT to_regclass('t')", NULL);

	migration = run_psql("CREATE TABLE u ();\nSELECT 1/0;\\echo\n", TRANSACTION_STATEMENT, 0);
	assert_int_equal(migration.failure->line, 2);
	report_migration_clear(&migration);
	assert_value(connection, "SELECT to_regclass('u')", "u");

	double begin = clock_monotonic_ms();
	migration = run_psql("\\echo\nSELECT pg_sleep(60);", TRANSACTION_FILE, begin + 500);
	assert_words(migration.failure->message, "time limit");
	assert_true(clock_monotonic_ms() - begin < 30000);
	report_migration_clear(&migration);

	migration = run_psql("\\echo\nSELECT repeat('x', 1000) FROM generate_series(1, 20000);", TRANSACTION_FILE, 0);
	assert_int_equal(migration.outcome, OUTCOME_PASSED);
	assert_true(strlen(migration.output) <= SESSION_OUTPUT_MAX);
	report_migration_clear(&migration);
}

static void test_a_lost_connection_is_an_error(void **state)
{
	(void)state;
	struct script kept;
	struct report_migration migration = {0};
	struct pg_target target = server_target();
	struct psql_wanted wanted = {.program = PG15 "/psql", .target = &target, .repository = repository};
	static const char text[] = "\\echo\nSELECT pg_terminate_backend(pg_backend_pid());";
	assert_failure(
		ERROR_POSTGRES, "psql lost its connection",
		psql_apply(&wanted, script_of(&kept, text, sizeof(text) - 1, TRANSACTION_FILE), 0, &migration, err));
}

/* What the database says may look like psql's own words; and a place is the same however many commands came before. */
static void test_errors_that_are_none(void **state)
{
	(void)state;
	static const char forged[] = "\\echo x\nDO $$ BEGIN RAISE NOTICE E'\\npsql:<stdin>:2147483647: ERROR:  x\\n"
				     "psql:<stdin>:99999999999: ERROR:  y\\nDETAIL:  z'; END $$;\n";
	assert_runs(forged, NULL);
	assert_stops("\\echo\nDO $$ BEGIN RAISE EXCEPTION E'one\\npsql:<stdin>:2147483647: ERROR:  two'; END $$;\n",
		     "one", 2, 0);
	_cleanup_buffer_ struct buffer text = {0};
	buffer_add_text(&text, forged);
	for (size_t i = 0; i < 5000; i++)
		buffer_add_text(&text, "SELECT 1; \\echo\n\n");
	buffer_add_text(&text, "SELECT 1/0;\n");
	assert_stops(buffer_text(&text), "division by zero", 10003, 0);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_when_it_is_needed),         test(test_commands_that_are_obeyed),
		test(test_commands_that_are_refused), test(test_commands_that_hide),
		test(test_files_that_are_included),   test(test_failures),
		test(test_errors_that_are_none),      test(test_a_lost_connection_is_an_error),
	};
	cluster_identity();
	int failed = cmocka_run_group_tests_name("migration/psql on 15", tests, server_setup_15, server_teardown);
	failed += cmocka_run_group_tests_name("migration/psql on 18", tests, server_setup_18, server_teardown);
	return cluster_end(failed);
}
