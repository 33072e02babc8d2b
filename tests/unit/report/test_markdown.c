#include <ctype.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixtures.h"
#include "golden.h"
#include "report/markdown.h"
#include "report/markdown_text.h"

static void render(const struct report *report, size_t budget, struct buffer *out)
{
	report_format_find("markdown")->render(report, &(struct report_style){.budget = budget}, out);
}

static void test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		_cleanup_report_ struct report report = fixtures[i].make();
		_cleanup_buffer_ struct buffer out = {0};
		render(&report, 0, &out);
		_cleanup_free_ char *name = string_format("report/%s.md", fixtures[i].name);
		if (!string_equal(fixtures[i].name, "crowded"))
			assert_golden(name, &out);
	}
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		_cleanup_report_ struct report report = samples[i].make();
		_cleanup_buffer_ struct buffer out = {0};
		render(&report, 0, &out);
		_cleanup_free_ char *name = string_format("report/%s.md", samples[i].name);
		if (!string_equal(samples[i].name, "many"))
			assert_golden(name, &out);
	}
}

/* --- what is opened is closed --- */

/* Cells of a table's row: pipes that no backslash stands before. */
static size_t count_cells(const char *line, size_t length)
{
	size_t pipes = 0;
	for (size_t i = 0; i < length; i++)
		pipes += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
	return pipes;
}

static size_t leading(const char *line, char c)
{
	size_t run = 0;
	while (line[run] == c)
		run++;
	return run;
}

static void assert_whole(const char *text)
{
	size_t fence = 0, cells = 0;
	int folds = 0;
	for (const char *at = text; *at;) {
		size_t length = strcspn(at, "\n"), run = leading(at, '`');
		if (fence > 0) {
			bool ends = run >= fence && run == length;
			fence = ends ? 0 : fence;
		} else if (run >= 3) {
			assert_true(length > run && length <= run + 4); /* our languages */
			fence = run;
		} else if (*at == '|') {
			size_t here = count_cells(at, length);
			assert_true(cells == 0 || here == cells);
			cells = here;
		} else {
			folds += string_starts_with(at, "<details>");
			folds -= string_starts_with(at, "</details>");
			assert_true(folds <= 1);
			cells = 0;
		}
		assert_int_equal(at[length], '\n');
		at += length + 1;
	}
	assert_int_equal(fence, 0);
	assert_int_equal(folds, 0);
}

/* 5,000 statements in ten migrations, each with a lock, and 300 hazards. */
static struct report enormous(void)
{
	struct report report = sample_base(VERDICT_FAILED);
	report.has_evidence = report.has_schema = true;
	for (int i = 0; i < 10; i++) {
		_cleanup_free_ char *file = string_format("db/%d.sql", i);
		struct report_migration *migration = sample_add_migration(&report, file, OUTCOME_PASSED, 1000);
		for (int j = 0; j < 500; j++) {
			struct report_statement *statement = fixture_add_statement(
				migration, "ALTER TABLE `a|b` ADD COLUMN c int", "ALTER TABLE", j + 1, j, j + 400);
			fixture_add_lock(statement, "public.\"a|b\"", TABLE_LOCK_ACCESS_EXCLUSIVE, j, j + 400);
		}
	}
	for (int i = 0; i < 300; i++) {
		_cleanup_free_ char *id = string_format("hazard-%d", i);
		_cleanup_free_ char *why = string_format("Because of %d.", i);
		struct report_hazard *hazard = fixture_add_hazard(&report, id, SEVERITY_ERROR, "db/1.sql", i + 1,
								  "a measured thing of some length, told in full");
		fixture_advise(hazard, 1, (size_t)i, why, "Do it otherwise.");
		fixture_add_schema(&report, '~', id, "+ column a int\n- column ```b``` int");
	}
	return report;
}

static void test_the_budget_holds_and_nothing_is_cut_within(void **state)
{
	(void)state;
	static struct report (*const makers[])(void) = {enormous, fixture_crowded, fixture_poisoned, sample_hostile,
							sample_many};
	static const size_t budgets[] = {16384, 20000, 30011, 65000, 1 << 20};
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		for (size_t j = 0; j < ARRAY_SIZE(budgets); j++) {
			_cleanup_report_ struct report report = makers[i]();
			_cleanup_buffer_ struct buffer out = {0};
			render(&report, budgets[j], &out);
			assert_in_range(out.length, 1, budgets[j]);
			assert_whole(buffer_text(&out));
		}
}

static void test_the_least_important_is_left_out_first(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = enormous();
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, 0, &out);
	assert_in_range(out.length, 60000, 65000); /* and no more than needed */
	assert_non_null(strstr(buffer_text(&out), "**hazard-0**"));
	assert_non_null(strstr(buffer_text(&out), "**hazard-299**"));
	assert_non_null(strstr(buffer_text(&out), " of 5,000 statements._\n"));
	assert_non_null(strstr(buffer_text(&out), "_Left out, to keep this short: 300 of 300 changes of the schema._"));
	buffer_truncate(&out, 0);
	render(&report, 20000, &out);
	assert_non_null(strstr(buffer_text(&out), "**hazard-0**"));
	assert_null(strstr(buffer_text(&out), "**hazard-299**"));
	assert_non_null(strstr(buffer_text(&out), " of 300 hazards._\n"));
}

static void test_nothing_is_left_out_without_need(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		_cleanup_report_ struct report report = samples[i].make();
		_cleanup_buffer_ struct buffer out = {0};
		render(&report, 0, &out);
		assert_null(strstr(buffer_text(&out), "Left out"));
	}
}

/* --- hostile text --- */

/* No HTML but our own: everywhere outside of code, a '<' begins one of these. */
static void test_there_is_no_markup_but_ours(void **state)
{
	(void)state;
	static const char *const ours[] = {"<br>",  "<details>", "</details>", "<summary>", "</summary>",
					   "<sub>", "</sub>",    "<code>",     "</code>"};
	_cleanup_report_ struct report report = fixture_poisoned();
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, 0, &out);
	size_t fence = 0;
	assert_true(string_starts_with(buffer_text(&out), "<!-- vela:report "));
	const char *status = strchr(buffer_text(&out), '\n') + 1;
	assert_true(string_starts_with(status, "<!-- vela:status "));
	for (const char *at = strchr(status, '\n'); *at; at++) {
		if (*at == '`') {
			size_t run = leading(at, '`');
			fence = fence == 0 ? run : fence == run ? 0 : fence;
			at += run - 1;
		} else if (*at == '\\' && ispunct((unsigned char)at[1]) && fence == 0) {
			at++;
		} else if (*at == '<' && fence == 0) {
			size_t i = 0;
			while (i < ARRAY_SIZE(ours) && !string_starts_with(at, ours[i]))
				i++;
			if (i == ARRAY_SIZE(ours))
				fail_msg("foreign markup: %.60s", at);
		} else if (*at == '@' && fence == 0) {
			assert_true(string_starts_with(at, "@&#8203;"));
		}
	}
	assert_int_equal(fence, 0);
}

static void assert_text(const char *text, const char *expected)
{
	_cleanup_buffer_ struct buffer out = {0};
	markdown_add_text(&out, text, 1000);
	assert_string_equal(buffer_text(&out), expected);
}

static void test_text(void **state)
{
	(void)state;
	assert_text("a | b", "a &#124; b");
	assert_text("a\nb\tc", "a b c");
	assert_text("*a* _b_ `c` [d](e) ~f~ \\", "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\~&#8203;f\\~ \\\\");
	assert_text("<b>&amp;", "&lt;b&gt;&amp;&#8203;amp;");
	assert_text("@octocat", "@&#8203;octocat");
	assert_text("see #12 and GH-12, gh-1, !3, a#b",
		    "see #&#8203;12 and GH-&#8203;12, gh-&#8203;1, !&#8203;3, a#&#8203;b");
	assert_text("https://a.b www.a.b WWW.a", "https:&#8203;//a.b www.&#8203;a.b WWW.&#8203;a");
	assert_text("done :tada:", "done :&#8203;tada:");
	assert_text("$x$", "&#36;&#8203;x&#36;");
	assert_text("50 %, one: two", "50 %, one: two");
	assert_text("\033[2J\xff", "?\\[2J?");
}

static void assert_code(const char *text, const char *expected)
{
	_cleanup_buffer_ struct buffer out = {0};
	markdown_add_code(&out, text, 1000);
	assert_string_equal(buffer_text(&out), expected);
}

static void test_code(void **state)
{
	(void)state;
	assert_code("a*b", "`a*b`");
	assert_code("a\nb", "`a b`");
	assert_code("`", "`` ` ``");
	assert_code("a``b`", "``` a``b` ```");
	assert_code(" a ", "`  a  `");
	assert_code("a|b <i>\\|", "<code>a&#124;b &lt;i&gt;\\\\&#124;</code>");
	assert_code("", "<code></code>");
	assert_code("\\", "`\\`");
}

static void test_block(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer out = {0};
	markdown_add_block(&out, "sql", "a\n````\n~~~\nb", 1000);
	assert_string_equal(buffer_text(&out), "`````sql\na\n````\n~~~\nb\n`````\n");
	buffer_truncate(&out, 0);
	markdown_add_block(&out, "sql", "\xc3\xa9\xc3\xa9", 3);
	assert_string_equal(buffer_text(&out), "```sql\n\xc3\xa9…\n```\n");
}

static void assert_marker(const char *project, const char *branch, const char *expected)
{
	_cleanup_free_ char *marker = report_markdown_marker(project, branch);
	assert_string_equal(marker, expected);
}

static void test_the_marker(void **state)
{
	(void)state;
	assert_marker("shop", "pr-12", "<!-- vela:report shop/pr-12 -->");
	assert_marker("shop", "a--><b>", "<!-- vela:report shop/a-%2D%3E%3Cb%3E -->");
	assert_marker("a/b", "---", "<!-- vela:report a%2Fb/%2D%2D%2D -->");
	assert_marker(NULL, "\xc3\xa9%", "<!-- vela:report /%C3%A9%25 -->");
	_cleanup_report_ struct report report = sample_passed();
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, 0, &out);
	assert_true(string_starts_with(buffer_text(&out), "<!-- vela:report shop/pr-12 -->\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_the_budget_holds_and_nothing_is_cut_within),
		cmocka_unit_test(test_the_least_important_is_left_out_first),
		cmocka_unit_test(test_nothing_is_left_out_without_need),
		cmocka_unit_test(test_there_is_no_markup_but_ours),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_the_marker),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests_name("report/markdown", tests, NULL, NULL);
}
