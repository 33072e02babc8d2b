#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"
#include "fixtures.h"

static json_t *render(const struct report *report, struct buffer *out)
{
	struct report_style style = {0};
	report_format_find("json")->render(report, &style, out);
	assert_int_equal(out->data[out->length - 1], '\n');
	json_error_t error;
	json_t *root = json_loadb(out->data, out->length, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("line %d: %s:\n%s", error.line, error.text, buffer_text(out));
	return root;
}

static bool has_golden(const char *name)
{
	static const char *const names[] = {"failed-migration", "failed-check", "nothing", "silent", "story", "plans",
					    "workload",         "reversal"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (string_equal(names[i], name))
			return true;
	return false;
}

static void check_golden(const struct sample *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_report_ struct report report = all[i].make();
		_cleanup_buffer_ struct buffer out = {0};
		json_decref(render(&report, &out));
		_cleanup_free_ char *name = string_format("report/%s.json", all[i].name);
		if (has_golden(all[i].name))
			assert_golden(name, &out);
	}
}

static void test_golden(void **state)
{
	(void)state;
	check_golden(samples, ARRAY_SIZE(samples));
	check_golden(fixtures, ARRAY_SIZE(fixtures));
}

/* The keys that scripts rely on, whatever there is to report. */
static void test_keys_are_always_there(void **state)
{
	(void)state;
	static const char *const keys[] = {"schema",      "verdict",        "reason",  "branch",    "branch_kept",
					   "migrations",  "hazards",        "checks",  "plans",     "relations",
					   "schema_diff", "schema_changes", "limits",  "blind",     "reversal",
					   "workload",    "timings_ms",     "storage", "built_from"};
	_cleanup_report_ struct report report = sample_nothing();
	_cleanup_buffer_ struct buffer out = {0};
	json_t *root = render(&report, &out);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!json_object_get(root, keys[i]))
			fail_msg("%s is missing", keys[i]);
	assert_int_equal(json_object_size(root), ARRAY_SIZE(keys));
	assert_true(json_is_null(json_object_get(root, "relations"))); /* nobody looked */
	json_decref(root);
}

static void test_a_lock_in_words(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_story();
	_cleanup_buffer_ struct buffer out = {0};
	json_t *root = render(&report, &out);
	const json_t *migration = json_array_get(json_object_get(root, "migrations"), 0);
	const json_t *statement = json_array_get(json_object_get(migration, "statement_list"), 0);
	const json_t *lock = json_array_get(json_object_get(statement, "locks"), 0);
	assert_string_equal(json_string_value(json_object_get(lock, "mode")), "AccessExclusiveLock");
	assert_string_equal(json_string_value(json_object_get(lock, "blocks")), "reads and writes");
	assert_true(json_is_true(json_object_get(lock, "blocks_reads")));
	assert_int_equal(json_array_size(json_object_get(root, "relations")), 1);
	json_decref(root);
}

static void test_hostile_text_is_kept_but_harmless(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = sample_hostile();
	_cleanup_buffer_ struct buffer out = {0};
	json_t *root = render(&report, &out);
	const json_t *first = json_array_get(json_object_get(root, "migrations"), 0);
	const json_t *failure = json_object_get(first, "failure");
	assert_string_equal(json_string_value(json_object_get(failure, "message")),
			    "?[32m✓ Passed?[0m\n?31mred\nthird line");
	assert_non_null(strstr(json_string_value(json_object_get(first, "file")), "?lqs.?"
										  "?-a-name"));
	assert_int_equal(strlen(json_string_value(json_object_get(failure, "detail"))),
			 strlen(report.migrations[0].failure->detail));
	for (size_t i = 0; i < out.length; i++)
		assert_true(out.data[i] == '\n' || ((unsigned char)out.data[i] >= 0x20 && out.data[i] != 0x7f));
	json_decref(root);
}

static void test_the_branch_is_that_of_other_commands(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = sample_passed();
	report.branch = json_pack("{s:s, s:i}", "name", "pr-12", "port", 6543);
	_cleanup_buffer_ struct buffer out = {0};
	json_t *root = render(&report, &out);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "branch"), "port")), 6543);
	json_decref(root);
	assert_int_equal(json_integer_value(json_object_get(report.branch, "port")), 6543); /* still the report's own */
}

/* As every command tells its error, beside all that was known by then; without an error there is none. */
static void test_an_error_is_told(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = {.verdict = VERDICT_ERROR, .branch_name = string_copy("pr-12")};
	struct error *error = NULL;
	error_set(&error, ERROR_POSTGRES, "the server \x1b[2J died");
	error_hint(&error, "look into its log");
	report_note_error(&report, error);
	_cleanup_buffer_ struct buffer out = {0};
	json_t *root = render(&report, &out), *told = json_object_get(root, "error");
	assert_string_equal(json_string_value(json_object_get(told, "kind")), "postgres");
	assert_string_equal(json_string_value(json_object_get(told, "message")), "the server ?[2J died");
	assert_string_equal(json_string_value(json_object_get(told, "hint")), "look into its log");
	assert_string_equal(json_string_value(json_object_get(root, "reason")), "the server ?[2J died");
	json_decref(root);
	error_free(error);
	error = NULL;
	error_set(&error, ERROR_STORAGE, "no space for the report"); /* which is nothing against the verdict */
	report.verdict = VERDICT_PASSED;
	report_note_error(&report, error);
	assert_string_equal(report.reason, "the server \x1b[2J died");
	assert_string_equal(report.error_message, "no space for the report");
	assert_null(report.error_hint);
	error_free(error);
}

static void test_numbers_that_json_has_not(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = sample_passed();
	report.total_ms = (double)NAN;
	report.clone_ms = (double)INFINITY;
	report.start_ms = -1;
	report.migrate_ms = 14.2;
	_cleanup_buffer_ struct buffer out = {0};
	json_decref(render(&report, &out));
	assert_non_null(strstr(buffer_text(&out), "\"total\": 0.0"));
	assert_non_null(strstr(buffer_text(&out), "\"clone\": 0.0"));
	assert_non_null(strstr(buffer_text(&out), "\"start\": 0.0"));
	assert_non_null(strstr(buffer_text(&out), "\"migrate\": 14.2,"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_keys_are_always_there),
		cmocka_unit_test(test_a_lock_in_words),
		cmocka_unit_test(test_hostile_text_is_kept_but_harmless),
		cmocka_unit_test(test_the_branch_is_that_of_other_commands),
		cmocka_unit_test(test_an_error_is_told),
		cmocka_unit_test(test_numbers_that_json_has_not),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests_name("report/json", tests, NULL, NULL);
}
