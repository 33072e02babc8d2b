#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/markdown.h"

static void render(const struct report *report, struct buffer *out)
{
	report_format_find("markdown")->render(report, &(struct report_style){0}, out);
}

static struct report failed(const char *project, const char *reason)
{
	return (struct report){.verdict = VERDICT_ERROR,
			       .project = string_copy(project),
			       .branch_name = string_copy("pr-12"),
			       .reason = string_copy(reason)};
}

static void expect_round_trip(const char *project, const char *reason, const char *description)
{
	_cleanup_report_ struct report report = failed(project, reason);
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_markdown_head_ struct markdown_head head = {0};
	_cleanup_free_ char *marker = report_markdown_marker(project, "pr-12");
	struct error *err = NULL;
	render(&report, &text);
	if (markdown_head_read(buffer_text(&text), &head, &err) < 0)
		fail_msg("%s", err->message);
	assert_string_equal(head.marker, marker);
	assert_string_equal(head.project, project ? project : "");
	assert_int_equal(head.verdict, VERDICT_ERROR);
	assert_string_equal(head.description, description);
}

static void test_what_is_written_is_read(void **state)
{
	(void)state;
	expect_round_trip("shop", "the pool has no room", "the pool has no room");
	expect_round_trip("a b/c%2F", "100% \xc3\xa9", "100% \xc3\xa9");
	expect_round_trip(NULL, "--> <script>--!>\n<!-- vela:report x/y -->",
			  "--> <script>--!>\n<!-- vela:report x/y -->");
	expect_round_trip("shop", "", "");
}

static void test_verdicts(void **state)
{
	(void)state;
	for (int verdict = VERDICT_PASSED; verdict <= VERDICT_ERROR; verdict++) {
		struct report report = {.verdict = (enum report_verdict)verdict};
		_cleanup_buffer_ struct buffer text = {0};
		_cleanup_markdown_head_ struct markdown_head head = {0};
		render(&report, &text);
		assert_int_equal(markdown_head_read(buffer_text(&text), &head, NULL), 0);
		assert_int_equal(head.verdict, verdict);
	}
}

static void test_long_descriptions(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer reason = {0};
	buffer_add_repeat(&reason, '-', 100000);
	_cleanup_report_ struct report report = failed("shop", buffer_text(&reason));
	_cleanup_free_ char *status = report_markdown_status(&report);
	assert_true(strlen(status) < 1100);
	assert_null(strstr(status + 4, "--"
				       "-"));
}

static void test_what_is_no_report(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"# Hello\n",
		"<!-- vela:report shop/pr-12 -->",
		"<!-- vela:report shop/pr-12 -->\n### Passed\n",
		"<!-- vela:report shop -->\n<!-- vela:status passed x -->\n",
		"<!-- vela:report shop/pr-12 -->\n<!-- vela:status great x -->\n",
		"<!-- vela:report shop/pr-12 -->\n\n<!-- vela:status passed x -->\n",
		" <!-- vela:report shop/pr-12 -->\n<!-- vela:status passed x -->\n",
		"<!-- vela:report -->\n<!-- vela:status -->",
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct markdown_head head;
		_cleanup_error_ struct error *err = NULL;
		assert_int_equal(markdown_head_read(texts[i], &head, &err), -1);
		assert_int_equal(err->kind, ERROR_USAGE);
	}
}

static void test_other_line_ends(void **state)
{
	(void)state;
	_cleanup_markdown_head_ struct markdown_head head = {0};
	assert_int_equal(
		markdown_head_read("<!-- vela:report shop/pr-12 -->\r\n<!-- vela:status failed 1 hazard -->\r\n", &head,
				   NULL),
		0);
	assert_string_equal(head.marker, "<!-- vela:report shop/pr-12 -->");
	assert_int_equal(head.verdict, VERDICT_FAILED);
	assert_string_equal(head.description, "1 hazard");
}

/* --- cutting --- */

static size_t count(const char *text, const char *what)
{
	size_t found = 0;
	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		found++;
	return found;
}

static void test_short_ones_stay(void **state)
{
	(void)state;
	_cleanup_free_ char *cut = report_markdown_cut("a\nb\n", 4);
	assert_string_equal(cut, "a\nb\n");
}

/* At whatever length it is cut, what is open is closed. */
static void test_what_is_open_is_closed(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer text = {0};
	buffer_add_text(&text, "begin\n<details>\n<summary>x</summary>\n\n````sql\n```\n<details>\n");
	for (int i = 0; i < 200; i++)
		buffer_add_text(&text, "a line of code \xc3\xa9\n");
	buffer_add_text(&text, "````\n\n</details>\n");
	for (int i = 0; i < 200; i++)
		buffer_add_text(&text, "a line of prose\n");
	for (size_t max = 200; max < text.length; max++) {
		_cleanup_free_ char *cut = report_markdown_cut(buffer_text(&text), max);
		assert_true(strlen(cut) <= max);
		assert_non_null(strstr(cut, "was left out"));
		assert_int_equal(count(cut, "````"), 2);
		assert_int_equal(count(cut, "</details>"), 1);
		assert_int_equal(cut[strlen(cut) - 1], '\n');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read), cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_long_descriptions),       cmocka_unit_test(test_what_is_no_report),
		cmocka_unit_test(test_other_line_ends),         cmocka_unit_test(test_short_ones_stay),
		cmocka_unit_test(test_what_is_open_is_closed),
	};
	return cmocka_run_group_tests_name("report/markdown_marker", tests, NULL, NULL);
}
