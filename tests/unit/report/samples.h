/* Reports of every kind, for the tests of the renderers. */
#ifndef VELA_TESTS_REPORT_SAMPLES_H
#define VELA_TESTS_REPORT_SAMPLES_H

#include "report/report.h"

static inline struct report_migration *sample_add_migration(struct report *report, const char *file,
							    enum report_outcome outcome, double milliseconds)
{
	report->migrations =
		memory_resize(report->migrations, report->migration_count + 1, sizeof(*report->migrations));
	struct report_migration *migration = &report->migrations[report->migration_count++];
	*migration = (struct report_migration){
		.file = string_copy(file), .outcome = outcome, .milliseconds = milliseconds, .statements = 3};
	return migration;
}

static inline struct report_check *sample_add_check(struct report *report, const char *name, const char *sql,
						    enum report_outcome outcome, double milliseconds)
{
	report->checks = memory_resize(report->checks, report->check_count + 1, sizeof(*report->checks));
	struct report_check *check = &report->checks[report->check_count++];
	*check = (struct report_check){.name = string_copy(name),
				       .sql = string_copy(sql),
				       .line = 14,
				       .severity = SEVERITY_ERROR,
				       .outcome = outcome,
				       .milliseconds = milliseconds};
	return check;
}

static inline struct report_failure *sample_failure(const char *message, const char *sqlstate, int line, int column,
						    const char *source_line, bool has_caret)
{
	struct report_failure *failure = memory_allocate(sizeof(*failure));
	*failure = (struct report_failure){
		.message = string_copy(message),
		.sqlstate = string_copy(sqlstate),
		.line = line,
		.column = column,
		.source_line = string_copy(source_line),
		.has_caret = has_caret,
	};
	return failure;
}

static inline struct report sample_base(enum report_verdict verdict)
{
	return (struct report){
		.verdict = verdict,
		.branch_name = string_copy("pr-12"),
		.project = string_copy("shop"),
		.baseline = string_copy("production@3"),
		.baseline_taken_at = 1769850723,
		.checked_at = 1769850723 + 3 * 3600 + 40,
		.database = string_copy("app"),
		.branch_created = true,
		.clone_ms = 14.2,
		.start_ms = 37.94,
		.migrate_ms = 1141.5,
		.check_ms = 212.4,
		.teardown_ms = 31,
		.total_ms = 1437.1,
		.exclusive_bytes = 180224,
		.shared_bytes = 6241124352,
	};
}

static inline struct report sample_passed(void)
{
	struct report report = sample_base(VERDICT_PASSED);
	sample_add_migration(&report, "db/migrations/0041_create_refunds.sql", OUTCOME_PASSED, 12.41);
	sample_add_migration(&report, "db/migrations/0042_orders_processed_at.sql", OUTCOME_PASSED, 1120.7);
	sample_add_migration(&report, "db/migrations/0043_index_orders_processed_at.sql", OUTCOME_PASSED, 8.4);
	struct report_check *check =
		sample_add_check(&report, "every completed order has a date",
				 "SELECT count(*) FROM orders WHERE status = 'complete' AND processed_at IS NULL",
				 OUTCOME_PASSED, 211.2);
	check->expected = string_copy("0");
	check->actual = string_copy("0");
	sample_add_check(&report, "the view of the dashboard still runs", "SELECT * FROM dashboard LIMIT 1",
			 OUTCOME_PASSED, 1.2);
	return report;
}

static inline struct report sample_failed_migration(void)
{
	struct report report = sample_base(VERDICT_FAILED);
	report.branch_kept = true;
	report.teardown_ms = 0;
	sample_add_migration(&report, "db/migrations/0041_create_refunds.sql", OUTCOME_PASSED, 12.41);
	struct report_migration *failed =
		sample_add_migration(&report, "db/migrations/0042_orders_processed_at.sql", OUTCOME_FAILED, 3.4);
	failed->failure =
		sample_failure("column \"totl\" does not exist", "42703", 12, 12, "\tSET net = totl - tax", true);
	failed->failure->hint = string_copy("Perhaps you meant to reference the column \"orders.total\".");
	sample_add_migration(&report, "db/migrations/0043_index_orders_processed_at.sql", OUTCOME_NOT_RUN, 0);
	sample_add_check(&report, "every completed order has a date", "SELECT 1", OUTCOME_NOT_RUN, 0);
	return report;
}

static inline struct report sample_failed_by_data(void)
{
	struct report report = sample_base(VERDICT_FAILED);
	struct report_migration *failed =
		sample_add_migration(&report, "db/migrations/0042_customers_email_not_null.sql", OUTCOME_FAILED, 848.1);
	failed->failure = sample_failure(
		"new row for relation \"customers\" violates check constraint \"customers_email_check\"", "23514", 3, 1,
		"UPDATE customers SET email = lower(trim(email)), verified = false;", false);
	failed->failure->detail =
		string_copy("Failing row contains (41723, 深圳 Trading Ltd, null, 2019-03-01 00:00:00+00, f, "
			    "imported from the old system).");
	failed->failure->context = string_copy("SQL statement \"UPDATE customers SET email = lower(trim(email))\"\n"
					       "PL/pgSQL function normalize() line 4 at SQL statement");
	return report;
}

static inline struct report sample_failed_check(void)
{
	struct report report = sample_passed();
	report.verdict = VERDICT_FAILED;
	report.branch_created = false;
	report.branch_kept = true;
	report.checks[0].outcome = OUTCOME_FAILED;
	string_replace(&report.checks[0].actual, string_copy("1204"));
	struct report_check *second = &report.checks[1];
	second->outcome = OUTCOME_FAILED;
	second->line = 17;
	second->failure = sample_failure("relation \"dashboard\" does not exist", "42P01", 17, 15,
					 "SELECT * FROM dashboard LIMIT 1", true);
	struct report_check *third = sample_add_check(&report, "the newest order is known",
						      "SELECT max(created_at)\nFROM orders", OUTCOME_FAILED, 0.4);
	third->expected = string_copy("2026-01-31");
	return report;
}

static inline struct report sample_error(void)
{
	struct report report = sample_base(VERDICT_ERROR);
	report.reason =
		string_copy("cannot apply db/migrations/0042_orders_processed_at.sql: line 7: the connection is lost: "
			    "terminating connection due to administrator command");
	report.check_ms = 0;
	sample_add_migration(&report, "db/migrations/0041_create_refunds.sql", OUTCOME_PASSED, 12.41);
	sample_add_migration(&report, "db/migrations/0042_orders_processed_at.sql", OUTCOME_NOT_RUN, 0);
	return report;
}

static inline char *sample_long_line(void)
{
	struct buffer line = {0};
	for (int i = 0; i < 250; i++)
		buffer_addf(&line, "INSERT_%04d('é→'), ", i);
	return buffer_steal(&line);
}

/* What someone would put into a branch, a file or a row to deceive the reader or the terminal. */
static inline struct report sample_hostile(void)
{
	struct report report = sample_base(VERDICT_FAILED);
	string_replace(&report.branch_name, string_copy("pr-12\033]0;owned\007"));
	string_replace(&report.database, string_copy("app\n  \xe2\x9c\x93 Passed"));
	struct report_migration *failed =
		sample_add_migration(&report,
				     "db/migrations/0001_\033[2J\033[1;1H\xe2\x80\xae"
				     "lqs.\xff\xfe-a-name-that-is-much-too-long-for-any-line-of-any-terminal.sql",
				     OUTCOME_FAILED, 1);
	_cleanup_free_ char *line = sample_long_line();
	failed->failure = sample_failure("\033[32m\xe2\x9c\x93 Passed\033[0m\r\n\xc2\x9b"
					 "31mred\nthird line",
					 "22\033[", 1, 2400, line, true);
	failed->failure->detail = string_copy(line);
	struct buffer many = {0};
	for (int i = 0; i < 300; i++)
		buffer_addf(&many, "line %d of the context\n", i);
	failed->failure->context = buffer_steal(&many);
	failed = sample_add_migration(&report, "db/migrations/0002.sql", OUTCOME_FAILED, 1);
	failed->failure =
		sample_failure("the file is not valid UTF-8", NULL, 2, 9, "\tSELECT \x80\x81'\xf0\x9f\x98\x80';", true);
	struct report_check *check = sample_add_check(&report, "a check\n\xe2\x9c\x93 with two lines",
						      "SELECT '\033[31m'\n;\xff", OUTCOME_FAILED, 1);
	check->expected = string_copy("\xe2\x81\xa6"
				      "0\xe2\x81\xa9");
	check->actual = string_copy("x\033[8mhidden");
	return report;
}

static inline struct report sample_many(void)
{
	struct report report = sample_base(VERDICT_PASSED);
	for (int i = 1; i <= 400; i++) {
		_cleanup_free_ char *file = string_format("m/%d.sql", i);
		sample_add_migration(&report, file, OUTCOME_PASSED, 1000);
	}
	return report;
}

static inline struct report sample_nothing(void)
{
	return (struct report){.verdict = VERDICT_ERROR, .reason = string_copy("there is no baseline \"production\"")};
}

struct sample {
	const char *name;
	struct report (*make)(void);
};

static const struct sample samples[] = {
	{"passed", sample_passed},
	{"failed-migration", sample_failed_migration},
	{"failed-by-data", sample_failed_by_data},
	{"failed-check", sample_failed_check},
	{"error", sample_error},
	{"hostile", sample_hostile},
	{"many", sample_many},
	{"nothing", sample_nothing},
};

#endif
