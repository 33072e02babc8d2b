#include "tree_fixture.h"

#include "report/report.h"

/* Reads the one migration of the directory, and says what would be run: "file|text|text", "statement|…", or
 * "LINE:COLUMN message". */
static char *read_script(const char *directory, const char *format, enum migration_direction direction)
{
	_cleanup_migrations_ struct migration_set set = {0};
	_cleanup_script_ struct migration_script script = {0};
	struct report_failure *failure = NULL;
	struct error *error = NULL;
	list_set(directory, format, &set);
	assert_int_equal(set.count, 1);
	if (migration_script_read(repository, &set, &set.items[0], direction, &script, &failure, &error) < 0)
		fail_msg("%s", error->message);
	if (failure) {
		char *text = string_format("%d:%d %s", failure->line, failure->column, failure->message);
		assert_non_null(failure->hint);
		report_failure_free(failure);
		return text;
	}
	struct buffer text = {0};
	buffer_add_text(&text, script.transaction == TRANSACTION_FILE ? "file" : "statement");
	for (size_t i = 0; i < script.segment_count; i++) {
		assert_true(script.segments[i].start + script.segments[i].length <= script.text.length);
		buffer_add_text(&text, script.segments[i].whole ? "|!" : "|");
		buffer_add(&text, script.text.data + script.segments[i].start, script.segments[i].length);
	}
	return buffer_steal(&text);
}

static void assert_read(const char *directory, const char *format, enum migration_direction direction,
			const char *expected)
{
	_cleanup_free_ char *text = read_script(directory, format, direction);
	assert_string_equal(text, expected);
}

static void assert_up(const char *format, const char *name, const char *content, const char *expected)
{
	_cleanup_free_ char *directory = path_join(repository, "m", NULL);
	_cleanup_free_ char *path = path_join("m", name, NULL);
	assert_int_equal(directory_remove(directory, NULL), 0);
	put(path, content);
	assert_read("m", format, MIGRATION_UP, expected);
}

static void assert_begins(const char *format, const char *name, const char *content, const char *beginning)
{
	_cleanup_free_ char *path = path_join("m", name, NULL);
	put(path, content);
	_cleanup_free_ char *text = read_script("m", format, MIGRATION_UP);
	if (!string_starts_with(text, beginning))
		fail_msg("%s", text);
}

static void test_whole_files(void **state)
{
	(void)state;
	assert_up("sql", "1.sql", "a;\r\nb", "file|a;\r\nb");
	assert_up("sql", "1.sql", "", "file");
	assert_up("sql", "1.sql",
		  "\xef\xbb\xbf"
		  "a;",
		  "file|\xef\xbb\xbf"
		  "a;");
	/* One simple Query: several statements are a transaction, a single one is none. */
	assert_up("golang-migrate", "1_x.up.sql", "a; b;", "file|a; b;");
	assert_up("golang-migrate", "1_x.up.sql", "a; -- one", "statement|a; -- one");
	assert_up("prisma", "1_x/migration.sql", "-- x\na;\n\nb", "file|-- x\na;\n\nb");
	assert_up("prisma", "1_x/migration.sql", "CREATE INDEX CONCURRENTLY i ON t (a)",
		  "statement|CREATE INDEX CONCURRENTLY i ON t (a)");
}

static void test_encoding(void **state)
{
	(void)state;
	assert_up("sql", "1.sql", "a;\nb\xff", "2:2 the file is not valid UTF-8");
	put_bytes("repository/m/1.sql", "a\0b", 3);
	assert_read("m", "sql", MIGRATION_UP, "1:2 the file has a NUL byte");
	assert_up("prisma", "1_x/migration.sql",
		  "\xef\xbb\xbf"
		  "a;",
		  "1:1 the file begins with a byte order mark, which prisma takes for text");
	assert_up("flyway", "V1__x.sql",
		  "\xef\xbb\xbf"
		  "a;",
		  "file|\xef\xbb\xbf"
		  "a;");
}

static void test_dbmate(void **state)
{
	(void)state;
	const char *text = "-- comment\n\n--  migrate:up\ncreate a;\n-- migrate:upper\n-- migrate:down\r\ndrop a;";
	assert_up("dbmate", "1_a.sql", text, "file|create a;\n-- migrate:upper\n");
	assert_read("m", "dbmate", MIGRATION_DOWN, "file|drop a;");
	assert_up("dbmate", "1_a.sql", "-- migrate:up transaction:false\na;\n-- migrate:down transaction:false\nb;c;",
		  "statement|a;\n");
	assert_read("m", "dbmate", MIGRATION_DOWN, "file|b;c;"); /* sent in one piece: a transaction all the same */
	assert_up("dbmate", "1_a.sql", "-- migrate:up foo transaction:true\na;\n-- migrate:down", "file|a;\n");
	assert_begins("dbmate", "1_a.sql", "create a;\n-- migrate:up\n-- migrate:down\n", "1:1 a statement before");
	assert_begins("dbmate", "1_a.sql", "-- Migrate:Up\n-- migrate:down\n",
		      "1:1 dbmate's markers are written in lower");
	assert_begins("dbmate", "1_a.sql", "-- migrate:up\na;\n", "3:1 the file has no -- migrate:down");
	assert_begins("dbmate", "1_a.sql", "-- x\n", "1:1 the file has no -- migrate:up");
	assert_begins("dbmate", "1_a.sql", "-- migrate:down\n-- migrate:up\n", "1:1 -- migrate:down stands before");
	assert_begins("dbmate", "1_a.sql", "-- migrate:up\n-- migrate:down\n-- migrate:up\n",
		      "3:1 a second -- migrate:up");
	assert_begins("dbmate", "1_a.sql", " -- migrate:up\n-- migrate:down\n", "1:1 the file has no -- migrate:up");
}

static void test_goose(void **state)
{
	(void)state;
	const char *text =
		"-- license\n\n-- +goose Up\n-- why\ncreate a; -- done\ncreate\n  b;\n\n"
		"-- +goose StatementBegin\n-- inner\ncreate function f() as $$ x; $$;\n-- +goose StatementEnd\n"
		"-- +goose Down\ndrop b;\r\ndrop a;";
	assert_up("goose", "1_a.sql", text, "file|create a; -- done|create\n  b;|!create function f() as $$ x; $$;\n");
	assert_read("m", "goose", MIGRATION_DOWN, "file|drop b;|drop a;");
	assert_up("goose", "1_a.sql", "-- +GOOSE no transaction\n-- +goose up\na;b;\n", "file|a;b;"); /* a comment */
	assert_up("goose", "1_a.sql", "-- +goose no transaction\n-- +goose uP\na;b;\nc;", "statement|a;b;|c;");
	assert_read("m", "goose", MIGRATION_DOWN, "statement");
	assert_up("goose", "1_a.sql", "-- +goose Up\n-- +goose Down\n", "file");
	assert_begins("goose", "1_a.sql", "-- +goose Up\ncreate a\n", "2:1 goose finds no end of this statement");
	assert_begins("goose", "1_a.sql", "-- +goose Up\na; b\n-- +goose Down\n", "2:1 goose finds no end");
	assert_begins("goose", "1_a.sql", "-- +goose Down\n", "1:1 -- +goose Down is out of place");
	assert_begins("goose", "1_a.sql", "-- +goose Up\n-- +goose Up\n", "2:1 a second -- +goose Up");
	assert_begins("goose", "1_a.sql", "-- +goose Up\n-- +goose StatementEnd\n",
		      "2:1 -- +goose StatementEnd without");
	assert_begins("goose", "1_a.sql", "-- +goose Up\n-- +goose StatementBegin\na;",
		      "3:3 -- +goose StatementEnd is mis");
	assert_begins("goose", "1_a.sql", "-- +goose StatementBegin\n", "1:1 -- +goose StatementBegin is out");
	assert_begins("goose", "1_a.sql", "-- +goose Upp\n", "1:1 goose knows no such marker");
	assert_begins("goose", "1_a.sql", "  -- +goose Up\n", "1:1 goose wants its markers at the start");
	assert_begins("goose", "1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\n", "2:1 -- +goose ENVSUB ON");
	assert_begins("goose", "1_a.sql", "\xef\xbb\xbf-- +goose Up\n", "1:1 the file begins with a byte order mark");
	assert_begins("goose", "1_a.sql", "a;\n", "1:1 a statement before");
	assert_begins("goose", "1_a.sql", "-- a\n", "1:1 the file has no -- +goose Up");
}

static void test_flyway(void **state)
{
	(void)state;
	assert_up("flyway", "V1__x.sql", "a; b", "file|a; b");
	assert_up("flyway", "V1__x.sql", "", "file");
	assert_up("flyway", "V1__x.sql", "/* x */ create /*y*/ unique index\n--z\nConcurrently i ON t (a); VACUUM t;",
		  "statement|/* x */ create /*y*/ unique index\n--z\nConcurrently i ON t (a); VACUUM t;");
	assert_up("flyway", "V1__x.sql", "a;\nDROP INDEX CONCURRENTLY i;",
		  "2:1 statements that can and that cannot run in a transaction in one file, which flyway refuses");
	put("m/V1__x.sql.conf", "# x\n executeInTransaction = false\r\n");
	assert_read("m", "flyway", MIGRATION_UP, "statement|a;\nDROP INDEX CONCURRENTLY i;");
	put("m/V1__x.sql.conf", "executeInTransaction=TRUE");
	assert_read("m", "flyway", MIGRATION_UP, "file|a;\nDROP INDEX CONCURRENTLY i;");
	assert_up("flyway", "V1__x.sql", "select '${a.b}';",
		  "1:9 a placeholder of flyway, whose value is not known here");
	put("m/V1__x.sql.conf", "placeholderReplacement=false");
	assert_read("m", "flyway", MIGRATION_UP, "file|select '${a.b}';");
	assert_up("flyway", "V1__x.sql", "select '${ }', '${', $${a$$;", "file|select '${ }', '${', $${a$$;");
	assert_up("flyway", "V1__x.sql", "CREATE DATABASE x", "statement|CREATE DATABASE x");
	put("m/U1__x.sql", "undo");
	assert_read("m", "flyway", MIGRATION_DOWN, "file|undo");
}

static void test_sqlx_and_diesel(void **state)
{
	(void)state;
	assert_up("sqlx", "1_x.sql", "a;b;", "file|a;b;");
	assert_up("sqlx", "1_x.sql", "-- no-transaction\na;", "statement|-- no-transaction\na;");
	assert_up("sqlx", "1_x.sql", "-- no-transaction\na;b", "file|-- no-transaction\na;b");
	assert_up("sqlx", "1_x.sql", "\n-- no-transaction\na;", "file|\n-- no-transaction\na;");
	assert_up("diesel", "1_x/up.sql", "a;", "file|a;");
	put("m/1_x/metadata.toml", "# x\nrun_in_transaction = false # why\n");
	assert_read("m", "diesel", MIGRATION_UP, "statement|a;");
	put("m/1_x/metadata.toml", "run_in_transaction=true");
	assert_read("m", "diesel", MIGRATION_UP, "file|a;");
	put("m/1_x/metadata.toml", "\n");
	assert_read("m", "diesel", MIGRATION_UP, "statement|a;"); /* the tool's default, once the file is there */
	assert_begins("diesel", "1_x/up.sql", "", "1:1 the file is empty");
}

static void test_graphile(void **state)
{
	(void)state;
	const char *head = "--! Previous: -\n--! Hash: sha1:x\n--! AllowInvalidHash\n\n";
	_cleanup_free_ char *plain = string_format("%sa;\n", head);
	assert_up("graphile-migrate", "000001.sql", plain, "file|a;\n");
	_cleanup_free_ char *alone = string_format("%s--! no-transaction\na;\n", head);
	assert_up("graphile-migrate", "000001.sql", alone, "statement|--! no-transaction\na;\n");
	_cleanup_free_ char *placeholder = string_format("%sgrant x to :DATABASE_OWNER;\n", head);
	assert_begins("graphile-migrate", "000001.sql", placeholder, "5:12 a placeholder of graphile-migrate");
}

static void test_no_way_down(void **state)
{
	(void)state;
	_cleanup_migrations_ struct migration_set set = {0};
	_cleanup_script_ struct migration_script script = {0};
	_cleanup_error_ struct error *error = NULL;
	struct report_failure *failure = NULL;
	put("m/1_x.up.sql", "a;");
	list_set("m", "golang-migrate", &set);
	assert_int_equal(
		migration_script_read(repository, &set, &set.items[0], MIGRATION_DOWN, &script, &failure, &error), -1);
	assert_int_equal(error->kind, ERROR_CONFIG);
	assert_non_null(strstr(error->message, "m/1_x.up.sql has no way down"));
	/* Replaced after it was listed. */
	_cleanup_free_ char *path = path_join(repository, "m/1_x.up.sql", NULL);
	assert_int_equal(unlink(path), 0);
	put_link("/etc/passwd", "m/1_x.up.sql");
	error_freep(&error);
	error = NULL;
	assert_int_equal(
		migration_script_read(repository, &set, &set.items[0], MIGRATION_UP, &script, &failure, &error), -1);
	assert_int_equal(error->kind, ERROR_REFUSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole_files), TEST(test_encoding),        TEST(test_dbmate),   TEST(test_goose),
		TEST(test_flyway),      TEST(test_sqlx_and_diesel), TEST(test_graphile), TEST(test_no_way_down),
	};
	return cmocka_run_group_tests_name("migration/format_script", tests, NULL, NULL);
}
