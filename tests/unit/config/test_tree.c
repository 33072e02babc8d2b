#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/tree.h"

static char *complaints(const char *text, size_t length)
{
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_tree_ struct tree_node *root = NULL;
	_cleanup_error_ struct error *error = NULL;
	tree_parse(text, length, &problems, &root);
	if (problems_result(&problems, "f", &error) == 0)
		return string_copy("");
	assert_int_equal(error->kind, ERROR_CONFIG);
	return TAKE_POINTER(error->message);
}

static void assert_complaint(const char *text, const char *expected)
{
	_cleanup_free_ char *message = complaints(text, strlen(text));
	assert_string_equal(message, expected);
}

static void assert_complains_of(const char *text, const char *part)
{
	_cleanup_free_ char *message = complaints(text, strlen(text));
	if (!strstr(message, part))
		fail_msg("expected \"%s\" in \"%s\"", part, message);
}

static struct tree_node *parse(const char *text)
{
	_cleanup_problems_ struct problems problems = {0};
	struct tree_node *root = NULL;
	assert_int_equal(tree_parse(text, strlen(text), &problems, &root), 0);
	assert_int_equal(problems.count, 0);
	return root;
}

static void test_positions_and_kinds(void **state)
{
	(void)state;
	_cleanup_tree_ struct tree_node *root = parse("a: 5\nb:\n  - \"5\"\n  - 'x'\n  - |\n    y\nc: {d: e}\n");
	assert_int_equal(root->kind, TREE_MAPPING);
	assert_int_equal(root->count, 3);
	assert_int_equal(root->keys[1]->line, 2);
	assert_int_equal(root->keys[1]->column, 1);
	const struct tree_node *a = tree_find(root, "a"), *b = tree_find(root, "b"), *c = tree_find(root, "c");
	assert_string_equal(a->text, "5");
	assert_true(a->plain);
	assert_int_equal(a->line, 1);
	assert_int_equal(a->column, 4);
	assert_int_equal(b->kind, TREE_SEQUENCE);
	assert_int_equal(b->count, 3);
	for (size_t i = 0; i < b->count; i++)
		assert_false(b->children[i]->plain);
	assert_string_equal(b->children[2]->text, "y\n");
	assert_int_equal(tree_find(c, "d")->line, 7);
	assert_int_equal(tree_find(c, "d")->column, 8);
	assert_null(tree_find(root, "d"));
	assert_null(tree_find(b, "a"));
}

static void test_columns_count_characters(void **state)
{
	(void)state;
	_cleanup_tree_ struct tree_node *root = parse("\xef\xbb\xbf{\xc3\xa9\xc3\xa9: x, b: y}\n");
	assert_int_equal(tree_find(root, "b")->column, 12);
}

static void test_nulls(void **state)
{
	(void)state;
	static const char *const nulls[] = {"", "# nothing\n", "~", "null", "Null", "NULL", "---\n"};
	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++) {
		_cleanup_tree_ struct tree_node *root = parse(nulls[i]);
		assert_true(tree_is_null(root));
	}
	static const char *const texts[] = {"\"\"", "'~'", "\"null\"", "nULL", "none", "[]", "{}"};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_tree_ struct tree_node *root = parse(texts[i]);
		assert_false(tree_is_null(root));
	}
}

static void test_duplicate_keys(void **state)
{
	(void)state;
	assert_complaint("a: 1\nb: 2\na: 3\n", "f:3:1: the key \"a\" was already given in line 1");
	assert_complaint("x: {b: 1, a: 2, b: 3, b: 4}\n", "f:1:17: the key \"b\" was already given in line 1\n"
							  "f:1:23: the key \"b\" was already given in line 1");
	assert_complaint("a: 1\n\"a\": 3\n", "f:2:1: the key \"a\" was already given in line 1");
	assert_complaint("- {a: 1}\n- {a: 1}\n", "");
}

static void test_the_first_of_two_keys_is_kept(void **state)
{
	(void)state;
	_cleanup_problems_ struct problems problems = {0};
	_cleanup_tree_ struct tree_node *root = NULL;
	assert_int_equal(tree_parse("a: 1\na: 2\n", 10, &problems, &root), 0);
	assert_int_equal(problems.count, 1);
	assert_string_equal(tree_find(root, "a")->text, "1");
}

static void test_refused_features(void **state)
{
	(void)state;
	assert_complaint("a: &x 1\nb: *x\n",
			 "f:2:4: references to anchors are not supported: write out what \"x\" stands for");
	assert_complaint("a: &x 1\n*x : 2\n",
			 "f:2:1: references to anchors are not supported: write out what \"x\" stands for");
	assert_complaint("a: !!int 1\n", "f:1:4: tags such as \"tag:yaml.org,2002:int\" are not supported");
	assert_complaint("a: !x [1]\nb: !y {}\n", "f:1:4: tags such as \"!x\" are not supported\n"
						  "f:2:4: tags such as \"!y\" are not supported");
	assert_complaint("? [a]\n: 1\n", "f:1:3: a key has to be a word, not a list or a mapping");
	assert_complaint("{{a: b}: 1}\n", "f:1:2: a key has to be a word, not a list or a mapping");
	assert_complaint("a: 1\n---\nb: 2\n", "f:2:1: a second document begins here; the file can hold only one");
	assert_complaint("a: 1\n...\n", "");
	assert_complaint("a: \"x\\0y\"\n", "f:1:4: text cannot contain a NUL character");
}

static void test_an_alias_bomb_costs_nothing(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer text = {0};
	buffer_add_text(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 30; i++) {
		buffer_addf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 9; j++)
			buffer_addf(&text, "%s*a%d", j ? ", " : "", i - 1);
		buffer_add_text(&text, "]\n");
	}
	_cleanup_free_ char *message = complaints(buffer_text(&text), text.length);
	assert_non_null(strstr(message, "f:2:10: references to anchors are not supported"));
	assert_non_null(strstr(message, "\n… and 211 more"));
}

static void add_nested(struct buffer *text, const char *open, int levels)
{
	for (int i = 0; i < levels; i++)
		buffer_add_text(text, open);
}

static void test_depth_is_bounded(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer good = {0}, bad = {0}, mapping = {0}, bomb = {0};
	add_nested(&good, "- ", TREE_MAX_DEPTH - 1);
	buffer_add_text(&good, "x\n");
	assert_complaint(buffer_text(&good), "");
	add_nested(&bad, "- ", TREE_MAX_DEPTH);
	buffer_add_text(&bad, "x\n");
	assert_complaint(buffer_text(&bad), "f:1:65: nested more than 32 levels deep");
	add_nested(&mapping, "{a: ", 5000);
	assert_complaint(buffer_text(&mapping), "f:1:126: nested more than 32 levels deep");
	buffer_add_repeat(&bomb, '[', 900000);
	assert_complaint(buffer_text(&bomb), "f:1:33: nested more than 32 levels deep");
}

static void test_size_and_number_are_bounded(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer list = {0}, huge = {0};
	for (int i = 0; i < TREE_MAX_NODES - 1; i++)
		buffer_add_text(&list, "- x\n");
	assert_complaint(buffer_text(&list), "");
	buffer_add_text(&list, "- x\n");
	assert_complaint(buffer_text(&list), "f:20000:3: more than 20000 values in one file");
	buffer_add_repeat(&huge, 'x', TREE_MAX_SIZE);
	assert_complaint(buffer_text(&huge), "");
	buffer_add_char(&huge, 'x');
	assert_complaint(buffer_text(&huge), "f:1:1: the file is larger than 1048576 bytes");
}

static void test_many_distinct_keys_are_quick(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer text = {0};
	for (int i = 0; i < 9000; i++)
		buffer_addf(&text, "a-rather-long-prefix-that-all-of-the-keys-share-%d: x\n", i * 7919 % 9000);
	assert_complaint(buffer_text(&text), "");
}

static void test_syntax_errors(void **state)
{
	(void)state;
	assert_complaint("a: \"b\nc: d\n", "f:1:4: this quote is never closed");
	assert_complaint("a: 'b\nc: d\n", "f:1:4: this quote is never closed");
	assert_complaint("a: \"\\d\"\n", "f:1:5: not an escape known in double quotes: write \"\\\\\" for a backslash, "
					 "or use single quotes");
	assert_complaint("a: 1\n\tb: 2\n", "f:2:1: indent with spaces instead of tabs");
	assert_complaint("a: |\n  x\n\ty\n", "f:3:1: indent with spaces instead of tabs");
	assert_complains_of("a: @b\n", "f:1:4: a value cannot begin with this character");
	assert_complains_of("a: b: c\n", "f:1:5: a \":\" is not allowed here");
	assert_complains_of("a: 1\nb\nc: 2\n", "f:2:1: expected \":\" after this key");
	assert_complains_of("a: [1, 2\nb: 3\n", "expected \",\" or \"]\" here");
	assert_complains_of("a: {b: 2\n", "expected \",\" or \"}\" here");
	assert_complains_of("a: - b\n", "f:1:4: a \"- \" is not allowed here");
	assert_complains_of("- a\nb: 1\n", "f:2:1: expected \"- \" here");
	assert_complains_of("a: %b\n", "f:1:4: ");
	assert_complains_of("[a]\nb: c\n", "f:2:1: expected the end of the file here");
	assert_complaint("%YAML 3.0\n---\n", "f:1:1: this is not valid YAML: found incompatible YAML document");
}

static void test_bad_encodings(void **state)
{
	(void)state;
	assert_complaint("a: 1\nb: \xff\n", "f:2:4: this is not valid UTF-8");
	assert_complaint("a: \xc3", "f:1:4: this is not valid UTF-8");
	assert_complaint("a: \xc0\xaf", "f:1:4: this is not valid UTF-8");
	assert_complaint("a: \xed\xa0\x80", "f:1:4: this is not valid UTF-8");
	assert_complaint("a: \x1b[31m", "f:1:4: control characters are not allowed");
	assert_complaint("\xff\xfe"
			 "a",
			 "f:1:1: this is not valid UTF-8");
	_cleanup_free_ char *message = complaints("a: \0b", 5);
	assert_string_equal(message, "f:1:4: control characters are not allowed");
}

static void test_syntax_errors_come_with_what_was_found_before(void **state)
{
	(void)state;
	assert_complaint("x: {a: 1, a: 2}\nb: \"\n", "f:1:11: the key \"a\" was already given in line 1\n"
						     "f:2:4: this quote is never closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positions_and_kinds),
		cmocka_unit_test(test_columns_count_characters),
		cmocka_unit_test(test_nulls),
		cmocka_unit_test(test_duplicate_keys),
		cmocka_unit_test(test_the_first_of_two_keys_is_kept),
		cmocka_unit_test(test_refused_features),
		cmocka_unit_test(test_an_alias_bomb_costs_nothing),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_size_and_number_are_bounded),
		cmocka_unit_test(test_many_distinct_keys_are_quick),
		cmocka_unit_test(test_syntax_errors),
		cmocka_unit_test(test_bad_encodings),
		cmocka_unit_test(test_syntax_errors_come_with_what_was_found_before),
	};
	return cmocka_run_group_tests_name("config/tree", tests, NULL, NULL);
}
