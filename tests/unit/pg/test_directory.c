#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pg/source.h"
#include "tests/unit/pg/production.h"

static struct production production;
static char *configuration; /* a directory elsewhere, as Debian has it */

static int make_directory(void **state)
{
	(void)state;
	become_postgres();
	production_make(&production, POSTGRES_15, "test_directory");
	configuration = path_join(production.top, "etc", NULL);
	MUST(directory_create(configuration, 0700, &err));
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	production_free(&production);
	free(configuration);
	return 0;
}

static void assert_state(enum pg_directory_state expected)
{
	enum pg_directory_state state;
	MUST(pg_directory_state(production.data, &state, &err));
	assert_int_equal(state, expected);
}

static void test_state(void **state)
{
	(void)state;
	assert_state(PG_DIRECTORY_STOPPED);
	production_start(&production);
	assert_state(PG_DIRECTORY_RUNNING);
	/* in a container the pid is another one, and may be anybody's here */
	_cleanup_free_ char *path = path_join(production.data, "postmaster.pid", NULL);
	_cleanup_buffer_ struct buffer text = {0};
	MUST(file_read(path, 4096, FILE_NO_FOLLOW, &text, &err));
	MUST(file_unlink(path, &err));
	assert_state(PG_DIRECTORY_RUNNING);
	MUST(file_replace(path, text.data, text.length, 0600, FILE_VOLATILE, &err));
	production_stop(&production, SIGQUIT);
	/* the pid file of the crashed server stays, and its pid is somebody else's now */
	MUST(file_replace(path, "1\n/elsewhere\n", 13, 0600, FILE_VOLATILE, &err));
	assert_state(PG_DIRECTORY_CRASHED);
	MUST(file_unlink(path, &err));
	production_start(&production);
	production_stop(&production, SIGINT);
	assert_state(PG_DIRECTORY_STOPPED);
}

static void test_no_directory(void **state)
{
	(void)state;
	enum pg_directory_state found;
	struct error *err = NULL;
	assert_int_equal(pg_directory_state(configuration, &found, &err), -1);
	assert_int_equal(err->kind, ERROR_USAGE);
	error_free(err);
}

static void put(const char *directory, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(directory, name, NULL);
	MUST(file_replace(path, text, strlen(text), 0600, FILE_VOLATILE, &err));
}

static void assert_preload(const char *expected)
{
	_cleanup_free_ char *found = pg_directory_preload(production.data);
	if (!string_equal(found, expected))
		fail_msg("expected %s, got %s", expected ? expected : "NULL", found ? found : "NULL");
}

static void test_preload(void **state)
{
	(void)state;
	static const struct {
		const char *line, *expected;
	} cases[] = {
		{"", NULL},
		{"#shared_preload_libraries = 'x'\n", NULL},
		{"shared_preload_libraries = ''\t# (change requires restart)\n", NULL},
		{"shared_preload_libraries = 'a, b'\t# comment\n", "a, b"},
		{"  Shared_Preload_Libraries 'a'", "a"},
		{"shared_preload_libraries=pg_cron # comment\n", "pg_cron"},
		{"shared_preload_libraries = 'a'\nshared_preload_libraries = '\"$libdir/b\",it''s'\n",
		 "\"$libdir/b\",it's"},
		{"shared_preload_libraries = 'unfinished\nport = 1\n", "unfinished"},
		{"local_preload_libraries = 'x'\nshared_preload_libraries\n", NULL},
	};
	put(production.data, "postmaster.opts", "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(production.data, "postgresql.conf", cases[i].line);
		assert_preload(cases[i].expected);
	}
}

static void test_preload_elsewhere(void **state)
{
	(void)state;
	_cleanup_free_ char *options =
		string_format("/usr/bin/postgres \"-D\" \"%s\" \"-c\" \"config_file=%s/postgresql.conf\"\n",
			      production.data, configuration);
	_cleanup_free_ char *directory = path_join(configuration, "conf.d", NULL);
	MUST(directory_create(directory, 0700, &err));
	put(production.data, "postmaster.opts", options);
	put(production.data, "postgresql.conf", "shared_preload_libraries = 'not this'\n");
	put(configuration, "postgresql.conf",
	    "shared_preload_libraries = 'main'\ninclude_dir = 'conf.d'\ninclude_if_exists 'no'\n");
	assert_preload("main");
	put(directory, "10.conf", "shared_preload_libraries = 'ten'\ninclude '../twenty'\n");
	put(directory, "90.ignored", "shared_preload_libraries = 'ninety'\n");
	assert_preload("ten");
	put(configuration, "twenty", "shared_preload_libraries = 'twenty'\ninclude 'twenty'\n"); /* includes itself */
	assert_preload("twenty");
	put(production.data, "postgresql.auto.conf", "shared_preload_libraries = 'auto'\n");
	assert_preload("auto");
	put(production.data, "postmaster.opts",
	    "/usr/bin/postgres \"-c\" \"shared_preload_libraries=a,b\" \"-p\" \"1\"\n");
	assert_preload("a,b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_no_directory),
		cmocka_unit_test(test_preload),
		cmocka_unit_test(test_preload_elsewhere),
	};
	return end_tests(cmocka_run_group_tests_name("pg/directory", tests, make_directory, remove_directory));
}
