/* What the author of the pull request has to act on. */
#include "base/quantity.h"
#include "base/text.h"
#include "report/cut.h"
#include "report/describe.h"
#include "report/markdown_parts.h"

const char *const markdown_outcomes[] = {[OUTCOME_PASSED] = "✅", [OUTCOME_FAILED] = "❌", [OUTCOME_NOT_RUN] = "➖"};

void markdown_add_duration(struct buffer *out, double milliseconds)
{
	_cleanup_free_ char *text = quantity_format_milliseconds(milliseconds);
	buffer_add_text(out, text);
}

void markdown_add_place(struct buffer *out, const char *file, int line)
{
	_cleanup_free_ char *place = line > 0 ? string_format("%s:%d", file, line) : string_copy(file);
	markdown_add_code(out, place, SHOW_CODE);
}

/* With a <br> in front of each. */
static void add_sentences(struct buffer *out, char *const *sentences)
{
	for (; sentences && *sentences; sentences++) {
		buffer_add_text(out, "<br>");
		markdown_add_text(out, *sentences, SHOW_TEXT);
	}
}

/* --- failures --- */

/* The message, and its SQLSTATE; then, in lines of their own, what explains it. */
static void add_message(struct buffer *out, const struct report_failure *failure)
{
	const struct {
		const char *label, *text;
	} fields[] = {{"Rows", failure->rows},
		      {"Detail", failure->detail},
		      {"Hint", failure->hint},
		      {"Context", failure->context}};
	markdown_add_lines(out, failure->message, SHOW_TEXT);
	if (failure->sqlstate) {
		buffer_add_text(out, " (SQLSTATE ");
		markdown_add_text(out, failure->sqlstate, SHOW_NAME);
		buffer_add_char(out, ')');
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!fields[i].text)
			continue;
		buffer_addf(out, "<br>**%s:** ", fields[i].label);
		markdown_add_lines(out, fields[i].text, SHOW_TEXT);
	}
}

/* With its caret; nothing if it is not known. */
static void add_source(struct buffer *out, const struct report_failure *failure)
{
	if (!failure->source_line)
		return;
	_cleanup_free_ char *safe = text_safe(failure->source_line);
	_cleanup_buffer_ struct buffer source = {0};
	buffer_add_text(&source, safe);
	if (failure->has_caret && strlen(safe) <= SHOW_CODE) {
		buffer_add_char(&source, '\n');
		buffer_add_repeat(&source, ' ', report_columns_before(safe, failure->column));
		buffer_add_char(&source, '^');
	}
	markdown_add_block(out, "sql", buffer_text(&source), SHOW_TEXT);
}

void markdown_add_failures(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, FAILURES, "failures");
	for (size_t i = 0; i < report->migration_count; i++) {
		const struct report_migration *migration = &report->migrations[i];
		if (migration->outcome != OUTCOME_FAILED)
			continue;
		struct buffer item = {0};
		buffer_add_text(&item, "\n❌ ");
		markdown_add_place(&item, migration->file, migration->failure ? migration->failure->line : 0);
		buffer_add_text(&item, " does not apply");
		if (migration->failure) {
			buffer_add_text(&item, "<br>");
			add_message(&item, migration->failure);
			buffer_add_text(&item, "\n\n");
			add_source(&item, migration->failure);
		} else {
			buffer_add_char(&item, '\n');
		}
		string_list_take(&section->items, buffer_steal(&item));
	}
}

/* --- hazards --- */

/* What was said of this kind of hazard before is not said again. */
static bool is_repeated(const struct report *report, size_t index)
{
	const struct report_hazard *hazard = &report->hazards[index];
	for (size_t i = 0; i < index; i++)
		if (!report->hazards[i].accepted && report->hazards[i].severity == hazard->severity &&
		    string_equal(report->hazards[i].id, hazard->id) &&
		    string_equal(report->hazards[i].why, hazard->why) &&
		    string_equal(report->hazards[i].instead, hazard->instead))
			return true;
	return false;
}

static void add_hazard(struct buffer *out, const struct report_hazard *hazard, bool is_repeated)
{
	buffer_addf(out, "- %s **", hazard->severity == SEVERITY_ERROR ? "❌" : "⚠️");
	markdown_add_text(out, hazard->id, SHOW_NAME);
	buffer_add_text(out, "**");
	if (hazard->file) {
		buffer_add_text(out, " at ");
		markdown_add_place(out, hazard->file, hazard->line);
	}
	if (hazard->measured) {
		buffer_add_text(out, "<br>");
		markdown_add_lines(out, hazard->measured, SHOW_TEXT);
	}
	if (hazard->why && !is_repeated) {
		buffer_add_text(out, "<br>**Why:** ");
		markdown_add_lines(out, hazard->why, SHOW_TEXT);
	}
	if (hazard->instead && !is_repeated) {
		buffer_add_text(out, "<br>**Instead:** ");
		markdown_add_lines(out, hazard->instead, SHOW_TEXT);
	}
	buffer_add_char(out, '\n');
}

static void add_hazards(struct section *section, const struct report *report, bool repeated)
{
	for (size_t i = 0; i < report->hazard_count; i++) {
		if (report->hazards[i].accepted || is_repeated(report, i) != repeated)
			continue;
		struct buffer item = {0};
		add_hazard(&item, &report->hazards[i], repeated);
		string_list_take(&section->items, buffer_steal(&item));
	}
}

void markdown_add_hazards(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, HAZARDS, "hazards");
	buffer_add_text(&section->begin, "\n#### Hazards\n\n");
	add_hazards(section, report, false);
	section = document_add(document, MORE_HAZARDS, "hazards");
	add_hazards(section, report, true);
	section_fold(section, "More of these hazards", true);
}

/* --- checks and plans that do not hold --- */

void markdown_add_checks(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, CHECKS, "checks");
	buffer_add_text(&section->begin, "\n#### Checks that do not hold\n\n");
	for (size_t i = 0; i < report->check_count; i++) {
		const struct report_check *check = &report->checks[i];
		if (check->outcome != OUTCOME_FAILED)
			continue;
		struct buffer item = {0};
		buffer_addf(&item, "- %s ", check->severity == SEVERITY_ERROR ? "❌" : "⚠️");
		markdown_add_text(&item, check->name, SHOW_NAME);
		buffer_add_text(&item, "<br>");
		if (check->failure) {
			add_message(&item, check->failure);
		} else {
			buffer_add_text(&item, "expected ");
			markdown_add_code(&item, check->expected ? check->expected : "that it runs", SHOW_CODE);
			buffer_add_text(&item, ", got ");
			markdown_add_code(&item, check->actual ? check->actual : "NULL", SHOW_CODE);
		}
		if (check->before) {
			buffer_add_text(&item, ", before the migrations ");
			markdown_add_code(&item, check->before, SHOW_CODE);
		}
		buffer_add_text(&item, "<br>");
		markdown_add_code(&item, check->sql, SHOW_TEXT);
		buffer_add_char(&item, '\n');
		string_list_take(&section->items, buffer_steal(&item));
	}
}

/* Those that do not hold, and those that became another plan. */
void markdown_add_plans(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, PLANS, "plans");
	buffer_add_text(&section->begin, "\n#### Plans that changed\n\n");
	for (size_t i = 0; i < report->plan_count; i++) {
		const struct report_plan *plan = &report->plans[i];
		if (plan->outcome != OUTCOME_FAILED && !plan->changed)
			continue;
		struct buffer item = {0};
		buffer_addf(&item, "- %s ",
			    plan->outcome == OUTCOME_FAILED && plan->is_warning ? "⚠️"
										: markdown_outcomes[plan->outcome]);
		markdown_add_text(&item, plan->name, SHOW_NAME);
		if (plan->before.root && plan->after.root) {
			_cleanup_free_ char *before = quantity_format_count(plan->before.blocks);
			_cleanup_free_ char *after = quantity_format_count(plan->after.blocks);
			buffer_addf(&item, ": %s → %s blocks", before, after);
		}
		if (plan->failure) {
			buffer_add_text(&item, "<br>");
			add_message(&item, plan->failure);
		}
		add_sentences(&item, plan->violations);
		add_sentences(&item, plan->differences);
		buffer_add_char(&item, '\n');
		string_list_take(&section->items, buffer_steal(&item));
	}
}

/* --- down and up again --- */

static void add_point(struct section *section, const char *mark, const char *text)
{
	struct buffer item = {0};
	buffer_addf(&item, "- %s ", mark);
	markdown_add_lines(&item, text, SHOW_TEXT);
	buffer_add_char(&item, '\n');
	string_list_take(&section->items, buffer_steal(&item));
}

void markdown_add_reversal(struct document *document, const struct report *report)
{
	const struct report_reversal *reversal = &report->reversal;
	struct section *section = document_add(document, REVERSAL, "findings on the way back");
	if (!reversal->ran)
		return;
	buffer_add_text(&section->begin, "\n#### Down and up again\n\n");
	if (reversal->outcome == OUTCOME_PASSED)
		add_point(section, "✅", "Everything is as it was.");
	for (size_t i = 0; i < reversal->step_count; i++) {
		const struct report_migration *step = &reversal->steps[i];
		if (step->outcome != OUTCOME_FAILED)
			continue;
		struct buffer item = {0};
		buffer_add_text(&item, "- ❌ ");
		markdown_add_place(&item, step->file, step->failure ? step->failure->line : 0);
		if (step->failure) {
			buffer_add_text(&item, "<br>");
			add_message(&item, step->failure);
		}
		buffer_add_char(&item, '\n');
		string_list_take(&section->items, buffer_steal(&item));
	}
	for (size_t i = 0; i < reversal->schema_count; i++) {
		const struct report_schema_change *change = &reversal->schema[i];
		_cleanup_free_ char *text =
			string_format("%c %s%s%s", change->action, change->object, change->detail ? "\n" : "",
				      change->detail ? change->detail : "");
		add_point(section, "❌", text);
	}
	for (char **sentence = reversal->tables; sentence && *sentence; sentence++)
		add_point(section, "❌", *sentence);
	for (char **sentence = reversal->skipped; sentence && *sentence; sentence++)
		add_point(section, reversal->step_count == 0 ? "❌" : "➖", *sentence);
}
