#include "base/text.h"
#include "report/text_parts.h"

/* The last lines, which say most. */
static void add_output(const struct page *page, const char *output)
{
	const char *at = output + strlen(output);
	for (int lines = 0; at > output && lines < TEXT_MESSAGE_LINES; lines++) {
		at--;
		while (at > output && at[-1] != '\n')
			at--;
	}
	buffer_add_char(page->out, '\n');
	page_labelled(page, "output", TINT_PLAIN, at);
}

/* `when` is put in front of the message. */
static void add_migration(const struct page *page, const struct report_migration *migration, const char *when)
{
	const struct report_failure *failure = migration->failure;
	text_add_place(page, migration->file, failure ? failure->line : 0, failure ? failure->column : 0);
	if (failure) {
		_cleanup_free_ char *message = string_format("%s%s", when, failure->message);
		text_add_message(page, TINT_RED, message, failure->sqlstate);
		text_add_explanation(page, failure, failure->line);
	}
	if (migration->output)
		add_output(page, migration->output);
}

static void add_values(const struct page *page, const struct report_check *check, enum tint tint)
{
	buffer_add_char(page->out, '\n');
	page_labelled(page, "expected", TINT_GREEN, check->expected ? check->expected : "that it runs");
	if (check->before)
		page_labelled(page, "before", TINT_PLAIN, check->before);
	page_labelled(page, "actual", tint, check->actual ? check->actual : "NULL");
}

static void add_check(const struct page *page, const struct report_check *check)
{
	enum tint tint = check->severity == SEVERITY_WARNING ? TINT_YELLOW : TINT_RED;
	const char *level = check->severity == SEVERITY_WARNING ? "warning: " : "";
	const struct report_failure *failure = check->failure;
	text_add_place(page, "vela.yml", check->line, 0);
	_cleanup_free_ char *name = text_safe(check->name); /* on one line, so that it is seen to be one name */
	_cleanup_free_ char *headline = failure ? string_format("%s\"%s\": %s", level, name, failure->message)
						: string_format("%s\"%s\" does not hold", level, name);
	text_add_message(page, tint, headline, failure ? failure->sqlstate : NULL);
	if (!failure || !failure->source_line)
		text_add_sql(page, check->sql, TEXT_MESSAGE_LINES);
	if (failure)
		text_add_explanation(page, failure, 0);
	else
		add_values(page, check, tint);
}

void text_add_failures(const struct page *page, const struct report *report, enum report_severity severity)
{
	for (size_t i = 0; i < report->migration_count && severity == SEVERITY_ERROR; i++)
		if (report->migrations[i].outcome == OUTCOME_FAILED)
			add_migration(page, &report->migrations[i], "");
	for (size_t i = 0; i < report->check_count; i++)
		if (report->checks[i].outcome == OUTCOME_FAILED && report->checks[i].severity == severity)
			add_check(page, &report->checks[i]);
}

/* What the way back left behind: the steps that failed, and what differs from the start. */
void text_add_reversal(const struct page *page, const struct report *report)
{
	const struct report_reversal *reversal = &report->reversal;
	if (!reversal->ran || reversal->outcome != OUTCOME_FAILED)
		return;
	text_add_heading(page, "Taking the migrations back");
	for (char **skipped = reversal->skipped; reversal->step_count == 0 && skipped && *skipped; skipped++)
		text_add_item(page, TINT_RED, "✗", *skipped);
	for (char **table = reversal->tables; table && *table; table++)
		text_add_item(page, TINT_RED, "✗", *table);
	if (reversal->schema_count > 0) {
		text_add_item(page, TINT_RED, "✗", "the schema is not what it was:");
		text_add_schema_changes(page, reversal->schema, reversal->schema_count);
	}
	for (size_t i = 0; i < reversal->step_count; i++) /* first all the downs, then the ups */
		if (reversal->steps[i].outcome == OUTCOME_FAILED)
			add_migration(page, &reversal->steps[i],
				      i < report->migration_count ? "on the way down: " : "applied again: ");
}
