#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/hooks_script.h"

static const struct hook_call call = {"pre-push", "/opt/it's here/vela", "ser vices/o'shop"};

/* Puts the block in and takes it out again. */
static void expect_unchanged(const char *text, size_t length)
{
	_cleanup_buffer_ struct buffer with = {0}, without = {0};
	enum hook_origin origin = HOOK_MADE;
	assert_true(hook_insert(&call, text, length, &with));
	assert_true(hook_has_block(buffer_text(&with), with.length));
	assert_true(hook_remove(buffer_text(&with), with.length, &without, &origin));
	assert_int_equal(origin, HOOK_WAS_THERE);
	assert_int_equal(without.length, length);
	assert_memory_equal(buffer_text(&without), text, length);
}

static void a_shell_script_is_as_before(void **state)
{
	(void)state;
	static const char *const scripts[] = {
		"#!/bin/sh\n",
		"#!/bin/sh\n\n",
		"#! /bin/bash -eu\necho x",
		"#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"",
		"#!/usr/bin/env -S dash -e\necho x\n",
		"#!/bin/zsh\n# >>> vela >>> is said here\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
		expect_unchanged(scripts[i], strlen(scripts[i]));
	expect_unchanged("#!/bin/sh\n\0x\0", 13);
}

static void the_first_line_stays_first(void **state)
{
	(void)state;
	static const char script[] = "#!/bin/bash -e\necho x\n";
	_cleanup_buffer_ struct buffer with = {0};
	assert_true(hook_insert(&call, script, strlen(script), &with));
	assert_true(string_starts_with(with.data, "#!/bin/bash -e\n# >>> vela >>>"));
	assert_non_null(strstr(with.data, "'/opt/it'\\''s here/vela'"));
	assert_non_null(strstr(with.data, "--below 'ser vices/o'\\''shop' "));
	assert_non_null(strstr(with.data, "[ -e 'ser vices/o'\\''shop/vela.yml' ]"));
	assert_string_equal(with.data + with.length - strlen("# <<< vela <<<\necho x\n"), "# <<< vela <<<\necho x\n");
}

static void what_is_no_shell_script_is_not_touched(void **state)
{
	(void)state;
	static const char *const others[] = {
		"",     "#!/bin/sh",        "echo x\n",  "#!/usr/bin/python3\n",  "#!/bin/sh\r\n",
		"#!\n", "#!/usr/bin/env\n", "\177ELF\n", "#!/usr/bin/env node\n", "#!/bin/fish\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_buffer_ struct buffer out = {0};
		if (hook_insert(&call, others[i], strlen(others[i]), &out))
			fail_msg("taken for a shell script: %s", others[i]);
		assert_int_equal(out.length, 0);
	}
}

static void a_file_of_its_own(void **state)
{
	(void)state;
	static const enum hook_origin origins[] = {HOOK_MADE, HOOK_MADE_WITH_DIRECTORY};
	for (size_t i = 0; i < ARRAY_SIZE(origins); i++) {
		_cleanup_buffer_ struct buffer file = {0}, rest = {0};
		enum hook_origin origin = HOOK_WAS_THERE;
		hook_make(&call, origins[i], true, &file);
		assert_non_null(strstr(file.data, "exec \"${0%/*}\"/pre-push.vela-original \"$@\"\n"));
		assert_true(hook_remove(file.data, file.length, &rest, &origin));
		assert_int_equal(origin, origins[i]);
		buffer_add_text(&file, "echo mine\n");
		buffer_truncate(&rest, 0);
		assert_true(hook_remove(file.data, file.length, &rest, &origin));
		assert_int_equal(origin, HOOK_WAS_THERE);
		assert_string_equal(rest.data, "#!/bin/sh\necho mine\n");
	}
}

static void half_a_block_is_none(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"#!/bin/sh\n# >>> vela >>>\necho x\n",
		"#!/bin/sh\necho x\n# <<< vela <<<\n",
		"#!/bin/sh\n# <<< vela <<<\n# >>> vela >>>\n",
		"# >>> vela >>>\n# <<< vela <<<\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_buffer_ struct buffer out = {0};
		enum hook_origin origin;
		assert_false(hook_has_block(texts[i], strlen(texts[i])));
		assert_false(hook_remove(texts[i], strlen(texts[i]), &out, &origin));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shell_script_is_as_before),
		cmocka_unit_test(the_first_line_stays_first),
		cmocka_unit_test(what_is_no_shell_script_is_not_touched),
		cmocka_unit_test(a_file_of_its_own),
		cmocka_unit_test(half_a_block_is_none),
	};
	return cmocka_run_group_tests_name("app/hooks_script", tests, NULL, NULL);
}
