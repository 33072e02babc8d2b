#include "report/finding.h"

#include "base/quantity.h"
#include "report/describe.h"

#define CONFIGURATION "vela.yml"

/* --- fingerprints --- */

/* FNV-1a of 128 bits: not against an adversary, who could only hide his own finding from himself. */
typedef unsigned __int128 fingerprint;

static fingerprint fingerprint_start(void)
{
	return (fingerprint)0x6c62272e07bb0142 << 64 | 0x62b821756295c58d;
}

/* With the NUL, so that "ab" and "c" are not "a" and "bc". */
static void fingerprint_add(fingerprint *hash, const char *text)
{
	const fingerprint prime = (fingerprint)1 << 88 | 0x13b;
	size_t length = strlen(text) + 1;
	for (size_t i = 0; i < length; i++)
		*hash = (*hash ^ (unsigned char)text[i]) * prime;
}

static void fingerprint_write(fingerprint hash, char out[33])
{
	static const char digits[] = "0123456789abcdef";
	for (int i = 31; i >= 0; i--, hash >>= 4)
		out[i] = digits[(unsigned)hash & 15];
	out[32] = '\0';
}

/* --- the list --- */

/* What a finding has in common with others, and its place among all. */
struct likeness {
	fingerprint hash;
	size_t place;
};

/* Where the findings go. */
struct collection {
	const struct report *report;
	struct findings findings;
	struct likeness *likenesses; /* one for each */
};

/* Takes over what `finding` owns. `subject`: what the finding is about, apart from rule and file. */
static void add(struct collection *collection, struct finding finding, const char *subject)
{
	size_t count = collection->findings.count;
	fingerprint hash = fingerprint_start();
	fingerprint_add(&hash, finding.rule);
	fingerprint_add(&hash, finding.path);
	fingerprint_add(&hash, subject);
	if (finding.line < 1)
		finding.line = 1;
	collection->findings.items = memory_resize(collection->findings.items, count + 1, sizeof(finding));
	collection->likenesses = memory_resize(collection->likenesses, count + 1, sizeof(*collection->likenesses));
	collection->findings.items[count] = finding;
	collection->likenesses[count] = (struct likeness){hash, count};
	collection->findings.count++;
}

static int compare_likenesses(const void *a, const void *b)
{
	const struct likeness *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

/* Of those that are alike, each but the first has its number in its fingerprint. */
static void write_fingerprints(struct collection *collection)
{
	struct likeness *likenesses = collection->likenesses;
	size_t count = collection->findings.count, before = 0;
	if (count > 0)
		qsort(likenesses, count, sizeof(*likenesses), compare_likenesses);
	for (size_t i = 0; i < count; i++) {
		fingerprint hash = likenesses[i].hash;
		before = i > 0 && likenesses[i - 1].hash == hash ? before + 1 : 0;
		if (before > 0) {
			_cleanup_free_ char *ordinal = string_format("%zu", before);
			fingerprint_add(&hash, ordinal);
		}
		fingerprint_write(hash, collection->findings.items[likenesses[i].place].fingerprint);
	}
}

/* A command is no file. */
static char *path_of(const struct report *report, const char *file)
{
	for (size_t i = 0; file && i < report->migration_count; i++)
		if (report->migrations[i].is_command && string_equal(report->migrations[i].file, file))
			return string_copy(CONFIGURATION);
	return string_copy(file ? file : CONFIGURATION);
}

static char *describe_failure(const char *before, const struct report_failure *failure)
{
	struct buffer text = {0};
	buffer_addf(&text, "%s%s", before, failure->message);
	if (failure->sqlstate)
		buffer_addf(&text, " (SQLSTATE %s)", failure->sqlstate);
	if (failure->detail)
		buffer_addf(&text, "\n%s", failure->detail);
	if (failure->rows)
		buffer_addf(&text, "\n%s", failure->rows);
	if (failure->hint)
		buffer_addf(&text, "\n%s", failure->hint);
	return buffer_steal(&text);
}

/* --- of each part of the report --- */

static char *failed_statement(const struct report_migration *migration)
{
	for (size_t i = migration->list_count; i > 0; i--)
		if (migration->list[i - 1].outcome == OUTCOME_FAILED)
			return statement_on_one_line(&migration->list[i - 1]);
	const struct report_failure *failure = migration->failure;
	return string_copy(failure && failure->source_line ? failure->source_line : "");
}

static void add_migration(struct collection *collection, const struct report_migration *migration,
			  enum finding_kind kind, const char *rule)
{
	const struct report_failure *failure = migration->failure;
	_cleanup_free_ char *statement = failed_statement(migration);
	struct finding finding = {.kind = kind, .severity = SEVERITY_ERROR, .rule = string_copy(rule)};
	finding.message = failure ? describe_failure("", failure) : string_copy("the migration does not apply");
	finding.path = migration->is_command ? string_copy(CONFIGURATION) : string_copy(migration->file);
	finding.line = failure && !migration->is_command ? failure->line : 0;
	finding.column = failure && failure->has_caret && finding.line > 0 ? failure->column : 0;
	add(collection, finding, statement);
}

static void add_hazard(struct collection *collection, const struct report_hazard *hazard)
{
	const struct report_statement *statement =
		report_find_statement(collection->report, hazard->migration, hazard->statement);
	_cleanup_free_ char *subject = statement ? statement_on_one_line(statement) : string_copy("");
	struct finding finding = {.kind = FINDING_HAZARD, .severity = hazard->severity};
	finding.rule = string_copy(hazard->id);
	finding.message = string_copy(hazard->measured ? hazard->measured : hazard->id);
	finding.path = path_of(collection->report, hazard->file);
	finding.line = hazard->line;
	finding.accepted = hazard->accepted;
	finding.why = hazard->why;
	finding.instead = hazard->instead;
	add(collection, finding, subject);
}

static void add_check(struct collection *collection, const struct report_check *check)
{
	struct finding finding = {.kind = FINDING_CHECK, .severity = check->severity, .line = check->line};
	_cleanup_free_ char *start = string_format("\"%s\": ", check->name);
	finding.rule = string_copy("check-failed");
	finding.path = string_copy(CONFIGURATION);
	finding.message = check->failure ? describe_failure(start, check->failure)
					 : string_format("%sexpected %s, but it is %s", start,
							 check->expected ? check->expected : "that it runs",
							 check->actual ? check->actual : "NULL");
	add(collection, finding, check->name);
}

static void add_plan(struct collection *collection, const struct report_plan *plan)
{
	struct finding finding = {.kind = FINDING_PLAN, .line = plan->line};
	_cleanup_free_ char *start = string_format("\"%s\": ", plan->name);
	finding.severity = plan->is_warning ? SEVERITY_WARNING : SEVERITY_ERROR;
	finding.rule = string_copy("plan-failed");
	finding.path = string_copy(CONFIGURATION);
	if (plan->failure) {
		finding.message = describe_failure(start, plan->failure);
	} else {
		struct buffer text = {0};
		buffer_add_text(&text, start);
		for (char **violation = plan->violations; violation && *violation; violation++)
			buffer_addf(&text, "%s%s", violation == plan->violations ? "" : "; ", *violation);
		finding.message = buffer_steal(&text);
	}
	add(collection, finding, plan->name);
}

static void add_stall(struct collection *collection, const struct report_workload_query *query)
{
	const struct report *report = collection->report;
	struct finding finding = {.kind = FINDING_WORKLOAD, .severity = SEVERITY_ERROR};
	_cleanup_free_ char *stall = quantity_format_milliseconds(query->longest_stall_ms);
	_cleanup_free_ char *limit = quantity_format_milliseconds(report->workload.max_stall_ms);
	const struct report_statement *statement =
		report_find_statement(report, query->stall_migration, query->stall_statement);
	const struct report_migration *migration = statement ? &report->migrations[query->stall_migration] : NULL;
	finding.rule = string_copy("workload-stalled");
	finding.path = path_of(report, migration ? migration->file : NULL);
	finding.line = migration && !migration->is_command ? statement->line : 0;
	finding.message =
		string_format("no call of \"%s\" came back for %s; the limit is %s", query->name, stall, limit);
	add(collection, finding, query->name);
}

static void add_query_error(struct collection *collection, const struct report_workload_query *query)
{
	struct finding finding = {.kind = FINDING_WORKLOAD, .severity = SEVERITY_WARNING};
	finding.rule = string_copy("workload-errors");
	finding.path = string_copy(CONFIGURATION);
	finding.message = string_format("calls of \"%s\" failed: %s", query->name, query->error);
	add(collection, finding, query->name);
}

static void add_queries(struct collection *collection)
{
	const struct report_workload *workload = &collection->report->workload;
	for (size_t i = 0; workload->ran && i < workload->query_count; i++) {
		if (query_has_stalled(workload, &workload->queries[i]))
			add_stall(collection, &workload->queries[i]);
		if (workload->queries[i].error)
			add_query_error(collection, &workload->queries[i]);
	}
}

static void add_reversal(struct collection *collection, const struct report_reversal *reversal)
{
	_cleanup_buffer_ struct buffer text = {0};
	for (char **table = reversal->tables; table && *table; table++)
		buffer_addf(&text, "%s%s", text.length ? "; " : "", *table);
	for (size_t i = 0; i < reversal->schema_count; i++)
		buffer_addf(&text, "%s%s differs", text.length ? "; " : "", reversal->schema[i].object);
	for (char **skipped = reversal->skipped; reversal->step_count == 0 && skipped && *skipped; skipped++)
		buffer_addf(&text, "%s%s", text.length ? "; " : "", *skipped);
	if (text.length > 0) {
		struct finding finding = {.kind = FINDING_REVERSAL, .severity = SEVERITY_ERROR};
		finding.rule = string_copy("not-reversible");
		finding.path = string_copy(CONFIGURATION);
		finding.message = buffer_steal(&text);
		add(collection, finding, "");
	}
	for (size_t i = 0; i < reversal->step_count; i++)
		if (reversal->steps[i].outcome == OUTCOME_FAILED)
			add_migration(collection, &reversal->steps[i], FINDING_REVERSAL, "not-reversible");
}

struct findings findings_of(const struct report *report)
{
	struct collection collection = {.report = report};
	if (report->verdict == VERDICT_ERROR) {
		const char *reason = report->reason ? report->reason : "the check could not be carried out";
		add(&collection,
		    (struct finding){.kind = FINDING_ERROR,
				     .severity = SEVERITY_ERROR,
				     .rule = string_copy("check-error"),
				     .message = string_copy(reason),
				     .path = string_copy(CONFIGURATION)},
		    "");
	}
	for (size_t i = 0; i < report->migration_count; i++)
		if (report->migrations[i].outcome == OUTCOME_FAILED)
			add_migration(&collection, &report->migrations[i], FINDING_MIGRATION, "migration-failed");
	for (size_t i = 0; i < report->hazard_count; i++)
		add_hazard(&collection, &report->hazards[i]);
	for (size_t i = 0; i < report->check_count; i++)
		if (report->checks[i].outcome == OUTCOME_FAILED)
			add_check(&collection, &report->checks[i]);
	for (size_t i = 0; i < report->plan_count; i++)
		if (report->plans[i].outcome == OUTCOME_FAILED)
			add_plan(&collection, &report->plans[i]);
	add_queries(&collection);
	if (report->reversal.ran && report->reversal.outcome == OUTCOME_FAILED)
		add_reversal(&collection, &report->reversal);
	write_fingerprints(&collection);
	free(collection.likenesses);
	return collection.findings;
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].rule);
		free(findings->items[i].message);
		free(findings->items[i].path);
	}
	free(findings->items);
	*findings = (struct findings){0};
}
