/* A node of a plan in the words of psql. */
#include <ctype.h>

#include "base/quantity.h"
#include "base/text.h"
#include "check/plan_facts.h"

static const char *text_of(const json_t *node, const char *key)
{
	return json_string_value(json_object_get(node, key));
}

/* Takes `text` over. */
static char *cut(char *text)
{
	_cleanup_free_ char *owned = text;
	return text_cut(owned, strlen(owned), PLAN_TEXT_MAX);
}

/* --- its name --- */

/* "Hash Join" and "Left" are a "Hash Left Join"; "Nested Loop" and "Left" a "Nested Loop Left Join". */
static char *join_step(const char *type, const char *join)
{
	size_t length = strlen(type), word = strlen(" Join");
	if (string_equal(join, "Inner"))
		return string_copy(type);
	if (length > word && string_equal(type + length - word, " Join"))
		length -= word;
	return string_format("%.*s %s Join", (int)length, type, join);
}

static char *aggregate_step(const json_t *node)
{
	static const struct {
		const char *strategy, *name;
	} names[] = {{"Sorted", "GroupAggregate"}, {"Hashed", "HashAggregate"}, {"Mixed", "MixedAggregate"}};
	const char *mode = text_of(node, "Partial Mode"), *name = "Aggregate";
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (string_equal(text_of(node, "Strategy"), names[i].strategy))
			name = names[i].name;
	bool whole = !mode || string_equal(mode, "Simple");
	return string_format("%s%s%s", whole ? "" : mode, whole ? "" : " ", name);
}

char *plan_step(const json_t *node)
{
	const char *type = text_of(node, "Node Type"), *join = text_of(node, "Join Type");
	const char *operation = text_of(node, "Operation"), *command = text_of(node, "Command");
	if (string_equal(type, "Aggregate"))
		return cut(aggregate_step(node));
	if (string_equal(type, "ModifyTable") && operation)
		return cut(string_copy(operation));
	if (string_equal(type, "SetOp") && command)
		return cut(string_format(
			"%s %s", string_equal(text_of(node, "Strategy"), "Hashed") ? "HashSetOp" : type, command));
	return cut(join ? join_step(type, join) : string_copy(type));
}

char *plan_label(const json_t *node, const char *step)
{
	static const char *const things[] = {"Relation Name", "Function Name", "CTE Name", "Table Function Name",
					     "Tuplestore Name"};
	const char *index = text_of(node, "Index Name"), *alias = text_of(node, "Alias"), *thing = NULL;
	const char *subplan = text_of(node, "Subplan Name"), *schema = text_of(node, "Schema");
	bool parallel = json_is_true(json_object_get(node, "Parallel Aware"));
	bool backward = string_equal(text_of(node, "Scan Direction"), "Backward");
	for (size_t i = 0; i < ARRAY_SIZE(things) && !thing; i++)
		thing = text_of(node, things[i]);
	struct buffer label = {0};
	if (subplan)
		buffer_addf(&label, "%s: ", subplan);
	buffer_addf(&label, "%s%s%s", parallel ? "Parallel " : "", step, backward ? " Backward" : "");
	if (index)
		buffer_addf(&label, " %s %s", thing ? "using" : "on", index);
	if (thing) {
		_cleanup_free_ char *name = plan_relation_name(schema, thing);
		buffer_addf(&label, " on %s", name);
	}
	if (alias && !string_equal(alias, thing))
		buffer_addf(&label, "%s %s", thing ? "" : " on", alias);
	return cut(buffer_steal(&label));
}

char *plan_relation_name(const char *schema, const char *relation)
{
	bool short_enough = !schema || string_equal(schema, "public") || string_equal(schema, "pg_catalog");
	return string_format("%s%s%s", short_enough ? "" : schema, short_enough ? "" : ".", relation);
}

/* --- its details --- */

enum detail_kind { DETAIL_TEXT, DETAIL_LIST, DETAIL_COUNT };

static const struct {
	const char *key;
	enum detail_kind kind;
} details[] = {
	{"Index Cond", DETAIL_TEXT},
	{"Order By", DETAIL_TEXT},
	{"TID Cond", DETAIL_TEXT},
	{"Hash Cond", DETAIL_TEXT},
	{"Merge Cond", DETAIL_TEXT},
	{"Join Filter", DETAIL_TEXT},
	{"Rows Removed by Join Filter", DETAIL_COUNT},
	{"One-Time Filter", DETAIL_TEXT},
	{"Filter", DETAIL_TEXT},
	{"Rows Removed by Filter", DETAIL_COUNT},
	{"Rows Removed by Index Recheck", DETAIL_COUNT},
	{"Heap Fetches", DETAIL_COUNT},
	{"Sort Key", DETAIL_LIST},
	{"Presorted Key", DETAIL_LIST},
	{"Group Key", DETAIL_LIST},
	{"Cache Key", DETAIL_TEXT},
	{"Subplans Removed", DETAIL_COUNT},
};

/* NULL: it says nothing. */
static char *detail_value(const json_t *value, enum detail_kind kind)
{
	if (kind == DETAIL_TEXT)
		return string_copy(json_string_value(value));
	if (kind == DETAIL_COUNT) {
		double count = json_number_value(value);
		return count >= 1 && count < 0x1p63 ? quantity_format_count((uint64_t)count) : NULL;
	}
	struct buffer list = {0};
	size_t i;
	json_t *item;
	json_array_foreach(value, i, item)
	{
		if (json_is_string(item))
			buffer_addf(&list, "%s%s", list.length > 0 ? ", " : "", json_string_value(item));
	}
	return list.length > 0 ? buffer_steal(&list) : NULL;
}

static void add_line(struct buffer *detail, const char *key, const char *value)
{
	_cleanup_free_ char *line = cut(string_format("%s: %s", key, value));
	for (size_t i = 0; key[i]; i++)
		line[i] = (char)tolower((unsigned char)line[i]);
	buffer_addf(detail, "%s%s", detail->length > 0 ? "\n" : "", line);
}

const char *plan_spill_words(const char *step)
{
	if (strstr(step, "Sort"))
		return "sorts";
	return strstr(step, "Hash") ? "hashes" : "keeps rows";
}

char *plan_detail(const json_t *node, uint64_t spilled_bytes)
{
	struct buffer detail = {0};
	for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
		const json_t *value = json_object_get(node, details[i].key);
		_cleanup_free_ char *text = value ? detail_value(value, details[i].kind) : NULL;
		if (text)
			add_line(&detail, details[i].key, text);
	}
	if (spilled_bytes > 0) {
		const char *method = text_of(node, "Sort Method");
		_cleanup_free_ char *size = quantity_format_size(spilled_bytes);
		_cleanup_free_ char *text = string_format("%s%s%s", method ? method : "", method ? ", " : "", size);
		add_line(&detail, "On disk", text);
	}
	return detail.length > 0 ? buffer_steal(&detail) : NULL;
}
