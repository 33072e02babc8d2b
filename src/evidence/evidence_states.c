/* What relations are made of, before and after each statement. */
#include "evidence/watch.h"

static void touch(struct evidence *evidence, struct relation *relation)
{
	if (!relation->is_touched)
		oid_list_add(&evidence->touched, relation->oid);
	relation->is_touched = true;
}

static int load_before(struct evidence *evidence, const struct oid_list *wanted, struct error **err)
{
	_cleanup_oids_ struct oid_list missing = {0};
	for (size_t i = 0; i < wanted->count; i++)
		if (!relation_state_of(registry_find(&evidence->registry, wanted->items[i])))
			oid_list_add(&missing, wanted->items[i]);
	if (missing.count == 0)
		return 0;
	_cleanup_states_ struct relation_states states = {0};
	if (observer_states(evidence->observer, &missing, &states, err) < 0)
		return -1;
	for (size_t i = 0; i < missing.count; i++) {
		struct relation *relation = registry_find(&evidence->registry, missing.items[i]);
		struct relation_state *state = relation_states_take(&states, relation->oid);
		relation->before = state ? state : relation_state_partial(&evidence->registry, relation);
		if (state) {
			relation->rows = state->rows;
			relation->bytes = state->total;
		}
	}
	return 0;
}

/* Counters that shrink have begun anew: with TRUNCATE, or because an old server has taken those of earlier ones away.
 */
static int64_t grown(int64_t now, int64_t before)
{
	return now >= before ? now - before : now;
}

static void take_counts(struct evidence *evidence, const struct testimony *testimony)
{
	uint32_t oid;
	struct relation_counts now;
	for (int row = 0; row < PQntuples(testimony->counts); row++) {
		if (!testimony_counts(testimony, row, &oid, &now))
			continue;
		struct relation *relation = registry_find(&evidence->registry, oid);
		const struct relation_counts *before = &relation->counts;
		relation->delta = (struct relation_counts){
			.scans = grown(now.scans, before->scans),
			.read = grown(now.read, before->read),
			.inserted = grown(now.inserted, before->inserted),
			.updated = grown(now.updated, before->updated),
			.deleted = grown(now.deleted, before->deleted),
		};
	}
}

/* The counts of this statement have been used: they are the next one's beginning. */
static void keep_counts(struct evidence *evidence, const struct testimony *testimony)
{
	uint32_t oid;
	struct relation_counts now;
	for (int row = 0; row < PQntuples(testimony->counts); row++) {
		if (!testimony_counts(testimony, row, &oid, &now))
			continue;
		struct relation *relation = registry_find(&evidence->registry, oid);
		relation->counts = now;
		relation->delta = (struct relation_counts){0};
		touch(evidence, relation);
	}
}

static void set_now(struct evidence *evidence, struct relation *relation, struct relation_state *state)
{
	relation_state_free(relation->now);
	relation->now = state;
	relation->gone = state == NULL;
	touch(evidence, relation);
}

static void compare_states(struct evidence *evidence, const struct report_statement *statement,
			   const struct oid_list *wanted, struct testimony *testimony, struct change_list *list)
{
	for (size_t i = 0; i < wanted->count; i++) {
		struct relation *relation = registry_find(&evidence->registry, wanted->items[i]);
		struct relation_state *after = relation_states_take(&testimony->states, relation->oid);
		struct comparison comparison = {
			.tag = statement->tag,
			.before = relation_state_of(relation),
			.after = after,
			.counts = relation->delta,
			.had_rows = relation->counts.inserted > 0,
			.held = watch_strongest(evidence, relation->oid),
			.in_transaction = true,
			.bytes = relation->bytes,
			.columns = relation->columns,
		};
		if (!relation->gone && !watch_tag_is(statement, "ROLLBACK"))
			changes_find(&comparison, list);
		set_now(evidence, relation, after);
	}
}

static void find_deleted(struct evidence *evidence, const struct report_statement *statement,
			 const struct watch_question *question, struct change_list *list)
{
	for (size_t i = 0; i < question->counts.count; i++) {
		const struct relation *relation = registry_find(&evidence->registry, question->counts.items[i]);
		changes_find_deleted(statement->tag, relation, &relation->delta, list);
	}
}

/* What a DO block or a procedure did to existing rows, for it does not say so itself. */
static void sum_rows(const struct evidence *evidence, struct report_statement *statement,
		     const struct watch_question *question)
{
	if (!watch_tag_is(statement, "DO") && !watch_tag_is(statement, "CALL"))
		return;
	int64_t sum = 0;
	for (size_t i = 0; i < question->counts.count; i++) {
		const struct relation_counts *delta =
			&registry_find(&evidence->registry, question->counts.items[i])->delta;
		sum += delta->inserted + delta->updated + delta->deleted;
	}
	if (statement->rows < 0)
		statement->rows = sum;
}

static void note_foreign_keys(struct evidence *evidence, const struct testimony *testimony, size_t statement)
{
	for (size_t i = 0; i < testimony->foreign_keys.count; i++) {
		uint32_t oid = testimony->foreign_keys.items[i];
		evidence->foreign_keys = memory_resize(evidence->foreign_keys, evidence->foreign_key_count + 1,
						       sizeof(*evidence->foreign_keys));
		evidence->foreign_keys[evidence->foreign_key_count++] =
			(struct watch_foreign_key){oid, evidence->migration, statement};
		if (oid > evidence->foreign_key_newest)
			evidence->foreign_key_newest = oid;
	}
}

/* --- savepoints --- */

void watch_undo(struct report_migration *migration, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		struct report_statement *statement = &migration->list[i];
		size_t kept = 0;
		for (size_t j = 0; j < statement->change_count; j++) {
			if (change_is_lasting(statement->changes[j].kind))
				report_change_clear(&statement->changes[j]);
			else
				statement->changes[kept++] = statement->changes[j];
		}
		statement->change_count = kept;
	}
}

enum { IDENTIFIER_MAX = 63 };

/*
 * The name at the end of "SAVEPOINT a" or "ROLLBACK TO \"a\"", as the server takes it. False if that would need a
 * parser: after a comment, in other letters, too long.
 */
static bool read_savepoint(const char *sql, char ret[IDENTIFIER_MAX + 1])
{
	static const char blanks[] = " \t\n\v\f\r";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";
	const char *end = sql + strlen(sql);
	while (end > sql && strchr(blanks, end[-1]))
		end--;
	bool is_quoted = end > sql && end[-1] == '"';
	const char *at = end -= is_quoted;
	while (at > sql && (is_quoted ? at[-1] != '"' : strchr(letters, at[-1]) != NULL))
		at--;
	size_t length = (size_t)(end - at);
	const char *before = at - is_quoted;
	if (length == 0 || length >= IDENTIFIER_MAX || before <= sql || !strchr(blanks, before[-1]))
		return false;
	for (size_t i = 0; i < length; i++) {
		bool is_upper = !is_quoted && at[i] >= 'A' && at[i] <= 'Z';
		ret[i] = is_upper ? (char)(at[i] + ('a' - 'A')) : at[i];
	}
	ret[length] = '\0';
	return true;
}

/* Where that cannot be told, they may: then less is undone, for what is taken for undone is hidden. */
static bool may_be_same_savepoint(const char *a, const char *b)
{
	char left[IDENTIFIER_MAX + 1], right[IDENTIFIER_MAX + 1];
	return !read_savepoint(a, left) || !read_savepoint(b, right) || string_equal(left, right);
}

void watch_undo_to_savepoint(struct report_migration *migration, size_t statement)
{
	/* The last one of that name is this transaction's, or the server would have refused. */
	for (size_t i = statement; i-- > 0;)
		if (watch_tag_is(&migration->list[i], "SAVEPOINT") &&
		    may_be_same_savepoint(migration->list[i].sql, migration->list[statement].sql)) {
			watch_undo(migration, i + 1, statement);
			return;
		}
}

/* --- both together --- */

static int take_testimony(struct evidence *evidence, struct report_migration *migration, size_t index,
			  const struct watch_question *question, struct testimony *testimony, struct error **err)
{
	struct report_statement *statement = &migration->list[index];
	_cleanup_changes_ struct change_list list = {0};
	evidence->lock_timeout = testimony->lock_timeout;
	evidence->lsn = testimony->lsn;
	take_counts(evidence, testimony);
	find_deleted(evidence, statement, question, &list);
	sum_rows(evidence, statement, question);
	compare_states(evidence, statement, &question->states, testimony, &list);
	keep_counts(evidence, testimony);
	note_foreign_keys(evidence, testimony, index);
	return watch_record(evidence, &list, statement, err);
}

/* What is locked by itself may be changed by anything that follows: how it was is known only now. */
static int load_locked(struct evidence *evidence, const struct report_statement *statement, size_t index,
		       const struct look *look, struct error **err)
{
	_cleanup_question_ struct watch_question question = {0};
	watch_question(evidence, statement, index, look, &question);
	return load_before(evidence, &question.states, err);
}

int watch_transaction(struct evidence *evidence, struct report_migration *migration, size_t index,
		      const struct look *look, struct error **err)
{
	struct report_statement *statement = &migration->list[index];
	if (watch_tag_is(statement, "LOCK TABLE") && load_locked(evidence, statement, index, look, err) < 0)
		return -1;
	if (watch_needs_no_snapshot(statement)) {
		/* Not even to be asked, where the transaction may not have begun to read. */
		return evidence->hold_count && !evidence->has_read
			       ? witness_lock_timeout(&evidence->witness, &evidence->lock_timeout, err)
			       : 0;
	}
	evidence->has_read = true;
	if (watch_tag_is(statement, "ROLLBACK"))
		watch_undo_to_savepoint(migration, index);
	_cleanup_question_ struct watch_question question = {0};
	watch_question(evidence, statement, index, look, &question);
	if (question.counts.count == 0 && question.states.count == 0 && !question.has_created)
		return 0;
	_cleanup_testimony_ struct testimony testimony = {0};
	bool answered;
	bool any_state = question.states.count > 0 || question.has_created;
	if (load_before(evidence, &question.states, err) < 0 ||
	    witness_ask(&evidence->witness, any_state ? &question.states : NULL, &question.counts,
			evidence->foreign_key_newest, &testimony, &answered, err) < 0)
		return -1;
	if (answered)
		return take_testimony(evidence, migration, index, &question, &testimony, err);
	evidence->is_untold = true;
	watch_blind(evidence, "the migration's role, or what it has SET, keeps its session from telling what its "
			      "statements change");
	return 0;
}

void watch_settle(struct evidence *evidence, bool committed)
{
	for (size_t i = 0; i < evidence->touched.count; i++) {
		struct relation *relation = registry_find(&evidence->registry, evidence->touched.items[i]);
		if (witness_can_flush(&evidence->witness))
			relation->counts = (struct relation_counts){0};
		relation->is_touched = false;
		if (committed && relation->now) {
			relation_state_free(relation->before);
			relation->before = TAKE_POINTER(relation->now);
			relation->file = relation->before->file;
		} else if (!committed) {
			relation_state_free(relation->now);
			relation->now = NULL;
			relation->gone = false;
		}
	}
	evidence->touched.count = 0;
}

int watch_testified(struct evidence *evidence, struct report_migration *migration, size_t statement,
		    const struct watch_question *question, struct testimony *testimony, struct error **err)
{
	if (load_before(evidence, &question->states, err) < 0)
		return -1;
	if (statement != SIZE_MAX)
		return take_testimony(evidence, migration, statement, question, testimony, err);
	keep_counts(evidence, testimony);
	return 0;
}
