#include "pool_fixture.h"

#include <sys/stat.h>
#include <sys/xattr.h>

static char *record_path(const struct pool *pool)
{
	return path_join(pool->path, "pool.json", NULL);
}

static void replace_record(const struct pool *pool, const char *text)
{
	_cleanup_free_ char *path = record_path(pool);
	assert_int_equal(file_replace(path, text, strlen(text), 0600, FILE_VOLATILE, NULL), 0);
}

static void opens_what_it_made(void **state)
{
	const struct pool *pool = *state;
	assert_string_equal(pool->driver, "copy");
	assert_int_equal(strlen(pool->id), 16);
	assert_int_equal(pool->owner.uid, geteuid());
	assert_true(pool->created_at > 0);
	assert_true(pool_exists(pool->path));
}

static void initialising_twice_keeps_the_areas(void **state)
{
	const struct pool *pool = *state;
	_cleanup_free_ char *file = path_join(pool->path, "tmp", "something", NULL);
	assert_int_equal(file_append(file, "x", 1, 0600, NULL), 0);
	assert_int_equal(pool_initialise(pool->path, "copy", NULL), 0);
	assert_true(file_exists(file));
}

static enum error_kind failure_of_open(const char *path, char **ret_text)
{
	struct pool pool;
	struct error *error = NULL;
	assert_int_equal(pool_open(path, &pool, &error), -1);
	enum error_kind kind = error->kind;
	*ret_text = string_format("%s | %s", error->message, error->hint ? error->hint : "");
	error_free(error);
	return kind;
}

static void a_missing_pool_is_not_found(void **state)
{
	(void)state;
	_cleanup_free_ char *text = NULL;
	assert_int_equal(failure_of_open("/nonexistent/pool", &text), ERROR_NOT_FOUND);
	assert_non_null(strstr(text, "vela pool create /nonexistent/pool"));
}

/* What a repository could bring along. */
static void one_that_vela_did_not_make_is_refused(void **state)
{
	const struct pool *pool = *state;
	_cleanup_free_ char *text = NULL;
	assert_int_equal(removexattr(pool->path, POOL_MARKER), 0);
	assert_int_equal(failure_of_open(pool->path, &text), ERROR_REFUSED);
	assert_non_null(strstr(text, "vela did not make it"));
}

static void one_of_roots_is_refused(void **state)
{
	const struct pool *pool = *state;
	_cleanup_free_ char *record = record_path(pool);
	_cleanup_free_ char *text = NULL;
	{
		IDENTITY_CALLER_SCOPE;
		assert_int_equal(chown(record, 0, 0), 0);
	}
	assert_int_equal(failure_of_open(pool->path, &text), ERROR_REFUSED);
	assert_non_null(strstr(text, "belongs to root"));
}

static void an_unmounted_one_says_how_to_mount_it(void **state)
{
	const struct pool *pool = *state;
	_cleanup_free_ char *directory = path_join(pool->path, "elsewhere", NULL);
	_cleanup_free_ char *image = pool_image_path(directory);
	_cleanup_free_ char *text = NULL;
	assert_int_equal(directory_create(directory, 0700, NULL), 0);
	assert_int_equal(file_append(image, "x", 1, 0600, NULL), 0);
	assert_int_equal(failure_of_open(directory, &text), ERROR_NOT_FOUND);
	assert_non_null(strstr(text, "is not mounted"));
	assert_non_null(strstr(text, "vela pool mount"));
}

static void a_newer_format_is_refused(void **state)
{
	const struct pool *pool = *state;
	_cleanup_free_ char *text = NULL;
	replace_record(pool, "{\"format\": 2, \"id\": \"0123456789abcdef\", \"driver\": \"copy\"}");
	assert_int_equal(failure_of_open(pool->path, &text), ERROR_REFUSED);
	assert_non_null(strstr(text, "newer vela"));
}

static void damage_is_named(void **state)
{
	static const char *const damaged[] = {"", "{", "[]", "{\"format\": 1}",
					      "{\"format\": \"1\", \"id\": \"x\", \"driver\": \"y\"}"};
	const struct pool *pool = *state;
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		_cleanup_free_ char *text = NULL;
		replace_record(pool, damaged[i]);
		assert_int_equal(failure_of_open(pool->path, &text), ERROR_STORAGE);
		assert_non_null(strstr(text, "pool.json is damaged"));
	}
}

static void temporary_paths_differ(void **state)
{
	const struct pool *pool = *state;
	_cleanup_free_ char *first = pool_temporary_path(pool, "tmp", "x");
	_cleanup_free_ char *second = pool_temporary_path(pool, "tmp", "x");
	assert_string_not_equal(first, second);
}

static void sockets_live_in_the_pool(void **state)
{
	const struct pool *pool = *state;
	_cleanup_free_ char *sockets = NULL;
	_cleanup_free_ char *expected = path_join(pool->path, "run", NULL);
	assert_int_equal(pool_socket_directory(pool, &sockets, NULL), 0);
	assert_string_equal(sockets, expected);
}

static void a_long_path_has_its_sockets_in_tmp(void **state)
{
	const struct pool *real = *state;
	struct pool pool = *real;
	pool.path = string_format("%s/%0100d", real->path, 0);
	_cleanup_free_ char *sockets = NULL;
	assert_int_equal(pool_socket_directory(&pool, &sockets, NULL), 0);
	assert_true(string_starts_with(sockets, "/tmp/vela-"));
	struct stat st;
	assert_int_equal(stat(sockets, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* Somebody else's, or open to others: not used. */
	struct error *error = NULL;
	_cleanup_free_ char *again = NULL;
	assert_int_equal(chmod(sockets, 0755), 0);
	assert_int_equal(pool_socket_directory(&pool, &again, &error), -1);
	assert_int_equal(error->kind, ERROR_REFUSED);
	error_free(error);
	assert_int_equal(pool_socket_directory_remove(&pool, NULL), 0);
	assert_false(file_exists(sockets));
	free(pool.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(opens_what_it_made),
		POOL_TEST(initialising_twice_keeps_the_areas),
		POOL_TEST(a_missing_pool_is_not_found),
		POOL_TEST(one_that_vela_did_not_make_is_refused),
		POOL_TEST(one_of_roots_is_refused),
		POOL_TEST(an_unmounted_one_says_how_to_mount_it),
		POOL_TEST(a_newer_format_is_refused),
		POOL_TEST(damage_is_named),
		POOL_TEST(temporary_paths_differ),
		POOL_TEST(sockets_live_in_the_pool),
		POOL_TEST(a_long_path_has_its_sockets_in_tmp),
	};
	return cmocka_run_group_tests_name("pool/pool", tests, NULL, fixture_end);
}
