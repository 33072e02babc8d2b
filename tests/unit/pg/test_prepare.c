#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/interrupt.h"
#include "tests/unit/pg/attempts.h"
#include "tests/unit/pg/prepared.h"

/* --- what is left of production --- */

static void test_nothing_called(void **state)
{
	(void)state;
	assert_int_equal(accept(listener, NULL, NULL), -1);
}

static void test_nobody_can_log_in(void **state)
{
	(void)state;
	PGconn *connection = connect_branch("postgres", true);
	assert_value(connection, "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_authid WHERE rolcanlogin",
		     "boss,vela");
	assert_value(connection, "SELECT string_agg(rolname, ',') FROM pg_authid WHERE rolpassword IS NOT NULL",
		     "vela");
	assert_value(connection,
		     "SELECT string_agg(rolname, ',') FROM pg_authid WHERE NOT rolsuper AND oid >= 16384"
		     " AND (rolcreaterole OR rolreplication OR rolbypassrls)",
		     NULL);
	pg_disconnect(&connection);
}

static void test_nobody_gets_out(void **state)
{
	(void)state;
	PGconn *connection = connect_branch("shop", true);
	assert_value(connection,
		     "SELECT count(*) FROM pg_auth_members JOIN pg_authid g ON g.oid = roleid"
		     " WHERE g.rolsuper OR g.rolname ~ '^pg_(execute|read_server|write_server|create_sub)'",
		     "0");
	assert_value(connection, "SELECT count(*) FROM pg_user_mappings", "0");
	assert_value(connection, "SELECT count(*) FROM pg_subscription", "0");
	assert_value(connection, "SELECT count(*) FROM pg_prepared_xacts", "0");
	assert_value(connection, "SELECT count(*) FROM pg_publication", "1");
	assert_value(connection, "SELECT count(*) FROM pg_event_trigger WHERE evtenabled <> 'D'", "0");
	assert_value(connection, "SELECT count(*) FROM cron.job WHERE active", "0");
	assert_value(connection, "SELECT count(*) FROM evil.fired", "0");
	if (major >= 15)
		assert_value(connection,
			     "SELECT count(*) FROM pg_parameter_acl, aclexplode(paracl) WHERE grantee <> 10", "0");
	pg_disconnect(&connection);
}

/* The table of somebody else: his code must not run with our rights. */
static void test_foreign_job_table_untouched(void **state)
{
	(void)state;
	PGconn *connection = connect_branch("Odd \"db'", true);
	assert_value(connection, "SELECT jobenabled FROM pgagent.pga_job", "t");
	pg_disconnect(&connection);
}

static void test_settings(void **state)
{
	(void)state;
	PGconn *connection = connect_branch("postgres", true);
	assert_value(connection,
		     "SELECT string_agg(setconfig::text, ' ' ORDER BY setconfig::text) FROM pg_db_role_setting"
		     " JOIN pg_database d ON d.oid = setdatabase WHERE setrole = 0 AND datname = 'shop'",
		     "{\"search_path=evil, public\",statement_timeout=100s}");
	assert_value(connection, "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = 0",
		     "{\"app.tenant=a, b\"}");
	assert_value(connection, "SELECT count(*) FROM pg_db_role_setting WHERE setrole IN (10, 'app'::regrole)", "0");
	assert_value(connection,
		     "SELECT string_agg(datname || setconfig::text, ' ' ORDER BY datname) FROM pg_db_role_setting"
		     " LEFT JOIN pg_database d ON d.oid = setdatabase WHERE setrole = 'vela'::regrole",
		     "Odd \"db'{role=vela_owner} closed{role=app} postgres{role=vela_owner} shop{role=app}");
	assert_value(connection, "SELECT datallowconn FROM pg_database WHERE datname = 'closed'", "f");
	pg_disconnect(&connection);
}

static void test_owners(void **state)
{
	(void)state;
	PGconn *connection = connect_branch("shop", true);
	assert_value(connection,
		     "SELECT string_agg(DISTINCT pg_get_userbyid(refobjid), ',') FROM pg_shdepend"
		     " WHERE deptype = 'o' AND dbid = (SELECT oid FROM pg_database WHERE datname = 'shop')"
		     " AND refobjid IN (SELECT oid FROM pg_authid WHERE rolsuper OR rolname = 'vela')",
		     NULL);
	/* what remains with the bootstrap superuser leaves no trace in pg_shdepend */
	assert_value(connection,
		     "SELECT string_agg(relname, ',') FROM pg_class WHERE oid >= 16384 AND relowner = 10"
		     " AND relnamespace <> 'pg_toast'::regnamespace AND relkind IN ('r','p','v','m','S','f')",
		     NULL);
	assert_value(connection,
		     "SELECT string_agg(proname, ',' ORDER BY proname) FROM pg_proc p WHERE oid >= 16384"
		     " AND proowner = 10 AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype IN "
		     "('e', 'i'))",
		     "c_definer,c_plain,from_place,granted,imp,of_app,same_again,step");
	assert_value(connection,
		     "SELECT count(*) FROM pg_type t WHERE oid >= 16384 AND typowner = 10 AND typtype <> 'p'"
		     " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = t.oid AND deptype IN ('e', 'i'))"
		     " AND NOT EXISTS (SELECT FROM pg_type e JOIN pg_depend d ON d.objid = e.oid AND d.deptype = 'e' "
		     "WHERE e.typarray = t.oid)",
		     "0");
	assert_value(connection,
		     "SELECT count(*) FROM pg_proc p WHERE oid >= 16384 AND prosecdef AND proowner = 10"
		     " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')",
		     "0");
	assert_value(connection, "SELECT count(*) FROM pg_largeobject_metadata WHERE lomowner = 'app'::regrole",
		     "1100");
	assert_value(connection,
		     "SELECT count(*) FROM pg_operator WHERE oid >= 16384 AND oprowner = 10 AND oprname = '==='", "0");
	assert_value(
		connection,
		"SELECT string_agg(datname || '=' || pg_get_userbyid(datdba), ',' ORDER BY datname) FROM pg_database"
		" WHERE NOT datistemplate",
		"Odd \"db'=vela_owner,closed=app,postgres=vela_owner,shop=app");
	pg_disconnect(&connection);
}

static void test_what_the_user_is_told(void **state)
{
	(void)state;
	static const char *const expected[] = {
		"unlogged tables of database \"shop\" may be empty in a copy: public.scratch (1 in all)",
		"may miss rows: und-x-icu (1 in all)",
		"the collation of database \"shop\" has version 0.1 in the source and none on this host",
		"branches do not preload what is not on this host, or would call other servers by itself: nowhere, "
		"pg_net\n",
		"database \"shop\": branches cannot use what reaches other servers: dblink, postgres_fdw, unasked\n",
		"database \"shop\": branches cannot call 8 functions in C or an untrusted language that no extension "
		"brings\n",
		"database \"Odd \"db'\": 1 object of superusers now belongs to a plain role",
		"database \"Odd \"db'\" uses the extension cube, which is not installed",
	};
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		if (!strstr(buffer_text(&notes), expected[i]))
			fail_msg("no note \"%s\" among:\n%s", expected[i], buffer_text(&notes));
	bool refused = strstr(buffer_text(&notes),
			      "table public.bloomed cannot be vacuumed on this host: could not access file");
	assert_int_equal(refused, major < 18);
}

static void test_prepared(void **state)
{
	(void)state;
	assert_string_equal(prepared.preload, "auto_explain");
	assert_int_equal(prepared.databases.count, 3);
	assert_string_equal(prepared.databases.items[0], "Odd \"db'");
	assert_string_equal(prepared.databases.items[1], "postgres");
	assert_string_equal(prepared.databases.items[2], "shop");
}

/* --- what the role of a branch cannot do --- */

static void attempt_all(PGconn *connection)
{
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
		assert_refused(connection, attempts[i].sql, attempts[i].state);
}

static void test_no_escalation(void **state)
{
	(void)state;
	PGconn *connection = connect_branch("shop", false);
	attempt_all(connection);
	sql_on(connection, "SET ROLE NONE");
	attempt_all(connection);
	sql_on(connection, "RESET ROLE");
	sql_on(connection, "RESET SESSION AUTHORIZATION");
	assert_value(connection, "SELECT session_user", "vela");
	assert_value(connection, "SELECT current_setting('is_superuser')", "off");
	assert_value(connection, "SELECT who()", "app");
	pg_disconnect(&connection);
}

/* A server of one's own allows everything, but nothing comes of it. */
static void test_own_servers_lead_nowhere(void **state)
{
	(void)state;
	PGconn *connection = connect_branch("shop", false);
	sql_on(connection, "CREATE USER MAPPING FOR PUBLIC SERVER \"my; own\" OPTIONS (user 'u', password 'p')");
	assert_refused(connection, "SELECT * FROM far_too", "55000");
	assert_refused(connection, "INSERT INTO far_too VALUES (1)", "55000");
	assert_refused(connection, "IMPORT FOREIGN SCHEMA public FROM SERVER \"my; own\" INTO evil", "55000");
	sql_on(connection,
	       "CREATE FOREIGN TABLE more (id int) SERVER \"my; own\"; CREATE FOREIGN TABLE passwd (line text) "
	       "SERVER unasked OPTIONS (filename '/etc/passwd')");
	assert_refused(connection, "SELECT * FROM more", "55000");
	assert_refused(connection, "SELECT * FROM passwd", "55000");
	pg_disconnect(&connection);
}

/* Everything that may be opened, opened; everybody that may be become, become. */
static void test_no_escalation_elsewhere(void **state)
{
	(void)state;
	PGconn *connection = connect_branch("shop", false);
	sql_on(connection, "ALTER DATABASE closed ALLOW_CONNECTIONS true");
	assert_value(connection, "SELECT count(*) FROM pg_roles WHERE rolsuper AND pg_has_role('vela', oid, 'MEMBER')",
		     "0");
	pg_disconnect(&connection);
	static const char *const databases[] = {"closed", "template1", "postgres", "Odd \"db'"};
	for (size_t i = 0; i < ARRAY_SIZE(databases); i++) {
		connection = connect_branch(databases[i], false);
		assert_refused(connection, "SELECT pg_read_file('PG_VERSION')", "42501");
		if (i < 2)
			assert_refused(connection, "SELECT leak('PG_VERSION')", "42501");
		if (i == 3 && major >= 16) /* an extension that the role itself had made as a superuser */
			assert_refused(connection, "SELECT dblink_connect_u('host=/tmp')", "42501");
		pg_disconnect(&connection);
	}
	connection = connect_branch("shop", false);
	sql_on(connection, "ALTER DATABASE closed ALLOW_CONNECTIONS false");
	pg_disconnect(&connection);
}

/* --- what it can do --- */

static void test_migrations(void **state)
{
	(void)state;
	PGconn *connection = connect_branch("shop", false);
	assert_value(connection, "SELECT current_user", "app");
	sql_on(connection, "SET search_path = public, \"Super; schema\"");
	sql_on(connection,
	       "ALTER TABLE orders ADD COLUMN processed_at timestamptz; UPDATE orders SET total = 0 WHERE id < 10");
	sql_on(connection, "ALTER TABLE \"we\"\"ird \\ 'tab;le'\" ADD COLUMN x int; DROP TABLE of_migrator");
	sql_on(connection, "ALTER TABLE of_vela ADD COLUMN x int; ALTER TABLE t ADD COLUMN x int; DROP VIEW v; REFRESH "
			   "MATERIALIZED VIEW m");
	sql_on(connection, "ALTER TYPE mood ADD VALUE 'happy'; DROP AGGREGATE total(int); DROP FUNCTION who; ALTER "
			   "SCHEMA \"Super; schema\" RENAME TO s2");
	sql_on(connection,
	       "ALTER TABLE s2.part DETACH PARTITION s2.part_1; DROP OPERATOR s2.=== (int, int); DROP TYPE s2.span");
	sql_on(connection, "CREATE TABLE made (id int); CREATE SCHEMA made; CREATE EXTENSION pg_trgm");
	assert_value(connection, "SELECT tableowner FROM pg_tables WHERE tablename = 'made'", "app");
	sql_on(connection, "UPDATE triggered SET id = 1");
	/* a role that is itself a member of the owner: not as the owner, but as itself */
	sql_on(connection, "SET ROLE circle; ALTER TABLE of_circle ADD COLUMN x int; RESET ROLE");
	assert_value(connection, "SELECT current_user", "app");
	pg_disconnect(&connection);
	connection = connect_branch("Odd \"db'", false);
	sql_on(connection, "ALTER TABLE \"T\" ADD COLUMN x int; CREATE TABLE made (id int); ALTER TABLE "
			   "pgagent.pga_job ADD COLUMN x int");
	assert_value(connection, "SELECT tableowner FROM pg_tables WHERE tablename = 'made'", "vela_owner");
	pg_disconnect(&connection);
}

/* --- what a branch costs --- */

static void test_stopped_cleanly(void **state)
{
	(void)state;
	struct pg_control control;
	struct string_list names = {0};
	_cleanup_free_ char *wal = path_join(baseline, "pg_wal", NULL);
	MUST(pg_control_read(baseline, &control, &err));
	assert_true(pg_control_is_clean(&control));
	assert_int_equal(control.checkpoint_lsn / control.wal_segment_bytes,
			 (control.checkpoint_lsn - 4096) / control.wal_segment_bytes + 1); /* at its beginning */
	MUST(directory_list(wal, &names, &err));
	int segments = 0;
	for (size_t i = 0; i < names.count; i++)
		segments += strlen(names.items[i]) == 24;
	assert_int_equal(segments, 1);
	string_list_free(&names);
	_cleanup_free_ char *log = path_join(production.socket, "log", NULL);
	_cleanup_buffer_ struct buffer text = {0};
	MUST(file_read(log, 1 << 20, FILE_NO_FOLLOW, &text, &err));
	assert_null(strstr(buffer_text(&text), "redo starts"));
	assert_null(strstr(buffer_text(&text), "recovery"));
}

/* Bytes of `copy` that are not as in `original`, file by file. */
static uint64_t difference(const char *original, const char *copy)
{
	struct stat st;
	uint64_t total = 0;
	if (lstat(copy, &st) == 0 && S_ISDIR(st.st_mode)) {
		struct string_list names = {0};
		MUST(directory_list(copy, &names, &err));
		for (size_t i = 0; i < names.count; i++) {
			_cleanup_free_ char *a = path_join(original, names.items[i], NULL);
			_cleanup_free_ char *b = path_join(copy, names.items[i], NULL);
			/* caches and statistics are written by every server that stops */
			bool always = string_equal(names.items[i], "pg_internal.init") ||
				      string_equal(names.items[i], "pg_stat");
			total += always ? 0 : difference(a, b);
		}
		string_list_free(&names);
		return total;
	}
	_cleanup_buffer_ struct buffer a = {0};
	_cleanup_buffer_ struct buffer b = {0};
	(void)file_read(original, 64 << 20, FILE_NO_FOLLOW, &a, NULL);
	MUST(file_read(copy, 64 << 20, FILE_NO_FOLLOW, &b, &err));
	for (size_t at = 0; at < b.length; at += 4096) {
		size_t length = b.length - at < 4096 ? b.length - at : 4096;
		if (at + length > a.length || memcmp(a.data + at, b.data + at, length) != 0)
			total += length;
	}
	return total;
}

static void read_all(int port, const char *database)
{
	const struct pg_target target = {.host = production.socket, .port = port, .database = database, .user = "boss"};
	PGconn *connection = NULL;
	PGresult *tables = NULL;
	MUST(pg_connect(&target, &connection, &err));
	MUST(pg_execute(connection,
			"SELECT pg_catalog.format('SELECT pg_catalog.count(*) FROM (SELECT * FROM %I.%I OFFSET 0) t', "
			"nspname, relname)"
			" FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'm') AND "
			"relname <> 'bloomed'",
			&tables, &err));
	for (int row = 0; row < PQntuples(tables); row++)
		sql_on(connection, PQgetvalue(tables, row, 0));
	PQclear(tables);
	pg_disconnect(&connection);
}

static void test_reading_writes_nothing(void **state)
{
	(void)state;
	static const char *const databases[] = {"shop", "postgres", "template1", "Odd \"db'"};
	_cleanup_free_ char *data = path_join(production.top, "reader", NULL);
	_cleanup_free_ char *base = path_join(data, "base", NULL);
	_cleanup_free_ char *original = path_join(baseline, "base", NULL);
	struct process_id id;
	run("/bin/cp", "-a", baseline, data, NULL);
	struct pg_instance instance = make_instance(PG_FOR_BRANCH, data, free_port());
	const struct pg_start_hooks hooks = {.spawned = remember, .context = &id};
	MUST(pg_instance_start(&instance, TIMEOUT_MS, &hooks, &err));
	for (size_t i = 0; i < ARRAY_SIZE(databases); i++)
		read_all(instance.port, databases[i]);
	MUST(pg_instance_stop(&id, PG_STOP_CLEAN, TIMEOUT_MS, &err));
	assert_int_equal(difference(original, base), 0);
	uint64_t all = difference(baseline, data); /* pg_control, one page of WAL, postmaster.opts */
	if (all > 16384)
		fail_msg("reading wrote %llu bytes", (unsigned long long)all);
	MUST(directory_remove(data, &err));
}

/* --- refusals --- */

static void test_role_is_superuser(void **state)
{
	(void)state;
	struct error *err = NULL;
	struct pg_prepared nothing = {0};
	const struct pg_instance instance = make_instance(PG_FOR_PREPARATION, baseline, 5432);
	assert_int_equal(pg_prepare_cluster(&instance, "boss", NULL, &nothing, &err), -1);
	assert_int_equal(err->kind, ERROR_CONFIG);
	error_free(err);
}

static void interrupt_freezing(void *context, const char *step, uint64_t done, uint64_t total)
{
	(void)context;
	(void)total;
	if (done > 0 && string_starts_with(step, "freezing"))
		(void)raise(SIGTERM);
}

static void assert_interruptible(const struct pg_instance *instance)
{
	const struct progress progress = {.update = interrupt_freezing};
	int status;
	pid_t child = fork();
	if (child == 0) {
		interrupt_install();
		struct error *err = NULL;
		struct pg_prepared nothing = {0};
		int result = pg_prepare_cluster(instance, "vela", &progress, &nothing, &err);
		_exit(result == -1 && err->kind == ERROR_INTERRUPTED ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void write_as_superuser(const char *data, const char *sql)
{
	_cleanup_free_ char *program = path_join(production.binaries, "postgres", NULL);
	_cleanup_free_ char *script = string_format("echo \"$3\" | \"$1\" --single -F -D \"$2\" template1");
	run("/bin/sh", "-ec", script, "sh", program, data, sql, NULL);
}

/* A copy of a copy is prepared like any other; one that cannot be, or is interrupted, leaves no server behind. */
static void test_again(void **state)
{
	(void)state;
	_cleanup_free_ char *data = path_join(production.top, "again", NULL);
	_cleanup_free_ char *superuser = NULL;
	struct pg_prepared again = {0};
	struct process_id id;
	struct error *reason = NULL;
	run("/bin/cp", "-a", baseline, data, NULL);
	MUST(pg_prepare_files(data, &err));
	MUST(pg_prepare_superuser(production.binaries, data, &superuser, &err));
	struct pg_instance instance = make_instance(PG_FOR_PREPARATION, data, 5433);
	instance.preload = NULL;
	MUST(pg_prepare_cluster(&instance, "vela", NULL, &again, &err));
	assert_int_equal(again.databases.count, 3);
	assert_null(again.preload);
	pg_prepared_free(&again);
	assert_interruptible(&instance);
	assert_false(pg_instance_find(data, &id));

	write_as_superuser(data, "UPDATE pg_database SET datcollate = 'xx_XX.UTF-8' WHERE datname = 'shop'");
	assert_int_equal(pg_prepare_cluster(&instance, "vela", NULL, &again, &reason), -1);
	assert_int_equal(reason->kind, ERROR_POSTGRES);
	assert_non_null(strstr(reason->message, "database \"shop\" has the locale \"xx_XX.UTF-8\""));
	assert_false(pg_instance_find(data, &id));
	error_free(reason);
	MUST(directory_remove(data, &err));
}

/* Damaged, or of another host: the reason is the server's own. */
static void test_recovery_fails(void **state)
{
	(void)state;
	_cleanup_free_ char *data = path_join(production.top, "locale", NULL);
	_cleanup_free_ char *superuser = NULL;
	struct error *reason = NULL;
	run("/bin/cp", "-a", baseline, data, NULL);
	write_as_superuser(data, "UPDATE pg_database SET datcollate = 'xx_XX.UTF-8' WHERE datname = 'template1'");
	assert_int_equal(pg_prepare_superuser(production.binaries, data, &superuser, &reason), -1);
	assert_int_equal(reason->kind, ERROR_POSTGRES);
	assert_non_null(strstr(reason->message, "xx_XX.UTF-8"));
	assert_non_null(strstr(reason->hint, "install the source's locale"));
	error_free(reason);
	_cleanup_free_ char *wal = path_join(data, "pg_wal", NULL);
	MUST(directory_remove(wal, &err));
	MUST(directory_create(wal, 0700, &err));
	assert_int_equal(pg_prepare_superuser(production.binaries, data, &superuser, &reason), -1);
	assert_non_null(strstr(reason->hint, "lacks write-ahead log"));
	error_free(reason);
	MUST(directory_remove(data, &err));
}

#define TESTS                                                                                                          \
	cmocka_unit_test(test_nothing_called), cmocka_unit_test(test_nobody_can_log_in),                               \
		cmocka_unit_test(test_nobody_gets_out), cmocka_unit_test(test_foreign_job_table_untouched),            \
		cmocka_unit_test(test_settings), cmocka_unit_test(test_owners),                                        \
		cmocka_unit_test(test_what_the_user_is_told), cmocka_unit_test(test_prepared),                         \
		cmocka_unit_test(test_stopped_cleanly), cmocka_unit_test(test_no_escalation),                          \
		cmocka_unit_test(test_no_escalation_elsewhere), cmocka_unit_test(test_migrations),                     \
		cmocka_unit_test(test_own_servers_lead_nowhere), cmocka_unit_test(test_reading_writes_nothing),        \
		cmocka_unit_test(test_role_is_superuser), cmocka_unit_test(test_again),                                \
		cmocka_unit_test(test_recovery_fails), cmocka_unit_test(test_nothing_called)

int main(void)
{
	const struct CMUnitTest tests[] = {TESTS};
	(void)alarm(600); /* a copy that calls its publisher waits for an answer that never comes */
	int failures = cmocka_run_group_tests_name("pg/prepare 15", tests, make_from_backup, remove_all);
	failures += cmocka_run_group_tests_name("pg/prepare 18", tests, make_from_directory, remove_all);
	return end_tests(failures);
}
