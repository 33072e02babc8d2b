/* Filling templates: on a table of its own, which the linker takes instead of the generated one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/template.h"

const struct template templates[] = {
	{"plain", "text\n"},
	{"filled", "{{a}}{{b}} and {{a}}"},
	{"odd", "{ {a} }} {{a}}} {{a"},
	{"unknown", "{{nobody}}"},
	{"spaced", "{{ a }}"},
	{NULL, NULL},
};

static const struct template_value values[] = {{"a", "{{b}}"}, {"b", ""}, {"ab", "no"}, {NULL, NULL}};

static void test_text(void **state)
{
	(void)state;
	assert_ptr_equal(template_text("plain"), templates[0].text);
	assert_string_equal(template_text("filled"), "{{a}}{{b}} and {{a}}");
}

static void test_fill(void **state)
{
	(void)state;
	_cleanup_free_ char *plain = template_fill("plain", values);
	assert_string_equal(plain, "text\n");
	_cleanup_free_ char *filled = template_fill("filled", values);
	assert_string_equal(filled, "{{b}} and {{b}}"); /* what is put in is not filled again */
	_cleanup_free_ char *odd = template_fill("odd", values);
	assert_string_equal(odd, "{ {a} }} {{b}}} {{a");
}

static void use_unknown_template(void)
{
	template_text("plai");
}

static void fill_unknown_value(void)
{
	free(template_fill("unknown", values));
}

static void fill_misspelt_value(void)
{
	free(template_fill("spaced", values));
}

static void test_unknown_names_abort(void **state)
{
	(void)state;
	static void (*const cases[])(void) = {use_unknown_template, fill_unknown_value, fill_misspelt_value};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct rlimit none = {0, 0};
			setrlimit(RLIMIT_CORE, &none);
			signal(SIGABRT, SIG_DFL);
			close(STDERR_FILENO);
			cases[i]();
			_exit(0);
		}
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_unknown_names_abort),
	};
	return cmocka_run_group_tests_name("base/template", tests, NULL, NULL);
}
