#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "parse.h"

#define HOUR (3600000ULL)

static void test_defaults(void **state)
{
	(void)state;
	_cleanup_config_ struct config config = parse("");
	assert_null(config.path);
	assert_null(config.directory);
	assert_string_equal(config.project, "default");
	assert_null(config.pool);
	assert_null(config.baseline);
	assert_null(config.database);
	assert_int_equal(config.branch_expires_ms, 0);
	assert_false(config.branch_durable);
	assert_null(config.migrations_directory);
	assert_string_equal(config.migrations_format, "auto");
	assert_string_equal(config.migrations_transaction, "file");
	assert_null(config.migrations_command);
	assert_null(config.migrations_shell);
	assert_false(config.migrations_reversible);
	assert_int_equal(config.limit_blocking_ms, 1000);
	assert_int_equal(config.limit_statement_ms, 60000);
	assert_int_equal(config.limit_wal_bytes, 1 << 30);
	assert_int_equal(config.limit_rewrite_bytes, 1 << 30);
	assert_int_equal(config.workload_max_stall_ms, 0);
	assert_int_equal(config.workload_clients, 4);
	assert_int_equal(config.timeout_ms, HOUR);
	assert_int_equal(config.check_count, 0);
}

static void test_every_key(void **state)
{
	(void)state;
	_cleanup_config_ struct config config =
		parse("project: shop\n"
		      "pool: ../pool\n"
		      "baseline: production@3\n"
		      "database: App \xc3\xa9\n"
		      "branch:\n  expires: 7d\n  durable: true\n"
		      "migrations: {directory: db/migrations, format: sql}\n"
		      "timeout: 24h\n"
		      "checks:\n"
		      "  - name: one\n    sql: |\n      SELECT\n      \t1\n    equals: 1\n"
		      "  - {name: two, sql: SELECT 2}\n");
	assert_string_equal(config.project, "shop");
	assert_string_equal(config.pool, "../pool");
	assert_string_equal(config.baseline, "production@3");
	assert_string_equal(config.database, "App \xc3\xa9");
	assert_int_equal(config.branch_expires_ms, 7 * 24 * HOUR);
	assert_true(config.branch_durable);
	assert_string_equal(config.migrations_directory, "db/migrations");
	assert_string_equal(config.migrations_format, "sql");
	assert_int_equal(config.timeout_ms, 24 * HOUR);
	assert_int_equal(config.check_count, 2);
	assert_string_equal(config.checks[0].name, "one");
	assert_string_equal(config.checks[0].equals, "1");
	assert_int_equal(config.checks[0].line, 12);
	assert_string_equal(config.checks[1].sql, "SELECT 2");
	assert_string_equal(config.checks[0].sql, "SELECT\n\t1\n");
	assert_null(config.checks[1].equals);
}

static void test_version(void **state)
{
	(void)state;
	assert_refused("", "vela.yml:1:1: version is missing: add \"version: 1\"");
	assert_refused("# nothing\n", "vela.yml:1:1: version is missing: add \"version: 1\"");
	assert_refused("project: x\n", "vela.yml:1:1: version is missing: add \"version: 1\"");
	assert_refused("version: 2\n", "vela.yml:1:10: version must be 1");
	assert_refused("version: 0\n", "vela.yml:1:10: version must be 1");
	assert_refused("version: 99999999999999999999\n",
		       "vela.yml:1:10: version must be a whole number without quotes, not \"99999999999999999999\"");
	assert_refused("version: \"1\"\n", "vela.yml:1:10: version must be a whole number without quotes, not \"1\"");
	static const char *const others[] = {"01", "0x1", "1.0", "+1", "-1", "1_0", "one", "true"};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_free_ char *text = string_format("version: %s\n", others[i]);
		_cleanup_free_ char *expected = string_format(
			"vela.yml:1:10: version must be a whole number without quotes, not \"%s\"", others[i]);
		assert_refused(text, expected);
	}
	assert_refused("version: [1]\n", "vela.yml:1:10: version must be a whole number without quotes, not a list");
	assert_refused("version:\n", "vela.yml:1:9: version has no value: give one, or remove the key");
}

static void test_project(void **state)
{
	(void)state;
	static const char *const names[] = {"123", "0123", "no", "true", "1.5", "a.b-c_d", "\"123\""};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *line = string_format("project: %s", names[i]);
		_cleanup_config_ struct config config = parse(line);
		_cleanup_free_ char *written = string_format("project: %s", config.project);
		if (names[i][0] != '"')
			assert_string_equal(written, line);
		else
			assert_string_equal(config.project, "123");
	}
#define NAME_EXPECTED "a name of at most 63 characters of a-z 0-9 . _ - that begins with a letter or digit"
	assert_line_refused("project: Shop", "10: project must be " NAME_EXPECTED ", not \"Shop\"");
	assert_line_refused("project: ../etc", "10: project must be " NAME_EXPECTED ", not \"../etc\"");
	assert_line_refused("project: \"\"", "10: project must be " NAME_EXPECTED ", not \"\"");
	assert_line_refused("project: \"a\\e[1m\"", "10: project must be " NAME_EXPECTED ", not \"a?[1m\"");
	assert_line_refused("project: {a: b}", "10: project must be " NAME_EXPECTED ", not a section of keys");
	assert_line_refused("project: ~", "10: project has no value: give one, or remove the key");
}

static void test_pool(void **state)
{
	(void)state;
	_cleanup_config_ struct config config = parse("pool: /var/lib/my pool");
	assert_string_equal(config.pool, "/var/lib/my pool");
	assert_line_refused("pool: ''", "7: pool must not be empty");
	assert_line_refused("pool: ~/pool", "7: pool must be written out: \"~\" is not expanded");
	assert_line_refused("pool: \"a\\nb\"", "7: pool must be one line without control characters");
	assert_line_refused("pool: [a]", "7: pool must be a path, not a list");
	_cleanup_buffer_ struct buffer line = {0};
	buffer_add_text(&line, "pool: ");
	buffer_add_repeat(&line, 'x', 1025);
	assert_line_refused(buffer_text(&line), "7: pool must have at most 1024 bytes, not 1025");
}

static void test_baseline(void **state)
{
	(void)state;
	_cleanup_config_ struct config config = parse("baseline: production");
	assert_string_equal(config.baseline, "production");
	static const char *const bad[] = {"prod@", "'@3'", "a@b@c", "Prod", "a/b", "a@../x", "-x"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *line = string_format("baseline: %s", bad[i]);
		_cleanup_free_ char *text = string_format("version: 1\n%s\n", line);
		_cleanup_free_ char *message = refusal(text);
		assert_non_null(strstr(message, "vela.yml:2:11: baseline must be the name of a baseline such as"));
	}
}

static void test_database(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer line = {0};
	buffer_add_text(&line, "database: ");
	buffer_add_repeat(&line, 'x', 63);
	_cleanup_config_ struct config config = parse(buffer_text(&line));
	assert_int_equal(strlen(config.database), 63);
	buffer_add_char(&line, 'x');
	assert_line_refused(buffer_text(&line), "11: database must have at most 63 bytes, not 64");
	assert_line_refused("database: ''", "11: database must not be empty");
	assert_line_refused("database: \"a\\u202eb\"", "11: database must be one line without control characters");
}

static void test_branch(void **state)
{
	(void)state;
	_cleanup_config_ struct config never = parse("branch: {expires: never, durable: false}");
	assert_int_equal(never.branch_expires_ms, 0);
	assert_false(never.branch_durable);
	_cleanup_config_ struct config empty = parse("branch:\n  # expires: 7d\nproject: x");
	assert_string_equal(empty.project, "x");
	assert_line_refused("branch: {expires: 0}", "19: branch.expires must be between 1s and 3650d");
	assert_line_refused("branch: {expires: 7 days}",
			    "19: branch.expires must be a duration such as 12h or 7d, or never, not \"7 days\"");
	assert_line_refused("branch: {expires: 7}",
			    "19: branch.expires must be a duration such as 12h or 7d, or never, not \"7\"");
	assert_line_refused("branch: [a]", "9: branch must be a section of keys");
	assert_line_refused("branch: 7d", "9: branch must be a section of keys");
	static const char *const words[] = {"yes", "no", "on", "True", "FALSE", "1", "y"};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_free_ char *line = string_format("branch: {durable: %s}", words[i]);
		_cleanup_free_ char *expected =
			string_format("19: branch.durable must be true or false, without quotes, not \"%s\"", words[i]);
		assert_line_refused(line, expected);
	}
	assert_line_refused("branch: {durable: \"true\"}",
			    "19: branch.durable must be true or false, without quotes, not \"true\"");
}

static void test_migrations(void **state)
{
	(void)state;
	static const char *const good[] = {"db", ".", "./db", "a/..b/c..", "...", "\"a b\""};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_free_ char *line = string_format("migrations: {directory: %s}", good[i]);
		_cleanup_config_ struct config config = parse(line);
		assert_non_null(config.migrations_directory);
	}
	static const char *const bad[] = {"/db", "..", "../db", "a/../../b", "a/..", "a//.."};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *line = string_format("migrations: {directory: %s}", bad[i]);
		_cleanup_free_ char *expected =
			string_format("25: migrations.directory must be a relative path that does "
				      "not leave the repository, not \"%s\"",
				      bad[i]);
		assert_line_refused(line, expected);
	}
	assert_line_refused("migrations: {directory: ''}", "25: migrations.directory must not be empty");
	assert_line_refused(
		"migrations: {format: flywa}",
		"22: migrations.format must be \"auto\", \"sql\", \"flyway\", \"dbmate\", \"golang-migrate\", "
		"\"goose\", \"prisma\", \"sqlx\", \"diesel\" or \"graphile-migrate\", not \"flywa\"; did you mean "
		"\"flyway\"?");
	assert_line_refused("migrations: {limits: {blocking: 0s}}",
			    "33: migrations.limits.blocking must be between 1ms and 1d");
	assert_line_refused("migrations: {limits: {wal: much}}",
			    "28: migrations.limits.wal must be a size such as 512M or 10G, not \"much\"");
}

static void test_command(void **state)
{
	(void)state;
	_cleanup_config_ struct config shell = parse("migrations: {command: alembic upgrade head}");
	assert_string_equal(shell.migrations_shell, "alembic upgrade head");
	assert_null(shell.migrations_command);
	_cleanup_config_ struct config argv = parse("migrations: {command: [npx, prisma, 'a b', 1]}");
	assert_null(argv.migrations_shell);
	assert_string_equal(argv.migrations_command[2], "a b");
	assert_string_equal(argv.migrations_command[3], "1");
	assert_null(argv.migrations_command[4]);
	static const char *const bad[] = {"[]", "[a, [b]]", "[a, null]", "{a: b}", "[a, '']"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = string_format("version: 1\nmigrations: {command: %s}\n", bad[i]);
		_cleanup_free_ char *message = refusal(text);
		assert_non_null(
			strstr(message,
			       "migrations.command must be a command line, or a list of a program and its arguments"));
	}
}

static void test_timeout(void **state)
{
	(void)state;
	_cleanup_config_ struct config config = parse("timeout: 1s");
	assert_int_equal(config.timeout_ms, 1000);
	assert_line_refused("timeout: 999ms", "10: timeout must be between 1s and 1d");
	assert_line_refused("timeout: 25h", "10: timeout must be between 1s and 1d");
	assert_line_refused("timeout: never", "10: timeout must be a duration such as 90s, 15m or 7d, not \"never\"");
	assert_line_refused("timeout: -1s", "10: timeout must be a duration such as 90s, 15m or 7d, not \"-1s\"");
	assert_line_refused("timeout: 60", "10: timeout must be a duration such as 90s, 15m or 7d, not \"60\"");
}

static void test_what_equals_stands_for(void **state)
{
	(void)state;
	static const struct {
		const char *written, *text;
	} cases[] = {
		{"0", "0"},           {"-1.50", "-1.50"},
		{"1e3", "1e3"},       {"0x10", "0x10"},
		{"007", "007"},       {"true", "t"},
		{"false", "f"},       {"\"true\"", "true"},
		{"'false'", "false"}, {"yes", "yes"},
		{"True", "True"},     {"''", ""},
		{"\"null\"", "null"}, {"2026-01-31", "2026-01-31"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = string_format("checks: [{name: a, sql: b, equals: %s}]", cases[i].written);
		_cleanup_config_ struct config config = parse(line);
		assert_string_equal(config.checks[0].equals, cases[i].text);
	}
	static const char *const nulls[] = {"~", "null", "Null", "NULL", ""};
	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++) {
		_cleanup_free_ char *line = string_format("checks: [{name: a, sql: b, equals: %s}]", nulls[i]);
		_cleanup_free_ char *text = string_format("version: 1\n%s\n", line);
		_cleanup_free_ char *message = refusal(text);
		assert_non_null(strstr(message,
				       "checks[0].equals cannot be null: NULL never equals anything; use IS NULL "
				       "in the query"));
	}
	assert_line_refused("checks: [{name: a, sql: b, equals: [1]}]",
			    "36: checks[0].equals must be a text, a number, true or false, not a list");
}

static void test_checks(void **state)
{
	(void)state;
	_cleanup_config_ struct config empty = parse("checks:");
	assert_int_equal(empty.check_count, 0);
	_cleanup_config_ struct config none = parse("checks: []");
	assert_int_equal(none.check_count, 0);
	assert_line_refused("checks: {a: b}", "9: checks must be a list, each item behind a \"-\"");
	assert_line_refused("checks: [a]", "10: checks[0] must be a section of keys");
	assert_line_refused("checks: [{sql: x}]",
			    "10: checks[0].name is missing: add \"name: every order has a customer\"");
	assert_line_refused("checks: [{name: x}]",
			    "10: checks[0].sql is missing: add \"sql: SELECT count(*) FROM orders "
			    "WHERE customer_id IS NULL\"");
	assert_line_refused("checks: [{name: x, sql: ' '}]", "25: checks[0].sql must not be empty");
	assert_line_refused("checks: [{name: x, sql: \"a\\eb\"}]",
			    "25: checks[0].sql must not have control characters");
	assert_line_refused("checks: [{name: \"a\\nb\", sql: x}]",
			    "17: checks[0].name must be one line without control characters");
	assert_line_refused("checks: [{name: a, sql: x}, {name: b, sql: x}, {name: a, sql: x}]",
			    "55: the name \"a\" was already given in line 2");
	assert_line_refused("checks: [{name: a, sql: x, equal: 1}]",
			    "28: unknown key \"equal\" in checks[0]; did you mean \"equals\"?");
}

static void test_the_number_of_checks_is_bounded(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer line = {0};
	buffer_add_text(&line, "checks:");
	for (int i = 0; i < 1001; i++)
		buffer_addf(&line, "\n  - {name: c%d, sql: x}", i);
	_cleanup_free_ char *text = string_format("version: 1\n%s\n", buffer_text(&line));
	assert_refused(text, "vela.yml:3:3: checks has 1001 entries; at most 1000 are allowed");
}

static void test_suggestions(void **state)
{
	(void)state;
	assert_line_refused("projct: x", "1: unknown key \"projct\"; did you mean \"project\"?");
	assert_line_refused("branch: {expire: 7d}", "10: unknown key \"expire\" in branch; did you mean \"expires\"?");
	assert_line_refused("expires: 7d", "1: unknown key \"expires\"; did you mean \"branch.expires\"?");
	assert_line_refused("something_else: 7d", "1: unknown key \"something_else\"");
	assert_line_refused("<<: {a: b}", "1: unknown key \"<<\"");
	assert_line_refused("\"a\\e[2J\": 1", "1: unknown key \"a?[2J\"");
	_cleanup_buffer_ struct buffer line = {0};
	buffer_add_repeat(&line, 'x', 900);
	buffer_add_text(&line, ": 1");
	_cleanup_free_ char *text = string_format("version: 1\n%s\n", buffer_text(&line));
	_cleanup_free_ char *message = refusal(text);
	assert_null(strstr(message, "did you mean"));
	assert_true(strlen(message) < 100);
}

static void test_all_errors_in_one_run(void **state)
{
	(void)state;
	assert_refused(
		"version: \"1\"\n"
		"projct: shop\n"
		"branch: {expires: soon, durable: yes}\n"
		"migrations: !x\n"
		"  directory: ../x\n"
		"checks:\n"
		"  - name: a\n"
		"    equals: *anchor\n"
		"  - 5\n"
		"version: 2\n",
		"vela.yml:1:10: version must be a whole number without quotes, not \"1\"\n"
		"vela.yml:2:1: unknown key \"projct\"; did you mean \"project\"?\n"
		"vela.yml:3:19: branch.expires must be a duration such as 12h or 7d, or never, not \"soon\"\n"
		"vela.yml:3:34: branch.durable must be true or false, without quotes, not \"yes\"\n"
		"vela.yml:4:13: tags such as \"!x\" are not supported\n"
		"vela.yml:7:5: checks[0].sql is missing: add \"sql: SELECT count(*) FROM orders WHERE customer_id "
		"IS NULL\"\n"
		"vela.yml:8:13: references to anchors are not supported: write out what \"anchor\" stands for\n"
		"vela.yml:9:5: checks[1] must be a section of keys\n"
		"vela.yml:10:1: the key \"version\" was already given in line 1");
}

static void test_the_file_is_a_mapping(void **state)
{
	(void)state;
	assert_refused("- a\n", "vela.yml:1:1: the file must be a section of keys");
	assert_refused("hello\n", "vela.yml:1:1: the file must be a section of keys");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_project),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_baseline),
		cmocka_unit_test(test_database),
		cmocka_unit_test(test_branch),
		cmocka_unit_test(test_migrations),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_what_equals_stands_for),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_the_number_of_checks_is_bounded),
		cmocka_unit_test(test_suggestions),
		cmocka_unit_test(test_all_errors_in_one_run),
		cmocka_unit_test(test_the_file_is_a_mapping),
	};
	return cmocka_run_group_tests_name("config/config", tests, NULL, NULL);
}
