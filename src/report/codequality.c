/* GitLab's Code Quality report: an array of findings, told apart from the target branch's by their fingerprints. */
#include "report/finding.h"
#include "report/formats.h"
#include "report/json_parts.h"

static const char *severity_of(const struct finding *finding)
{
	if (finding->severity == SEVERITY_WARNING)
		return "minor";
	if (finding->kind == FINDING_MIGRATION || finding->kind == FINDING_ERROR)
		return "blocker";
	return finding->kind == FINDING_HAZARD ? "major" : "critical";
}

static json_t *finding_object(const struct finding *finding)
{
	json_t *object = json_object(), *location = json_object(), *lines = json_object();
	json_add(lines, "begin", json_integer(finding->line));
	json_add(location, "path", json_text(finding->path));
	json_add(location, "lines", lines);
	json_add(object, "description", json_text(finding->message));
	json_add(object, "check_name", json_text(finding->rule));
	json_add(object, "fingerprint", json_string(finding->fingerprint));
	json_add(object, "severity", json_string(severity_of(finding)));
	json_add(object, "location", location);
	return object;
}

/* What was accepted is not shown: the format has no word for it. */
void report_render_codequality(const struct report *report, const struct report_style *style, struct buffer *out)
{
	(void)style;
	_cleanup_findings_ struct findings findings = findings_of(report);
	json_t *root = json_array();
	for (size_t i = 0; i < findings.count; i++)
		if (!findings.items[i].accepted)
			json_append(root, finding_object(&findings.items[i]));
	json_write(root, out);
}
