#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "parse.h"

static void assert_key(const struct config *config, const char *key, int line, int column)
{
	const struct config_key *found = config_key_find(config, key);
	assert_non_null(found);
	assert_int_equal(found->line, line);
	assert_int_equal(found->column, column);
}

static void test_keys_and_their_places(void **state)
{
	(void)state;
	_cleanup_config_ struct config config = parse("branch:\n"
						      "  expires: 7d\n"
						      "migrations: {directory: db, limits: {wal: 1G}}\n"
						      "checks:\n"
						      "  - {name: a, sql: SELECT 1}\n");
	assert_int_equal(config.key_count, 5);
	assert_key(&config, "version", 1, 1);
	assert_key(&config, "branch.expires", 3, 3);
	assert_key(&config, "migrations.directory", 4, 14);
	assert_key(&config, "migrations.limits.wal", 4, 38);
	assert_key(&config, "checks", 5, 1); /* the whole list; it is not said what is in it */
}

/* What is there without a value is no wish, and neither is a default. */
static void test_what_is_not_given(void **state)
{
	(void)state;
	_cleanup_config_ struct config config = parse("branch:\nmigrations: {}\nchecks:\n");
	assert_int_equal(config.key_count, 1);
	assert_null(config_key_find(&config, "branch.expires"));
	assert_null(config_key_find(&config, "timeout"));
	const struct config none = {0};
	assert_null(config_key_find(&none, "version"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_and_their_places),
		cmocka_unit_test(test_what_is_not_given),
	};
	return cmocka_run_group_tests_name("config/keys", tests, NULL, NULL);
}
