#include "report/describe.h"

#include "base/quantity.h"

enum { NOTABLE_MS = 100, NOTABLE_BYTES = 16 << 20 };

/*
 * %R relation, %O object, %D detail, %N rows ("1,204 rows"), %B " (2.1 GiB)" and %T ": detail", both only where known.
 */
static const struct {
	const char *name;
	const char *text;
	bool is_notable; /* whatever it took */
} kinds[CHANGE_KIND_COUNT] = {
	[CHANGE_REWRITE] = {"rewrite", "rewrote %R%B%T", true},
	[CHANGE_FULL_SCAN] = {"full_scan", "read all of %R%B", false},
	[CHANGE_INDEX_BUILT] = {"index_built", "built %O on %R%B", false},
	[CHANGE_INDEX_INVALID] = {"index_invalid", "left %O on %R invalid", true},
	[CHANGE_TABLE_DROPPED] = {"table_dropped", "dropped %R with %N%B", true},
	[CHANGE_COLUMN_DROPPED] = {"column_dropped", "dropped %R.%O with %N%B", true},
	[CHANGE_ROWS_DELETED] = {"rows_deleted", "deleted %N of %R", false},
	[CHANGE_TABLE_RENAMED] = {"table_renamed", "renamed %R to %O", false},
	[CHANGE_COLUMN_RENAMED] = {"column_renamed", "renamed %R.%O to %D", false},
	[CHANGE_COLUMN_RETYPED] = {"column_retyped", "changed the type of %R.%O%T", false},
	[CHANGE_COLUMN_NOT_NULL] = {"column_not_null", "set %R.%O NOT NULL", false},
	[CHANGE_CONSTRAINT_ADDED] = {"constraint_added", "added %O to %R%T", false},
	[CHANGE_CONSTRAINT_VALIDATED] = {"constraint_validated", "validated %O of %R", false},
	[CHANGE_FOREIGN_KEY_UNINDEXED] = {"foreign_key_unindexed", "left %R without an index for %O%T", false},
};

const char *change_kind_name(enum report_change_kind kind)
{
	return kinds[kind].name;
}

const char *verdict_name(enum report_verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_PASSED] = "passed", [VERDICT_FAILED] = "failed", [VERDICT_ERROR] = "error"};
	return names[verdict];
}

static void add_size(struct buffer *out, uint64_t bytes, const char *before, const char *after)
{
	_cleanup_free_ char *size = quantity_format_size(bytes);
	buffer_addf(out, "%s%s%s", before, size, after);
}

static void add_count(struct buffer *out, const struct report_change *change)
{
	const char *noun = change->kind == CHANGE_COLUMN_DROPPED ? "value" : "row";
	_cleanup_free_ char *count = quantity_format_count((uint64_t)(change->rows < 0 ? 0 : change->rows));
	if (change->rows < 0)
		buffer_addf(out, "its %ss", noun);
	else
		buffer_addf(out, "%s%s %s%s", change->estimated ? "about " : "", count, noun,
			    change->rows == 1 ? "" : "s");
}

static void add_field(struct buffer *out, const struct report_change *change, char field)
{
	const char *text = field == 'R' ? change->relation : field == 'O' ? change->object : change->detail;
	if (field == 'N')
		add_count(out, change);
	else if (field == 'B' && change->bytes > 0)
		add_size(out, change->bytes, " (", ")");
	else if (field == 'T' && change->detail)
		buffer_addf(out, ": %s", change->detail);
	else if (strchr("ROD", field))
		buffer_add_text(out, text ? text : "?");
}

void describe_change(struct buffer *out, const struct report_change *change)
{
	for (const char *at = kinds[change->kind].text; *at; at++) {
		if (*at == '%')
			add_field(out, change, *++at);
		else
			buffer_add_char(out, *at);
	}
	if (change->kind == CHANGE_INDEX_BUILT && change->concurrently)
		buffer_add_text(out, ", concurrently");
	if (change->kind == CHANGE_CONSTRAINT_ADDED && !change->validated)
		buffer_add_text(out, ", not validated");
}

void describe_lock(struct buffer *out, const struct report_lock *lock)
{
	const struct table_lock_info *mode = &table_locks[lock->mode];
	if (!mode->blocks_writes)
		return;
	_cleanup_free_ char *time = quantity_format_milliseconds(lock->to_ms - lock->from_ms);
	buffer_addf(out, "blocked %s of %s for %s%s", mode->blocks_reads ? "reads and writes" : "writes",
		    lock->relation ? lock->relation : "?", lock->sampled ? "about " : "", time);
}

void describe_cost(struct buffer *out, const struct report_statement *statement)
{
	size_t start = out->length;
	if (statement->rows > 0) {
		_cleanup_free_ char *count = quantity_format_count((uint64_t)statement->rows);
		buffer_addf(out, "%s row%s", count, statement->rows == 1 ? "" : "s");
	}
	if (statement->wal_bytes >= NOTABLE_BYTES)
		add_size(out, statement->wal_bytes, out->length > start ? ", " : "", " of WAL");
	if (statement->temp_bytes > 0)
		add_size(out, statement->temp_bytes, out->length > start ? ", " : "", " in temporary files");
}

void describe_timings(struct buffer *out, const struct report *report)
{
	const struct {
		const char *name;
		double milliseconds;
	} steps[] = {
		{"clone", report->clone_ms},  {"start", report->start_ms}, {"migrate", report->migrate_ms},
		{"checks", report->check_ms}, {"plans", report->plan_ms},  {"teardown", report->teardown_ms},
	};
	_cleanup_free_ char *total = quantity_format_milliseconds(report->total_ms);
	buffer_add_text(out, total);
	const char *separator = ": ";
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].milliseconds <= 0)
			continue;
		_cleanup_free_ char *time = quantity_format_milliseconds(steps[i].milliseconds);
		buffer_addf(out, "%s%s %s", separator, steps[i].name, time);
		separator = ", ";
	}
}

const char *describe_reversal(const struct report_reversal *reversal)
{
	if (reversal->outcome == OUTCOME_PASSED)
		return "The database is what it was.";
	return reversal->step_count > 0 ? "The database is not what it was."
					: "Not every migration has a way down, so none was taken back.";
}

void statement_blocked(const struct report_statement *statement, double *ret_reads_ms, double *ret_writes_ms)
{
	*ret_reads_ms = *ret_writes_ms = 0;
	for (size_t i = 0; i < statement->lock_count; i++) {
		const struct report_lock *lock = &statement->locks[i];
		double held = lock->to_ms - lock->from_ms;
		if (table_locks[lock->mode].blocks_reads && held > *ret_reads_ms)
			*ret_reads_ms = held;
		if (table_locks[lock->mode].blocks_writes && held > *ret_writes_ms)
			*ret_writes_ms = held;
	}
}

/* A strict limit makes short times worth telling. */
double notable_ms(const struct report *report)
{
	double limit = report->limits.blocking_ms / 10;
	return limit > 0 && limit < NOTABLE_MS ? limit : NOTABLE_MS;
}

static bool change_is_notable(const struct report_change *change)
{
	bool of_something = change->rows != 0 || change->bytes > 0;
	return kinds[change->kind].is_notable && of_something;
}

bool statement_is_notable(const struct report *report, const struct report_statement *statement)
{
	double reads, writes, notable = notable_ms(report);
	statement_blocked(statement, &reads, &writes);
	bool any = statement->outcome == OUTCOME_FAILED || statement->to_ms - statement->from_ms >= notable ||
		   reads >= notable || writes >= notable || statement->wal_bytes >= NOTABLE_BYTES ||
		   statement->temp_bytes > 0;
	for (size_t i = 0; i < statement->change_count && !any; i++)
		any = change_is_notable(&statement->changes[i]);
	return any;
}

bool relation_is_notable(const struct report *report, const struct report_relation *relation)
{
	return relation->reads_blocked_ms >= notable_ms(report) || relation->writes_blocked_ms >= notable_ms(report);
}

bool query_has_stalled(const struct report_workload *workload, const struct report_workload_query *query)
{
	return workload->max_stall_ms > 0 && query->longest_stall_ms > workload->max_stall_ms;
}

char *statement_on_one_line(const struct report_statement *statement)
{
	struct buffer line = {0};
	for (const char *at = statement->sql ? statement->sql : ""; *at; at++) {
		bool is_space = strchr(" \t\r\n\f\v", *at) != NULL;
		if (!is_space)
			buffer_add_char(&line, *at);
		else if (line.length > 0 && line.data[line.length - 1] != ' ')
			buffer_add_char(&line, ' ');
	}
	if (line.length > 0 && line.data[line.length - 1] == ' ')
		buffer_truncate(&line, line.length - 1);
	return line.data ? buffer_steal(&line) : string_copy("");
}

const struct report_statement *report_find_statement(const struct report *report, size_t migration, size_t statement)
{
	if (migration >= report->migration_count || statement >= report->migrations[migration].list_count)
		return NULL;
	return &report->migrations[migration].list[statement];
}

size_t report_count_hazards(const struct report *report, enum report_severity severity)
{
	size_t count = 0;
	for (size_t i = 0; i < report->hazard_count; i++)
		count += report->hazards[i].severity == severity && !report->hazards[i].accepted;
	return count;
}
