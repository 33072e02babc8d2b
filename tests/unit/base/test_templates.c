/* The templates that are compiled in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/template.h"

static void test_table(void **state)
{
	(void)state;
	for (const struct template *template = templates; template->name; template ++) {
		assert_ptr_equal(template_text(template->name), template->text);
		assert_true(strlen(template->text) > 0);
	}
}

/* A template is in the binary byte for byte. */
static void test_content(void **state)
{
	(void)state;
	for (const struct template *template = templates; template->name; template ++) {
		_cleanup_free_ char *path = path_join("templates", template->name, NULL);
		struct buffer text = {0};
		assert_int_equal(file_read(path, 1 << 20, FILE_FOLLOW, &text, NULL), 0);
		assert_string_equal(template->text, buffer_text(&text));
		buffer_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_content),
	};
	return cmocka_run_group_tests_name("base/templates", tests, NULL, NULL);
}
