#include "tree_fixture.h"

#include <sys/stat.h>

/* "FILE[-DOWN_FILE][=VERSION][(DESCRIPTION)]", in order. */
static void assert_list(const char *directory, const char *format, const char *expected)
{
	_cleanup_migrations_ struct migration_set set = {0};
	list_set(directory, format, &set);
	_cleanup_buffer_ struct buffer text = {0};
	for (size_t i = 0; i < set.count; i++) {
		const struct migration *migration = &set.items[i];
		buffer_addf(&text, "%s%s", i ? " " : "", migration->file);
		if (migration->down_file)
			buffer_addf(&text, "-%s", migration->down_file);
		if (migration->version)
			buffer_addf(&text, "=%s", migration->version);
		if (migration->description)
			buffer_addf(&text, "(%s)", migration->description);
		assert_int_equal(migration->repeatable, !migration->version && migration->description);
	}
	assert_string_equal(buffer_text(&text), expected);
}

static void assert_noted(const char *directory, const char *format, const char *note)
{
	_cleanup_migrations_ struct migration_set set = {0};
	list_set(directory, format, &set);
	for (size_t i = 0; i < set.notes.count; i++)
		if (strstr(set.notes.items[i], note))
			return;
	fail_msg("no note on %s", note);
}

static void put_all(const char *directory, const char *const *names)
{
	for (; *names; names++) {
		_cleanup_free_ char *path = path_join(directory, *names, NULL);
		put(path, "SELECT 1;");
	}
}
#define PUT(directory, ...) put_all(directory, (const char *const[]){__VA_ARGS__, NULL})

static void test_sql(void **state)
{
	(void)state;
	PUT("db/migrations", "10_b.sql", "2_a.sql", "1.sql", ".hidden.sql", "readme.md", "3.sql.bak", "4.SQL", ".sql",
	    "sub/5.sql", "sub.sql/6.sql", "sql", "7 with space.sql");
	const char *all = "db/migrations/1.sql db/migrations/2_a.sql db/migrations/7 with space.sql "
			  "db/migrations/10_b.sql";
	assert_list("db/migrations", "sql", all);
	assert_list("db/migrations/", "sql", all);
	assert_list("db", "sql", "");
	put("top.sql", "");
	assert_list(".", "sql", "top.sql");
}

static void test_flyway(void **state)
{
	(void)state;
	PUT("m", "V2__two.sql", "V10__ten_things.sql", "V1.1__b.sql", "V1_2__c.sql", "sub/deep/V001__a.sql",
	    "U2__two.sql", "R__views.sql", "sub/R__a_function.sql", "V3.sql", "readme.md", "V1__x.java");
	assert_list("m", "flyway",
		    "m/sub/deep/V001__a.sql=001(a) m/V1.1__b.sql=1.1(b) m/V1_2__c.sql=1.2(c) "
		    "m/V2__two.sql-m/U2__two.sql=2(two) m/V3.sql=3() m/V10__ten_things.sql=10(ten things) "
		    "m/sub/R__a_function.sql(a function) m/R__views.sql(views)");
	PUT("m", "afterMigrate.sql", "B5__base.sql", "notes.sql", "U7__x.sql");
	assert_noted("m", "flyway", "m/afterMigrate.sql is not run: callbacks");
	assert_noted("m", "flyway", "m/B5__base.sql is not run");
	assert_noted("m", "flyway", "m/notes.sql is not run");
	assert_noted("m", "flyway", "m/U7__x.sql is not run: there is no migration");
	PUT("bad", "V1_typo.sql", "V2a__x.sql", "R_x.sql", "V3__good.sql");
	assert_not_listed("bad", "flyway", ERROR_CONFIG, "bad/R_x.sql");
	assert_not_listed("bad", "flyway", ERROR_CONFIG, "bad/V1_typo.sql");
	assert_not_listed("bad", "flyway", ERROR_CONFIG, "bad/V2a__x.sql");
	PUT("same", "V1__a.sql", "V1.0__b.sql");
	assert_not_listed("same", "flyway", ERROR_CONFIG, "same version: same/V1.0__b.sql with same/V1__a.sql");
	PUT("twice", "V1__a.sql", "R__a.sql", "sub/R__a.sql");
	assert_not_listed("twice", "flyway", ERROR_CONFIG, "same description");
}

static void test_dbmate(void **state)
{
	(void)state;
	PUT("m", "20260102_b.sql", "20260101120000_a.sql", "3.sql", "schema.sql", "x.txt");
	assert_list("m", "dbmate",
		    "m/20260101120000_a.sql-m/20260101120000_a.sql=20260101120000 "
		    "m/20260102_b.sql-m/20260102_b.sql=20260102 m/3.sql-m/3.sql=3");
	assert_noted("m", "dbmate", "m/schema.sql");
	PUT("same", "1_a.sql", "10_b.sql", "1_c.sql");
	assert_not_listed("same", "dbmate", ERROR_CONFIG, "same/1_a.sql with same/1_c.sql");
}

static void test_golang_migrate(void **state)
{
	(void)state;
	PUT("m", "10_b.up.sql", "10_b.down.sql", "000002_a.up.sql", "3_only.down.sql", "x.sql",
	    "18446744073709551615.md");
	assert_list("m", "golang-migrate", "m/000002_a.up.sql=2 m/10_b.up.sql-m/10_b.down.sql=10");
	assert_noted("m", "golang-migrate", "m/3_only.down.sql");
	PUT("bad", "1_x.sql");
	assert_not_listed("bad", "golang-migrate", ERROR_CONFIG, "bad/1_x.sql is not named");
	PUT("large", "9223372036854775808_x.up.sql");
	assert_not_listed("large", "golang-migrate", ERROR_CONFIG, "too large");
	PUT("same", "1_x.up.sql", "001_y.up.sql");
	assert_not_listed("same", "golang-migrate", ERROR_CONFIG, "same version");
}

static void test_goose(void **state)
{
	(void)state;
	PUT("m", "00002_b.sql", "00001_a.sql", "20260101000000_c.sql", "x_test.go", "helper.go");
	assert_list("m", "goose",
		    "m/00001_a.sql-m/00001_a.sql=1 m/00002_b.sql-m/00002_b.sql=2 "
		    "m/20260101000000_c.sql-m/20260101000000_c.sql=20260101000000");
	PUT("m", "00003_code.go");
	assert_not_listed("m", "goose", ERROR_CONFIG, "00003_code.go is written in Go");
	PUT("bad", "seed.sql", "0_x.sql");
	assert_not_listed("bad", "goose", ERROR_CONFIG, "bad/0_x.sql has no version");
	assert_not_listed("bad", "goose", ERROR_CONFIG, "bad/seed.sql has no version");
}

static void test_prisma(void **state)
{
	(void)state;
	PUT("m", "20260102_b/migration.sql", "20260101_a/migration.sql", "migration_lock.toml");
	assert_list("m", "prisma", "m/20260101_a/migration.sql=20260101_a m/20260102_b/migration.sql=20260102_b");
	_cleanup_free_ char *empty = path_join(repository, "m/20260103_empty", NULL);
	assert_int_equal(directory_create(empty, 0700, NULL), 0);
	assert_list("m", "prisma", "m/20260101_a/migration.sql=20260101_a m/20260102_b/migration.sql=20260102_b");
	PUT("m", "20260103_c/other.sql");
	assert_not_listed("m", "prisma", ERROR_CONFIG, "m/20260103_c has no file migration.sql");
	PUT("link", "1_a/migration.sql");
	put_link("1_a", "link/2_b");
	assert_not_listed("link", "prisma", ERROR_REFUSED, "link/2_b: a symlink");
	PUT("inner", "1_a/x");
	put_link("x", "inner/1_a/migration.sql");
	assert_not_listed("inner", "prisma", ERROR_REFUSED, "inner/1_a/migration.sql: a symlink");
}

static void test_sqlx(void **state)
{
	(void)state;
	PUT("m", "10_b_c.up.sql", "10_b_c.down.sql", "2_simple.sql", "notes.sql", "x_y.txt");
	assert_list("m", "sqlx", "m/2_simple.sql=2(simple) m/10_b_c.up.sql-m/10_b_c.down.sql=10(b c)");
	assert_noted("m", "sqlx", "m/notes.sql");
	PUT("bad", "one_x.sql");
	assert_not_listed("bad", "sqlx", ERROR_CONFIG, "bad/one_x.sql has no version");
}

static void test_diesel(void **state)
{
	(void)state;
	PUT("m", "2026-01-02-030405_b/up.sql", "2026-01-02-030405_b/down.sql",
	    "00000000000000_diesel_initial_setup/up.sql", "x.sql");
	assert_list("m", "diesel",
		    "m/00000000000000_diesel_initial_setup/up.sql=00000000000000 "
		    "m/2026-01-02-030405_b/up.sql-m/2026-01-02-030405_b/down.sql=20260102030405");
	PUT("m", "20260102030405_c/up.sql");
	assert_not_listed("m", "diesel", ERROR_CONFIG, "same version");
	PUT("bad", "1_a/down.sql");
	assert_not_listed("bad", "diesel", ERROR_CONFIG, "bad/1_a has no file up.sql");
}

/* Hashes as the tool made them. */
#define FIRST "--! Previous: -\n--! Hash: sha1:42d573d5e881e52c4db4b8d53c7b1fe60d48fef0\n\ncreate table a (id int);\n"
#define SECOND                                                                                                         \
	"--! Previous: sha1:42d573d5e881e52c4db4b8d53c7b1fe60d48fef0\n--! Hash: "                                      \
	"sha1:2060ac916e0514e0165b80429e5d437be5b0fdc3\n--! Message: add b\n\n--! no-transaction\ncreate "             \
	"index concurrently b on a (id);\n"

static void test_graphile(void **state)
{
	(void)state;
	put("m/committed/000001.sql", FIRST);
	put("m/committed/000002-add-b.sql", SECOND);
	put("m/current.sql", "select 1;");
	assert_list("m", "graphile-migrate",
		    "m/committed/000001.sql=000001.sql m/committed/000002-add-b.sql=000002.sql");
	assert_list("m/committed", "graphile-migrate",
		    "m/committed/000001.sql=000001.sql m/committed/000002-add-b.sql=000002.sql");
	put("m/committed/000003.sql", SECOND);
	assert_not_listed("m", "graphile-migrate", ERROR_CONFIG, "000003.sql does not follow the file before it");
	put("m/committed/000003.sql", "select 1;");
	assert_not_listed("m", "graphile-migrate", ERROR_CONFIG, "000003.sql has no headers");
	put("n/committed/000001.sql", FIRST "-- edited");
	assert_not_listed("n", "graphile-migrate", ERROR_CONFIG, "000001.sql was edited");
	put("o/committed/000001.sql",
	    "--! Previous: -\r\n--! Hash: sha1:42d573d5e881e52c4db4b8d53c7b1fe60d48fef0\r\n\r\ncreate table a (id "
	    "int);\r\n");
	assert_not_listed("o", "graphile-migrate", ERROR_CONFIG, "no empty line after its headers");
}

static void test_hostile_names(void **state)
{
	(void)state;
	PUT("m", "2_\xff\xfe.sql", "3_'; DROP TABLE x; --.sql", "4_%s%n.sql");
	assert_list(
		"m", "sqlx",
		"m/2_\xff\xfe.sql=2(\xff\xfe) m/3_'; DROP TABLE x; --.sql=3('; DROP TABLE x; --) m/4_%s%n.sql=4(%s%n)");
}

static void test_natural_order(void **state)
{
	(void)state;
	static const char *const ordered[] = {
		"",
		"-1",
		"0",
		"1",
		"01",
		"1a",
		"2",
		"9",
		"10",
		"010b",
		"10b",
		"11",
		"99999999999999999999998",
		"99999999999999999999999",
		"V1_1__a",
		"V1__a",
		"V2__a",
		"V10__a",
		"a",
		"a1b1",
		"a1b2",
		"a1b10",
		"a2b1",
		"b",
		"\xc3\xa9",
	};
	for (size_t i = 0; i < ARRAY_SIZE(ordered); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ordered); j++) {
			int order = migration_compare_natural(ordered[i], ordered[j]);
			int expected = i < j ? -1 : i > j;
			/* The same number written twice: either way, but not both. */
			bool tie =
				(i == 3 && j == 4) || (i == 4 && j == 3) || (i == 9 && j == 10) || (i == 10 && j == 9);
			if (tie)
				assert_true(order != 0 &&
					    (order < 0) == (migration_compare_natural(ordered[j], ordered[i]) > 0));
			else if ((order > 0) - (order < 0) != expected)
				fail_msg("\"%s\" and \"%s\": %d", ordered[i], ordered[j], order);
		}
}

static void test_nothing_outside_is_reached(void **state)
{
	(void)state;
	put_bytes("outside/1.sql", "SELECT 1", 8);
	put("kept/1.sql", "SELECT 1");
	_cleanup_free_ char *absolute = path_join(top, "outside", NULL);
	put_link("../outside", "relative");
	put_link(absolute, "absolute");
	put_link("../../outside", "kept/deep");
	put_link("kept", "inside");
	put_link("/proc/self/cwd", "magic");
	assert_not_listed("../outside", "sql", ERROR_REFUSED, "leads out");
	assert_not_listed("kept/../../outside", "sql", ERROR_REFUSED, "leads out");
	assert_not_listed(absolute, "sql", ERROR_REFUSED, "leads out");
	assert_not_listed("relative", "sql", ERROR_REFUSED, "leads out");
	assert_not_listed("absolute", "sql", ERROR_REFUSED, "leads out");
	assert_not_listed("kept/deep", "sql", ERROR_REFUSED, "leads out");
	assert_not_listed("magic", "sql", ERROR_REFUSED, "");
	assert_list("inside", "sql", "inside/1.sql"); /* within the repository a directory may be a link */
}

static void test_what_is_no_file_is_not_left_out_in_silence(void **state)
{
	(void)state;
	put("links/1.sql", "SELECT 1");
	put_link("1.sql", "links/2.sql");
	assert_not_listed("links", "sql", ERROR_REFUSED, "links/2.sql: a symlink");
	put("fifos/1.sql", "SELECT 1");
	_cleanup_free_ char *fifo = path_join(repository, "fifos/2.sql", NULL);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_not_listed("fifos", "sql", ERROR_REFUSED, "not a regular file");
}

static void test_what_is_missing(void **state)
{
	(void)state;
	put("file", "");
	assert_not_listed("missing", "sql", ERROR_CONFIG, "cannot read missing");
	assert_not_listed("missing", NULL, ERROR_CONFIG, "cannot read missing");
	assert_not_listed("file", "sql", ERROR_CONFIG, "cannot read file");
	assert_null(migration_format_find("nonsense"));
}

static void test_deep_trees_end(void **state)
{
	(void)state;
	put("m/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/V1__x.sql", "");
	assert_not_listed(".", "flyway", ERROR_REFUSED, "deep");
	_cleanup_migrations_ struct migration_set set = {0};
	list_set("m", "flyway", &set);
	assert_int_equal(set.count, 1);
	put_link("..", "m/loop");
	assert_not_listed("m", "flyway", ERROR_REFUSED, "m/loop: a symlink");
}

static void select_changed(const char *directory, const char *added, const char *modified, const char *expected)
{
	_cleanup_migrations_ struct migration_set set = {0};
	_cleanup_(string_list_free) struct string_list plus = {0}, edited = {0};
	struct error *error = NULL;
	list_set(directory, "sql", &set);
	string_list_add(&plus, added);
	string_list_add(&plus, "other/9.sql");
	if (modified)
		string_list_add(&edited, modified);
	if (migration_select_changed(&set, &plus, &edited, &error) < 0) {
		assert_int_equal(error->kind, ERROR_CONFLICT);
		if (!strstr(error->message, expected))
			fail_msg("%s", error->message);
		error_free(error);
		return;
	}
	_cleanup_buffer_ struct buffer text = {0};
	for (size_t i = 0; i < set.count; i++)
		if (!set.items[i].applied)
			buffer_addf(&text, "%s%s", text.length ? " " : "", set.items[i].file);
	assert_string_equal(buffer_text(&text), expected);
}

static void test_select_changed(void **state)
{
	(void)state;
	PUT("db", "1.sql", "2.sql");
	put("9.sql", "");
	put_link("db", "link");
	select_changed("db", "db/2.sql", NULL, "db/2.sql");
	select_changed("db", "2.sql", NULL, "");
	select_changed("./db/", "db/2.sql", NULL, "./db/2.sql");
	select_changed("link", "db/2.sql", NULL, "link/2.sql");
	select_changed(".", "9.sql", "db/1.sql", "9.sql");
	select_changed("db", "db/2.sql", "other/1.sql", "db/2.sql");
	select_changed("db", "db/2.sql", "db/1.sql", "db/1.sql: in the base branch already");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sql),
		TEST(test_flyway),
		TEST(test_dbmate),
		TEST(test_golang_migrate),
		TEST(test_goose),
		TEST(test_prisma),
		TEST(test_sqlx),
		TEST(test_diesel),
		TEST(test_graphile),
		TEST(test_hostile_names),
		cmocka_unit_test(test_natural_order),
		TEST(test_nothing_outside_is_reached),
		TEST(test_what_is_no_file_is_not_left_out_in_silence),
		TEST(test_what_is_missing),
		TEST(test_deep_trees_end),
		TEST(test_select_changed),
	};
	return cmocka_run_group_tests_name("migration/format_list", tests, NULL, NULL);
}
