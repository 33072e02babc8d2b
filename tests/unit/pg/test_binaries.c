#include "tests/unit/pg/cluster.h"

#include "pg/binaries.h"

static struct cluster *place; /* only its directories */

static int make_place(void **state)
{
	(void)state;
	place = cluster_prepare(15, PG15);
	return 0;
}

static void write_program(const char *name, const char *text, mode_t mode)
{
	_cleanup_free_ char *path = path_join(place->run, name, NULL);
	assert_success(file_replace(path, text, strlen(text), mode, FILE_VOLATILE, err));
}

static void test_finds_the_installed(void **state)
{
	(void)state;
	_cleanup_free_ char *directory = NULL;
	assert_success(pg_binaries_find(15, NULL, 0, &directory, err));
	assert_string_equal(directory, PG15);
}

static void test_the_administrators_word_comes_first(void **state)
{
	(void)state;
	write_program("postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 15.99 (odd)'\n", 0755);
	struct pg_location locations[] = {{18, pg18()}, {15, place->run}};
	_cleanup_free_ char *directory = NULL, *newer = NULL;
	assert_success(pg_binaries_find(15, locations, 2, &directory, err));
	assert_string_equal(directory, place->run);
	assert_success(pg_binaries_find(18, locations, 2, &newer, err));
	assert_string_equal(newer, pg18());
	_cleanup_buffer_ struct buffer text = {0};
	pg_binaries_describe(locations, 2, &text);
	_cleanup_free_ char *expected = string_format("15 (%s), 18 (%s)", place->run, pg18());
	assert_string_equal(buffer_text(&text), expected);
}

static void test_what_is_missing(void **state)
{
	(void)state;
	char *directory = NULL;
	assert_failure(ERROR_POSTGRES, "PostgreSQL 13 is not installed on this host; installed: ",
		       pg_binaries_find(13, NULL, 0, &directory, err));
	/* Not silently the one of the distribution in its place-> */
	struct pg_location wrong = {15, "/tmp/does/not/exist"};
	assert_failure(ERROR_POSTGRES, "no postgres in /tmp/does/not/exist",
		       pg_binaries_find(15, &wrong, 1, &directory, err));
	write_program("postgres", "not a program", 0644);
	struct pg_location useless = {15, place->run};
	assert_failure(ERROR_POSTGRES, "no postgres in", pg_binaries_find(15, &useless, 1, &directory, err));
	assert_null(directory);
}

static void test_tools(void **state)
{
	(void)state;
	_cleanup_free_ char *path = NULL;
	assert_success(pg_binaries_tool(PG15, "pg_basebackup", &path, err));
	assert_string_equal(path, PG15 "/pg_basebackup");
	struct error *error = NULL;
	assert_int_equal(pg_binaries_tool(place->run, "pg_basebackup", &path, &error), -1);
	assert_int_equal(error->kind, ERROR_POSTGRES);
	assert_non_null(strstr(error->hint, "postgresql-client"));
	error_free(error);
}

static void test_versions(void **state)
{
	(void)state;
	_cleanup_free_ char *version = NULL, *newer = NULL;
	assert_success(pg_binaries_version(PG15, 15, &version, err));
	assert_true(string_starts_with(version, "15."));
	assert_int_equal(strspn(version, "0123456789."), strlen(version));
	assert_success(pg_binaries_version(pg18(), 18, &newer, err));
	assert_true(string_starts_with(newer, "18."));
	assert_failure(ERROR_POSTGRES, "not 16", pg_binaries_version(PG15, 16, &version, err));
	write_program("postgres", "#!/bin/sh\nexit 0\n", 0755);
	assert_failure(ERROR_POSTGRES, "says nothing", pg_binaries_version(place->run, 15, &version, err));
	write_program("postgres", "#!/bin/sh\necho broken >&2\nexit 3\n", 0755);
	assert_failure(ERROR_POSTGRES, "exit code 3: broken", pg_binaries_version(place->run, 15, &version, err));
	write_program("postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 18beta1'\n", 0755);
	_cleanup_free_ char *beta = NULL;
	assert_success(pg_binaries_version(place->run, 18, &beta, err));
	assert_string_equal(beta, "18beta1");
}

/* The administrator's location is the word of a pool's owner: root must not run it as root, nor lend it the secrets of
 * the job that called. */
static void test_version_is_asked_as_the_effective_user(void **state)
{
	(void)state;
	write_program("postgres",
		      "#!/bin/sh\n[ -z \"$VELA_TEST_SECRET\" ] || exit 1\n"
		      "grep -q \"^Uid:.$(stat -c '%u.%u.%u.%u' \"$0\")\" /proc/self/status || exit 2\n"
		      "echo 'postgres (PostgreSQL) 15.1'\n",
		      0755);
	_cleanup_free_ char *version = NULL;
	setenv("VELA_TEST_SECRET", "of the job", 1);
	struct error *failure = NULL;
	int result = pg_binaries_version(place->run, 15, &version, &failure);
	unsetenv("VELA_TEST_SECRET");
	if (result < 0)
		fail_msg("%s", failure->message);
	assert_string_equal(version, "15.1");
}

int main(void)
{
	cluster_identity();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_the_installed),
		cmocka_unit_test(test_the_administrators_word_comes_first),
		cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_tools),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_version_is_asked_as_the_effective_user),
	};
	return cluster_end(cmocka_run_group_tests_name("pg/binaries", tests, make_place, NULL));
}
