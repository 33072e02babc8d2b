#include "report/describe.h"

/* Takes `part` over. */
static void add_part(struct buffer *line, char *part)
{
	_cleanup_free_ char *owned = part;
	buffer_addf(line, "%s%s", line->length ? ", " : "", owned);
}

/* Of checks or plans: how many hold, and how many errors there are among the others. */
struct tally {
	size_t total, held, failed, warned;
};

static void tally(struct tally *tally, enum report_outcome outcome, bool is_warning)
{
	tally->total++;
	tally->held += outcome == OUTCOME_PASSED;
	tally->failed += outcome == OUTCOME_FAILED && !is_warning;
	tally->warned += outcome == OUTCOME_FAILED && is_warning;
}

static struct tally tally_checks(const struct report *report)
{
	struct tally result = {0};
	for (size_t i = 0; i < report->check_count; i++)
		tally(&result, report->checks[i].outcome, report->checks[i].severity == SEVERITY_WARNING);
	return result;
}

static struct tally tally_plans(const struct report *report)
{
	struct tally result = {0};
	for (size_t i = 0; i < report->plan_count; i++)
		tally(&result, report->plans[i].outcome, report->plans[i].is_warning);
	return result;
}

static void add_held(struct buffer *line, const struct tally *tally, const char *noun)
{
	if (tally->held)
		add_part(line, string_format("%zu %s%s", tally->held, noun, tally->held == 1 ? " holds" : "s hold"));
}

static void add_failed(struct buffer *line, const struct tally *tally, const char *noun)
{
	if (tally->failed)
		add_part(line, string_format("%zu of %zu %ss %s not hold", tally->failed, tally->total, noun,
					     tally->failed == 1 ? "does" : "do"));
}

static void summarize_passed(const struct report *report, struct buffer *line)
{
	size_t migrations = report->migration_count;
	struct tally checks = tally_checks(report), plans = tally_plans(report);
	if (migrations)
		add_part(line, string_format("%zu migration%s", migrations, migrations == 1 ? " applies" : "s apply"));
	add_held(line, &checks, "check");
	add_held(line, &plans, "plan");
	if (!migrations && !checks.total && !plans.total)
		buffer_add_text(line, "there was nothing to run");
}

static void summarize_migrations(const struct report *report, struct buffer *line)
{
	size_t failed = 0, last = 0;
	for (size_t i = 0; i < report->migration_count; i++)
		if (report->migrations[i].outcome == OUTCOME_FAILED) {
			failed++;
			last = i;
		}
	if (failed == 1)
		add_part(line, string_format("migration %zu of %zu does not apply", last + 1, report->migration_count));
	else if (failed)
		add_part(line, string_format("%zu of %zu migrations do not apply", failed, report->migration_count));
}

static void summarize_failed(const struct report *report, struct buffer *line)
{
	size_t hazards = report_count_hazards(report, SEVERITY_ERROR);
	struct tally checks = tally_checks(report), plans = tally_plans(report);
	summarize_migrations(report, line);
	if (hazards)
		add_part(line, string_format("%zu hazard%s", hazards, hazards == 1 ? "" : "s"));
	add_failed(line, &checks, "check");
	add_failed(line, &plans, "plan");
	if (report->workload.ran && report->workload.outcome == OUTCOME_FAILED)
		add_part(line, string_copy("the workload stalled"));
	if (report->reversal.ran && report->reversal.outcome == OUTCOME_FAILED)
		add_part(line, string_copy("it cannot be taken back"));
}

static void add_warnings(const struct report *report, struct buffer *line)
{
	size_t warnings = report_count_hazards(report, SEVERITY_WARNING) + tally_checks(report).warned +
			  tally_plans(report).warned;
	for (size_t i = 0; report->workload.ran && i < report->workload.query_count; i++)
		warnings += report->workload.queries[i].error != NULL;
	if (warnings)
		add_part(line, string_format("%zu warning%s", warnings, warnings == 1 ? "" : "s"));
}

void describe_verdict(struct buffer *out, const struct report *report)
{
	_cleanup_buffer_ struct buffer line = {0};
	if (report->verdict == VERDICT_PASSED)
		summarize_passed(report, &line);
	else if (report->verdict == VERDICT_FAILED)
		summarize_failed(report, &line);
	else
		buffer_add_text(&line, "the check could not be carried out");
	if (report->verdict != VERDICT_ERROR)
		add_warnings(report, &line);
	buffer_add_text(out, buffer_text(&line));
}
