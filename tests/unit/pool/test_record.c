#include "pool_fixture.h"

#include "pool/record.h"

static void members_of_another_type_count_as_missing(void **state)
{
	(void)state;
	static const char text[] = "{\"s\": \"text\", \"i\": 7, \"n\": 1.5, \"t\": true, \"when\": "
				   "\"2026-01-31T09:12:03Z\", \"bad\": \"yesterday\"}";
	_cleanup_json_ json_t *json = NULL;
	assert_int_equal(record_parse("x", text, sizeof(text) - 1, &json, NULL), 0);
	assert_string_equal(record_string(json, "s"), "text");
	assert_null(record_string(json, "i"));
	assert_null(record_string(json, "nothing"));
	assert_int_equal(record_integer(json, "i"), 7);
	assert_int_equal(record_integer(json, "s"), 0);
	assert_true(record_flag(json, "t"));
	assert_false(record_flag(json, "i"));
	assert_true(record_number(json, "n") > 1.4 && record_number(json, "n") < 1.6);
	assert_int_equal(record_time(json, "when"), 1769850723);
	assert_int_equal(record_time(json, "bad"), 0);
}

static void duplicates_and_other_values_are_damage(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "null", "[]", "{\"a\": 1, \"a\": 2}", "{\"a\": \"\\u0000\"}x", "{\"a\":"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json_t *json = NULL;
		struct error *error = NULL;
		assert_int_equal(record_parse("thing.json", bad[i], strlen(bad[i]), &json, &error), -1);
		assert_int_equal(error->kind, ERROR_STORAGE);
		assert_true(string_starts_with(error->message, "thing.json is damaged"));
		error_free(error);
	}
}

static void hostile_text_is_written_harmless(void **state)
{
	(void)state;
	_cleanup_json_ json_t *json = json_object();
	record_set_string(json, "a", "\033[31mred\xff");
	record_set_string(json, "b", NULL);
	record_set_time(json, "c", 0);
	assert_string_equal(record_string(json, "a"), "?[31mred?");
	assert_true(json_is_null(json_object_get(json, "b")));
	assert_true(json_is_null(json_object_get(json, "c")));
}

static void a_symlink_is_not_read(void **state)
{
	const struct pool *pool = *state;
	_cleanup_free_ char *link = path_join(pool->path, "tmp", "link.json", NULL);
	_cleanup_free_ char *target = path_join(pool->path, "pool.json", NULL);
	json_t *json = NULL;
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(record_read(link, &json, NULL), -1);
	assert_int_equal(record_read(target, &json, NULL), 0);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(members_of_another_type_count_as_missing),
		POOL_TEST(duplicates_and_other_values_are_damage),
		POOL_TEST(hostile_text_is_written_harmless),
		POOL_TEST(a_symlink_is_not_read),
	};
	return cmocka_run_group_tests_name("pool/record", tests, NULL, fixture_end);
}
