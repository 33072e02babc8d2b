/* What statements cost without keeping anybody out for long: waiting, time, the log, temporary files. */
#include "base/quantity.h"
#include "check/hazard_rule.h"

/* A smaller table is rarely in the way of anybody's long query. */
enum { QUEUE_ROWS_MIN = 10000, QUEUE_BYTES_MIN = 10 << 20 };
/* As many temporary bytes as a generous work_mem. */
enum { SPILL_BYTES_MIN = 64 << 20 };

static bool is_large(const struct hazard_search *search, const char *name)
{
	const struct report_relation *relation = hazard_relation(search, name);
	return relation && (relation->rows >= QUEUE_ROWS_MIN || relation->bytes >= QUEUE_BYTES_MIN);
}

/* Adds the large relations that the statement would queue for; true if there are any. */
static bool add_queue(const struct hazard_search *search, const struct report_statement *statement,
		      struct hazard_names *names)
{
	bool any = false;
	if (statement->lock_timeout)
		return false;
	for (size_t i = 0; i < statement->lock_count; i++) {
		const struct report_lock *lock = &statement->locks[i];
		if (lock->sampled || !table_locks[lock->mode].blocks_writes || strstr(lock->kind, "index") ||
		    !is_large(search, lock->relation))
			continue;
		hazard_names_add(names, lock->relation);
		any = true;
	}
	return any;
}

/* The statements of a run that wait for locks without a limit are one hazard, at the first of them. */
struct queue {
	struct hazard_names relations;
	struct hazard_place first;
	size_t statements;
};

static void tell_queue(struct hazard_search *search, struct queue *queue)
{
	_cleanup_free_ char *names = hazard_names_text(&queue->relations);
	if (queue->statements == 1)
		hazard_add(search, HAZARD_LOCK_QUEUE, LEVEL_WARNING, queue->first,
			   string_format("the lock of %s is waited for without a lock_timeout", names));
	else if (queue->statements > 1)
		hazard_add(search, HAZARD_LOCK_QUEUE, LEVEL_WARNING, queue->first,
			   string_format("%zu statements wait without a lock_timeout for locks of %s",
					 queue->statements, names));
	hazard_names_free(&queue->relations);
}

void hazards_find_queue(struct hazard_search *search)
{
	const struct report *report = search->report;
	struct queue queue = {0};
	for (size_t m = 0; m < report->migration_count; m++)
		for (size_t s = 0; s < report->migrations[m].list_count; s++) {
			const struct report_statement *statement = &report->migrations[m].list[s];
			struct queue accepted = {.first = {m, s}, .statements = 1};
			bool is_accepted = hazard_ignored(statement, HAZARD_LOCK_QUEUE) != NULL;
			struct queue *target = is_accepted ? &accepted : &queue;
			/* Of a lock that is held too long, that is what there is to say. */
			if (search->named[m][s] != LEVEL_SILENT || !add_queue(search, statement, &target->relations))
				continue;
			if (is_accepted)
				tell_queue(search, &accepted);
			else if (queue.statements++ == 0)
				queue.first = (struct hazard_place){m, s};
		}
	tell_queue(search, &queue);
}

/* Neither rows nor a lock that others want: an index that is built concurrently, a validation, a query. */
static bool keeps_nobody_out(const struct report_statement *statement)
{
	if (statement->rows > 0 && !(statement->tag && string_starts_with(statement->tag, "SELECT")))
		return false;
	for (size_t i = 0; i < statement->lock_count; i++)
		if (table_locks[statement->locks[i].mode].blocks_writes)
			return false;
	return true;
}

static void find_slow(struct hazard_search *search, struct hazard_place place)
{
	const struct report_statement *statement = hazard_statement(search, place);
	double limit = search->report->limits.statement_ms;
	double milliseconds = statement->to_ms - statement->from_ms;
	enum hazard_level level = hazard_level_of(milliseconds, limit);
	if (level == LEVEL_SILENT || search->named[place.migration][place.statement] != LEVEL_SILENT)
		return;
	if (level == LEVEL_ERROR && !statement->is_commit && keeps_nobody_out(statement))
		level = LEVEL_WARNING;
	_cleanup_free_ char *time = quantity_format_milliseconds(milliseconds);
	_cleanup_free_ char *most = quantity_format_milliseconds(limit);
	hazard_add(search, statement->is_commit ? HAZARD_SLOW_COMMIT : HAZARD_SLOW_STATEMENT, level, place,
		   string_format("it takes %s (limit %s)", time, most));
}

static bool builds_index(const struct report_statement *statement)
{
	for (size_t i = 0; i < statement->change_count; i++)
		if (statement->changes[i].kind == CHANGE_INDEX_BUILT)
			return true;
	return false;
}

/* That building an index sorts on disk is no news. */
static void find_spill(struct hazard_search *search, struct hazard_place place)
{
	const struct report_statement *statement = hazard_statement(search, place);
	if (statement->temp_bytes < SPILL_BYTES_MIN || builds_index(statement) ||
	    search->named[place.migration][place.statement] != LEVEL_SILENT)
		return;
	_cleanup_free_ char *size = quantity_format_size(statement->temp_bytes);
	hazard_add(search, HAZARD_TEMP_SPILL, LEVEL_WARNING, place,
		   string_format("it writes %s of temporary files", size));
}

static void tell_log(struct hazard_search *search, struct hazard_place place, const char *who, uint64_t bytes)
{
	uint64_t limit = search->report->limits.wal_bytes;
	_cleanup_free_ char *size = quantity_format_size(bytes);
	_cleanup_free_ char *most = quantity_format_size(limit);
	hazard_add(search, HAZARD_WAL_HEAVY, hazard_level_of((double)bytes, (double)limit), place,
		   string_format("%s %s of WAL (limit %s)", who, size, most));
}

/* That of a rewrite is told by its size already. */
static void find_log(struct hazard_search *search, struct hazard_place place)
{
	const struct report_statement *statement = hazard_statement(search, place);
	if (search->named[place.migration][place.statement] == LEVEL_SILENT ||
	    hazard_rewritten_bytes(search, statement) == 0)
		tell_log(search, place, "it writes", statement->wal_bytes);
}

/* Of a command, the statements are not always known, nor what each of them wrote: what is left is its own. */
static void find_log_of_command(struct hazard_search *search)
{
	const struct report *report = search->report;
	uint64_t told = 0;
	bool is_command = false;
	for (size_t m = 0; m < report->migration_count; m++) {
		is_command |= report->migrations[m].is_command;
		for (size_t s = 0; s < report->migrations[m].list_count; s++)
			told += report->migrations[m].list[s].wal_bytes;
	}
	if (is_command && report->wal_bytes > told)
		tell_log(search, (struct hazard_place){SIZE_MAX, SIZE_MAX}, "the migrations write",
			 report->wal_bytes - told);
}

void hazards_find_cost(struct hazard_search *search)
{
	for (size_t m = 0; m < search->report->migration_count; m++)
		for (size_t s = 0; s < search->report->migrations[m].list_count; s++) {
			struct hazard_place place = {m, s};
			find_slow(search, place);
			find_spill(search, place);
			find_log(search, place);
		}
	find_log_of_command(search);
}
