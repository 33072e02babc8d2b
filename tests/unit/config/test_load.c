#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "config/config.h"
#include "config/policy.h"

static int make_directory(void **state)
{
	char template[] = "/tmp/vela-test-load-XXXXXX";
	*state = mkdtemp(template) ? realpath(template, NULL) : NULL;
	return *state ? 0 : -1;
}

static int remove_directory(void **state)
{
	_cleanup_free_ char *directory = *state;
	return directory_remove(directory, NULL);
}

static void put(const char *directory, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(directory, name, NULL);
	_cleanup_free_ char *parent = path_parent(path);
	assert_int_equal(directory_create_all(parent, 0755, NULL), 0);
	assert_int_equal(file_replace(path, text, strlen(text), 0644, FILE_VOLATILE, NULL), 0);
}

static void test_found_upward(void **state)
{
	const char *directory = *state;
	put(directory, "a/vela.yml", "version: 1\nproject: outer\npool: pools/p\n");
	put(directory, "a/b/c/file", "");
	_cleanup_free_ char *start = path_join(directory, "a/b/c", NULL);
	_cleanup_free_ char *path = path_join(directory, "a/vela.yml", NULL);
	_cleanup_free_ char *parent = path_join(directory, "a", NULL);
	_cleanup_free_ char *pool = path_join(directory, "a/pools/p", NULL);
	_cleanup_config_ struct config config = {0};
	assert_int_equal(config_load(NULL, start, &config, NULL), 0);
	assert_string_equal(config.project, "outer");
	assert_string_equal(config.path, path);
	assert_string_equal(config.directory, parent);
	assert_string_equal(config.pool, pool);
}

static void test_the_nearest_wins(void **state)
{
	const char *directory = *state;
	put(directory, "vela.yml", "version: 1\nproject: outer\n");
	put(directory, "a/vela.yml", "version: 1\nproject: inner\npool: /absolute\n");
	_cleanup_free_ char *start = path_join(directory, "a", NULL);
	_cleanup_config_ struct config inner = {0}, outer = {0};
	assert_int_equal(config_load(NULL, start, &inner, NULL), 0);
	assert_string_equal(inner.project, "inner");
	assert_string_equal(inner.pool, "/absolute");
	/* Above "a/.." is not "a". */
	_cleanup_free_ char *roundabout = path_join(directory, "a/..", NULL);
	assert_int_equal(config_load(NULL, roundabout, &outer, NULL), 0);
	assert_string_equal(outer.project, "outer");
}

static void test_none_means_the_defaults(void **state)
{
	(void)state;
	_cleanup_config_ struct config config = {0};
	assert_int_equal(config_load(NULL, "/proc/self", &config, NULL), 0);
	assert_null(config.path);
	assert_null(config.directory);
	assert_string_equal(config.project, "default");
	assert_int_equal(config.timeout_ms, 3600000);
}

static void test_an_explicit_path(void **state)
{
	const char *directory = *state;
	put(directory, "other.yml", "version: 1\nproject: other\n");
	put(directory, "link-target.yml", "version: 1\nproject: link\n");
	_cleanup_free_ char *path = path_join(directory, "other.yml", NULL);
	_cleanup_config_ struct config config = {0}, linked = {0};
	assert_int_equal(config_load(path, "/nonexistent", &config, NULL), 0);
	assert_string_equal(config.project, "other");
	assert_string_equal(config.path, path);
	_cleanup_free_ char *link = path_join(directory, "link.yml", NULL);
	assert_int_equal(symlink("link-target.yml", link), 0);
	assert_int_equal(config_load(link, NULL, &linked, NULL), 0);
	assert_string_equal(linked.project, "link");
}

static void test_an_explicit_path_that_is_missing(void **state)
{
	const char *directory = *state;
	put(directory, "vela.yml", "version: 1\n");
	_cleanup_free_ char *path = path_join(directory, "missing.yml", NULL);
	_cleanup_config_ struct config config = {0};
	_cleanup_error_ struct error *error = NULL;
	assert_int_equal(config_load(path, directory, &config, &error), -1);
	assert_int_equal(error->kind, ERROR_CONFIG);
	assert_non_null(strstr(error->message, "missing.yml: No such file or directory"));
	assert_non_null(error->hint);
}

static void test_what_is_no_readable_file(void **state)
{
	const char *directory = *state;
	_cleanup_free_ char *path = path_join(directory, "vela.yml", NULL);
	_cleanup_free_ char *target = path_join(directory, "target", NULL);
	put(directory, "target", "version: 1\nproject: stolen\n");
	assert_int_equal(symlink(target, path), 0);
	struct config config = {0};
	_cleanup_error_ struct error *link = NULL, *folder = NULL, *fifo = NULL, *start = NULL;
	assert_int_equal(config_load(NULL, directory, &config, &link), -1);
	assert_int_equal(link->kind, ERROR_CONFIG);
	assert_non_null(strstr(link->hint, "no symbolic link"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(config_load(NULL, directory, &config, &folder), -1);
	assert_int_equal(folder->kind, ERROR_CONFIG);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(config_load(NULL, directory, &config, &fifo), -1);
	assert_int_equal(fifo->kind, ERROR_CONFIG);
	assert_int_equal(config_load(NULL, "/nonexistent", &config, &start), -1);
	assert_int_equal(start->kind, ERROR_NOT_FOUND);
}

static void test_positions_name_the_file(void **state)
{
	const char *directory = *state;
	put(directory, "vela.yml", "version: 1\nfoo: 1\n");
	_cleanup_free_ char *path = path_join(directory, "vela.yml", NULL);
	_cleanup_free_ char *complete = string_format("%s:2:1: unknown key \"foo\"", path);
	struct config config = {0};
	_cleanup_error_ struct error *found = NULL, *named = NULL;
	assert_int_equal(config_load(NULL, directory, &config, &found), -1);
	assert_string_equal(found->message, "vela.yml:2:1: unknown key \"foo\"");
	assert_int_equal(config_load(path, NULL, &config, &named), -1);
	assert_string_equal(named->message, complete);
}

static void test_too_large(void **state)
{
	const char *directory = *state;
	_cleanup_buffer_ struct buffer text = {0};
	buffer_add_text(&text, "version: 1\n#");
	buffer_add_repeat(&text, 'x', 1 << 20);
	put(directory, "vela.yml", buffer_text(&text));
	struct config config = {0};
	_cleanup_error_ struct error *error = NULL;
	assert_int_equal(config_load(NULL, directory, &config, &error), -1);
	assert_int_equal(error->kind, ERROR_CONFIG);
	assert_non_null(strstr(error->message, "larger than 1048576 bytes"));
}

/* Root acts for the pool's owner, who need not be allowed to read the caller's repository. */
static void test_read_as_the_caller(void **state)
{
	const char *directory = *state;
	assert_int_equal(getuid(), 0);
	put(directory, "vela.yml", "version: 1\nproject: private\n");
	assert_int_equal(chmod(directory, 0700), 0);
	struct identity nobody, root = {0, 0};
	assert_int_equal(identity_of_user("nobody", &nobody, NULL), 0);
	assert_int_equal(identity_assume(&nobody, NULL), 0);
	_cleanup_config_ struct config config = {0};
	int result = config_load(NULL, directory, &config, NULL);
	uid_t after = geteuid();
	assert_int_equal(identity_assume(&root, NULL), 0);
	assert_int_equal(result, 0);
	assert_int_equal(after, nobody.uid);
	assert_string_equal(config.project, "private");
}

static void test_policy_files(void **state)
{
	const char *directory = *state;
	_cleanup_free_ char *path = path_join(directory, "pool.yml", NULL);
	_cleanup_policy_ struct policy missing = {0}, given = {0};
	assert_int_equal(policy_load(path, &missing, NULL), 0);
	assert_int_equal(missing.first_port, 25000);
	put(directory, "pool.yml", "ports: 30000-30001\n");
	assert_int_equal(policy_load(path, &given, NULL), 0);
	assert_int_equal(given.first_port, 30000);

	struct policy policy = {0};
	_cleanup_error_ struct error *invalid = NULL, *dangling = NULL, *folder = NULL;
	put(directory, "pool.yml", "port: 1\n");
	assert_int_equal(policy_load(path, &policy, &invalid), -1);
	_cleanup_free_ char *expected = string_format("%s:1:1: unknown key \"port\"; did you mean \"ports\"?", path);
	assert_string_equal(invalid->message, expected);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(policy_load(path, &policy, &dangling), -1);
	assert_int_equal(dangling->kind, ERROR_CONFIG);
	assert_int_equal(policy_load(directory, &policy, &folder), -1);
	assert_int_equal(folder->kind, ERROR_CONFIG);
}

#define test(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_found_upward),
		test(test_the_nearest_wins),
		test(test_none_means_the_defaults),
		test(test_an_explicit_path),
		test(test_an_explicit_path_that_is_missing),
		test(test_what_is_no_readable_file),
		test(test_positions_name_the_file),
		test(test_too_large),
		test(test_read_as_the_caller),
		test(test_policy_files),
	};
	return cmocka_run_group_tests_name("config/load", tests, NULL, NULL);
}
