#include "base/quantity.h"
#include "base/text.h"
#include "report/describe.h"
#include "report/text_parts.h"

enum {
	NAME_MAX = 20,
	VALUE_WIDTH = sizeof("59 min 59 s") - 1,
	CELL_WIDTH = 7,    /* of a latency in milliseconds */
	NUMBERS_FROM = 74, /* columns that three phases beside each other take */
};

/* A step of the timeline's height for each factor of three or so: what was slow ten times stands out, a wall more so.
 */
static const struct {
	double below_ms;
	const char *block;
} heights[] = {
	{1, "▁"}, {3, "▂"}, {10, "▃"}, {30, "▄"}, {100, "▅"}, {300, "▆"}, {1000, "▇"}, {0, "█"},
};

static char *name_of(const struct report_workload_query *query, size_t width)
{
	_cleanup_free_ char *safe = text_safe(query->name);
	return text_shorten(safe, width);
}

/* --- what to act on --- */

static void add_stall(const struct page *page, const struct report *report, const struct report_workload_query *query)
{
	_cleanup_free_ char *stall = quantity_format_milliseconds(query->longest_stall_ms);
	_cleanup_free_ char *limit = quantity_format_milliseconds(report->workload.max_stall_ms);
	_cleanup_free_ char *line = string_format("no call came back for %s; the limit is %s", stall, limit);
	text_add_message(page, TINT_RED, line, NULL);
	const struct report_statement *statement =
		report_find_statement(report, query->stall_migration, query->stall_statement);
	if (!statement)
		return;
	const char *file = report->migrations[query->stall_migration].file;
	_cleanup_free_ char *during =
		statement->line > 0 ? string_format("%s:%d", file, statement->line) : string_copy(file);
	buffer_add_char(page->out, '\n');
	page_labelled(page, "during", TINT_PLAIN, during);
	page_labelled(page, "", TINT_PLAIN, statement->sql);
}

static void add_errors(const struct page *page, const struct report_workload_query *query)
{
	size_t calls = query->before.count + query->during.count + query->after.count;
	size_t errors = query->before.errors + query->during.errors + query->after.errors;
	_cleanup_free_ char *line = string_format("warning: %zu of %zu calls failed: %s", errors, calls, query->error);
	text_add_message(page, TINT_YELLOW, line, NULL);
}

/* A stall is an error; a call that fails is a warning, for it may always have failed. */
void text_add_stalls(const struct page *page, const struct report *report, enum report_severity severity)
{
	const struct report_workload *workload = &report->workload;
	size_t count = 0;
	for (size_t i = 0; workload->ran && i < workload->query_count; i++) {
		const struct report_workload_query *query = &workload->queries[i];
		bool is_shown = severity == SEVERITY_ERROR ? query_has_stalled(workload, query) : query->error != NULL;
		if (!is_shown || count++ >= TEXT_LIST_ROWS)
			continue;
		_cleanup_free_ char *name = text_safe(query->name);
		_cleanup_free_ char *place = string_format("workload \"%s\"", name);
		text_add_place(page, place, 0, 0);
		if (severity == SEVERITY_ERROR)
			add_stall(page, report, query);
		else
			add_errors(page, query);
	}
	if (count > TEXT_LIST_ROWS)
		buffer_add_char(page->out, '\n');
	text_add_more(page, count > TEXT_LIST_ROWS ? count - TEXT_LIST_ROWS : 0, "queries");
}

/* --- the timeline --- */

struct timeline {
	size_t name_width;
	size_t cells; /* no more than there are buckets */
	double cell_ms;
};

static struct timeline measure(const struct page *page, const struct report_workload *workload)
{
	struct timeline timeline = {0};
	for (size_t i = 0; i < workload->query_count; i++) {
		_cleanup_free_ char *name = name_of(&workload->queries[i], NAME_MAX);
		timeline.name_width = text_width(name) > timeline.name_width ? text_width(name) : timeline.name_width;
	}
	if (timeline.name_width > page->width / 4)
		timeline.name_width = page->width / 4;
	size_t available = page->width - 4 - timeline.name_width - 2 - 2 - VALUE_WIDTH;
	timeline.cells = workload->bucket_count < available ? workload->bucket_count : available;
	timeline.cell_ms = workload->bucket_ms * (double)workload->bucket_count / (double)timeline.cells;
	return timeline;
}

/* The worst latency of the calls that began in a cell; below 0 if there were none. */
static double worst_of_cell(const struct report_workload *workload, const struct report_workload_query *query,
			    const struct timeline *timeline, size_t cell)
{
	double worst = -1;
	size_t first = cell * workload->bucket_count / timeline->cells;
	size_t end = (cell + 1) * workload->bucket_count / timeline->cells;
	for (size_t i = first; i < end; i++)
		worst = query->timeline[i] > worst ? query->timeline[i] : worst;
	return worst;
}

static size_t height_of(double milliseconds)
{
	size_t height = 0;
	while (height + 1 < ARRAY_SIZE(heights) && milliseconds >= heights[height].below_ms)
		height++;
	return height;
}

/* Where no call began because an earlier one did not come back, the caller still felt that one. */
static void add_cells(const struct page *page, const struct report_workload *workload,
		      const struct report_workload_query *query, const struct timeline *timeline)
{
	double waiting = -1, waiting_until = 0;
	for (size_t i = 0; i < timeline->cells; i++) {
		double at = timeline->cell_ms * (double)i, worst = worst_of_cell(workload, query, timeline, i);
		if (worst >= 0 && at + worst > waiting_until) {
			waiting = worst;
			waiting_until = at + worst;
		}
		double felt = worst < 0 && at < waiting_until ? waiting : worst;
		bool bad = workload->max_stall_ms > 0 && felt > workload->max_stall_ms;
		page_paint(page,
			   felt < 0 ? TINT_DIM
			   : bad    ? TINT_RED
				    : TINT_GREEN,
			   felt < 0 ? "·" : heights[height_of(felt)].block);
	}
}

static void add_timeline(const struct page *page, const struct report_workload *workload,
			 const struct report_workload_query *query, const struct timeline *timeline)
{
	bool stalled = query_has_stalled(workload, query);
	const char *mark = stalled ? "✗" : query->error ? "!" : "✓";
	_cleanup_free_ char *name = name_of(query, timeline->name_width);
	_cleanup_free_ char *stall = quantity_format_milliseconds(query->longest_stall_ms);
	buffer_add_text(page->out, "  ");
	page_paint(page, stalled ? TINT_RED : query->error ? TINT_YELLOW : TINT_GREEN, mark);
	buffer_addf(page->out, " %s", name);
	buffer_add_repeat(page->out, ' ', timeline->name_width - text_width(name) + 2);
	add_cells(page, workload, query, timeline);
	buffer_addf(page->out, "  %*s\n", VALUE_WIDTH, stall);
}

#define RULER_LABEL " migrations "

/* What stands to the right of the ruler, in `right` cells; the label where it had no room within. */
static void add_beside_ruler(const struct page *page, size_t right, bool with_label)
{
	static const char what[] = "longest stall";
	if (with_label && right > strlen(RULER_LABEL) + strlen(what)) {
		page_paint(page, TINT_DIM, RULER_LABEL);
		right -= strlen(RULER_LABEL);
	}
	if (right > strlen(what) + 1) {
		buffer_add_repeat(page->out, ' ', right - strlen(what));
		page_paint(page, TINT_DIM, what);
	}
	buffer_add_char(page->out, '\n');
}

/* "╰── migrations ──╯" below the cells in which they ran, or "╰──╯ migrations". */
static void add_ruler(const struct page *page, const struct report *report, const struct timeline *timeline)
{
	double start = -report->workload.from_ms / timeline->cell_ms,
	       end = start + report->migrate_ms / timeline->cell_ms;
	size_t from = start > 0 ? (size_t)start : 0, to = end > 0 ? (size_t)end : 0;
	if (timeline->cells < 2 || from + 1 >= timeline->cells)
		return;
	if (to >= timeline->cells)
		to = timeline->cells - 1;
	if (to <= from)
		to = from + 1;
	size_t inside = to - from - 1, text = inside >= strlen(RULER_LABEL) ? strlen(RULER_LABEL) : 0;
	_cleanup_buffer_ struct buffer ruler = {0};
	buffer_add_text(&ruler, "╰");
	for (size_t i = 0; i < inside - text; i++) {
		if (text && i == (inside - text) / 2)
			buffer_add_text(&ruler, RULER_LABEL);
		buffer_add_text(&ruler, "─");
	}
	buffer_addf(&ruler, "%s╯", text && inside == text ? RULER_LABEL : "");
	buffer_add_repeat(page->out, ' ', 4 + timeline->name_width + 2 + from);
	page_paint(page, TINT_DIM, buffer_text(&ruler));
	add_beside_ruler(page, timeline->cells - to - 1 + 2 + VALUE_WIDTH, !text);
}

/* --- the numbers --- */

static void add_latencies(struct buffer *out, const struct workload_phase *phase)
{
	const double latencies[] = {phase->p50_ms, phase->p99_ms, phase->max_ms};
	for (size_t i = 0; i < ARRAY_SIZE(latencies); i++) {
		if (phase->count == 0)
			buffer_addf(out, "%*s", CELL_WIDTH, "-");
		else if (latencies[i] < 9.95)
			buffer_addf(out, "%*.1f", CELL_WIDTH, latencies[i]);
		else if (latencies[i] < 99999.5)
			buffer_addf(out, "%*.0f", CELL_WIDTH, latencies[i]);
		else
			buffer_addf(out, "%*.0fs", CELL_WIDTH - 1,
				    latencies[i] / 1000 < 99999 ? latencies[i] / 1000 : 99999);
	}
}

static void add_numbers_row(const struct page *page, size_t name_width, const char *name, const char *numbers,
			    enum tint tint)
{
	_cleanup_free_ char *shortened = text_shorten(name, name_width);
	buffer_add_repeat(page->out, ' ', 4);
	page_paint(page, tint, shortened);
	buffer_add_repeat(page->out, ' ', name_width - text_width(shortened));
	page_paint(page, tint, numbers);
	buffer_add_char(page->out, '\n');
}

/* The three phases beside each other. */
static void add_wide_numbers(const struct page *page, const struct report_workload *workload)
{
	enum { PHASE_WIDTH = 3 * CELL_WIDTH };
	size_t name_width = page->width - 4 - 3 * PHASE_WIDTH;
	name_width = name_width > NAME_MAX ? NAME_MAX : name_width;
	_cleanup_buffer_ struct buffer phases = {0}, columns = {0};
	static const char *const names[] = {"before", "during", "after"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		buffer_addf(&phases, "%*s", PHASE_WIDTH, names[i]);
		buffer_addf(&columns, "%*s%*s%*s", CELL_WIDTH, "p50", CELL_WIDTH, "p99", CELL_WIDTH, "max");
	}
	add_numbers_row(page, name_width, "", buffer_text(&phases), TINT_DIM);
	add_numbers_row(page, name_width, "ms", buffer_text(&columns), TINT_DIM);
	for (size_t i = 0; i < workload->query_count; i++) {
		const struct report_workload_query *query = &workload->queries[i];
		_cleanup_buffer_ struct buffer line = {0};
		_cleanup_free_ char *name = name_of(query, name_width);
		add_latencies(&line, &query->before);
		add_latencies(&line, &query->during);
		add_latencies(&line, &query->after);
		add_numbers_row(page, name_width, name, buffer_text(&line), TINT_PLAIN);
	}
}

/* A row for each phase. */
static void add_narrow_numbers(const struct page *page, const struct report_workload *workload)
{
	size_t name_width = page->width - 4 - 3 * CELL_WIDTH;
	name_width = name_width > NAME_MAX ? NAME_MAX : name_width;
	_cleanup_free_ char *columns =
		string_format("%*s%*s%*s", CELL_WIDTH, "p50", CELL_WIDTH, "p99", CELL_WIDTH, "max");
	add_numbers_row(page, name_width, "ms", columns, TINT_DIM);
	for (size_t i = 0; i < workload->query_count; i++) {
		const struct report_workload_query *query = &workload->queries[i];
		_cleanup_free_ char *name = name_of(query, page->width - 4);
		buffer_addf(page->out, "    %s\n", name);
		const struct {
			const char *name;
			const struct workload_phase *phase;
		} phases[] = {{"  before", &query->before}, {"  during", &query->during}, {"  after", &query->after}};
		for (size_t j = 0; j < ARRAY_SIZE(phases); j++) {
			_cleanup_buffer_ struct buffer line = {0};
			add_latencies(&line, phases[j].phase);
			add_numbers_row(page, name_width, phases[j].name, buffer_text(&line), TINT_PLAIN);
		}
	}
}

void text_add_workload(const struct page *page, const struct report *report)
{
	const struct report_workload *workload = &report->workload;
	if (!workload->ran || workload->query_count == 0)
		return;
	text_add_heading(page, "Workload");
	if (workload->bucket_count > 0) {
		struct timeline timeline = measure(page, workload);
		for (size_t i = 0; i < workload->query_count; i++)
			add_timeline(page, workload, &workload->queries[i], &timeline);
		add_ruler(page, report, &timeline);
		buffer_add_text(page->out, "    ");
		page_wrap(page, TINT_DIM, "slowest: ▁ <1 ms ▃ 10 ms ▅ 100 ms ▇ 1 s █ more", 4, 4, 2);
		buffer_add_char(page->out, '\n');
	}
	if (page->width >= NUMBERS_FROM)
		add_wide_numbers(page, workload);
	else
		add_narrow_numbers(page, workload);
}
