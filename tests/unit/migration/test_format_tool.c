#include "tree_fixture.h"

/* "NAME FORMAT DIRECTORY", or "NAME COMMAND"; "" for nothing. */
static void assert_tool(const char *expected)
{
	struct migration_tool tool = {0};
	struct error *error = NULL;
	if (migration_detect(repository, &tool, &error) < 0)
		fail_msg("%s", error->message);
	_cleanup_free_ char *found = !tool.name     ? string_copy("")
				     : tool.command ? string_format("%s %s", tool.name, tool.command)
						    : string_format("%s %s %s", tool.name,
								    migration_format_name(tool.format), tool.directory);
	migration_tool_free(&tool);
	assert_string_equal(found, expected);
}

static void afresh(void)
{
	assert_int_equal(directory_remove(repository, NULL), 0);
	assert_int_equal(directory_create(repository, 0700, NULL), 0);
}

static void test_tools_of_code(void **state)
{
	(void)state;
	static const struct {
		const char *file, *text, *expected;
	} cases[] = {
		{"alembic.ini", "", "alembic alembic upgrade head"},
		{"sqitch.plan", "", "sqitch sqitch deploy \"db:$DATABASE_URL\""},
		{"knexfile.ts", "", "knex npx knex migrate:latest"},
		{"knexfile.js", "", "knex npx knex migrate:latest"},
		{"package.json", "{\"devDependencies\": {\"node-pg-migrate\": \"1\"}}",
		 "node-pg-migrate npx node-pg-migrate up"},
		{"package.json", "{\"name\": \"x\"}", ""},
		{"db/migrate/20260101_x.rb", "", "rails bin/rails db:migrate"},
		{"db/migrate/readme", "", ""},
		{"manage.py", "import django", "django python manage.py migrate"},
		{"manage.py", "import flask", ""},
		{"liquibase.properties", "", "liquibase liquibase update"},
		{"drizzle.config.ts", "", "drizzle npx drizzle-kit migrate"},
		{"atlas.hcl", "", "atlas atlas migrate apply --url \"$DATABASE_URL\""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(cases[i].file, cases[i].text);
		assert_tool(cases[i].expected);
		afresh();
	}
}

static void test_configured_formats(void **state)
{
	(void)state;
	put("prisma/schema.prisma", "");
	assert_tool(""); /* no migrations yet */
	put("prisma/migrations/1_a/migration.sql", "");
	assert_tool("prisma prisma prisma/migrations");
	afresh();
	put("flyway.toml", "");
	put("sql/V1__x.sql", "");
	assert_tool("flyway flyway sql");
	afresh();
	put("diesel.toml", "");
	put("migrations/1_a/up.sql", "");
	assert_tool("diesel diesel migrations");
	afresh();
	put(".gmrc", "");
	put("migrations/committed/000001.sql", "");
	assert_tool("graphile-migrate graphile-migrate migrations/committed");
}

static void test_files_tell(void **state)
{
	(void)state;
	static const struct {
		const char *file, *text, *expected;
	} cases[] = {
		{"db/migrations/1_x.sql", "-- migrate:up\n-- migrate:down\n", "dbmate dbmate db/migrations"},
		{"migrations/1_x.sql", "\r\n-- +goose Up\r\n", "goose goose migrations"},
		{"db/migration/V1__x.sql", "", "flyway flyway db/migration"},
		{"migrations/1_x/up.sql", "", "diesel diesel migrations"},
		{"sql/1_x/migration.sql", "", "prisma prisma sql"},
		{"db/migrate/1.sql", "SELECT 1", "sql sql db/migrate"},
		{"migrations/1_x.up.sql", "", ""}, /* of golang-migrate, or of sqlx */
		{"src/1.sql", "", ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(cases[i].file, cases[i].text);
		assert_tool(cases[i].expected);
		afresh();
	}
	put("migrations/1_x.up.sql", "");
	put("go.mod", "");
	assert_tool("golang-migrate golang-migrate migrations");
	put("Cargo.toml", "sqlx = \"0.8\"");
	assert_tool("");
	afresh();
	put("migrations/1_x.sql", "");
	put("Cargo.toml", "sqlx = \"0.8\"");
	assert_tool("sqlx sqlx migrations");
}

static void assert_recognised(const char *directory, const char *format)
{
	_cleanup_migrations_ struct migration_set set = {0};
	list_set(directory, NULL, &set);
	assert_string_equal(migration_format_name(set.format), format);
}

static void test_format_of_a_directory(void **state)
{
	(void)state;
	put("a/1_x.sql", "-- license\n--migrate:up\n--migrate:down\n");
	assert_recognised("a", "dbmate");
	put("a/2_x.sql", "select 'no marker'");
	assert_recognised("a", "dbmate");
	put("a/3_x.sql", "-- +goose Up\n");
	assert_not_listed("a", NULL, ERROR_CONFIG, "the files in a may be of dbmate or of goose");
	put("b/1_x.up.sql", "");
	assert_not_listed("b", NULL, ERROR_CONFIG, "golang-migrate or of sqlx");
	put("c/readme.md", "-- migrate:up");
	assert_recognised("c", "sql");
	put("d/V1__x.sql", "");
	put("d/1_x.up.sql", "");
	assert_not_listed("d", NULL, ERROR_CONFIG, "flyway or of golang-migrate");
	put("e/1_x.sql", "select '\n-- migrate:up'");
	assert_recognised("e", "dbmate"); /* dbmate itself is no wiser */
}

static void test_hostile_trees(void **state)
{
	(void)state;
	put_link("/etc", "migrations");
	put_link("/proc/self/mem", "alembic.ini");
	put_link("alembic.ini", "package.json");
	assert_tool("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tools_of_code),         TEST(test_configured_formats), TEST(test_files_tell),
		TEST(test_format_of_a_directory), TEST(test_hostile_trees),
	};
	return cmocka_run_group_tests_name("migration/format_tool", tests, NULL, NULL);
}
