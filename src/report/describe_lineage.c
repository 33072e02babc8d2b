#include "report/describe.h"

enum { COMMIT_SHOWN = 7, DIFFERENCES_SHOWN = 3 };

static void add_differences(struct buffer *out, const struct report *report)
{
	size_t count = 0;
	for (char **difference = report->lineage.differences; difference && *difference; difference++)
		if (count++ < DIFFERENCES_SHOWN)
			buffer_addf(out, "%s%s", count == 1 ? "; " : ", ", *difference);
	if (count > DIFFERENCES_SHOWN)
		buffer_addf(out, ", and %zu more", count - DIFFERENCES_SHOWN);
	if (report->lineage.is_rebuilt)
		buffer_addf(out, ": rebuilt from %s", report->baseline ? report->baseline : "its baseline");
}

void describe_lineage(struct buffer *out, const struct report *report)
{
	const struct report_lineage *lineage = &report->lineage;
	if (!lineage->commit && !lineage->differences)
		return;
	if (lineage->commit)
		buffer_addf(out, "%.*s", COMMIT_SHOWN, lineage->commit);
	else
		buffer_add_text(out, "a commit that is not known");
	if (lineage->is_rebased)
		buffer_add_text(out, " (rebased since)");
	else if (lineage->commit && !lineage->is_known)
		buffer_add_text(out, " (whether it was rebased since is not known)");
	add_differences(out, report);
}
