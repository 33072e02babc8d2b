#include "pool_fixture.h"

#include "pool/event.h"
#include "pool/record.h"

static void the_last_ones_come_back_in_order(void **state)
{
	const struct pool *pool = *state;
	for (int i = 0; i < 5; i++) {
		_cleanup_free_ char *subject = string_format("shop/b%d", i);
		event_record(pool, &(struct event){"branch.create", subject, i == 4 ? "a \"reason\"\n" : NULL});
	}
	_cleanup_json_ json_t *events = NULL;
	assert_int_equal(event_read(pool, 2, &events, NULL), 0);
	assert_int_equal(json_array_size(events), 2);
	assert_string_equal(record_string(json_array_get(events, 0), "subject"), "shop/b3");
	assert_string_equal(record_string(json_array_get(events, 1), "subject"), "shop/b4");
	assert_non_null(record_string(json_array_get(events, 1), "by"));
	assert_non_null(strstr(record_string(json_array_get(events, 1), "reason"), "reason"));
}

static void a_damaged_line_is_left_out(void **state)
{
	const struct pool *pool = *state;
	_cleanup_free_ char *file = path_join(pool->path, "events.jsonl", NULL);
	event_record(pool, &(struct event){"branch.create", "shop/a", NULL});
	assert_int_equal(file_append(file, "{half", 5, 0600, NULL), 0);
	assert_int_equal(file_append(file, "\n", 1, 0600, NULL), 0);
	event_record(pool, &(struct event){"branch.delete", "shop/a", "asked for"});
	_cleanup_json_ json_t *events = NULL;
	assert_int_equal(event_read(pool, 50, &events, NULL), 0);
	assert_int_equal(json_array_size(events), 2);
}

static void none_yet_is_an_empty_list(void **state)
{
	_cleanup_json_ json_t *events = NULL;
	assert_int_equal(event_read(*state, 50, &events, NULL), 0);
	assert_int_equal(json_array_size(events), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(the_last_ones_come_back_in_order),
		POOL_TEST(a_damaged_line_is_left_out),
		POOL_TEST(none_yet_is_an_empty_list),
	};
	return cmocka_run_group_tests_name("pool/event", tests, NULL, fixture_end);
}
