#include "report/describe.h"
#include "report/json_parts.h"

static json_t *lock_object(const struct report_lock *lock)
{
	const struct table_lock_info *mode = &table_locks[lock->mode];
	json_t *object = json_object();
	json_add(object, "relation", json_text(lock->relation));
	json_add(object, "kind", json_text(lock->kind));
	json_add(object, "mode", json_string(mode->name));
	json_add(object, "from_ms", json_number(lock->from_ms));
	json_add(object, "to_ms", json_number(lock->to_ms));
	json_add(object, "blocks", json_text(mode->blocks));
	json_add(object, "blocks_reads", json_boolean(mode->blocks_reads));
	json_add(object, "blocks_writes", json_boolean(mode->blocks_writes));
	json_add(object, "sampled", json_boolean(lock->sampled));
	return object;
}

static json_t *change_object(const struct report_change *change)
{
	json_t *object = json_object();
	json_add(object, "kind", json_string(change_kind_name(change->kind)));
	json_add(object, "relation", json_text(change->relation));
	json_add(object, "object", json_text(change->object));
	json_add(object, "detail", json_text(change->detail));
	json_add(object, "rows", json_rows(change->rows));
	json_add(object, "bytes", json_bytes(change->bytes));
	json_add(object, "estimated", json_boolean(change->estimated));
	if (change->kind == CHANGE_CONSTRAINT_ADDED)
		json_add(object, "validated", json_boolean(change->validated));
	if (change->kind == CHANGE_INDEX_BUILT || change->kind == CHANGE_INDEX_INVALID)
		json_add(object, "concurrently", json_boolean(change->concurrently));
	return object;
}

static json_t *statement_object(const struct report_statement *statement)
{
	json_t *object = json_object(), *locks = json_array(), *changes = json_array();
	for (size_t i = 0; i < statement->lock_count; i++)
		json_append(locks, lock_object(&statement->locks[i]));
	for (size_t i = 0; i < statement->change_count; i++)
		json_append(changes, change_object(&statement->changes[i]));
	json_add(object, "sql", json_text(statement->sql));
	json_add(object, "line", json_known(statement->line));
	json_add(object, "column", json_known(statement->column));
	json_add(object, "tag", json_text(statement->tag));
	json_add(object, "outcome", json_outcome(statement->outcome));
	json_add(object, "from_ms", json_number(statement->from_ms));
	json_add(object, "to_ms", json_number(statement->to_ms));
	json_add(object, "milliseconds", json_milliseconds(statement->to_ms - statement->from_ms));
	json_add(object, "commit", json_boolean(statement->is_commit));
	json_add(object, "in_transaction", json_boolean(statement->in_transaction));
	json_add(object, "lock_timeout", json_boolean(statement->lock_timeout));
	json_add(object, "wal_bytes", json_bytes(statement->wal_bytes));
	json_add(object, "temp_bytes", json_bytes(statement->temp_bytes));
	json_add(object, "rows", json_rows(statement->rows));
	json_add(object, "locks", locks);
	json_add(object, "changes", changes);
	return object;
}

json_t *json_migration(const struct report_migration *migration)
{
	json_t *object = json_object(), *list = json_array();
	for (size_t i = 0; i < migration->list_count; i++)
		json_append(list, statement_object(&migration->list[i]));
	json_add(object, "file", json_text(migration->file));
	json_add(object, "version", json_text(migration->version));
	json_add(object, "command", json_boolean(migration->is_command));
	json_add(object, "outcome", json_outcome(migration->outcome));
	json_add(object, "milliseconds", json_milliseconds(migration->milliseconds));
	json_add(object, "statements", json_integer((json_int_t)migration->statements));
	json_add(object, "left_open", json_boolean(migration->left_open));
	json_add(object, "statement_list", list);
	json_add(object, "output", json_text(migration->output));
	json_add(object, "failure", json_failure(migration->failure));
	return object;
}

json_t *json_relation(const struct report_relation *relation)
{
	json_t *object = json_object(), *holds = json_array();
	for (size_t i = 0; i < relation->hold_count; i++) {
		json_t *hold = json_object();
		json_add(hold, "mode", json_string(table_locks[relation->holds[i].mode].name));
		json_add(hold, "from_ms", json_number(relation->holds[i].from_ms));
		json_add(hold, "to_ms", json_number(relation->holds[i].to_ms));
		json_add(hold, "migration", json_place(relation->holds[i].migration));
		json_add(hold, "statement", json_place(relation->holds[i].statement));
		json_append(holds, hold);
	}
	json_add(object, "relation", json_text(relation->name));
	json_add(object, "kind", json_text(relation->kind));
	json_add(object, "bytes", json_bytes(relation->bytes));
	json_add(object, "rows", json_rows(relation->rows));
	json_add(object, "strongest", json_string(table_locks[relation->strongest].name));
	json_add(object, "reads_blocked_ms", json_milliseconds(relation->reads_blocked_ms));
	json_add(object, "writes_blocked_ms", json_milliseconds(relation->writes_blocked_ms));
	json_add(object, "longest_reads_ms", json_milliseconds(relation->longest_reads_ms));
	json_add(object, "longest_writes_ms", json_milliseconds(relation->longest_writes_ms));
	json_add(object, "holds", holds);
	return object;
}

json_t *json_hazard(const struct report_hazard *hazard)
{
	json_t *object = json_object();
	json_add(object, "id", json_text(hazard->id));
	json_add(object, "severity", json_severity(hazard->severity));
	json_add(object, "accepted", json_text(hazard->accepted));
	json_add(object, "file", json_text(hazard->file));
	json_add(object, "line", json_known(hazard->line));
	json_add(object, "migration", json_place(hazard->migration));
	json_add(object, "statement", json_place(hazard->statement));
	json_add(object, "measured", json_text(hazard->measured));
	json_add(object, "why", json_text(hazard->why));
	json_add(object, "instead", json_text(hazard->instead));
	return object;
}

json_t *json_schema_changes(const struct report_schema_change *changes, size_t count)
{
	json_t *array = json_array();
	for (size_t i = 0; i < count; i++) {
		const char action = changes[i].action;
		json_t *object = json_object();
		json_add(object, "action",
			 json_string(action == '+'   ? "added"
				     : action == '-' ? "removed"
						     : "changed"));
		json_add(object, "object", json_text(changes[i].object));
		json_add(object, "detail", json_text(changes[i].detail));
		json_append(array, object);
	}
	return array;
}

json_t *json_reversal(const struct report_reversal *reversal)
{
	if (!reversal->ran)
		return json_null();
	json_t *object = json_object(), *steps = json_array();
	for (size_t i = 0; i < reversal->step_count; i++)
		json_append(steps, json_migration(&reversal->steps[i]));
	json_add(object, "outcome", json_outcome(reversal->outcome));
	json_add(object, "schema_changes", json_schema_changes(reversal->schema, reversal->schema_count));
	json_add(object, "tables", json_texts(reversal->tables));
	json_add(object, "skipped", json_texts(reversal->skipped));
	json_add(object, "steps", steps);
	return object;
}
