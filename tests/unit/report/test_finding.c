/* The formats that are made of findings: Code Quality and SARIF. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixtures.h"
#include "golden.h"
#include "report/finding.h"

static json_t *render(const char *format, const struct report *report, struct buffer *out)
{
	struct report_style style = {0};
	report_format_find(format)->render(report, &style, out);
	json_error_t error;
	json_t *root = json_loadb(out->data, out->length, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("line %d: %s:\n%s", error.line, error.text, buffer_text(out));
	return root;
}

static void test_golden(void **state)
{
	(void)state;
	static const char *const formats[] = {"codequality", "sarif"};
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++)
		for (size_t j = 0; j < ARRAY_SIZE(formats); j++) {
			_cleanup_report_ struct report report = fixtures[i].make();
			_cleanup_buffer_ struct buffer out = {0};
			json_decref(render(formats[j], &report, &out));
			_cleanup_free_ char *name = string_format("report/%s.%s.json", fixtures[i].name, formats[j]);
			if (!string_equal(fixtures[i].name, "crowded"))
				assert_golden(name, &out);
		}
}

/* Of the first finding about a hazard. */
static char *fingerprint_of(const struct report *report)
{
	_cleanup_findings_ struct findings findings = findings_of(report);
	for (size_t i = 0; i < findings.count; i++)
		if (findings.items[i].kind == FINDING_HAZARD)
			return string_copy(findings.items[i].fingerprint);
	fail_msg("there is no hazard");
	return NULL;
}

static void test_a_fingerprint_survives_edits_elsewhere(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_hazards();
	_cleanup_free_ char *first = fingerprint_of(&report);
	report.hazards[0].line += 40;
	string_replace(&report.hazards[0].measured, string_copy("public.payments was rewritten in 7.7 s"));
	string_replace(&report.migrations[0].list[0].sql,
		       string_copy("ALTER TABLE payments\n\tALTER COLUMN amount TYPE numeric(14, 4)"));
	_cleanup_free_ char *moved = fingerprint_of(&report);
	assert_string_equal(first, moved);
	string_replace(&report.migrations[0].list[0].sql, string_copy("ALTER TABLE payments ADD COLUMN a int"));
	_cleanup_free_ char *edited = fingerprint_of(&report);
	assert_string_not_equal(first, edited);
}

static void test_fingerprints_are_unique(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_crowded();
	for (size_t i = 0; i < report.hazard_count; i++)
		report.hazards[i].statement = 0; /* the same rule, file and statement 200 times */
	_cleanup_findings_ struct findings findings = findings_of(&report);
	assert_int_equal(findings.count, 200);
	for (size_t i = 0; i < findings.count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(findings.items[i].fingerprint, findings.items[j].fingerprint);
}

static void test_a_command_is_no_file(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_hazards();
	_cleanup_findings_ struct findings findings = findings_of(&report);
	for (size_t i = 0; i < findings.count; i++)
		assert_true(string_equal(findings.items[i].path, "vela.yml") ||
			    string_equal(findings.items[i].path, "db/migrations/0050_amounts.sql"));
}

static const json_t *first_result(const json_t *root)
{
	const json_t *run = json_array_get(json_object_get(root, "runs"), 0);
	return json_array_get(json_object_get(run, "results"), 0);
}

static const char *uri_of(const json_t *result)
{
	const json_t *physical =
		json_object_get(json_array_get(json_object_get(result, "locations"), 0), "physicalLocation");
	return json_string_value(json_object_get(json_object_get(physical, "artifactLocation"), "uri"));
}

static void test_sarif_paths_are_relative_references(void **state)
{
	(void)state;
	static const struct {
		const char *file, *uri;
	} cases[] = {
		{"db/a b.sql", "db/a%20b.sql"},
		{"javascript:alert(1)", "javascript%3Aalert%281%29"},
		{"//evil.example/x.sql", "evil.example/x.sql"},
		{"a#b?c%d.sql", "a%23b%3Fc%25d.sql"},
		{"\xc3\xa9\xff.sql", "%C3%A9%FF.sql"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_report_ struct report report = sample_base(VERDICT_FAILED);
		sample_add_migration(&report, cases[i].file, OUTCOME_FAILED, 1);
		_cleanup_buffer_ struct buffer out = {0};
		json_t *root = render("sarif", &report, &out);
		assert_string_equal(uri_of(first_result(root)), cases[i].uri);
		json_decref(root);
	}
}

static void test_sarif_messages_hold_no_links(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = {.verdict = VERDICT_ERROR};
	report.reason = string_copy("see [a](https://evil.example) \\ x");
	_cleanup_buffer_ struct buffer out = {0};
	json_t *root = render("sarif", &report, &out);
	const json_t *message = json_object_get(first_result(root), "message");
	assert_string_equal(json_string_value(json_object_get(message, "text")),
			    "see \\[a\\](https://evil.example) \\\\ x");
	json_decref(root);
}

static void test_what_was_accepted(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_story();
	_cleanup_buffer_ struct buffer sarif = {0}, quality = {0};
	json_decref(render("sarif", &report, &sarif));
	json_decref(render("codequality", &report, &quality));
	assert_non_null(strstr(buffer_text(&sarif), "\"justification\": \"the replicas can take it\""));
	assert_null(strstr(buffer_text(&quality), "wal-heavy"));
}

/* A migration without a way down fails the check, so something has to say so. */
static void test_what_cannot_be_taken_back(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = fixture_untried();
	_cleanup_findings_ struct findings findings = findings_of(&report);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.items[0].rule, "not-reversible");
	assert_string_equal(findings.items[0].message, "0043_index_orders_processed_at.sql has no way down");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_a_fingerprint_survives_edits_elsewhere),
		cmocka_unit_test(test_fingerprints_are_unique),
		cmocka_unit_test(test_a_command_is_no_file),
		cmocka_unit_test(test_sarif_paths_are_relative_references),
		cmocka_unit_test(test_sarif_messages_hold_no_links),
		cmocka_unit_test(test_what_was_accepted),
		cmocka_unit_test(test_what_cannot_be_taken_back),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests_name("report/finding", tests, NULL, NULL);
}
