#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "golden.h"
#include "fixtures.h"

static void render(const struct report *report, int width, bool color, struct buffer *out)
{
	struct report_style style = {.color = color, .width = width};
	report_format_find("text")->render(report, &style, out);
}

static size_t widest_line(const struct buffer *text)
{
	size_t widest = 0;
	const char *at = buffer_text(text);
	while (*at) {
		size_t length = strcspn(at, "\n");
		_cleanup_free_ char *line = string_copy_n(at, length);
		size_t width = text_width(line);
		widest = width > widest ? width : widest;
		at += length + (at[length] == '\n');
	}
	return widest;
}

static void strip_colors(struct buffer *text)
{
	struct buffer plain = {0};
	for (const char *at = buffer_text(text); *at; at++) {
		if (*at == '\033')
			at += strcspn(at, "m");
		else
			buffer_add_char(&plain, *at);
	}
	buffer_free(text);
	*text = plain;
}

static void check_golden(const struct sample *all, size_t count)
{
	static const int widths[] = {80, 50};
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(widths); j++) {
			_cleanup_report_ struct report report = all[i].make();
			_cleanup_buffer_ struct buffer out = {0};
			render(&report, widths[j], false, &out);
			_cleanup_free_ char *name = string_format("report/%s-%d.txt", all[i].name, widths[j]);
			assert_golden(name, &out);
		}
}

static void test_golden(void **state)
{
	(void)state;
	check_golden(samples, ARRAY_SIZE(samples));
	check_golden(fixtures, ARRAY_SIZE(fixtures));
}

static void check_widths(const struct sample *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (int width = 40; width <= 200; width++) {
			_cleanup_report_ struct report report = all[i].make();
			_cleanup_buffer_ struct buffer out = {0};
			render(&report, width, false, &out);
			if (widest_line(&out) > (size_t)width)
				fail_msg("%s is %zu wide on a page of %d:\n%s", all[i].name, widest_line(&out), width,
					 buffer_text(&out));
		}
}

static void test_no_line_is_wider_than_the_page(void **state)
{
	(void)state;
	check_widths(samples, ARRAY_SIZE(samples));
	check_widths(fixtures, ARRAY_SIZE(fixtures));
}

static void test_the_default_width_is_80(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = sample_failed_by_data();
	_cleanup_buffer_ struct buffer given = {0}, default_width = {0};
	render(&report, 80, false, &given);
	render(&report, 0, false, &default_width);
	assert_string_equal(buffer_text(&given), buffer_text(&default_width));
}

static void assert_harmless(struct report report)
{
	_cleanup_report_ struct report owned = report;
	_cleanup_buffer_ struct buffer out = {0};
	render(&owned, 80, false, &out);
	for (const char *at = buffer_text(&out); *at; at++)
		assert_true(*at == '\n' || ((unsigned char)*at >= 0x20 && *at != 0x7f));
	assert_null(strstr(buffer_text(&out), "\xc2\x9b"));
	assert_null(strstr(buffer_text(&out), "\xe2\x80\xae"));
	assert_null(strstr(buffer_text(&out), "\xe2\x81\xa6"));
	/* Only the verdict stands at the start of a line. */
	const char *at = buffer_text(&out);
	assert_true(string_starts_with(at, "✗ Failed"));
	while ((at = strchr(at, '\n')) && *++at)
		assert_true(*at == '\n' || *at == ' ');
}

static void test_a_terminal_has_nothing_to_obey(void **state)
{
	(void)state;
	assert_harmless(sample_hostile());
	assert_harmless(fixture_poisoned());
}

static void check_colors(const struct sample *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_report_ struct report report = all[i].make();
		_cleanup_buffer_ struct buffer plain = {0}, colored = {0};
		render(&report, 80, false, &plain);
		render(&report, 80, true, &colored);
		assert_non_null(strchr(buffer_text(&colored), '\033'));
		strip_colors(&colored);
		assert_string_equal(buffer_text(&plain), buffer_text(&colored));
	}
}

static void test_color_changes_nothing_else(void **state)
{
	(void)state;
	check_colors(samples, ARRAY_SIZE(samples));
	check_colors(fixtures, ARRAY_SIZE(fixtures));
}

static size_t count_lines(const struct buffer *text)
{
	size_t lines = 0;
	for (size_t i = 0; i < text->length; i++)
		lines += text->data[i] == '\n';
	return lines;
}

static void test_silence(void **state)
{
	(void)state;
	_cleanup_report_ struct report silent = fixture_silent(), crowded = fixture_crowded();
	_cleanup_buffer_ struct buffer out = {0}, many = {0};
	render(&silent, 80, false, &out);
	assert_in_range(count_lines(&out), 8, 15);
	assert_null(strstr(buffer_text(&out), "Blocked"));
	assert_null(strstr(buffer_text(&out), "CREATE TABLE"));
	render(&crowded, 80, false, &many);
	assert_in_range(count_lines(&many), 20, 80);
}

/* A wall stands as long as somebody waits, not only where a call began. */
static void test_the_timeline_shows_the_wait(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_workload();
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, 100, false, &out);
	const char *row = strstr(buffer_text(&out), "✗ order by id ");
	assert_non_null(row);
	_cleanup_free_ char *line = string_copy_n(row, strcspn(row, "\n"));
	size_t walls = 0;
	for (const char *at = line; (at = strstr(at, "█")); at++)
		walls++;
	assert_in_range(walls, 35, 45);
	assert_null(strstr(line, "·"));
	assert_non_null(strstr(buffer_text(&out), "╰"));
}

static void test_trees_stand_side_by_side(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_plans();
	_cleanup_buffer_ struct buffer wide = {0}, narrow = {0};
	render(&report, 80, false, &wide);
	render(&report, 60, false, &narrow);
	const char *line = strstr(buffer_text(&wide), "  214 blocks, 1.4 ms");
	assert_non_null(line);
	assert_true(strstr(line, "288,412 blocks, 812") < strchr(line, '\n'));
	line = strstr(buffer_text(&narrow), "  214 blocks, 1.4 ms");
	assert_true(strstr(line, "288,412 blocks, 812") > strchr(line, '\n'));
}

static void test_a_huge_tree_is_cut(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_plans();
	struct plan_node *parent = report.plans[0].after.root;
	for (int i = 0; i < 300; i++) {
		parent = fixture_add_child(parent, fixture_node("Nested Loop", NULL, 1, 1, 1, 1));
		fixture_add_child(parent, fixture_node("Result", NULL, 1, 1, 1, 1));
	}
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, 80, false, &out);
	assert_in_range(count_lines(&out), 60, 100);
	assert_true(widest_line(&out) <= 80);
}

static void test_a_warning_says_so(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_hazards();
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, 80, false, &out);
	assert_non_null(strstr(buffer_text(&out), "\n  warning: \"no payment is lost\" does not hold\n"));
	assert_non_null(strstr(buffer_text(&out), "\n  warning: data-loss: "));
	assert_non_null(strstr(buffer_text(&out), "\n  table-rewrite: "));
	const char *error = strstr(buffer_text(&out), "table-rewrite: ");
	assert_true(error < strstr(buffer_text(&out), "warning: "));
}

/* The character under which the caret stands, for a caret at `column` of `line`. */
static void assert_caret(const char *line, int column, const char *expected)
{
	_cleanup_report_ struct report report = {.verdict = VERDICT_FAILED};
	struct report_migration *migration = sample_add_migration(&report, "a.sql", OUTCOME_FAILED, 1);
	migration->failure = sample_failure("message", NULL, 7, column, line, true);
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, 80, false, &out);
	const char *source = strstr(buffer_text(&out), " │ ") + strlen(" │ ");
	const char *below = strstr(source, " │ ") + strlen(" │ ");
	size_t column_of_caret = strcspn(below, "^");
	size_t width = 0;
	while (width < column_of_caret) {
		size_t length = 1;
		while ((source[length] & 0xc0) == 0x80)
			length++;
		_cleanup_free_ char *character = string_copy_n(source, length);
		width += text_width(character);
		source += length;
	}
	assert_int_equal(width, column_of_caret);
	if (strncmp(source, expected, strlen(expected)) != 0)
		fail_msg("the caret is not below \"%s\":\n%s", expected, buffer_text(&out));
}

static void test_the_caret_stands_below_its_character(void **state)
{
	(void)state;
	assert_caret("SELECT x", 8, "x");
	assert_caret("SELECT x", 1, "S");
	assert_caret("SELECT x", 9, "\n"); /* at the end of the input */
	assert_caret("\tSELECT\tx", 9, "x");
	assert_caret("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e x", 5, "x"); /* two columns each */
	assert_caret("'e\xcc\x81' x", 6, "x");                          /* a combining accent: none */
	assert_caret("\t'\xf0\x9f\x98\x80'\tx", 6, "x");
	_cleanup_free_ char *line = sample_long_line();
	assert_caret(line, 126 * 19 + 1, "INSERT_0126"); /* far beyond the page: the part around it is shown */
	assert_caret(line, 1, "INSERT_0000");
	assert_caret("SELECT \x80\x81", 8, "?");
}

static void test_a_forged_report_in_a_value_stays_inside(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = sample_passed();
	report.verdict = VERDICT_FAILED;
	report.checks[0].outcome = OUTCOME_FAILED;
	string_replace(&report.checks[0].actual, string_copy("1\n✓ Passed: 3 migrations apply"));
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, 80, false, &out);
	assert_null(strstr(buffer_text(&out), "\n✓ Passed"));
}

static void test_formats(void **state)
{
	(void)state;
	assert_non_null(report_format_find("json"));
	assert_null(report_format_find("xml"));
	assert_null(report_format_find(""));
}

static void test_freeing_is_harmless(void **state)
{
	(void)state;
	struct report empty = {0};
	report_free(&empty);
	report_free(NULL);
	report_failure_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_no_line_is_wider_than_the_page),
		cmocka_unit_test(test_the_default_width_is_80),
		cmocka_unit_test(test_a_terminal_has_nothing_to_obey),
		cmocka_unit_test(test_color_changes_nothing_else),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_the_timeline_shows_the_wait),
		cmocka_unit_test(test_trees_stand_side_by_side),
		cmocka_unit_test(test_a_huge_tree_is_cut),
		cmocka_unit_test(test_a_warning_says_so),
		cmocka_unit_test(test_the_caret_stands_below_its_character),
		cmocka_unit_test(test_a_forged_report_in_a_value_stays_inside),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_freeing_is_harmless),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests_name("report/text", tests, NULL, NULL);
}
