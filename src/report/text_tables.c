/* The lists of what was run, as rows with a mark and a value at the right. */
#include "base/quantity.h"
#include "base/text.h"
#include "report/describe.h"
#include "report/text_parts.h"

enum {
	FOLD_FROM = 12, /* that many rows of one outcome in a row are shown as … */
	FOLD_KEEP = 3,  /* … this many at both ends, and a count */
};

enum mark { MARK_PASSED, MARK_FAILED, MARK_NOT_RUN, MARK_WARNING };

static const struct {
	const char *symbol;
	enum tint tint;
} marks[] = {
	[MARK_PASSED] = {"✓", TINT_GREEN},
	[MARK_FAILED] = {"✗", TINT_RED},
	[MARK_NOT_RUN] = {"–", TINT_DIM},
	[MARK_WARNING] = {"!", TINT_YELLOW},
};

struct row {
	const char *name; /* borrowed, hostile */
	enum mark mark;
	double milliseconds;
	char *value;                              /* owned; shown at the right */
	bool is_path;                             /* the end says most */
	const struct report_migration *migration; /* with statements to tell of; may be NULL */
	const struct report_plan *plan;           /* that holds although it changed; may be NULL */
};

struct table {
	struct row *rows;
	size_t count;
	size_t name_width, value_width;
};

static enum mark mark_of(enum report_outcome outcome, bool is_warning)
{
	if (outcome == OUTCOME_FAILED)
		return is_warning ? MARK_WARNING : MARK_FAILED;
	return outcome == OUTCOME_PASSED ? MARK_PASSED : MARK_NOT_RUN;
}

static void add_row(const struct page *page, const struct table *table, const struct row *row)
{
	_cleanup_free_ char *name =
		row->is_path ? layout_keep_end(row->name, table->name_width) : string_copy(row->name);
	buffer_add_text(page->out, "  ");
	page_paint(page, marks[row->mark].tint, marks[row->mark].symbol);
	text_add_row(page, 1, name, table->name_width, row->value, table->value_width, TINT_DIM);
}

static void add_details(const struct page *page, const struct report *report, const struct table *table,
			const struct row *row)
{
	if (row->migration)
		text_add_statements(page, report, row->migration, table->name_width, table->value_width);
	if (row->plan)
		text_add_plan_change(page, row->plan);
}

static bool can_fold(const struct row *row)
{
	return (row->mark == MARK_PASSED || row->mark == MARK_NOT_RUN) && !row->migration && !row->plan;
}

/* The rows from `start` that can stand as one: 1 if that cannot be folded. */
static size_t length_of_run(const struct table *table, size_t start, size_t end)
{
	size_t length = 1;
	while (can_fold(&table->rows[start]) && start + length < end && can_fold(&table->rows[start + length]) &&
	       table->rows[start + length].mark == table->rows[start].mark)
		length++;
	return length;
}

/* All of a long run but its ends, as one row. */
static void add_folded(const struct page *page, const struct table *table, size_t start, size_t count)
{
	double milliseconds = 0;
	for (size_t i = start; i < start + count; i++)
		milliseconds += table->rows[i].milliseconds;
	_cleanup_free_ char *name = string_format("… %zu more", count);
	_cleanup_free_ char *value = milliseconds > 0 ? quantity_format_milliseconds(milliseconds) : string_copy("");
	struct row row = {.name = name, .mark = table->rows[start].mark, .value = value};
	add_row(page, table, &row);
}

/* The rows from `start` up to `end`. */
static void add_rows(const struct page *page, const struct report *report, const struct table *table, const char *title,
		     size_t start, size_t end)
{
	if (start == end)
		return;
	text_add_heading(page, title);
	while (start < end) {
		size_t run = length_of_run(table, start, end);
		for (size_t i = 0; i < run; i++) {
			if (run > FOLD_FROM && i == FOLD_KEEP) {
				add_folded(page, table, start + i, run - 2 * FOLD_KEEP);
				i += run - 2 * FOLD_KEEP;
			}
			add_row(page, table, &table->rows[start + i]);
			add_details(page, report, table, &table->rows[start + i]);
		}
		start += run;
	}
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* One pair of columns for all rows; as wide as the page where statements are to be shown. */
static void measure(const struct page *page, struct table *table)
{
	bool has_details = false;
	for (size_t i = 0; i < table->count; i++) {
		_cleanup_free_ char *name = text_safe(table->rows[i].name);
		table->name_width = larger(table->name_width, text_width(name));
		table->value_width = larger(table->value_width, text_width(table->rows[i].value));
		has_details |= table->rows[i].migration != NULL;
	}
	if (table->count > FOLD_FROM) { /* a folded row may be wider than any other */
		table->name_width = larger(table->name_width, sizeof("… 99999 more") - 3);
		table->value_width = larger(table->value_width, sizeof("59 min 59 s") - 1);
	}
	size_t available = page->width - 4 - 2 - table->value_width;
	if (has_details || table->name_width > available)
		table->name_width = available;
}

static char *duration(enum report_outcome outcome, double milliseconds)
{
	return outcome == OUTCOME_NOT_RUN ? string_copy("not run") : quantity_format_milliseconds(milliseconds);
}

static bool has_notable(const struct report *report, const struct report_migration *migration)
{
	for (size_t i = 0; i < migration->list_count; i++)
		if (statement_is_notable(report, &migration->list[i]))
			return true;
	return false;
}

static struct row migration_row(const struct report *report, const struct report_migration *migration)
{
	return (struct row){.name = migration->file,
			    .mark = mark_of(migration->outcome, false),
			    .milliseconds = migration->milliseconds,
			    .value = duration(migration->outcome, migration->milliseconds),
			    .is_path = true,
			    .migration = has_notable(report, migration) ? migration : NULL};
}

static struct row check_row(const struct report_check *check)
{
	return (struct row){.name = check->name,
			    .mark = mark_of(check->outcome, check->severity == SEVERITY_WARNING),
			    .milliseconds = check->milliseconds,
			    .value = duration(check->outcome, check->milliseconds)};
}

static struct row plan_row(const struct report_plan *plan)
{
	return (struct row){.name = plan->name,
			    .mark = mark_of(plan->outcome, plan->is_warning),
			    .value = text_plan_blocks(plan),
			    .plan = plan->changed && plan->outcome == OUTCOME_PASSED ? plan : NULL};
}

static void free_rows(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->rows[i].value);
	free(table->rows);
}
#define _cleanup_rows_ _cleanup_(free_rows)

/* Migrations and checks in the same columns. */
static void add_runs(const struct page *page, const struct report *report)
{
	size_t migrations = report->migration_count, count = migrations + report->check_count;
	_cleanup_rows_ struct table table = {memory_allocate(count * sizeof(struct row)), count, 0, 0};
	for (size_t i = 0; i < migrations; i++)
		table.rows[i] = migration_row(report, &report->migrations[i]);
	for (size_t i = migrations; i < count; i++)
		table.rows[i] = check_row(&report->checks[i - migrations]);
	measure(page, &table);
	add_rows(page, report, &table, "Migrations", 0, migrations);
	add_rows(page, report, &table, "Checks", migrations, count);
}

static void add_plans(const struct page *page, const struct report *report)
{
	size_t count = report->plan_count;
	_cleanup_rows_ struct table table = {memory_allocate(count * sizeof(struct row)), count, 0, 0};
	for (size_t i = 0; i < count; i++)
		table.rows[i] = plan_row(&report->plans[i]);
	measure(page, &table);
	add_rows(page, report, &table, "Plans", 0, count);
}

void text_add_tables(const struct page *page, const struct report *report)
{
	add_runs(page, report);
	add_plans(page, report);
}
