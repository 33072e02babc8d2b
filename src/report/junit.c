/* The report as JUnit's XML: a suite for each part of it, a case for each thing that was tried or seen. */
#include "base/quantity.h"
#include "report/describe.h"
#include "report/finding.h"
#include "report/formats.h"
#include "report/junit_xml.h"

#define CONFIGURATION "vela.yml"

/* In one text, as a terminal would have it. */
static char *describe_failure(const struct report_failure *failure, const char *output)
{
	struct buffer text = {0};
	const struct {
		const char *label, *text;
	} fields[] = {{"", failure ? failure->source_line : NULL},      {"detail: ", failure ? failure->detail : NULL},
		      {"rows: ", failure ? failure->rows : NULL},       {"hint: ", failure ? failure->hint : NULL},
		      {"context: ", failure ? failure->context : NULL}, {"output: ", output}};
	if (failure && failure->line > 0)
		buffer_addf(&text, "line %d\n", failure->line);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].text)
			buffer_addf(&text, "%s%s\n", fields[i].label, fields[i].text);
	return buffer_steal(&text);
}

static char *describe_message(const struct report_failure *failure, const char *otherwise)
{
	if (!failure)
		return string_copy(otherwise);
	return failure->sqlstate ? string_format("%s (SQLSTATE %s)", failure->message, failure->sqlstate)
				 : string_copy(failure->message);
}

static struct junit_case case_of(const char *name, enum report_outcome outcome, bool is_warning)
{
	struct junit_case test = {.name = string_copy(name)};
	if (outcome == OUTCOME_NOT_RUN) {
		test.result = JUNIT_SKIPPED;
		test.message = string_copy("not run");
	} else if (outcome == OUTCOME_FAILED) {
		test.result = is_warning ? JUNIT_PASSED : JUNIT_FAILED;
	}
	return test;
}

/* A warning fails nothing: what would be its failure is what it said. */
static void settle_warning(struct junit_case *test, enum report_outcome outcome)
{
	if (outcome != OUTCOME_FAILED || test->result != JUNIT_PASSED)
		return;
	string_replace(&test->body, string_format("warning: %s\n%s", test->message ? test->message : "",
						  test->body ? test->body : ""));
	string_replace(&test->message, NULL);
}

/* --- the suites --- */

/* Why the check could not be carried out. */
static void collect_error(const struct report *report, struct junit_suite *suite)
{
	if (report->verdict != VERDICT_ERROR)
		return;
	struct junit_case test = {.name = string_copy("the check can be carried out"), .result = JUNIT_ERROR};
	test.message = string_copy(report->reason ? report->reason : "it could not");
	junit_add_case(suite, test);
}

static char *describe_statements(const struct report *report, const struct report_migration *migration)
{
	struct buffer text = {0};
	for (size_t i = 0; i < migration->list_count; i++) {
		const struct report_statement *statement = &migration->list[i];
		if (!statement_is_notable(report, statement))
			continue;
		_cleanup_free_ char *sql = statement_on_one_line(statement);
		_cleanup_free_ char *time = quantity_format_milliseconds(statement->to_ms - statement->from_ms);
		if (statement->line > 0)
			buffer_addf(&text, "line %d: ", statement->line);
		buffer_addf(&text, "%s (%s)\n", sql, time);
		for (size_t j = 0; j < statement->lock_count; j++) {
			size_t before = text.length;
			describe_lock(&text, &statement->locks[j]);
			buffer_add_text(&text, text.length > before ? "\n" : "");
		}
		for (size_t j = 0; j < statement->change_count; j++) {
			describe_change(&text, &statement->changes[j]);
			buffer_add_char(&text, '\n');
		}
	}
	return text.length ? buffer_steal(&text) : NULL;
}

static void collect_migration(const struct report *report, const struct report_migration *migration,
			      struct junit_suite *suite)
{
	struct junit_case test = case_of(migration->file, migration->outcome, false);
	test.file = string_copy(migration->is_command ? CONFIGURATION : migration->file);
	test.milliseconds = migration->milliseconds;
	if (migration->outcome == OUTCOME_FAILED) {
		test.message = describe_message(migration->failure, "the migration does not apply");
		test.body = describe_failure(migration->failure, migration->output);
	} else if (migration->outcome == OUTCOME_PASSED) {
		test.body = describe_statements(report, migration);
	}
	junit_add_case(suite, test);
}

static void collect_migrations(const struct report *report, struct junit_suite *suite)
{
	for (size_t i = 0; i < report->migration_count; i++)
		collect_migration(report, &report->migrations[i], suite);
}

static void collect_reversal(const struct report *report, struct junit_suite *suite)
{
	const struct report_reversal *reversal = &report->reversal;
	if (!reversal->ran)
		return;
	for (size_t i = 0; i < reversal->step_count; i++)
		collect_migration(report, &reversal->steps[i], suite);
	struct junit_case test = {.name = string_copy("down and up again leaves nothing behind")};
	struct buffer body = {0};
	for (char **table = reversal->tables; table && *table; table++)
		buffer_addf(&body, "%s\n", *table);
	for (size_t i = 0; i < reversal->schema_count; i++)
		buffer_addf(&body, "%c %s\n%s\n", reversal->schema[i].action, reversal->schema[i].object,
			    reversal->schema[i].detail ? reversal->schema[i].detail : "");
	for (char **skipped = reversal->skipped; reversal->step_count == 0 && skipped && *skipped; skipped++)
		buffer_addf(&body, "%s\n", *skipped);
	if (reversal->outcome == OUTCOME_FAILED) {
		test.result = JUNIT_FAILED;
		test.message = string_copy(describe_reversal(reversal));
	}
	test.body = body.length > 0 ? buffer_steal(&body) : NULL;
	junit_add_case(suite, test);
}

static char *describe_advice(const char *const *texts, size_t count)
{
	struct buffer text = {0};
	for (size_t i = 0; i < count; i++)
		if (texts[i])
			buffer_addf(&text, "%s\n", texts[i]);
	return text.length ? buffer_steal(&text) : NULL;
}

static void collect_hazards(const struct report *report, struct junit_suite *suite)
{
	_cleanup_findings_ struct findings findings = findings_of(report);
	for (size_t i = 0; i < findings.count; i++) {
		const struct finding *finding = &findings.items[i];
		if (finding->kind != FINDING_HAZARD)
			continue;
		struct junit_case test = case_of(NULL, OUTCOME_FAILED, finding->severity == SEVERITY_WARNING);
		test.name = string_format("%s %s:%d", finding->rule, finding->path, finding->line);
		test.file = string_copy(finding->path);
		test.message = string_copy(finding->message);
		const char *advice[] = {finding->why, finding->instead};
		test.body = describe_advice(advice, ARRAY_SIZE(advice));
		if (finding->accepted) {
			test.result = JUNIT_SKIPPED;
			string_replace(&test.message,
				       string_format("%s; accepted: %s", finding->message, finding->accepted));
		}
		settle_warning(&test, OUTCOME_FAILED);
		junit_add_case(suite, test);
	}
}

static void collect_checks(const struct report *report, struct junit_suite *suite)
{
	for (size_t i = 0; i < report->check_count; i++) {
		const struct report_check *check = &report->checks[i];
		struct junit_case test = case_of(check->name, check->outcome, check->severity == SEVERITY_WARNING);
		test.file = string_copy(CONFIGURATION);
		test.milliseconds = check->milliseconds;
		if (check->outcome == OUTCOME_FAILED && check->failure) {
			test.message = describe_message(check->failure, NULL);
			test.body = describe_failure(check->failure, NULL);
		} else if (check->outcome == OUTCOME_FAILED) {
			test.message = string_format("expected %s, but it is %s",
						     check->expected ? check->expected : "that it runs",
						     check->actual ? check->actual : "NULL");
			test.body = string_copy(check->sql);
		}
		settle_warning(&test, check->outcome);
		junit_add_case(suite, test);
	}
}

static char *describe_sentences(char *const *sentences)
{
	struct buffer text = {0};
	for (; sentences && *sentences; sentences++)
		buffer_addf(&text, "%s\n", *sentences);
	return text.length ? buffer_steal(&text) : NULL;
}

static void collect_plans(const struct report *report, struct junit_suite *suite)
{
	for (size_t i = 0; i < report->plan_count; i++) {
		const struct report_plan *plan = &report->plans[i];
		struct junit_case test = case_of(plan->name, plan->outcome, plan->is_warning);
		test.file = string_copy(CONFIGURATION);
		test.milliseconds = plan->after.milliseconds;
		if (plan->outcome == OUTCOME_FAILED) {
			const char *first =
				plan->violations && *plan->violations ? *plan->violations : "it does not hold";
			test.message = describe_message(plan->failure, first);
			test.body = plan->failure ? describe_failure(plan->failure, NULL)
						  : describe_sentences(plan->violations);
		} else if (plan->outcome == OUTCOME_PASSED) {
			test.body = describe_sentences(plan->differences);
		}
		settle_warning(&test, plan->outcome);
		junit_add_case(suite, test);
	}
}

static void collect_workload(const struct report *report, struct junit_suite *suite)
{
	const struct report_workload *workload = &report->workload;
	for (size_t i = 0; workload->ran && i < workload->query_count; i++) {
		const struct report_workload_query *query = &workload->queries[i];
		bool stalled = query_has_stalled(workload, query);
		struct junit_case test = case_of(query->name, stalled ? OUTCOME_FAILED : OUTCOME_PASSED, false);
		_cleanup_free_ char *stall = quantity_format_milliseconds(query->longest_stall_ms);
		test.file = string_copy(CONFIGURATION);
		if (stalled)
			test.message = string_format("no call came back for %s", stall);
		test.body = string_format("p99 before %.1f ms, during %.1f ms, after %.1f ms; longest stall %s%s%s\n",
					  query->before.p99_ms, query->during.p99_ms, query->after.p99_ms, stall,
					  query->error ? "\n" : "", query->error ? query->error : "");
		junit_add_case(suite, test);
	}
}

void report_render_junit(const struct report *report, const struct report_style *style, struct buffer *out)
{
	(void)style;
	static const struct {
		const char *name;
		void (*collect)(const struct report *report, struct junit_suite *suite);
	} parts[] = {
		{"vela", collect_error},        {"migrations", collect_migrations}, {"hazards", collect_hazards},
		{"checks", collect_checks},     {"plans", collect_plans},           {"workload", collect_workload},
		{"reversal", collect_reversal},
	};
	_cleanup_buffer_ struct buffer suites = {0};
	struct junit_totals totals = {.milliseconds = report->total_ms};
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_junit_suite_ struct junit_suite suite = {.name = parts[i].name};
		parts[i].collect(report, &suite);
		junit_write_suite(&suites, &suite, &totals);
	}
	buffer_add_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	junit_add_attribute(out, "name", report->branch_name ? report->branch_name : "vela");
	junit_add_totals(out, &totals);
	buffer_addf(out, ">\n%s</testsuites>\n", buffer_text(&suites));
}
