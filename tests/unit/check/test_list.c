#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "check/migration.h"

static char *top; /* holds the repository and what is outside it */
static char *repository;

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(top, name, NULL);
	_cleanup_free_ char *parent = path_parent(path);
	assert_int_equal(directory_create_all(parent, 0700, NULL), 0);
	assert_int_equal(file_replace(path, text, strlen(text), 0600, FILE_VOLATILE, NULL), 0);
}

static void put_link(const char *target, const char *name)
{
	_cleanup_free_ char *path = path_join(top, name, NULL);
	assert_int_equal(symlink(target, path), 0);
}

static int setup(void **state)
{
	(void)state;
	char path[] = "/tmp/vela-list-XXXXXX";
	assert_non_null(mkdtemp(path));
	top = string_copy(path);
	repository = path_join(top, "repository", NULL);
	return directory_create(repository, 0700, NULL);
}

static int teardown(void **state)
{
	(void)state;
	int result = directory_remove(top, NULL);
	free(top);
	free(repository);
	return result;
}

static void assert_list(const char *directory, const char *expected)
{
	_cleanup_(string_list_free) struct string_list list = {0};
	struct error *error = NULL;
	if (migration_list(repository, directory, "sql", &list, &error) < 0)
		fail_msg("%s", error->message);
	_cleanup_buffer_ struct buffer joined = {0};
	for (size_t i = 0; i < list.count; i++)
		buffer_addf(&joined, "%s%s", i ? " " : "", list.items[i]);
	assert_string_equal(buffer_text(&joined), expected);
}

static void assert_not_listed(const char *directory, enum error_kind kind, const char *words)
{
	_cleanup_(string_list_free) struct string_list list = {0};
	_cleanup_error_ struct error *error = NULL;
	assert_int_equal(migration_list(repository, directory, "sql", &list, &error), -1);
	if (error->kind != kind || !strstr(error->message, words))
		fail_msg("%s: %s", error_kinds[error->kind].name, error->message);
	assert_int_equal(list.count, 0);
}

static void test_which_files(void **state)
{
	(void)state;
	static const char *const files[] = {"10_b.sql",  "2_a.sql",       "1.sql", ".hidden.sql",
					    "readme.md", "3.sql.bak",     "4.SQL", ".sql",
					    "sub/5.sql", "sub.sql/6.sql", "sql"};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *name = path_join("repository/db/migrations", files[i], NULL);
		put(name, "SELECT 1");
	}
	assert_list("db/migrations", "db/migrations/1.sql db/migrations/2_a.sql db/migrations/10_b.sql");
	assert_list("db/migrations/", "db/migrations/1.sql db/migrations/2_a.sql db/migrations/10_b.sql");
	assert_list("db", "");
	put("repository/top.sql", "");
	assert_list(".", "top.sql");
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
	put("outside/1.sql", "SELECT 1");
	put("repository/kept/1.sql", "SELECT 1");
	_cleanup_free_ char *absolute = path_join(top, "outside", NULL);
	put_link("../outside", "repository/relative");
	put_link(absolute, "repository/absolute");
	put_link("../../outside", "repository/kept/deep");
	put_link("kept", "repository/inside");
	put_link("/proc/self/cwd", "repository/magic");
	assert_not_listed("../outside", ERROR_REFUSED, "leads out");
	assert_not_listed("kept/../../outside", ERROR_REFUSED, "leads out");
	assert_not_listed(absolute, ERROR_REFUSED, "leads out");
	assert_not_listed("relative", ERROR_REFUSED, "leads out");
	assert_not_listed("absolute", ERROR_REFUSED, "leads out");
	assert_not_listed("kept/deep", ERROR_REFUSED, "leads out");
	assert_not_listed("magic", ERROR_REFUSED, "");
	assert_list("inside", "inside/1.sql"); /* within the repository a directory may be a link */
}

static void test_what_is_no_file_is_not_left_out_in_silence(void **state)
{
	(void)state;
	put("repository/links/1.sql", "SELECT 1");
	put_link("1.sql", "repository/links/2.sql");
	assert_not_listed("links", ERROR_REFUSED, "links/2.sql: a symlink");
	put("repository/fifos/1.sql", "SELECT 1");
	_cleanup_free_ char *fifo = path_join(repository, "fifos/2.sql", NULL);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_not_listed("fifos", ERROR_REFUSED, "not a regular file");
}

static void test_what_is_missing(void **state)
{
	(void)state;
	put("repository/file", "");
	assert_not_listed("missing", ERROR_CONFIG, "cannot read missing");
	assert_not_listed("file", ERROR_CONFIG, "cannot read file");
	_cleanup_(string_list_free) struct string_list list = {0};
	_cleanup_error_ struct error *error = NULL;
	assert_int_equal(migration_list(repository, ".", "flyway", &list, &error), -1);
	assert_int_equal(error->kind, ERROR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_which_files, setup, teardown),
		cmocka_unit_test(test_natural_order),
		cmocka_unit_test_setup_teardown(test_nothing_outside_is_reached, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_no_file_is_not_left_out_in_silence, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_missing, setup, teardown),
	};
	return cmocka_run_group_tests_name("check/list", tests, NULL, NULL);
}
