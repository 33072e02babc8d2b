/* A value is one line, and its name stands in front: nothing in it can begin another output. */
#include "base/text.h"
#include "report/describe.h"
#include "report/github.h"

static void add_text(struct buffer *out, const char *name, const char *value)
{
	_cleanup_free_ char *safe = text_safe(value ? value : "");
	buffer_addf(out, "%s=%s\n", name, safe);
}

static void add_count(struct buffer *out, const char *name, size_t count)
{
	buffer_addf(out, "%s=%zu\n", name, count);
}

static const char *member(const struct report *report, const char *name)
{
	const char *value = json_string_value(json_object_get(report->branch, name));
	return value ? value : "";
}

static void add_place(struct buffer *out, const struct report *report)
{
	json_int_t port = json_integer_value(json_object_get(report->branch, "port"));
	if (!report->branch_kept || port <= 0)
		return;
	add_text(out, "db_host", member(report, "host"));
	buffer_addf(out, "db_port=%lld\n", (long long)port);
	buffer_add_text(out, "db_url=postgres://");
	text_add_encoded(out, member(report, "user"), "");
	buffer_add_char(out, '@');
	text_add_encoded(out, member(report, "host"), "");
	buffer_addf(out, ":%lld/", (long long)port);
	text_add_encoded(out, member(report, "database"), "");
	buffer_add_char(out, '\n');
}

static size_t count_checks(const struct report *report)
{
	size_t failed = 0;
	for (size_t i = 0; i < report->check_count; i++)
		failed += report->checks[i].outcome == OUTCOME_FAILED && report->checks[i].severity == SEVERITY_ERROR;
	return failed;
}

static size_t count_plans(const struct report *report)
{
	size_t failed = 0;
	for (size_t i = 0; i < report->plan_count; i++)
		failed += report->plans[i].outcome == OUTCOME_FAILED && !report->plans[i].is_warning;
	return failed;
}

void report_github_outputs(const struct report *report, struct buffer *out)
{
	size_t errors = report_count_hazards(report, SEVERITY_ERROR);
	add_text(out, "verdict", verdict_name(report->verdict));
	add_text(out, "created", report->branch_created ? "true" : "false");
	add_text(out, "branch_id", report->branch_name);
	add_text(out, "kept", report->branch_kept ? "true" : "false");
	add_count(out, "migrations", report->migration_count);
	add_count(out, "hazards", errors + report_count_hazards(report, SEVERITY_WARNING));
	add_count(out, "hazard_errors", errors);
	add_count(out, "checks", report->check_count);
	add_count(out, "checks_failed", count_checks(report));
	add_count(out, "plans", report->plan_count);
	add_count(out, "plans_failed", count_plans(report));
	add_place(out, report);
}
