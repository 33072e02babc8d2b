/* Failures that have a name, what they leave behind, and acceptances that are none. */
#include "base/text.h"
#include "check/hazard_rule.h"

/* The statement that failed; SIZE_MAX: it is not known. */
static size_t failed_statement(const struct report_migration *migration)
{
	for (size_t i = migration->list_count; i > 0; i--)
		if (migration->list[i - 1].outcome == OUTCOME_FAILED)
			return i - 1;
	return SIZE_MAX;
}

static void find_named_failure(struct hazard_search *search, struct hazard_place place,
			       const struct report_failure *failure)
{
	const struct report_statement *statement = hazard_statement(search, place);
	if (string_equal(failure->sqlstate, "25001") && strcasestr(statement->sql, "CONCURRENTLY"))
		hazard_add(search, HAZARD_CONCURRENTLY_IN_TRANSACTION, LEVEL_ERROR, place,
			   string_copy(failure->message));
	else if (string_equal(failure->sqlstate, "23502") && strncasecmp(statement->sql, "ALTER", strlen("ALTER")) == 0)
		hazard_add(search, HAZARD_NOT_NULL_ON_DATA, LEVEL_ERROR, place, string_copy(failure->message));
}

static bool is_one_of(const char *tag, const char *const *tags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (string_equal(tag, tags[i]))
			return true;
	return false;
}

/* Whether it changed something that is in the way of, or doubled by, a second time. */
static bool leaves_something(const struct report_statement *statement)
{
	static const char *const nothing[] = {
		"BEGIN",
		"START TRANSACTION",
		"COMMIT",
		"ROLLBACK",
		"SAVEPOINT",
		"RELEASE",
		"SET",
		"RESET",
		"SHOW",
		"SELECT",
		"EXPLAIN",
		"LOCK TABLE",
		"ANALYZE",
		"VACUUM",
		"CHECKPOINT",
		"DISCARD ALL",
		"PREPARE",
		"DEALLOCATE",
		"LISTEN",
		"NOTIFY",
		"SET CONSTRAINTS",
		"REINDEX",
		"CLUSTER",
		"COMMENT",
		"GRANT",
		"REVOKE",
		"DO",
		"REFRESH MATERIALIZED VIEW",
		"TRUNCATE TABLE",
	};
	static const char *const writes[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "COPY"};
	static const char *const repeatable[] = {"IF NOT EXISTS", "IF EXISTS", "OR REPLACE"};
	if (statement->outcome != OUTCOME_PASSED || statement->is_commit || !statement->tag)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(repeatable); i++)
		if (strcasestr(statement->sql, repeatable[i]))
			return false;
	if (is_one_of(statement->tag, writes, ARRAY_SIZE(writes)))
		return statement->rows != 0;
	if (string_equal(statement->tag, "SELECT") && strncasecmp(statement->sql, "CREATE", strlen("CREATE")) == 0)
		return true; /* that is how the server calls CREATE TABLE … AS */
	return !is_one_of(statement->tag, nothing, ARRAY_SIZE(nothing));
}

/* The first of the statements before the failed one that left something and was committed; SIZE_MAX: none. */
static size_t first_left(const struct report_migration *migration, size_t failed)
{
	size_t open = SIZE_MAX; /* of the transaction that is open */
	size_t left = SIZE_MAX;
	for (size_t i = 0; i <= failed && left == SIZE_MAX; i++) {
		const struct report_statement *statement = &migration->list[i];
		if (!statement->in_transaction) {
			left = open;
			open = SIZE_MAX;
		}
		if (string_equal(statement->tag, "ROLLBACK"))
			open = SIZE_MAX;
		else if (open == SIZE_MAX && leaves_something(statement))
			open = i;
	}
	return left;
}

static void find_leftover(struct hazard_search *search, struct hazard_place place)
{
	const struct report_migration *migration = &search->report->migrations[place.migration];
	size_t left = first_left(migration, place.statement);
	if (left == SIZE_MAX)
		return;
	const struct report_statement *statement = &migration->list[left];
	hazard_add(search, HAZARD_NOT_REPEATABLE, LEVEL_ERROR, place,
		   string_format("it fails after %s in line %d was committed", statement->tag, statement->line));
}

void hazards_find_failures(struct hazard_search *search)
{
	for (size_t m = 0; m < search->report->migration_count; m++) {
		const struct report_migration *migration = &search->report->migrations[m];
		size_t failed = migration->failure ? failed_statement(migration) : SIZE_MAX;
		if (failed != SIZE_MAX) {
			find_named_failure(search, (struct hazard_place){m, failed}, migration->failure);
			find_leftover(search, (struct hazard_place){m, failed});
		}
		if (migration->left_open)
			hazard_add(search, HAZARD_OPEN_TRANSACTION, LEVEL_ERROR,
				   (struct hazard_place){m, migration->list_count > 0 ? migration->list_count - 1
										      : SIZE_MAX},
				   string_copy("the migration ends within a transaction that it began"));
	}
}

static const char *next_id(const void *context, size_t index)
{
	(void)context;
	return hazards[index].id;
}

static void find_ignore(struct hazard_search *search, struct hazard_place place, const char *id, const char *reason)
{
	const char *meant = hazard_find(id) ? NULL : text_suggest(id, next_id, NULL);
	char *measured = NULL;
	if (hazard_find(id) && reason && *reason)
		return;
	if (hazard_find(id))
		measured = string_format("no reason is given for ignoring %s", id);
	else if (meant)
		measured = string_format("there is no hazard \"%s\"; did you mean %s?", id, meant);
	else
		measured = string_format("there is no hazard \"%s\"", id);
	hazard_add(search, HAZARD_INVALID_IGNORE, LEVEL_WARNING, place, measured);
}

void hazards_find_ignores(struct hazard_search *search)
{
	for (size_t m = 0; m < search->report->migration_count; m++)
		for (size_t s = 0; s < search->report->migrations[m].list_count; s++) {
			const struct report_statement *statement = &search->report->migrations[m].list[s];
			struct hazard_place place = {m, s};
			if (statement->ignored_hazard)
				find_ignore(search, place, statement->ignored_hazard, statement->ignored_reason);
			for (size_t i = 0; i < statement->ignore_count; i++)
				find_ignore(search, place, statement->ignores[i].hazard, statement->ignores[i].reason);
		}
}
