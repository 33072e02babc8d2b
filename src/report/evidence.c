#include "report/evidence.h"

#include "base/memory.h"

void report_lock_clear(struct report_lock *lock)
{
	free(lock->relation);
	free(lock->kind);
	*lock = (struct report_lock){0};
}

void report_change_clear(struct report_change *change)
{
	free(change->relation);
	free(change->object);
	free(change->detail);
	*change = (struct report_change){0};
}

void report_statement_clear(struct report_statement *statement)
{
	for (size_t i = 0; i < statement->lock_count; i++)
		report_lock_clear(&statement->locks[i]);
	free(statement->locks);
	for (size_t i = 0; i < statement->change_count; i++)
		report_change_clear(&statement->changes[i]);
	free(statement->changes);
	free(statement->sql);
	free(statement->tag);
	free(statement->ignored_hazard);
	free(statement->ignored_reason);
	for (size_t i = 0; i < statement->ignore_count; i++) {
		free(statement->ignores[i].hazard);
		free(statement->ignores[i].reason);
	}
	free(statement->ignores);
	*statement = (struct report_statement){0};
}

void report_relation_clear(struct report_relation *relation)
{
	free(relation->name);
	free(relation->kind);
	free(relation->holds);
	*relation = (struct report_relation){0};
}
