/* What a statement's text says by itself. */
#include <ctype.h>
#include <strings.h>

#include "migration/command_parts.h"

/* Whether the text has the name as a word. */
static bool has_word(const char *text, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = text; length > 0 && (at = strcasestr(at, name)); at++) {
		bool begins = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
		if (begins && !(isalnum((unsigned char)at[length]) || at[length] == '_'))
			return true;
	}
	return false;
}

bool command_mentions(const struct report_statement *record, const struct relation *relation)
{
	const struct relation_state *state = relation->before;
	if (!state || !state->name)
		return false;
	bool found = has_word(record->sql, state->name);
	for (size_t i = 0; i < state->index_count && !found; i++)
		found = state->indexes[i].name && has_word(record->sql, state->indexes[i].name);
	return found;
}

/* --- locks --- */

/* Of several tables of the same name it is the one whose schema is named, too. */
static bool is_named(const struct registry *registry, const char *sql, const struct relation *relation)
{
	const struct relation_state *state = relation->before;
	if (!state || !state->name || !strchr("rp", relation->kind) || !has_word(sql, state->name))
		return false;
	for (size_t i = 0; i < registry->count; i++) {
		const struct relation_state *other = registry->items[i].before;
		if (other && other != state && string_equal(other->name, state->name) &&
		    strchr("rp", registry->items[i].kind) && !has_word(sql, state->schema))
			return false;
	}
	return true;
}

static enum table_lock named_mode(const char *sql)
{
	for (int mode = TABLE_LOCK_ACCESS_SHARE; mode < TABLE_LOCK_COUNT; mode++) {
		_cleanup_free_ char *clause = string_format("in %s mode", table_locks[mode].sql);
		if (strcasestr(sql, clause))
			return (enum table_lock)mode;
	}
	return TABLE_LOCK_ACCESS_EXCLUSIVE;
}

void command_named_locks(const struct registry *registry, const struct report_statement *record, struct look *ret)
{
	bool is_lock = string_equal(record->tag, "LOCK TABLE");
	if (record->outcome != OUTCOME_PASSED || !(is_lock || string_equal(record->tag, "TRUNCATE TABLE")))
		return;
	enum table_lock mode = is_lock ? named_mode(record->sql) : TABLE_LOCK_ACCESS_EXCLUSIVE;
	for (size_t i = 0; i < registry->count; i++) {
		const struct relation *at = &registry->items[i];
		while (at && !is_named(registry, record->sql, at)) /* or its partition */
			at = at->parent ? registry_find(registry, at->parent) : NULL;
		if (at && strchr("rp", registry->items[i].kind))
			look_add(ret, (struct held_lock){registry->items[i].oid, mode});
	}
}
