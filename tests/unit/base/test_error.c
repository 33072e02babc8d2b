#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>

#include "base/error.h"

static void test_kinds_have_names_and_distinct_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ERROR_KIND_COUNT; i++) {
		assert_non_null(error_kinds[i].name);
		assert_non_null(error_kinds[i].meaning);
		assert_in_range(error_kinds[i].exit_code, 2, 130); /* 1 is a check that did not pass */
		for (size_t j = 0; j < i; j++) {
			assert_int_not_equal(error_kinds[i].exit_code, error_kinds[j].exit_code);
			assert_string_not_equal(error_kinds[i].name, error_kinds[j].name);
		}
	}
	assert_int_equal(error_kinds[ERROR_INTERRUPTED].exit_code, 130);
}

static void test_set(void **state)
{
	(void)state;
	struct error *err = NULL;
	assert_int_equal(error_set(&err, ERROR_CONFLICT, "branch %s is %d", "x", 5), -1);
	assert_int_equal(err->kind, ERROR_CONFLICT);
	assert_string_equal(err->message, "branch x is 5");
	assert_null(err->hint);
	error_free(err);
}

static void test_context_travels_up(void **state)
{
	(void)state;
	struct error *err = NULL;
	error_errno(&err, ENOSPC, "cannot snapshot %s", "production@3");
	assert_int_equal(error_wrap(&err, "cannot create branch %s", "pr-12"), -1);
	assert_string_equal(err->message,
			    "cannot create branch pr-12: cannot snapshot production@3: No space left on device");
	assert_int_equal(err->kind, ERROR_STORAGE);
	assert_int_equal(error_hint(&err, "first"), -1);
	assert_int_equal(error_hint(&err, "make room: %d%%", 10), -1);
	assert_string_equal(err->hint, "make room: 10%");
	assert_int_equal(error_rekind(&err, ERROR_POSTGRES), -1);
	assert_int_equal(err->kind, ERROR_POSTGRES);
	error_free(err);
}

static void test_text_of_others_is_no_format(void **state)
{
	(void)state;
	struct error *err = NULL;
	error_set(&err, ERROR_USAGE, "%s", "%n%s");
	error_wrap(&err, "%s", "%d");
	assert_string_equal(err->message, "%d: %n%s");
	error_free(err);
}

static void test_kind_from_errno(void **state)
{
	(void)state;
	static const struct {
		int number;
		enum error_kind kind;
	} cases[] = {{ENOSPC, ERROR_STORAGE},   {EDQUOT, ERROR_STORAGE}, {EXDEV, ERROR_STORAGE},
		     {EACCES, ERROR_REFUSED},   {EPERM, ERROR_REFUSED},  {ELOOP, ERROR_REFUSED},
		     {ENOENT, ERROR_NOT_FOUND}, {EBUSY, ERROR_CONFLICT}, {ECONNREFUSED, ERROR_NETWORK},
		     {EINVAL, ERROR_INTERNAL}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_error_ struct error *err = NULL;
		assert_int_equal(error_errno(&err, cases[i].number, "x"), -1);
		assert_int_equal(err->kind, cases[i].kind);
	}
}

static void test_nobody_wants_it(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, ERROR_USAGE, "x"), -1);
	assert_int_equal(error_errno(NULL, EPERM, "x"), -1);
	assert_int_equal(error_wrap(NULL, "x"), -1);
	assert_int_equal(error_hint(NULL, "x"), -1);
	assert_int_equal(error_rekind(NULL, ERROR_USAGE), -1);
	struct error *err = NULL;
	assert_int_equal(error_wrap(&err, "x"), -1);
	assert_int_equal(error_hint(&err, "x"), -1);
	assert_null(err);
	error_set(&err, ERROR_USAGE, "passed on to nobody");
	assert_int_equal(error_pass(NULL, err), -1);
	error_free(NULL);
}

static void test_pass(void **state)
{
	(void)state;
	struct error *from = NULL, *err = NULL;
	error_set(&from, ERROR_USAGE, "x");
	assert_int_equal(error_pass(&err, from), -1);
	assert_ptr_equal(err, from);
	error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_have_names_and_distinct_codes),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_context_travels_up),
		cmocka_unit_test(test_text_of_others_is_no_format),
		cmocka_unit_test(test_kind_from_errno),
		cmocka_unit_test(test_nobody_wants_it),
		cmocka_unit_test(test_pass),
	};
	return cmocka_run_group_tests_name("base/error", tests, NULL, NULL);
}
