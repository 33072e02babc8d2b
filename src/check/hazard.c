#include "check/hazard.h"

#include "check/hazard_rule.h"

enum hazard_level hazard_level_of(double value, double limit)
{
	if (limit <= 0 || value <= limit / 4)
		return LEVEL_SILENT;
	return value > limit ? LEVEL_ERROR : LEVEL_WARNING;
}

const char *hazard_ignored(const struct report_statement *statement, enum hazard_id id)
{
	const char *found = NULL;
	if (string_equal(statement->ignored_hazard, hazards[id].id))
		found = statement->ignored_reason ? statement->ignored_reason : "";
	for (size_t i = 0; i < statement->ignore_count && !(found && *found); i++)
		if (string_equal(statement->ignores[i].hazard, hazards[id].id))
			found = statement->ignores[i].reason ? statement->ignores[i].reason : "";
	return found;
}

/* A second thing that was measured, or after many of them that there are more. */
static void append(char **told, const char *text)
{
	enum { TOLD_MAX = 600 };
	size_t length = strlen(*told);
	if (length < TOLD_MAX)
		string_replace(told, string_format("%s; %s", *told, text));
	else if (!string_equal(*told + length - strlen("; …"), "; …"))
		string_replace(told, string_format("%s; …", *told));
}

static size_t *newest_at(const struct hazard_search *search, struct hazard_place place)
{
	const struct report *report = search->report;
	if (place.migration == SIZE_MAX)
		return &search->newest[report->migration_count][0];
	bool has_statement = place.statement != SIZE_MAX;
	return &search->newest[place.migration]
			      [has_statement ? place.statement : report->migrations[place.migration].list_count];
}

void hazard_add(struct hazard_search *search, enum hazard_id id, enum hazard_level level, struct hazard_place place,
		char *measured)
{
	_cleanup_free_ char *owned = measured;
	struct report *report = search->report;
	if (level == LEVEL_SILENT)
		return;
	enum report_severity severity = level == LEVEL_ERROR ? SEVERITY_ERROR : SEVERITY_WARNING;
	size_t *newest = newest_at(search, place);
	for (size_t i = *newest; i > 0; i = search->before[i - 1]) {
		struct report_hazard *same = &report->hazards[i - 1];
		if (!string_equal(same->id, hazards[id].id))
			continue;
		append(&same->measured, measured);
		if (severity > same->severity)
			same->severity = severity;
		return;
	}
	struct report_hazard hazard = {
		.id = string_copy(hazards[id].id),
		.severity = severity,
		.migration = place.migration,
		.statement = place.statement,
		.measured = TAKE_POINTER(owned),
		.why = string_copy(hazards[id].why),
		.instead = string_copy(hazards[id].instead),
	};
	if (place.migration != SIZE_MAX)
		hazard.file = string_copy(report->migrations[place.migration].file);
	if (place.statement != SIZE_MAX) {
		const struct report_statement *statement = hazard_statement(search, place);
		const char *reason = hazard_ignored(statement, id);
		hazard.line = statement->line;
		hazard.accepted = reason && *reason ? string_copy(reason) : NULL;
	}
	size_t count = report->hazard_count++;
	report->hazards = memory_resize(report->hazards, count + 1, sizeof(*report->hazards));
	search->before = memory_resize(search->before, count + 1, sizeof(*search->before));
	report->hazards[count] = hazard;
	search->before[count] = *newest;
	*newest = count + 1;
}

/* Errors, warnings, what was accepted; each as the statements ran, and what is of no statement after them. */
static int hazard_order(const void *a, const void *b)
{
	const struct report_hazard *left = a;
	const struct report_hazard *right = b;
	int rank_left = left->accepted ? 2 : left->severity == SEVERITY_ERROR ? 0 : 1;
	int rank_right = right->accepted ? 2 : right->severity == SEVERITY_ERROR ? 0 : 1;
	if (rank_left != rank_right)
		return rank_left - rank_right;
	if (left->migration != right->migration)
		return left->migration < right->migration ? -1 : 1;
	if (left->statement != right->statement)
		return left->statement < right->statement ? -1 : 1;
	const struct hazard *row_left = hazard_find(left->id);
	const struct hazard *row_right = hazard_find(right->id);
	return (row_left > row_right) - (row_left < row_right);
}

static void clear(struct report *report)
{
	for (size_t i = 0; i < report->hazard_count; i++)
		report_hazard_clear(&report->hazards[i]);
	free(report->hazards);
	report->hazards = NULL;
	report->hazard_count = 0;
}

static void search_begin(struct hazard_search *search, struct report *report)
{
	size_t count = report->migration_count;
	*search = (struct hazard_search){
		.report = report,
		.named = memory_allocate((count + 1) * sizeof(*search->named)),
		.newest = memory_allocate((count + 1) * sizeof(*search->newest)),
	};
	for (size_t i = 0; i <= count; i++) {
		size_t statements = i < count ? report->migrations[i].list_count : 0;
		search->named[i] = memory_allocate((statements + 1) * sizeof(**search->named));
		search->newest[i] = memory_allocate((statements + 1) * sizeof(**search->newest));
	}
	hazard_find_names(search);
}

static void search_end(struct hazard_search *search)
{
	for (size_t i = 0; i <= search->report->migration_count; i++) {
		free(search->named[i]);
		free(search->newest[i]);
	}
	free(search->named);
	free(search->newest);
	free(search->before);
	free(search->names);
}

bool hazards_find(struct report *report)
{
	struct hazard_search search;
	clear(report);
	search_begin(&search, report);
	hazards_find_blocking(&search);
	hazards_find_queue(&search);
	hazards_find_cost(&search);
	hazards_find_data(&search);
	hazards_find_failures(&search);
	hazards_find_ignores(&search);
	search_end(&search);
	if (report->hazard_count > 0)
		qsort(report->hazards, report->hazard_count, sizeof(*report->hazards), hazard_order);
	return report->hazard_count > 0 && !report->hazards[0].accepted &&
	       report->hazards[0].severity == SEVERITY_ERROR;
}
