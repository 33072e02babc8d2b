#include "config/value.h"

#include <inttypes.h>

#include "config/store.h"

#define NAME_PATTERN "[a-z0-9][a-z0-9._-]{0,62}"
#define DURATION_PATTERN "[0-9]+(ms|s|m|min|h|d|w)"

static const char *const json_object_only[] = {"object", NULL};
static const char *const json_array_only[] = {"array", NULL};
static const char *const json_string_only[] = {"string", NULL};
static const char *const json_integer_only[] = {"integer", NULL};
static const char *const json_boolean_only[] = {"boolean", NULL};
static const char *const json_size[] = {"string", "integer", NULL};
static const char *const json_number_only[] = {"number", NULL};
static const char *const json_number_or_text[] = {"string", "number", NULL};
static const char *const json_array_or_text[] = {"array", "string", NULL};
/* An unquoted 123 or true is text for vela where text is wanted, and something else for JSON. */
static const char *const json_any[] = {"string", "number", "boolean", NULL};

static const struct {
	store_function *store; /* NULL: no value of its own */
	struct value_type type;
} types[SCHEMA_TYPE_COUNT] = {
	[SCHEMA_SECTION] = {NULL, {"section", "a section of keys", json_object_only, NULL}},
	[SCHEMA_LIST] = {NULL, {"list", "a list, each item behind a \"-\"", json_array_only, NULL}},
	[SCHEMA_MAP] = {NULL, {"mapping", "a section of keys", json_object_only, NULL}},
	[SCHEMA_INTEGER] = {store_integer, {"integer", "a whole number without quotes", json_integer_only, NULL}},
	[SCHEMA_BOOLEAN] = {store_boolean, {"boolean", "true or false, without quotes", json_boolean_only, NULL}},
	[SCHEMA_TEXT] = {store_text, {"text", "text", json_any, NULL}},
	[SCHEMA_SQL] = {store_sql, {"SQL", "a query", json_any, NULL}},
	[SCHEMA_SCALAR] = {store_scalar,
			   {"text, number or boolean", "a text, a number, true or false", json_any, NULL}},
	[SCHEMA_NAME] = {store_name,
			 {"name", "a name of at most 63 characters of a-z 0-9 . _ - that begins with a letter or digit",
			  json_any, "^" NAME_PATTERN "$"}},
	[SCHEMA_BASELINE] = {store_baseline,
			     {"NAME or NAME@REV", "the name of a baseline such as production or production@3", json_any,
			      "^" NAME_PATTERN "(@" NAME_PATTERN ")?$"}},
	[SCHEMA_CHOICE] = {store_choice, {"choice", "one of the choices", json_string_only, NULL}},
	[SCHEMA_PATH] = {store_path, {"path", "a path", json_any, "^[^~]"}},
	[SCHEMA_ABSOLUTE] = {store_absolute, {"absolute path", "an absolute path", json_string_only, "^/"}},
	[SCHEMA_RELATIVE] = {store_relative,
			     {"relative path", "a relative path that does not leave the repository", json_any,
			      "^(?![/~])(?!(.*/)?\\.\\.(/|$)).+$"}},
	[SCHEMA_URL] = {store_url, {"URL", "a connection URL", json_string_only, "^postgres(ql)?://"}},
	[SCHEMA_HTTPS] = {store_https,
			  {"https address", "an address such as https://gitlab.example.com/api/v4", json_string_only,
			   "^https://"}},
	[SCHEMA_DURATION] = {store_duration,
			     {"duration", "a duration such as 90s, 15m or 7d", json_string_only,
			      "^" DURATION_PATTERN "$"}},
	[SCHEMA_EXPIRY] = {store_expiry,
			   {"duration or never", "a duration such as 12h or 7d, or never", json_string_only,
			    "^(" DURATION_PATTERN "|never)$"}},
	[SCHEMA_PORTS] = {store_ports,
			  {"FIRST-LAST", "two ports such as 25000-25999", json_string_only, "^[0-9]{4,5}-[0-9]{4,5}$"}},
	[SCHEMA_RESERVE] = {store_reserve,
			    {"size or percentage", "a size such as 10G or a percentage such as 5%", json_size,
			     "^([0-9]+(B|[KMGT](B|iB)?)?|[0-9]+(\\.[0-9]+)?%)$"}},
	[SCHEMA_SIZE] = {store_size, {"size", "a size such as 512M or 10G", json_size, "^[0-9]+(B|[KMGT](B|iB)?)?$"}},
	[SCHEMA_TRUE] = {store_true, {"true", "true; else leave the key out", json_boolean_only, NULL}},
	[SCHEMA_DECIMAL] = {store_decimal, {"number", "a number such as 1.5", json_number_only, NULL}},
	[SCHEMA_NUMBER] = {store_number, {"number", "a number such as 10 or -0.5", json_number_only, NULL}},
	[SCHEMA_CHANGE] = {store_change,
			   {"number or percentage", "a number such as 100 or a percentage such as 1%",
			    json_number_or_text, "^[0-9]+(\\.[0-9]+)?%$"}},
	[SCHEMA_BETWEEN] = {store_between, {"[LOW, HIGH]", "two numbers such as [1, 10]", json_array_only, NULL}},
	[SCHEMA_TEXTS] = {store_texts, {"list of texts", "a name or a list of names", json_array_or_text, NULL}},
	[SCHEMA_KEYS] = {store_keys, {"list of keys", "a key of vela.yml or a list of keys", json_array_or_text, NULL}},
	[SCHEMA_COMMAND] = {store_command,
			    {"command line or list of arguments",
			     "a command line, or a list of a program and its arguments", json_array_or_text, NULL}},
	[SCHEMA_ROWS] = {store_rows,
			 {"list of rows", "a list of rows, each a list of values: [[1, a], [2, null]]", json_array_only,
			  NULL}},
};

const struct value_type *value_type(enum schema_type type)
{
	return &types[type].type;
}

char *value_format_bound(const struct schema_row *row, uint64_t bound)
{
	static const struct {
		uint64_t milliseconds;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
	if (row->type != SCHEMA_DURATION && row->type != SCHEMA_EXPIRY)
		return string_format("%" PRIu64, bound);
	size_t i = 0;
	while (i + 1 < ARRAY_SIZE(units) && (bound < units[i].milliseconds || bound % units[i].milliseconds))
		i++;
	return string_format("%" PRIu64 "%s", bound / units[i].milliseconds, units[i].unit);
}

/* Types whose values may be lists look at the kind themselves. */
static bool may_be_list(enum schema_type type)
{
	return type == SCHEMA_BETWEEN || type == SCHEMA_TEXTS || type == SCHEMA_KEYS || type == SCHEMA_COMMAND ||
	       type == SCHEMA_ROWS;
}

static bool is_scalar(const struct schema_row *row, const struct tree_node *node, struct buffer *complaint)
{
	if (node->kind != TREE_SCALAR) {
		buffer_addf(complaint, "must be %s, not a %s", value_type(row->type)->expected,
			    node->kind == TREE_SEQUENCE ? "list" : "section of keys");
		return false;
	}
	if (!tree_is_null(node))
		return true;
	if (row->type == SCHEMA_SCALAR)
		buffer_add_text(complaint, "cannot be null: NULL never equals anything; use IS NULL in the query");
	else
		buffer_add_text(complaint, "has no value: give one, or remove the key");
	return false;
}

bool value_store(const struct schema_row *row, const struct tree_node *node, void *record, struct buffer *complaint)
{
	bool is_list = node->kind == TREE_SEQUENCE && may_be_list(row->type);
	if (!is_list && !is_scalar(row, node, complaint))
		return false;
	if (types[row->type].store(row, node, record, complaint))
		return true;
	if (complaint->length == 0 && is_list) {
		buffer_addf(complaint, "must be %s", value_type(row->type)->expected);
	} else if (complaint->length == 0) {
		_cleanup_free_ char *quoted = problem_quote(node->text);
		buffer_addf(complaint, "must be %s, not %s", value_type(row->type)->expected, quoted);
	}
	return false;
}
