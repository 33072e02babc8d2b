/* SARIF 2.1.0, which code scanning reads: a rule for each kind of finding, and the findings as its results. */
#include "base/text.h"
#include "report/finding.h"
#include "report/formats.h"
#include "report/json_parts.h"

#define SCHEMA_URI "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

/* The rules that are not hazards, whose titles the report does not carry. */
static const struct {
	const char *id, *title, *description;
} own_rules[] = {
	{"check-error", "The check could not be carried out", "Nothing is known of what the migrations would do."},
	{"migration-failed", "A migration does not apply", "On the data of production it fails the same way."},
	{"check-failed", "A check does not hold", "What vela.yml asserts of the data is not so after the migrations."},
	{"plan-failed", "A plan does not hold", "The query is worse off after the migrations than vela.yml allows."},
	{"workload-stalled", "The application would stall",
	 "A query of the application did not come back in time while the migrations ran."},
	{"workload-errors", "Calls of the application fail",
	 "A query of the workload failed; if only while the migrations ran, the application would see that too."},
	{"not-reversible", "The migrations cannot be taken back",
	 "Up, down and up again does not lead to where it began."},
};

/* Plain text may carry links, "[text](target)", which a viewer makes clickable: a bracket before one is escaped. */
static json_t *message_object(const char *text)
{
	_cleanup_buffer_ struct buffer escaped = {0};
	bool may_link = strstr(text, "](") != NULL;
	for (const char *at = text; *at; at++) {
		if (may_link && (*at == '[' || *at == ']' || *at == '\\'))
			buffer_add_char(&escaped, '\\');
		buffer_add_char(&escaped, *at);
	}
	json_t *object = json_object();
	json_add(object, "text", json_text(buffer_text(&escaped)));
	return object;
}

/* A path as a relative reference: all but unreserved characters and '/' percent-encoded, so that no byte of a name is
 * taken for a scheme, a query or a fragment. */
static json_t *uri_of(const char *path)
{
	_cleanup_buffer_ struct buffer uri = {0};
	while (*path == '/')
		path++;
	text_add_encoded(&uri, path, "/");
	return json_string(buffer_text(&uri));
}

/* --- rules --- */

/* "table-rewrite" as "Table rewrite" */
static json_t *title_of(const char *id)
{
	_cleanup_free_ char *title = string_copy(id);
	for (char *at = title; *at; at++)
		if (*at == '-')
			*at = ' ';
	if (*title >= 'a' && *title <= 'z')
		*title = (char)(*title - 'a' + 'A');
	return message_object(title);
}

static json_t *rule_object(const struct finding *finding)
{
	json_t *object = json_object(), *configuration = json_object();
	json_add(object, "id", json_text(finding->rule));
	for (size_t i = 0; i < ARRAY_SIZE(own_rules); i++)
		if (string_equal(own_rules[i].id, finding->rule)) {
			json_add(object, "shortDescription", message_object(own_rules[i].title));
			json_add(object, "fullDescription", message_object(own_rules[i].description));
		}
	if (!json_object_get(object, "shortDescription")) {
		json_add(object, "shortDescription", title_of(finding->rule));
		json_add(object, "fullDescription", message_object(finding->why ? finding->why : finding->rule));
	}
	if (finding->instead)
		json_add(object, "help", message_object(finding->instead));
	else
		json_add(object, "help", json_incref(json_object_get(object, "fullDescription")));
	json_add(configuration, "level", json_severity(finding->severity));
	json_add(object, "defaultConfiguration", configuration);
	return object;
}

/* The place of the finding's rule in `rules`, which it is added to if need be. */
static size_t place_of_rule(json_t *rules, const struct finding *finding)
{
	json_t *id = json_text(finding->rule);
	size_t place = 0;
	while (place < json_array_size(rules) && !json_equal(json_object_get(json_array_get(rules, place), "id"), id))
		place++;
	json_decref(id);
	if (place == json_array_size(rules))
		json_append(rules, rule_object(finding));
	return place;
}

/* --- results --- */

static json_t *location_object(const struct finding *finding)
{
	json_t *location = json_object(), *physical = json_object(), *artifact = json_object(), *region = json_object();
	json_add(artifact, "uri", uri_of(finding->path));
	json_add(region, "startLine", json_integer(finding->line));
	if (finding->column > 0)
		json_add(region, "startColumn", json_integer(finding->column));
	json_add(physical, "artifactLocation", artifact);
	json_add(physical, "region", region);
	json_add(location, "physicalLocation", physical);
	return location;
}

static json_t *suppressions_of(const struct finding *finding)
{
	json_t *suppressions = json_array(), *suppression = json_object();
	json_add(suppression, "kind", json_string("inSource"));
	json_add(suppression, "justification", json_text(finding->accepted));
	json_append(suppressions, suppression);
	return suppressions;
}

static json_t *result_object(const struct finding *finding, size_t rule)
{
	json_t *object = json_object(), *locations = json_array(), *fingerprints = json_object();
	json_append(locations, location_object(finding));
	json_add(fingerprints, "velaFinding/v1", json_string(finding->fingerprint));
	json_add(object, "ruleId", json_text(finding->rule));
	json_add(object, "ruleIndex", json_integer((json_int_t)rule));
	json_add(object, "level", json_severity(finding->severity));
	json_add(object, "message", message_object(finding->message));
	json_add(object, "locations", locations);
	json_add(object, "partialFingerprints", fingerprints);
	if (finding->accepted)
		json_add(object, "suppressions", suppressions_of(finding));
	return object;
}

static json_t *run_object(const struct report *report)
{
	_cleanup_findings_ struct findings findings = findings_of(report);
	json_t *run = json_object(), *tool = json_object(), *driver = json_object();
	json_t *rules = json_array(), *results = json_array(), *invocations = json_array(), *invocation = json_object();
	for (size_t i = 0; i < findings.count; i++) {
		size_t rule = place_of_rule(rules, &findings.items[i]);
		json_append(results, result_object(&findings.items[i], rule));
	}
	json_add(driver, "name", json_string("vela"));
	json_add(driver, "version", json_string(VELA_VERSION));
	json_add(driver, "rules", rules);
	json_add(tool, "driver", driver);
	json_add(invocation, "executionSuccessful", json_boolean(report->verdict != VERDICT_ERROR));
	json_append(invocations, invocation);
	json_add(run, "tool", tool);
	json_add(run, "invocations", invocations);
	json_add(run, "columnKind", json_string("unicodeCodePoints"));
	json_add(run, "results", results);
	return run;
}

void report_render_sarif(const struct report *report, const struct report_style *style, struct buffer *out)
{
	(void)style;
	json_t *root = json_object(), *runs = json_array();
	json_append(runs, run_object(report));
	json_add(root, "$schema", json_string(SCHEMA_URI));
	json_add(root, "version", json_string("2.1.0"));
	json_add(root, "runs", runs);
	json_write(root, out);
}
