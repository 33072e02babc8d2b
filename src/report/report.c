#include "report/report.h"

#include "report/formats.h"

const struct report_format report_formats[] = {
	{"text", "for a person at a terminal", report_render_text},
	{"json", "for programs; schema version 1", report_render_json},
	{NULL, NULL, NULL},
};

const struct report_format *report_format_find(const char *name)
{
	for (const struct report_format *format = report_formats; format->name; format++)
		if (string_equal(format->name, name))
			return format;
	return NULL;
}

void report_failure_free(struct report_failure *failure)
{
	if (!failure)
		return;
	free(failure->message);
	free(failure->sqlstate);
	free(failure->detail);
	free(failure->hint);
	free(failure->context);
	free(failure->source_line);
	free(failure);
}

void report_migration_clear(struct report_migration *migration)
{
	free(migration->file);
	report_failure_free(migration->failure);
	*migration = (struct report_migration){0};
}

void report_check_clear(struct report_check *check)
{
	free(check->name);
	free(check->sql);
	free(check->expected);
	free(check->actual);
	report_failure_free(check->failure);
	*check = (struct report_check){0};
}

void report_free(struct report *report)
{
	if (!report)
		return;
	free(report->reason);
	free(report->branch_name);
	free(report->project);
	free(report->baseline);
	free(report->database);
	json_decref(report->branch);
	for (size_t i = 0; i < report->migration_count; i++)
		report_migration_clear(&report->migrations[i]);
	free(report->migrations);
	for (size_t i = 0; i < report->check_count; i++)
		report_check_clear(&report->checks[i]);
	free(report->checks);
	*report = (struct report){0};
}
