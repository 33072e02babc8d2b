/* What was run: each migration with its statements, and what they did. */
#include "base/quantity.h"
#include "report/cut.h"
#include "report/describe.h"
#include "report/html_parts.h"

enum {
	OPEN_STATEMENTS = 40, /* of a run that is short, all is in view */
	LONG_SQL = 100,       /* bytes of a statement that stand in its row; all of it is folded below */
};

static void add_lock(struct buffer *out, const struct report_lock *lock)
{
	buffer_addf(out, "<li>%s on ", table_locks[lock->mode].sql);
	html_add_code(out, lock->relation ? lock->relation : "?");
	buffer_add_text(out, ", ");
	html_add(out, lock->kind ? lock->kind : "relation");
	buffer_add_text(out, lock->sampled ? ", for about " : ", for ");
	html_add_duration(out, lock->to_ms - lock->from_ms);
	buffer_addf(out, ": blocks %s</li>\n",
		    table_locks[lock->mode].blocks ? table_locks[lock->mode].blocks : "nobody");
}

static void add_acceptance(struct buffer *out, const char *hazard, const char *reason)
{
	buffer_add_text(out, "<li>accepts ");
	html_add_code(out, hazard);
	buffer_add_text(out, ": ");
	html_add(out, reason ? reason : "no reason given");
	buffer_add_text(out, "</li>\n");
}

static void add_effects(struct buffer *out, const struct report_statement *statement)
{
	buffer_add_text(out, "<ul class=\"effects\">\n");
	for (size_t i = 0; i < statement->change_count; i++) {
		_cleanup_buffer_ struct buffer change = {0};
		describe_change(&change, &statement->changes[i]);
		buffer_add_text(out, "<li>");
		html_add(out, buffer_text(&change));
		buffer_add_text(out, "</li>\n");
	}
	for (size_t i = 0; i < statement->lock_count; i++)
		add_lock(out, &statement->locks[i]);
	if (statement->ignored_hazard)
		add_acceptance(out, statement->ignored_hazard, statement->ignored_reason);
	for (size_t i = 0; i < statement->ignore_count; i++)
		add_acceptance(out, statement->ignores[i].hazard, statement->ignores[i].reason);
	buffer_add_text(out, "</ul>\n");
}

/* What is said of a statement while it is folded: what it did, else how much there is to see. */
static void add_summary(struct buffer *out, const struct report_statement *statement)
{
	_cleanup_buffer_ struct buffer line = {0}, cost = {0};
	if (statement->change_count > 0)
		describe_change(&line, &statement->changes[0]);
	if (statement->change_count > 1)
		buffer_addf(&line, " and %zu more", statement->change_count - 1);
	if (statement->change_count == 0 && statement->lock_count > 0)
		buffer_addf(&line, "%zu lock%s", statement->lock_count, statement->lock_count == 1 ? "" : "s");
	describe_cost(&cost, statement);
	if (cost.length > 0)
		buffer_addf(&line, "%s%s", line.length ? " · " : "", buffer_text(&cost));
	buffer_add_text(out, "<summary class=\"dim\">");
	html_add(out, line.length ? buffer_text(&line) : "the whole statement");
	buffer_add_text(out, "</summary>\n");
}

static void add_details(struct buffer *out, const struct report_statement *statement)
{
	bool has_effects = statement->change_count || statement->lock_count || statement->ignored_hazard;
	bool is_long = strlen(statement->sql) > LONG_SQL;
	if (!has_effects && !is_long && statement->temp_bytes == 0)
		return;
	buffer_add_text(out, "<tr class=\"more\"><td></td><td colspan=\"3\"><details>");
	add_summary(out, statement);
	if (is_long) {
		buffer_add_text(out, "<pre>");
		html_add(out, statement->sql);
		buffer_add_text(out, "</pre>\n");
	}
	if (has_effects)
		add_effects(out, statement);
	buffer_add_text(out, "</details></td></tr>\n");
}

static void add_blocked(struct buffer *out, const struct report_statement *statement)
{
	double reads, writes;
	statement_blocked(statement, &reads, &writes);
	double longest = reads > writes ? reads : writes;
	if (longest <= 0) {
		buffer_add_text(out, "<td class=\"num dim\">–</td>");
		return;
	}
	buffer_add_text(out, "<td class=\"num\">");
	html_add_duration(out, longest);
	buffer_addf(out, "<span class=\"dim\">%s</span></td>", reads > 0 ? "all" : "writes");
}

/* Where it stands in the run: places from 0, and the number it is drawn with. */
struct position {
	size_t migration, statement, number;
};

static void add_statement(struct buffer *out, const struct report_statement *statement, const struct position *position)
{
	_cleanup_free_ char *sql = statement_on_one_line(statement);
	_cleanup_free_ char *shown = report_cut(sql, false, LONG_SQL);
	buffer_addf(out, "<tr id=\"s-%zu-%zu\"><td class=\"num dim\">", position->migration + 1,
		    position->statement + 1);
	if (!statement->is_commit)
		buffer_addf(out, "%zu", position->number);
	buffer_add_text(out, "</td><td>");
	if (statement->outcome == OUTCOME_FAILED) {
		html_add_mark(out, statement->outcome, false);
		buffer_add_char(out, ' ');
	}
	buffer_add_text(out, "<code class=\"statement\">");
	html_add(out, shown);
	buffer_add_text(out, "</code>");
	if (statement->line > 0)
		buffer_addf(out, " <span class=\"dim\">line %d</span>", statement->line);
	buffer_add_text(out, "</td><td class=\"num\">");
	html_add_duration(out, statement->to_ms - statement->from_ms);
	buffer_add_text(out, "</td>");
	add_blocked(out, statement);
	buffer_add_text(out, "</tr>\n");
	add_details(out, statement);
}

static void add_statements(struct buffer *out, const struct report_migration *migration, size_t place, size_t *number)
{
	if (migration->list_count == 0)
		return;
	buffer_add_text(
		out, "<table>\n<thead><tr><th scope=\"col\" class=\"num\">#</th><th scope=\"col\">Statement</th><th "
		     "scope=\"col\" class=\"num\">Took</th><th scope=\"col\" class=\"num\">Blocked</th></tr></thead>\n"
		     "<tbody>\n");
	for (size_t i = 0; i < migration->list_count; i++) {
		*number += !migration->list[i].is_commit;
		struct position position = {place, i, *number};
		add_statement(out, &migration->list[i], &position);
	}
	buffer_add_text(out, "</tbody></table>\n");
	if (migration->statements > migration->list_count)
		buffer_addf(out, "<p class=\"dim\">%zu statements more ran, of which there is nothing to tell.</p>\n",
			    migration->statements - migration->list_count);
}

static void add_migration(struct buffer *out, const struct report_migration *migration, size_t place, bool is_open,
			  size_t *number)
{
	bool has_more = migration->list_count > 0 || migration->output;
	buffer_addf(out, "<details class=\"migration\" id=\"m-%zu\"%s><summary>", place + 1,
		    has_more && (is_open || migration->outcome == OUTCOME_FAILED) ? " open=\"open\"" : "");
	html_add_mark(out, migration->outcome, false);
	buffer_add_text(out, "<h3>");
	html_add(out, migration->file);
	buffer_add_text(out, "</h3><span class=\"dim\">");
	if (migration->outcome == OUTCOME_NOT_RUN) {
		buffer_add_text(out, "not run");
	} else {
		buffer_addf(out, "%zu statement%s, ", migration->statements, migration->statements == 1 ? "" : "s");
		html_add_duration(out, migration->milliseconds);
	}
	buffer_add_text(out, "</span></summary>\n");
	add_statements(out, migration, place, number);
	if (migration->output) {
		buffer_add_text(out, "<h4>Its output</h4><pre>");
		html_add(out, migration->output);
		buffer_add_text(out, "</pre>\n");
	}
	buffer_add_text(out, "</details>\n");
}

/* Of a long history, what there is nothing to tell of stands behind its number. */
static size_t length_of_quiet_run(const struct report *report, size_t start)
{
	size_t end = start;
	for (; end < report->migration_count; end++) {
		const struct report_migration *migration = &report->migrations[end];
		if (migration->outcome != report->migrations[start].outcome || migration->outcome == OUTCOME_FAILED ||
		    migration->list_count > 0 || migration->output)
			break;
	}
	return end - start;
}

void html_add_migrations(struct buffer *out, const struct report *report)
{
	enum { FOLD_FROM = 8 };
	size_t number = 0, statements = 0, folded_to = 0;
	for (size_t i = 0; i < report->migration_count; i++)
		statements += report->migrations[i].list_count + 1;
	if (report->migration_count == 0)
		return;
	html_begin(out, "migrations", "Migrations and their statements");
	for (size_t i = 0; i < report->migration_count; i++) {
		size_t run = i >= folded_to ? length_of_quiet_run(report, i) : 0;
		if (run >= FOLD_FROM) {
			folded_to = i + run;
			buffer_addf(out, "<details class=\"run-of-many\"><summary>%zu migrations %s</summary>\n", run,
				    report->migrations[i].outcome == OUTCOME_PASSED ? "that apply"
										    : "that did not run");
		}
		add_migration(out, &report->migrations[i], i, statements <= OPEN_STATEMENTS, &number);
		if (i + 1 == folded_to)
			buffer_add_text(out, "</details>\n");
	}
	html_end(out);
}
