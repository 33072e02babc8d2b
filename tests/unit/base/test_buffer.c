#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"

static void test_empty_buffer(void **state)
{
	(void)state;
	struct buffer buffer = {0};
	assert_string_equal(buffer_text(&buffer), "");
	buffer_truncate(&buffer, 0);
	buffer_free(&buffer);
	char *text = buffer_steal(&buffer);
	assert_string_equal(text, "");
	free(text);
	buffer_add(&buffer, NULL, 0);
	assert_string_equal(buffer_text(&buffer), "");
	buffer_free(&buffer);
}

static void test_adding(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer buffer = {0};
	buffer_add(&buffer, "ab\0cd", 5);
	assert_int_equal(buffer.length, 5);
	assert_memory_equal(buffer.data, "ab\0cd", 6);
	buffer_truncate(&buffer, 2);
	buffer_add_text(&buffer, "-text");
	buffer_add_char(&buffer, '!');
	buffer_add_repeat(&buffer, '.', 3);
	buffer_add_repeat(&buffer, 'x', 0);
	buffer_addf(&buffer, "%03d%s", 7, "%s");
	assert_string_equal(buffer_text(&buffer), "ab-text!...007%s");
	assert_int_equal(buffer.length, strlen(buffer.data));
}

static void test_growing(void **state)
{
	(void)state;
	/* Every length around the ends of its capacity, and always a NUL behind it. */
	for (size_t length = 0; length < 300; length++) {
		_cleanup_buffer_ struct buffer buffer = {0};
		for (size_t i = 0; i < length; i++)
			buffer_add_char(&buffer, (char)('a' + i % 26));
		assert_int_equal(strlen(buffer_text(&buffer)), length);
		buffer_add_repeat(&buffer, 'z', length);
		assert_int_equal(strlen(buffer_text(&buffer)), 2 * length);
	}
}

static void test_truncate_never_grows(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer buffer = {0};
	buffer_add_text(&buffer, "abc");
	buffer_truncate(&buffer, 99);
	assert_int_equal(buffer.length, 3);
	buffer_truncate(&buffer, 1);
	assert_string_equal(buffer.data, "a");
}

static void test_steal_leaves_an_empty_one(void **state)
{
	(void)state;
	struct buffer buffer = {0};
	buffer_add_text(&buffer, "abc");
	_cleanup_free_ char *text = buffer_steal(&buffer);
	assert_string_equal(text, "abc");
	assert_null(buffer.data);
	assert_int_equal(buffer.length, 0);
	buffer_add_text(&buffer, "new");
	assert_string_equal(buffer_text(&buffer), "new");
	buffer_free(&buffer);
	buffer_free(&buffer);
}

static void test_equality(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer empty = {0}, one = {0}, other = {0};
	assert_true(buffer_equal(&empty, &one));
	buffer_add(&one, "a\0b", 3);
	assert_false(buffer_equal(&empty, &one));
	buffer_add(&other, "a\0c", 3);
	assert_false(buffer_equal(&other, &one));
	buffer_truncate(&other, 2);
	buffer_add_char(&other, 'b');
	assert_true(buffer_equal(&other, &one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_buffer),
		cmocka_unit_test(test_adding),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_truncate_never_grows),
		cmocka_unit_test(test_steal_leaves_an_empty_one),
		cmocka_unit_test(test_equality),
	};
	return cmocka_run_group_tests_name("base/buffer", tests, NULL, NULL);
}
