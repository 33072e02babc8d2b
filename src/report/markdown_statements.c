/* What was run: migrations and their statements, and the relations that they kept from others. */
#include "base/quantity.h"
#include "base/text.h"
#include "report/cut.h"
#include "report/describe.h"
#include "report/markdown_parts.h"

enum { SHOW_FILE = 48, SHOW_CHANGES = 6 };

/* What it blocked for the longest time. */
static void add_blocked(struct buffer *out, const struct report_statement *statement)
{
	const struct report_lock *longest = NULL;
	for (size_t i = 0; i < statement->lock_count; i++) {
		const struct report_lock *lock = &statement->locks[i];
		if (!table_locks[lock->mode].blocks_writes)
			continue;
		if (!longest || lock->to_ms - lock->from_ms > longest->to_ms - longest->from_ms)
			longest = lock;
	}
	if (!longest) {
		buffer_add_text(out, "–");
		return;
	}
	buffer_add_text(out, "**");
	markdown_add_duration(out, longest->to_ms - longest->from_ms);
	buffer_addf(out, "** %s of ", table_locks[longest->mode].blocks_reads ? "reads and writes" : "writes");
	markdown_add_code(out, longest->relation ? longest->relation : "?", SHOW_NAME);
}

static void add_effects(struct buffer *out, const struct report_statement *statement)
{
	size_t start = out->length;
	_cleanup_buffer_ struct buffer cost = {0};
	describe_cost(&cost, statement);
	if (statement->outcome == OUTCOME_FAILED)
		buffer_add_text(out, "❌ failed");
	for (size_t i = 0; i < statement->change_count && i < SHOW_CHANGES; i++) {
		_cleanup_buffer_ struct buffer change = {0};
		describe_change(&change, &statement->changes[i]);
		buffer_add_text(out, out->length > start ? "<br>" : "");
		markdown_add_text(out, buffer_text(&change), SHOW_TEXT);
	}
	if (statement->change_count > SHOW_CHANGES)
		buffer_addf(out, "<br>and %zu more", statement->change_count - SHOW_CHANGES);
	if (cost.length > 0)
		buffer_addf(out, "%s%s", out->length > start ? "<br>" : "", buffer_text(&cost));
}

/* The end of a path says most; it is whole in the title of its migration. */
static void add_where(struct buffer *out, const struct report_migration *migration, int line)
{
	_cleanup_free_ char *safe = text_safe(migration->file);
	const char *slash = migration->is_command ? NULL : strrchr(safe, '/');
	_cleanup_free_ char *name = report_cut(slash ? slash + 1 : safe, false, SHOW_FILE);
	markdown_add_place(out, name, line);
}

static void add_statement(struct section *section, const struct report_migration *migration,
			  const struct report_statement *statement)
{
	struct buffer row = {0};
	_cleanup_free_ char *sql = statement_on_one_line(statement);
	buffer_add_text(&row, "| ");
	markdown_add_code(&row, sql, SHOW_CODE);
	buffer_add_text(&row, " | ");
	add_where(&row, migration, statement->line);
	buffer_add_text(&row, " | ");
	markdown_add_duration(&row, statement->to_ms - statement->from_ms);
	buffer_add_text(&row, " | ");
	add_blocked(&row, statement);
	buffer_add_text(&row, " | ");
	add_effects(&row, statement);
	buffer_add_text(&row, " |\n");
	string_list_take(&section->items, buffer_steal(&row));
}

static bool is_in_a_hazard(const struct report *report, size_t migration, size_t statement)
{
	for (size_t i = 0; i < report->hazard_count; i++)
		if (report->hazards[i].migration == migration && report->hazards[i].statement == statement)
			return true;
	return false;
}

static bool is_told(const struct report *report, size_t migration, size_t statement)
{
	return statement_is_notable(report, &report->migrations[migration].list[statement]) ||
	       is_in_a_hazard(report, migration, statement);
}

static void add_statements(struct section *section, const struct report *report, bool all)
{
	buffer_add_text(&section->begin, "| Statement | Where | Took | Blocked | Did |\n|---|---|--:|---|---|\n");
	for (size_t i = 0; i < report->migration_count; i++)
		for (size_t j = 0; j < report->migrations[i].list_count; j++)
			if (all || is_told(report, i, j))
				add_statement(section, &report->migrations[i], &report->migrations[i].list[j]);
}

void markdown_add_statements(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, STATEMENTS, "statements");
	buffer_add_text(&section->begin, "\n#### Statements worth a look\n\n");
	add_statements(section, report, false);
}

static bool all_are_told(const struct report *report)
{
	for (size_t i = 0; i < report->migration_count; i++)
		for (size_t j = 0; j < report->migrations[i].list_count; j++)
			if (!is_told(report, i, j))
				return false;
	return true;
}

void markdown_add_all_statements(struct document *document, const struct report *report)
{
	if (all_are_told(report))
		return;
	struct section *section = document_add(document, ALL_STATEMENTS, "statements");
	add_statements(section, report, true);
	section_fold(section, "All statements", true);
}

void markdown_add_migrations(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, MIGRATIONS, "migrations");
	buffer_add_text(&section->begin, "| | Migration | Statements | Took |\n|---|---|--:|--:|\n");
	for (size_t i = 0; i < report->migration_count; i++) {
		const struct report_migration *migration = &report->migrations[i];
		struct buffer row = {0};
		buffer_addf(&row, "| %s | ", markdown_outcomes[migration->outcome]);
		markdown_add_code(&row, migration->file, SHOW_CODE);
		if (migration->outcome == OUTCOME_NOT_RUN) {
			buffer_add_text(&row, " | | not run |\n");
		} else {
			buffer_addf(&row, " | %zu | ", migration->statements);
			markdown_add_duration(&row, migration->milliseconds);
			buffer_add_text(&row, " |\n");
		}
		string_list_take(&section->items, buffer_steal(&row));
	}
	section_fold(section, "Migrations", true);
}

/* --- relations --- */

static void add_time(struct buffer *out, double milliseconds)
{
	buffer_add_text(out, " | ");
	if (milliseconds > 0)
		markdown_add_duration(out, milliseconds);
	else
		buffer_add_text(out, "–");
}

void markdown_add_ledger(struct document *document, const struct report *report)
{
	struct section *section = document_add(document, LEDGER, "relations");
	buffer_add_text(&section->begin, "| Relation | Size | Strongest lock | Reads blocked | Writes blocked |\n"
					 "|---|--:|---|--:|--:|\n");
	for (size_t i = 0; i < report->relation_count; i++) {
		const struct report_relation *relation = &report->relations[i];
		_cleanup_free_ char *size = quantity_format_size(relation->bytes);
		struct buffer row = {0};
		buffer_add_text(&row, "| ");
		markdown_add_code(&row, relation->name, SHOW_NAME);
		buffer_addf(&row, " | %s | %s", size, table_locks[relation->strongest].sql);
		add_time(&row, relation->reads_blocked_ms);
		add_time(&row, relation->writes_blocked_ms);
		buffer_add_text(&row, " |\n");
		string_list_take(&section->items, buffer_steal(&row));
	}
	section_fold(section, "Locks on relations that were there before", true);
}
