/*
 * For how long others are kept out, and by what. The time for which a lock closes a relation has parts: that of the
 * statement that took it, that of later ones which need it too, that of later ones which do not (work under a lock),
 * and that of the COMMIT. Each part is measured on its own, and the largest answers for the whole as well.
 */
#include "base/quantity.h"
#include "check/hazard_rule.h"

/* What a statement has to answer for. */
struct share {
	double part_ms;  /* while it ran; of work: while it and the others ran that it stands for */
	double whole_ms; /* of the longest lock that it is the largest part of: to its end */
	enum table_lock mode;
	struct hazard_names locks; /* the relations; of work, with who locked them */
	size_t statements;         /* of work: with those it stands for */
};
struct load {
	struct share own;  /* of locks that it needs */
	struct share work; /* of those that it does not */
};

static double length_of(const struct report_statement *statement)
{
	return statement->to_ms - statement->from_ms;
}

/* Milliseconds for which the lock was held while the statement ran. */
static double overlap(const struct report_statement *statement, const struct report_lock *lock)
{
	double from = statement->from_ms > lock->from_ms ? statement->from_ms : lock->from_ms;
	double to = statement->to_ms < lock->to_ms ? statement->to_ms : lock->to_ms;
	return to > from ? to - from : 0;
}

static void raise_to(double *target, double value)
{
	if (value > *target)
		*target = value;
}

static void add_share(struct share *share, const struct report_lock *lock, double milliseconds, const char *told)
{
	raise_to(&share->part_ms, milliseconds);
	if (lock->mode > share->mode)
		share->mode = lock->mode;
	hazard_names_add(&share->locks, told);
}

static void add_work(struct share *share, const struct report_lock *lock, const struct report_statement *taker,
		     double milliseconds)
{
	_cleanup_free_ char *since =
		taker->line > 0 ? string_format("line %d", taker->line) : string_copy("an earlier statement");
	_cleanup_free_ char *told =
		string_format("%s (%s since %s)", lock->relation, table_locks[lock->mode].sql, since);
	add_share(share, lock, milliseconds, told);
}

/* The statements that ran while a lock was held and did not need it. */
struct work {
	size_t longest, statements;
	double longest_ms, all_ms;
};

static void add_to_work(struct work *work, size_t statement, double milliseconds)
{
	if (work->statements++ == 0 || milliseconds > work->longest_ms) {
		work->longest = statement;
		work->longest_ms = milliseconds;
	}
	work->all_ms += milliseconds;
}

/* Spreads the time of a lock that statement `taker` took over those who answer for it. */
static void weigh(const struct hazard_search *search, const struct report_migration *migration, struct load *loads,
		  size_t taker, const struct report_lock *lock)
{
	struct work work = {0};
	size_t longest = taker;
	double longest_ms = 0;
	for (size_t i = taker; i < migration->list_count && migration->list[i].from_ms < lock->to_ms; i++) {
		const struct report_statement *statement = &migration->list[i];
		double milliseconds = overlap(statement, lock);
		if (i != taker && !hazard_needs_lock(search, statement, lock->relation)) {
			add_to_work(&work, i, milliseconds);
			continue;
		}
		add_share(&loads[i].own, lock, milliseconds, lock->relation);
		if (milliseconds > longest_ms) {
			longest = i;
			longest_ms = milliseconds;
		}
	}
	double whole = lock->to_ms - lock->from_ms;
	bool is_work = work.all_ms > longest_ms;
	if (!is_work)
		raise_to(&loads[longest].own.whole_ms, whole);
	double answered = is_work ? whole : work.all_ms;
	if (work.statements == 0 || hazard_level_of(answered, search->report->limits.blocking_ms) == LEVEL_SILENT)
		return;
	struct share *share = &loads[work.longest].work;
	add_work(share, lock, &migration->list[taker], work.all_ms);
	raise_to(&share->whole_ms, answered);
	if (work.statements > share->statements)
		share->statements = work.statements;
}

/* "ACCESS EXCLUSIVE blocks reads and writes for 3.4 s (limit 1.0 s)" */
static char *describe_time(const struct share *share, double limit)
{
	/* Where no lock was seen, it is of what cannot do without the strongest. */
	const struct table_lock_info *lock =
		&table_locks[share->mode == TABLE_LOCK_NONE ? TABLE_LOCK_ACCESS_EXCLUSIVE : share->mode];
	_cleanup_free_ char *part = quantity_format_milliseconds(share->part_ms);
	_cleanup_free_ char *whole = quantity_format_milliseconds(share->whole_ms);
	_cleanup_free_ char *most = quantity_format_milliseconds(limit);
	struct buffer text = {0};
	buffer_addf(&text, "%s blocks %s for %s", lock->sql, lock->blocks, part);
	if (share->whole_ms > share->part_ms && !string_equal(part, whole))
		buffer_addf(&text, ", and for %s to the end of the transaction", whole);
	if (limit > 0)
		buffer_addf(&text, " (limit %s)", most);
	return buffer_steal(&text);
}

/* What the cause is about, with its sizes. */
static char *describe_subject(const struct hazard_search *search, const struct report_statement *statement,
			      enum hazard_id cause, const struct share *share)
{
	enum hazard_id changed = cause == HAZARD_ENUM_REWRITE ? HAZARD_TABLE_REWRITE : cause;
	_cleanup_names_ struct hazard_names subjects = {0};
	bool anew = false;
	for (size_t i = 0; i < statement->change_count; i++)
		if (hazard_of_change(search, statement, &statement->changes[i]) == changed) {
			_cleanup_free_ char *told = hazard_describe_relation(search, &statement->changes[i]);
			hazard_names_add(&subjects, told);
			anew |= statement->changes[i].kind == CHANGE_REWRITE;
		}
	_cleanup_free_ char *names = hazard_names_text(&subjects);
	_cleanup_free_ char *locked = hazard_names_text(&share->locks);
	const char *is = subjects.count == 1 ? "is" : "are";
	switch (cause) {
	case HAZARD_TABLE_REWRITE:
	case HAZARD_ENUM_REWRITE:
		return string_format("%s %s written anew", names, is);
	case HAZARD_BLOCKING_INDEX_BUILD:
		return anew ? string_format("%s %s built anew", names, is)
			    : string_format("an index is built on %s", names);
	case HAZARD_CONSTRAINT_SCAN:
		return string_format("%s %s searched through", names, is);
	case HAZARD_SLOW_COMMIT:
		return string_format("COMMIT while %s %s locked", locked, share->locks.count == 1 ? "is" : "are");
	default:
		return string_format("%s %s locked", locked, share->locks.count == 1 ? "is" : "are");
	}
}

static void tell_own(struct hazard_search *search, struct hazard_place place, struct share *share)
{
	const struct report *report = search->report;
	const struct report_limits *limits = &report->limits;
	const struct report_statement *statement = hazard_statement(search, place);
	enum hazard_id cause = hazard_cause(search, statement);
	if (share->mode == TABLE_LOCK_NONE && cause <= HAZARD_BLOCKING_INDEX_BUILD)
		share->part_ms = length_of(statement); /* outside a transaction, a lock may be gone unseen */
	raise_to(&share->whole_ms, share->part_ms);
	bool is_rewrite = cause == HAZARD_TABLE_REWRITE || cause == HAZARD_ENUM_REWRITE;
	uint64_t bytes = is_rewrite ? hazard_rewritten_bytes(search, statement) : 0;
	enum hazard_level by_size = hazard_level_of((double)bytes, (double)limits->rewrite_bytes);
	enum hazard_level level = hazard_level_of(share->whole_ms, limits->blocking_ms);
	if (by_size > level)
		level = by_size;
	if (level == LEVEL_SILENT)
		return;
	_cleanup_free_ char *subject = describe_subject(search, statement, cause, share);
	_cleanup_free_ char *time = describe_time(share, limits->blocking_ms);
	_cleanup_free_ char *size = quantity_format_size(bytes);
	_cleanup_free_ char *most = quantity_format_size(limits->rewrite_bytes);
	hazard_add(search, cause, level, place,
		   by_size == LEVEL_SILENT ? string_format("%s: %s", subject, time)
					   : string_format("%s: %s of data (limit %s); %s", subject, size, most, time));
	search->named[place.migration][place.statement] = level;
}

static void tell_work(struct hazard_search *search, struct hazard_place place, const struct share *share)
{
	double limit = search->report->limits.blocking_ms;
	enum hazard_level level = hazard_level_of(share->whole_ms, limit);
	enum hazard_level *named = &search->named[place.migration][place.statement];
	if (level <= *named) /* what the statement does to tables of its own is the cause of this, too */
		return;
	_cleanup_free_ char *locks = hazard_names_text(&share->locks);
	_cleanup_free_ char *time = describe_time(share, limit);
	hazard_add(search, HAZARD_WORK_UNDER_LOCK, level, place,
		   share->statements == 1 ? string_format("this runs under the lock of %s: %s", locks, time)
					  : string_format("this and %zu more run under the lock of %s: %s",
							  share->statements - 1, locks, time));
	*named = level;
}

static void look_at_migration(struct hazard_search *search, size_t place)
{
	const struct report_migration *migration = &search->report->migrations[place];
	struct load *loads = memory_allocate((migration->list_count + 1) * sizeof(*loads));
	for (size_t i = 0; i < migration->list_count; i++)
		for (size_t k = 0; k < migration->list[i].lock_count; k++)
			if (table_locks[migration->list[i].locks[k].mode].blocks_writes)
				weigh(search, migration, loads, i, &migration->list[i].locks[k]);
	for (size_t i = 0; i < migration->list_count; i++) {
		struct hazard_place here = {place, i};
		tell_own(search, here, &loads[i].own);
		tell_work(search, here, &loads[i].work);
		hazard_names_free(&loads[i].own.locks);
		hazard_names_free(&loads[i].work.locks);
	}
	free(loads);
}

void hazards_find_blocking(struct hazard_search *search)
{
	for (size_t i = 0; i < search->report->migration_count; i++)
		look_at_migration(search, i);
}
