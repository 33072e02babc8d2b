#include <strings.h>

#include "migration/command_parts.h"
#include "pg/connection.h"

static bool is_locked(const struct report_statement *record, const struct relation *relation)
{
	for (size_t i = 0; i < record->lock_count; i++)
		if (record->locks[i].mode >= TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE &&
		    string_equal(record->locks[i].relation, relation_name(relation)))
			return true;
	return false;
}

/* How likely it is that the statement made what nobody saw it make; 0: it cannot have. */
static int likelihood(const struct report_statement *record, const struct relation *relation)
{
	bool blind;
	_cleanup_free_ char *tag = command_tag(record->sql, &blind);
	bool is_many = strchr(record->sql, ';') || strlen(record->sql) >= REPORT_SQL_MAX;
	if (record->outcome != OUTCOME_PASSED || !tag)
		return 0;
	if (!blind && !command_is_code(tag) && !is_many && !strcasestr(record->sql, "concurrently"))
		return 0;
	int likely = 1 + (blind ? 1 : 0);
	if (command_mentions(record, relation))
		likely += 4;
	if (is_locked(record, relation))
		likely += 8;
	return likely;
}

/* The one that told so itself, else the last of those that most likely did it. */
static size_t attribute(void *context, const struct relation *relation)
{
	const struct command_trace *trace = context;
	size_t found = trace->migration->list_count - 1;
	int best = 0;
	for (size_t i = trace->touch_count; i-- > 0;)
		if (trace->touches[i].relation == relation->oid)
			return trace->touches[i].statement;
	for (size_t i = trace->migration->list_count; i-- > 0;) {
		int likely = likelihood(command_trace_statement(trace, i), relation);
		if (likely > best) {
			best = likely;
			found = i;
		}
	}
	return found;
}

/* --- rows that were deleted --- */

/* A DELETE tells nobody how many rows it took, but the statistics do: of those that may have done it, the longest. */
static size_t deleter_of(const struct command_trace *trace, const struct relation *relation)
{
	size_t found = SIZE_MAX;
	int best = 0;
	double longest = 0;
	for (size_t i = 0; i < trace->migration->list_count; i++) {
		const struct report_statement *record = command_trace_statement(trace, i);
		bool is_delete = string_equal(record->tag, "DELETE"), is_named = command_mentions(record, relation);
		bool may_be = is_delete || command_is_code(record->tag) || string_equal(record->tag, "MERGE");
		int likely = record->outcome == OUTCOME_PASSED && may_be ? 2 * is_named + is_delete : 0;
		double took = record->to_ms - record->from_ms;
		if (likely > best || (likely > 0 && likely == best && took > longest)) {
			best = likely;
			longest = took;
			found = i;
		}
	}
	return found;
}

static bool is_told(const struct command_trace *trace, const struct relation *relation)
{
	for (size_t i = 0; i < trace->migration->list_count; i++) {
		const struct report_statement *record = command_trace_statement(trace, i);
		for (size_t j = 0; j < record->change_count; j++)
			if (record->changes[j].kind == CHANGE_ROWS_DELETED &&
			    string_equal(record->changes[j].relation, relation_name(relation)))
				return true;
	}
	return false;
}

int command_deleted_read(struct evidence *evidence, PGresult **ret, struct error **err)
{
	if (pg_execute(evidence->observer,
		       "SELECT oid, pg_stat_get_tuples_deleted(oid) FROM pg_class WHERE relkind = 'r' AND oid >= 16384 "
		       "ORDER BY oid",
		       ret, err) < 0)
		return error_wrap(err, "cannot watch the command");
	return 0;
}

static void add_deleted(struct command_trace *trace, const struct relation *relation, int64_t rows)
{
	size_t statement = relation->gone || is_told(trace, relation) ? SIZE_MAX : deleter_of(trace, relation);
	if (statement == SIZE_MAX)
		return;
	struct report_statement *record = command_trace_statement(trace, statement);
	record->changes = memory_resize(record->changes, record->change_count + 1, sizeof(*record->changes));
	record->changes[record->change_count++] = (struct report_change){
		.kind = CHANGE_ROWS_DELETED,
		.relation = string_copy(relation_name(relation)),
		.rows = rows,
		.bytes = relation->bytes,
	};
}

static int settle_deleted(struct command_trace *trace, struct error **err)
{
	_cleanup_result_ PGresult *now = NULL;
	if (command_deleted_read(trace->evidence, &now, err) < 0)
		return -1;
	int before = 0;
	for (int row = 0; row < PQntuples(now); row++) {
		uint32_t oid = result_oid(now, row, 0);
		const struct relation *relation = registry_find(&trace->evidence->registry, oid);
		while (before < PQntuples(trace->deleted) && result_oid(trace->deleted, before, 0) < oid)
			before++;
		bool was_there = before < PQntuples(trace->deleted) && result_oid(trace->deleted, before, 0) == oid;
		int64_t rows = result_number(now, row, 1) - (was_there ? result_number(trace->deleted, before, 1) : 0);
		if (relation && rows > 0)
			add_deleted(trace, relation, rows);
	}
	return 0;
}

int command_settle(struct command_trace *trace, struct error **err)
{
	if (trace->migration->list_count == 0)
		return 0;
	watch_blind(trace->evidence,
		    "of the command's queries, how many rows they inserted and updated; and of these and of VACUUM, "
		    "CLUSTER, REINDEX and CONCURRENTLY, locks that were held for a few milliseconds only");
	if (watch_attributed(trace->evidence, trace->migration, attribute, trace, err) < 0)
		return -1;
	return settle_deleted(trace, err);
}
