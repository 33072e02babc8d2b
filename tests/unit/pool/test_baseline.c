#include "pool_fixture.h"

#include "pool/baseline.h"

static struct baseline publish(const struct pool *pool, const char *name, int revision)
{
	_cleanup_free_ char *staging = pool_temporary_path(pool, "tmp", name);
	struct baseline baseline = {
		.name = string_copy(name),
		.revision = revision,
		.source = string_copy("postgres://replicator@db/shop"),
		.taken_at = 1700000000,
		.lsn = string_copy("0/5A000028"),
		.major = 15,
		.version = string_copy("15.18"),
		.superuser = string_copy("postgres"),
		.role = string_copy("vela"),
		.bytes = 12345,
	};
	string_list_add(&baseline.databases, "postgres");
	string_list_add(&baseline.databases, "shop");
	assert_int_equal(directory_create(staging, 0700, NULL), 0);
	assert_int_equal(baseline_publish(pool, staging, &baseline, NULL), 0);
	assert_false(file_exists(staging));
	return baseline;
}

static void the_newest_revision_is_found_by_name(void **state)
{
	const struct pool *pool = *state;
	int next;
	assert_int_equal(baseline_next_revision(pool, "production", &next, NULL), 0);
	assert_int_equal(next, 1);
	for (int revision = 9; revision <= 11; revision++) { /* by number, not by text */
		struct baseline published = publish(pool, "production", revision);
		baseline_free(&published);
	}
	_cleanup_baseline_ struct baseline newest = {0};
	_cleanup_baseline_ struct baseline older = {0};
	assert_int_equal(baseline_find(pool, "production", &newest, NULL), 0);
	assert_int_equal(newest.revision, 11);
	assert_int_equal(newest.databases.count, 2);
	assert_string_equal(newest.databases.items[1], "shop");
	assert_int_equal(newest.bytes, 12345);
	assert_int_equal(baseline_find(pool, "production@9", &older, NULL), 0);
	assert_int_equal(older.revision, 9);
	assert_int_equal(baseline_next_revision(pool, "production", &next, NULL), 0);
	assert_int_equal(next, 12);
}

static void a_missing_one_names_those_there_are(void **state)
{
	const struct pool *pool = *state;
	_cleanup_baseline_ struct baseline published = publish(pool, "production", 1);
	(void)published;
	_cleanup_baseline_ struct baseline found = {0};
	static const char *const missing[] = {"productoin", "production@2"};
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		struct error *error = NULL;
		assert_int_equal(baseline_find(pool, missing[i], &found, &error), -1);
		assert_int_equal(error->kind, ERROR_NOT_FOUND);
		assert_non_null(strstr(error->hint, "production@1"));
		error_free(error);
	}
}

static void references_are_strict(void **state)
{
	(void)state;
	static const char *const bad[] = {"",     "@1",           "a@",   "a@0", "a@01", "a@-1",
					  "a@1x", "a@9999999999", "../x", "A",   "a b",  "a@1@2"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *name;
		int revision;
		struct error *error = NULL;
		assert_int_equal(baseline_parse_reference(bad[i], &name, &revision, &error), -1);
		assert_int_equal(error->kind, ERROR_USAGE);
		error_free(error);
	}
	_cleanup_free_ char *name = NULL;
	int revision;
	assert_int_equal(baseline_parse_reference("a.b-c_d@12", &name, &revision, NULL), 0);
	assert_string_equal(name, "a.b-c_d");
	assert_int_equal(revision, 12);
}

static void a_damaged_record_spares_the_others(void **state)
{
	const struct pool *pool = *state;
	_cleanup_baseline_ struct baseline first = publish(pool, "production", 1);
	(void)first;
	_cleanup_baseline_ struct baseline second = publish(pool, "production", 2);
	_cleanup_free_ char *file = path_join(second.directory, "baseline.json", NULL);
	assert_int_equal(file_replace(file, "{", 1, 0600, FILE_VOLATILE, NULL), 0);
	struct baseline_list list;
	_cleanup_(string_list_free) struct string_list damaged = {0};
	assert_int_equal(baseline_list(pool, NULL, &list, &damaged, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(damaged.count, 1);
	assert_string_equal(damaged.items[0], "production@2");
	baseline_list_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(the_newest_revision_is_found_by_name),
		POOL_TEST(a_missing_one_names_those_there_are),
		POOL_TEST(references_are_strict),
		POOL_TEST(a_damaged_record_spares_the_others),
	};
	return cmocka_run_group_tests_name("pool/baseline", tests, NULL, fixture_end);
}
