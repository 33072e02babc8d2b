#include "report/json_parts.h"

#include "base/text.h"

/* jansson refuses bytes that are not UTF-8, so they go first, with all that a terminal would obey. */
json_t *json_text(const char *text)
{
	if (!text)
		return json_null();
	_cleanup_buffer_ struct buffer safe = {0};
	text_add_safe(&safe, text, true);
	return json_string(buffer_text(&safe));
}

json_t *json_milliseconds(double milliseconds)
{
	bool possible = milliseconds > 0 && milliseconds < 1e15;
	return json_real(possible ? (double)(long long)(milliseconds * 1000 + 0.5) / 1000 : 0);
}

json_t *json_number(double number)
{
	bool possible = number > -1e300 && number < 1e300;
	return possible ? json_real(number) : json_null();
}

json_t *json_known(int number)
{
	return number > 0 ? json_integer(number) : json_null();
}

json_t *json_bytes(uint64_t bytes)
{
	return json_integer((json_int_t)bytes);
}

json_t *json_rows(int64_t rows)
{
	return rows >= 0 ? json_integer(rows) : json_null();
}

json_t *json_place(size_t place)
{
	return place == SIZE_MAX ? json_null() : json_integer((json_int_t)place);
}

json_t *json_texts(char *const *texts)
{
	json_t *array = json_array();
	for (; texts && *texts; texts++)
		json_append(array, json_text(*texts));
	return array;
}

json_t *json_outcome(enum report_outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_PASSED] = "passed",
		[OUTCOME_FAILED] = "failed",
		[OUTCOME_NOT_RUN] = "not_run",
	};
	return json_string(names[outcome]);
}

json_t *json_severity(enum report_severity severity)
{
	return json_string(severity == SEVERITY_ERROR ? "error" : "warning");
}

void json_add(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

void json_append(json_t *array, json_t *value)
{
	(void)json_array_append_new(array, value);
}

json_t *json_failure(const struct report_failure *failure)
{
	if (!failure)
		return json_null();
	json_t *object = json_object();
	json_add(object, "message", json_text(failure->message));
	json_add(object, "sqlstate", json_text(failure->sqlstate));
	json_add(object, "detail", json_text(failure->detail));
	json_add(object, "rows", json_text(failure->rows));
	json_add(object, "hint", json_text(failure->hint));
	json_add(object, "context", json_text(failure->context));
	json_add(object, "line", json_known(failure->line));
	json_add(object, "column", json_known(failure->column));
	json_add(object, "exact", json_boolean(failure->has_caret));
	json_add(object, "source_line", json_text(failure->source_line));
	return object;
}

static int add_chunk(const char *bytes, size_t length, void *out)
{
	buffer_add(out, bytes, length);
	return 0;
}

void json_write(json_t *root, struct buffer *out)
{
	(void)json_dump_callback(root, add_chunk, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	buffer_add_char(out, '\n');
	json_decref(root);
}
