#include "../check/server.h"
#include "tree_fixture.h"

#include "report/report.h"

/* Against a real server: what is recorded is found again, and what a tool would mind is an error. */

static PGconn *connection;

static int setup(void **state)
{
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(admin, "GRANT CREATE ON DATABASE postgres TO owner", NULL, err));
	connection = server_connect();
	return tree_setup(state);
}

static int teardown(void **state)
{
	assert_success(pg_execute(connection,
				  "DROP TABLE IF EXISTS flyway_schema_history, schema_migrations, goose_db_version, "
				  "_prisma_migrations, _sqlx_migrations, __diesel_schema_migrations, t; DROP SCHEMA IF "
				  "EXISTS graphile_migrate, other CASCADE",
				  NULL, err));
	pg_disconnect(&connection);
	return tree_teardown(state);
}

static void run_script(const struct migration_set *set, const struct migration *migration,
		       enum migration_direction direction)
{
	_cleanup_script_ struct migration_script script = {0};
	struct report_failure *refused = NULL;
	assert_success(migration_script_read(repository, set, migration, direction, &script, &refused, err));
	assert_null(refused);
	if (script.before_sql)
		assert_success(pg_execute(connection, script.before_sql, NULL, err));
	/* Whatever the file does to the search path, the tool's table is found. */
	assert_success(pg_execute(connection, "BEGIN; SET LOCAL search_path = pg_catalog", NULL, err));
	if (script.record_sql)
		assert_success(pg_execute(connection, script.record_sql, NULL, err));
	assert_success(pg_execute(connection, "COMMIT", NULL, err));
}

static void mark(const char *directory, const char *format, struct migration_set *set)
{
	list_set(directory, format, set);
	assert_success(migration_mark_applied(connection, repository, set, err));
}

/* "+" for what is applied, "-" for what is not, in order. */
static void assert_marks(const char *format, const char *expected)
{
	_cleanup_migrations_ struct migration_set set = {0};
	mark("m", format, &set);
	_cleanup_buffer_ struct buffer text = {0};
	for (size_t i = 0; i < set.count; i++)
		buffer_add_char(&text, set.items[i].applied ? '+' : '-');
	assert_string_equal(buffer_text(&text), expected);
}

static void assert_conflict(const char *format, const char *words)
{
	_cleanup_migrations_ struct migration_set set = {0};
	_cleanup_error_ struct error *error = NULL;
	list_set("m", format, &set);
	assert_int_equal(migration_mark_applied(connection, repository, &set, &error), -1);
	if (error->kind != ERROR_CONFLICT || !strstr(error->message, words))
		fail_msg("%s: %s", error_kinds[error->kind].name, error->message);
	assert_non_null(error->hint);
}

static void prepare(const char *format)
{
	_cleanup_free_ char *sql = migration_prepare_sql(migration_format_find(format));
	assert_success(pg_execute(connection, sql, NULL, err));
	assert_success(pg_execute(connection, sql, NULL, err)); /* it may be there */
}

/* Applies what is pending, or takes the last back. */
static void apply(const char *format)
{
	_cleanup_migrations_ struct migration_set set = {0};
	mark("m", format, &set);
	prepare(format);
	for (size_t i = 0; i < set.count; i++)
		if (!set.items[i].applied)
			run_script(&set, &set.items[i], MIGRATION_UP);
}

static void take_back_last(const char *format)
{
	_cleanup_migrations_ struct migration_set set = {0};
	mark("m", format, &set);
	for (size_t i = set.count; i-- > 0;)
		if (set.items[i].applied && !set.items[i].repeatable) {
			run_script(&set, &set.items[i], MIGRATION_DOWN);
			return;
		}
	fail_msg("nothing to take back");
}

static void put_first_two(const char *first, const char *second, const char *down, const char *text)
{
	put(first, text);
	put(second, text);
	if (down)
		put(down, text);
}

/* Nothing, all, one less, all again. */
static void assert_round(const char *format)
{
	assert_marks(format, "--");
	apply(format);
	assert_marks(format, "++");
	take_back_last(format);
	assert_marks(format, "+-");
	apply(format);
	assert_marks(format, "++");
}

static void sql(const char *text)
{
	assert_success(pg_execute(connection, text, NULL, err));
}

static void test_flyway(void **state)
{
	(void)state;
	put_first_two("m/V1_0__it's_a.sql", "m/sub/V2__b.sql", "m/sub/U2__b.sql", "SELECT 1;\r\nSELECT 2;");
	assert_round("flyway");
	assert_value(
		connection,
		"SELECT string_agg(concat_ws(',', installed_rank, version, description, type, script, checksum, "
		"installed_by, success), '|' ORDER BY installed_rank) FROM flyway_schema_history",
		"1,1.0,it's a,SQL,V1_0__it's_a.sql,-1665099012,owner,t|2,2,b,SQL,sub/V2__b.sql,-1665099012,owner,t|"
		"3,2,b,UNDO_SQL,sub/U2__b.sql,-1665099012,owner,t|4,2,b,SQL,sub/V2__b.sql,-1665099012,owner,t");
	put("m/V1_0__it's_a.sql", "SELECT 1;\nSELECT 2;\n"); /* other line ends are no edit */
	assert_marks("flyway", "++");
	put("m/V1_0__it's_a.sql", "SELECT 1;\nSELECT 3;\n");
	assert_conflict("flyway", "m/V1_0__it's_a.sql: applied already, and edited since");
	sql("UPDATE flyway_schema_history SET version = '001' WHERE version = '1.0'; DELETE FROM flyway_schema_history "
	    "WHERE installed_rank IN (2, 3)");
	put("m/V1_0__it's_a.sql", "SELECT 1;\nSELECT 2;\n");
	put("m/V1.5__between.sql", "");
	assert_conflict("flyway", "m/V1.5__between.sql: not applied, and before 2");
	sql("UPDATE flyway_schema_history SET success = false WHERE version = '2'");
	assert_conflict("flyway", "flyway has 2 recorded as failed");
}

static void test_flyway_repeatable_and_baseline(void **state)
{
	(void)state;
	put("m/V1__a.sql", "");
	put("m/V3__c.sql", "");
	put("m/R__view.sql", "one");
	prepare("flyway");
	sql("INSERT INTO flyway_schema_history VALUES (1, '2', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway "
	    "Baseline "
	    ">>', NULL, 'x', now(), 0, true)");
	assert_marks("flyway", "+--");
	apply("flyway");
	assert_marks("flyway", "+++");
	put("m/R__view.sql", "two");
	assert_marks("flyway", "++-");
	apply("flyway");
	assert_marks("flyway", "+++");
	assert_value(connection, "SELECT count(*) FROM flyway_schema_history WHERE version IS NULL", "2");
	put("m/R__view.sql", "one"); /* the last run counts */
	assert_marks("flyway", "++-");
	sql("INSERT INTO flyway_schema_history VALUES (9, '2.5', 'gone', 'SQL', 'V2_5__gone.sql', 1, 'x', now(), 0, "
	    "true)");
	assert_conflict("flyway", "flyway has 2.5 recorded as applied, and there is no file of it in m");
	sql("UPDATE flyway_schema_history SET version = '4' WHERE version = '2.5'"); /* of a newer release */
	put("m/R__view.sql", "two");
	assert_marks("flyway", "+++");
}

static void test_dbmate(void **state)
{
	(void)state;
	put_first_two("m/1_a.sql", "m/2_b.sql", NULL, "-- migrate:up\n-- migrate:down\n");
	assert_round("dbmate");
	assert_value(connection, "SELECT string_agg(version, ',' ORDER BY version) FROM schema_migrations", "1,2");
	put("m/15_early.sql", "-- migrate:up\n-- migrate:down\n");
	assert_marks("dbmate", "-++"); /* out of order is no matter to it */
}

static void test_golang_migrate(void **state)
{
	(void)state;
	put_first_two("m/1_a.up.sql", "m/002_b.up.sql", "m/2_b.down.sql", "SELECT 1");
	put("m/1_a.down.sql", "SELECT 1");
	assert_round("golang-migrate");
	assert_value(connection, "SELECT version || ' ' || dirty FROM schema_migrations", "2 false");
	take_back_last("golang-migrate");
	take_back_last("golang-migrate");
	assert_marks("golang-migrate", "--");
	assert_value(connection, "SELECT count(*) FROM schema_migrations", "0");
	sql("INSERT INTO schema_migrations VALUES (1, true)");
	assert_conflict("golang-migrate", "golang-migrate has 1 recorded as failed");
	sql("UPDATE schema_migrations SET version = 7, dirty = false");
	assert_conflict("golang-migrate", "golang-migrate has 7 recorded as applied, and there is no file");
}

static void test_goose(void **state)
{
	(void)state;
	put_first_two("m/00001_a.sql", "m/00005_b.sql", NULL, "-- +goose Up\n");
	assert_round("goose");
	assert_value(connection,
		     "SELECT string_agg(version_id || ' ' || is_applied, ',' ORDER BY id) FROM goose_db_version",
		     "0 true,1 true,5 true");
	sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (5, false)"); /* as it once was */
	assert_marks("goose", "+-");
	put("m/00003_early.sql", "-- +goose Up\n");
	assert_marks("goose", "+--");
	sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (5, true)");
	assert_conflict("goose", "m/00003_early.sql: not applied, and before 5");
}

static void test_prisma(void **state)
{
	(void)state;
	put_first_two("m/1_a/migration.sql", "m/2_b'/migration.sql", NULL, "SELECT 1;\n");
	assert_marks("prisma", "--");
	apply("prisma");
	assert_marks("prisma", "++");
	assert_value(connection,
		     "SELECT string_agg(concat_ws(',', length(id), checksum, migration_name, applied_steps_count, "
		     "finished_at >= started_at, logs), '|' ORDER BY migration_name) FROM _prisma_migrations",
		     "36,b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd,1_a,1,t|"
		     "36,b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd,2_b',1,t");
	put("m/1_a/migration.sql", "SELECT 1;\r\n");
	assert_marks("prisma", "++");
	put("m/1_a/migration.sql", "SELECT 2;\n");
	assert_conflict("prisma", "m/1_a/migration.sql: applied already, and edited since");
	put("m/1_a/migration.sql", "SELECT 1;\n");
	sql("UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '1_a'");
	assert_conflict("prisma", "prisma has 1_a recorded as failed");
	sql("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '1_a'");
	assert_marks("prisma", "-+");
}

static void test_sqlx(void **state)
{
	(void)state;
	put_first_two("m/1_a.sql", "m/2_it's_b.up.sql", "m/2_it's_b.down.sql", "SELECT 1;\n");
	assert_round("sqlx");
	assert_value(
		connection,
		"SELECT string_agg(concat_ws(',', version, description, success, left(encode(checksum, 'hex'), 16), "
		"length(checksum), execution_time >= 0), '|' ORDER BY version) FROM _sqlx_migrations",
		"1,a,t,24454095d8d7876c,48,t|2,it's b,t,24454095d8d7876c,48,t");
	put("m/1_a.sql", "SELECT 2;\n");
	assert_conflict("sqlx", "m/1_a.sql: applied already, and edited since");
	put("m/1_a.sql", "SELECT 1;\n");
	sql("UPDATE _sqlx_migrations SET version = 3 WHERE version = 1");
	assert_conflict("sqlx", "sqlx has 3 recorded as applied");
	sql("UPDATE _sqlx_migrations SET success = false");
	assert_conflict("sqlx", "sqlx has 2 and 3 recorded as failed");
}

static void test_diesel(void **state)
{
	(void)state;
	put_first_two("m/2026-01-01-000000_a/up.sql", "m/2_b/up.sql", "m/2_b/down.sql", "SELECT 1;");
	put("m/2026-01-01-000000_a/down.sql", "SELECT 1;");
	assert_round("diesel");
	assert_value(connection, "SELECT string_agg(version, ',' ORDER BY version) FROM __diesel_schema_migrations",
		     "2,20260101000000");
}

static void test_graphile(void **state)
{
	(void)state;
	put("m/committed/000001.sql", "--! Previous: -\n--! Hash: sha1:42d573d5e881e52c4db4b8d53c7b1fe60d48fef0\n\n"
				      "create table a (id int);\n");
	put("m/committed/000002-add-b.sql",
	    "--! Previous: sha1:42d573d5e881e52c4db4b8d53c7b1fe60d48fef0\n--! Hash: "
	    "sha1:2060ac916e0514e0165b80429e5d437be5b0fdc3\n--! Message: add b\n\n--! no-transaction\ncreate "
	    "index concurrently b on a (id);\n");
	assert_marks("graphile-migrate", "--");
	apply("graphile-migrate");
	assert_marks("graphile-migrate", "++");
	assert_value(
		connection,
		"SELECT string_agg(concat_ws(',', filename, left(hash, 13), left(previous_hash, 13)), '|' ORDER BY "
		"filename) FROM graphile_migrate.migrations",
		"000001.sql,sha1:42d573d5|000002.sql,sha1:2060ac91,sha1:42d573d5");
	sql("UPDATE graphile_migrate.migrations SET previous_hash = NULL; UPDATE graphile_migrate.migrations SET hash "
	    "= "
	    "'sha1:x' WHERE filename = '000001.sql'");
	assert_conflict("graphile-migrate", "000001.sql: applied already, and edited since");
}

static void test_table_of_another_tool(void **state)
{
	(void)state;
	put_first_two("m/1_a.sql", "m/2_b.sql", NULL, "-- migrate:up\n-- migrate:down\n");
	apply("dbmate");
	put("n/1_a.up.sql", "");
	_cleanup_migrations_ struct migration_set set = {0};
	list_set("n", "golang-migrate", &set);
	assert_failure(ERROR_POSTGRES, "cannot read public.schema_migrations, in which golang-migrate",
		       migration_mark_applied(connection, repository, &set, err));
}

static void test_table_in_another_schema(void **state)
{
	(void)state;
	sql("RESET ROLE"); /* the schema's owner is who migrates */
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(admin, "CREATE SCHEMA other AUTHORIZATION owner", NULL, err));
	sql("SET ROLE owner; SET search_path = other, public");
	put_first_two("m/1_a.sql", "m/2_b.sql", NULL, "-- migrate:up\n-- migrate:down\n");
	assert_round("dbmate");
	assert_value(connection, "SELECT count(*) FROM other.schema_migrations", "2");
}

static void test_bookkeeping_is_known(void **state)
{
	(void)state;
	for (const struct migration_format *const *format = migration_formats; *format; format++) {
		_cleanup_free_ char *create = migration_prepare_sql(*format);
		if (!create)
			continue;
		sql(create);
		_cleanup_result_ PGresult *rows = NULL;
		assert_success(pg_execute(connection,
					  "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = "
					  "c.relnamespace WHERE n.nspname IN ('public', 'graphile_migrate')",
					  &rows, err));
		assert_true(PQntuples(rows) >= 2);
		for (int i = 0; i < PQntuples(rows); i++)
			if (!migration_is_version_table(*format, PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1)))
				fail_msg("%s: %s", migration_format_name(*format), PQgetvalue(rows, i, 1));
		assert_false(migration_is_version_table(*format, "public", "orders"));
		sql("DROP TABLE IF EXISTS flyway_schema_history, schema_migrations, goose_db_version, "
		    "_prisma_migrations, _sqlx_migrations, __diesel_schema_migrations; DROP SCHEMA IF EXISTS "
		    "graphile_migrate CASCADE");
	}
	assert_false(migration_is_version_table(migration_format_find("sql"), "public", "schema_migrations"));
	assert_false(migration_is_version_table(migration_format_find("graphile-migrate"), "public", "migrations"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	cluster_identity();
	const struct CMUnitTest tests[] = {
		TEST(test_flyway),
		TEST(test_flyway_repeatable_and_baseline),
		TEST(test_dbmate),
		TEST(test_golang_migrate),
		TEST(test_goose),
		TEST(test_prisma),
		TEST(test_sqlx),
		TEST(test_diesel),
		TEST(test_graphile),
		TEST(test_table_of_another_tool),
		TEST(test_table_in_another_schema),
		TEST(test_bookkeeping_is_known),
	};
	int failures =
		cmocka_run_group_tests_name("migration/format_versions on 15", tests, server_setup_15, server_teardown);
	failures +=
		cmocka_run_group_tests_name("migration/format_versions on 18", tests, server_setup_18, server_teardown);
	return cluster_end(failures);
}
