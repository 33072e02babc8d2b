#include "base/quantity.h"
#include "base/text.h"
#include "report/describe.h"
#include "report/text_parts.h"

/* --- statements, below the row of their migration --- */

enum { NUMBER_INDENT = 4, NUMBER_WIDTH = 4, SQL_INDENT = NUMBER_INDENT + NUMBER_WIDTH + 2 };

/* How much a statement matters beside others. */
static double weight(const struct report_statement *statement)
{
	double reads, writes;
	statement_blocked(statement, &reads, &writes);
	if (statement->outcome == OUTCOME_FAILED)
		return 1e15;
	return reads + writes + statement->to_ms - statement->from_ms;
}

static int compare_descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? 1 : x > y ? -1 : 0;
}

/* The weight that a statement needs to be among the TEXT_LIST_ROWS that are shown. */
static double least_weight(const struct report *report, const struct report_migration *migration, size_t *ret_notable)
{
	_cleanup_free_ double *weights = memory_allocate((migration->list_count + 1) * sizeof(*weights));
	size_t count = 0;
	for (size_t i = 0; i < migration->list_count; i++)
		if (statement_is_notable(report, &migration->list[i]))
			weights[count++] = weight(&migration->list[i]);
	qsort(weights, count, sizeof(*weights), compare_descending);
	*ret_notable = count;
	return count > TEXT_LIST_ROWS ? weights[TEXT_LIST_ROWS - 1] : -1;
}

static void add_fact(const struct page *page, const char *text)
{
	if (!*text)
		return;
	buffer_add_repeat(page->out, ' ', SQL_INDENT);
	page_wrap(page, TINT_DIM, text, SQL_INDENT, SQL_INDENT, 3);
}

/* Each lock that kept others out for as long as the longest of this statement did, then what it changed and cost. */
static void add_facts(const struct page *page, const struct report *report, const struct report_statement *statement)
{
	double reads, writes;
	size_t told = 0;
	statement_blocked(statement, &reads, &writes);
	for (size_t i = 0; i < statement->lock_count && told < 3 && writes >= notable_ms(report); i++) {
		const struct report_lock *lock = &statement->locks[i];
		if (!table_locks[lock->mode].blocks_writes || lock->to_ms - lock->from_ms < writes)
			continue;
		_cleanup_buffer_ struct buffer fact = {0};
		describe_lock(&fact, lock);
		add_fact(page, buffer_text(&fact));
		told++;
	}
	for (size_t i = 0; i < statement->change_count && i < 6; i++) {
		_cleanup_buffer_ struct buffer fact = {0};
		describe_change(&fact, &statement->changes[i]);
		add_fact(page, buffer_text(&fact));
	}
	_cleanup_buffer_ struct buffer cost = {0};
	describe_cost(&cost, statement);
	add_fact(page, buffer_text(&cost));
}

static void add_statement(const struct page *page, const struct report *report,
			  const struct report_statement *statement, size_t name_width, size_t value_width)
{
	enum { MARKED = 4 }; /* where the name of a row begins */
	_cleanup_free_ char *number = statement->line > 0 ? string_format("%d", statement->line) : string_copy("");
	_cleanup_free_ char *gutter = string_format("%*s", NUMBER_WIDTH, number);
	_cleanup_free_ char *time = quantity_format_milliseconds(statement->to_ms - statement->from_ms);
	_cleanup_free_ char *sql = statement_on_one_line(statement);
	size_t width = text_width(gutter) + 2;
	buffer_add_repeat(page->out, ' ', NUMBER_INDENT);
	page_paint(page, TINT_DIM, gutter);
	text_add_row(page, 2, sql, name_width + MARKED - NUMBER_INDENT - width, time, value_width,
		     statement->outcome == OUTCOME_FAILED ? TINT_RED : TINT_DIM);
	add_facts(page, report, statement);
}

void text_add_statements(const struct page *page, const struct report *report, const struct report_migration *migration,
			 size_t name_width, size_t value_width)
{
	size_t notable, shown = 0;
	double least = least_weight(report, migration, &notable);
	for (size_t i = 0; i < migration->list_count && shown < TEXT_LIST_ROWS; i++) {
		const struct report_statement *statement = &migration->list[i];
		if (!statement_is_notable(report, statement) || weight(statement) < least)
			continue;
		add_statement(page, report, statement, name_width, value_width);
		shown++;
	}
	if (notable > shown) {
		buffer_add_repeat(page->out, ' ', SQL_INDENT - 2);
		text_add_more(page, notable - shown, "statements");
	}
}

/* --- the ledger --- */

enum { TIME_WIDTH = sizeof("59 min 59 s") - 1 };

enum { VALUES_WIDTH = 2 * TIME_WIDTH + 2 };

static char *format_values(const char *reads, const char *writes)
{
	return string_format("%*s  %*s", TIME_WIDTH, reads, TIME_WIDTH, writes);
}

static void add_ledger_title(const struct page *page)
{
	static const char title[] = "Blocked";
	_cleanup_free_ char *values = format_values("reads", "writes");
	buffer_add_text(page->out, "\n  ");
	page_paint(page, TINT_BOLD, title);
	buffer_add_repeat(page->out, ' ', page->width - 2 - strlen(title) - VALUES_WIDTH);
	page_paint(page, TINT_DIM, values);
	buffer_add_char(page->out, '\n');
}

static void add_relation(const struct page *page, const struct report_relation *relation)
{
	const char *none = "no"; /* one byte a column: printf pads by bytes */
	_cleanup_free_ char *reads = quantity_format_milliseconds(relation->reads_blocked_ms);
	_cleanup_free_ char *writes = quantity_format_milliseconds(relation->writes_blocked_ms);
	_cleanup_free_ char *size = quantity_format_size(relation->bytes);
	_cleanup_free_ char *name =
		relation->bytes ? string_format("%s (%s)", relation->name, size) : string_copy(relation->name);
	_cleanup_free_ char *values = format_values(relation->reads_blocked_ms > 0 ? reads : none,
						    relation->writes_blocked_ms > 0 ? writes : none);
	text_add_row(page, 2, name, page->width - 2 - 2 - VALUES_WIDTH, values, VALUES_WIDTH, TINT_PLAIN);
}

void text_add_ledger(const struct page *page, const struct report *report)
{
	size_t count = 0;
	for (size_t i = 0; i < report->relation_count; i++) {
		if (!relation_is_notable(report, &report->relations[i]))
			continue;
		if (count == 0)
			add_ledger_title(page);
		if (count++ < TEXT_LIST_ROWS)
			add_relation(page, &report->relations[i]);
	}
	text_add_more(page, count > TEXT_LIST_ROWS ? count - TEXT_LIST_ROWS : 0, "relations");
}
