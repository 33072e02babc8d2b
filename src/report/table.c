#include "report/table.h"

#include "base/quantity.h"
#include "base/text.h"

enum {
	FOLD_FROM = 12, /* that many rows of one outcome in a row are shown as … */
	FOLD_KEEP = 3,  /* … this many at both ends, and a count */
};

static const struct {
	const char *symbol;
	enum tint tint;
} outcome_marks[] = {
	[OUTCOME_PASSED] = {"✓", TINT_GREEN},
	[OUTCOME_FAILED] = {"✗", TINT_RED},
	[OUTCOME_NOT_RUN] = {"–", TINT_DIM},
};

struct row {
	const char *name; /* borrowed, hostile */
	enum report_outcome outcome;
	double milliseconds;
	bool is_path; /* the end says most */
};

struct table {
	struct row *rows;
	size_t count;
	size_t name_width, duration_width;
};

static char *format_duration(const struct row *row)
{
	return row->outcome == OUTCOME_NOT_RUN ? string_copy("not run")
					       : quantity_format_milliseconds(row->milliseconds);
}

static void add_row(const struct page *page, const struct table *table, const struct row *row)
{
	_cleanup_free_ char *name = row->is_path ? layout_keep_end(row->name, table->name_width) : text_safe(row->name);
	string_replace(&name, text_shorten(name, table->name_width));
	_cleanup_free_ char *duration = format_duration(row);
	buffer_add_text(page->out, "  ");
	page_paint(page, outcome_marks[row->outcome].tint, outcome_marks[row->outcome].symbol);
	buffer_addf(page->out, " %s", name);
	size_t end = table->name_width + 2 + table->duration_width;
	size_t used = text_width(name) + text_width(duration);
	buffer_add_repeat(page->out, ' ', used < end ? end - used : 1);
	page_paint(page, TINT_DIM, duration);
	buffer_add_char(page->out, '\n');
}

static size_t length_of_run(const struct table *table, size_t start, size_t end)
{
	size_t length = 1;
	while (start + length < end && table->rows[start + length].outcome == table->rows[start].outcome)
		length++;
	return length;
}

/* All of a long run but its ends, as one row. */
static void add_folded(const struct page *page, const struct table *table, size_t start, size_t count)
{
	_cleanup_free_ char *name = string_format("… %zu more", count);
	struct row row = {.name = name, .outcome = table->rows[start].outcome};
	for (size_t i = start; i < start + count; i++)
		row.milliseconds += table->rows[i].milliseconds;
	add_row(page, table, &row);
}

/* The rows from `start` up to `end`. */
static void add_rows(const struct page *page, const struct table *table, const char *title, size_t start, size_t end)
{
	if (start == end)
		return;
	buffer_add_text(page->out, "\n  ");
	page_paint(page, TINT_BOLD, title);
	buffer_add_char(page->out, '\n');
	while (start < end) {
		size_t run = length_of_run(table, start, end);
		bool folds = run > FOLD_FROM && table->rows[start].outcome != OUTCOME_FAILED;
		for (size_t i = 0; i < run; i++) {
			if (folds && i == FOLD_KEEP) {
				add_folded(page, table, start + i, run - 2 * FOLD_KEEP);
				i += run - 2 * FOLD_KEEP;
			}
			add_row(page, table, &table->rows[start + i]);
		}
		start += run;
	}
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* One pair of columns for both lists. */
static void measure(const struct page *page, struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		_cleanup_free_ char *name = text_safe(table->rows[i].name);
		_cleanup_free_ char *duration = format_duration(&table->rows[i]);
		table->name_width = larger(table->name_width, text_width(name));
		table->duration_width = larger(table->duration_width, text_width(duration));
	}
	if (table->count > FOLD_FROM) { /* a folded row may be wider than any other */
		table->name_width = larger(table->name_width, sizeof("… 99999 more") - 3);
		table->duration_width = larger(table->duration_width, sizeof("59 min 59 s") - 1);
	}
	size_t available = page->width - 4 - 2 - table->duration_width;
	if (table->name_width > available)
		table->name_width = available;
}

void report_add_tables(const struct page *page, const struct report *report)
{
	struct table table = {.count = report->migration_count + report->check_count};
	_cleanup_free_ struct row *rows = memory_allocate(table.count * sizeof(*rows));
	for (size_t i = 0; i < report->migration_count; i++) {
		const struct report_migration *migration = &report->migrations[i];
		rows[i] = (struct row){migration->file, migration->outcome, migration->milliseconds, true};
	}
	for (size_t i = 0; i < report->check_count; i++) {
		const struct report_check *check = &report->checks[i];
		rows[report->migration_count + i] =
			(struct row){check->name, check->outcome, check->milliseconds, false};
	}
	table.rows = rows;
	measure(page, &table);
	add_rows(page, &table, "Migrations", 0, report->migration_count);
	add_rows(page, &table, "Checks", report->migration_count, table.count);
}
