#include "pool/record.h"

#include "base/clock.h"
#include "base/text.h"

enum { RECORD_MAX = 1 << 20 };

void json_release(json_t **json)
{
	json_decref(*json);
}

int record_parse(const char *name, const char *text, size_t length, json_t **ret, struct error **err)
{
	json_error_t problem;
	json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
	if (!json) {
		_cleanup_free_ char *why = text_safe(problem.text);
		error_set(err, ERROR_STORAGE, "%s is damaged (line %d: %s)", name, problem.line, why);
		return -1;
	}
	if (!json_is_object(json)) {
		json_decref(json);
		return error_set(err, ERROR_STORAGE, "%s is damaged (not a JSON object)", name);
	}
	*ret = json;
	return 0;
}

int record_read(const char *path, json_t **ret, struct error **err)
{
	_cleanup_buffer_ struct buffer text = {0};
	if (file_read(path, RECORD_MAX, FILE_NO_FOLLOW, &text, err) < 0) {
		if (err && (*err)->kind == ERROR_REFUSED) /* too large, or no file at all: no record of ours */
			error_rekind(err, ERROR_STORAGE);
		return -1;
	}
	return record_parse(path, buffer_text(&text), text.length, ret, err);
}

int record_write(const char *path, const json_t *json, enum file_durability durability, struct error **err)
{
	char *text = json_dumps(json, JSON_INDENT(1));
	if (!text)
		return error_set(err, ERROR_INTERNAL, "cannot write %s: it would not be valid JSON", path);
	struct buffer data = {0};
	buffer_add_text(&data, text);
	buffer_add_char(&data, '\n');
	free(text);
	int result = file_replace(path, data.data, data.length, 0600, durability, err);
	buffer_free(&data);
	return result;
}

const char *record_string(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

long long record_integer(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

double record_number(const json_t *json, const char *key)
{
	return json_number_value(json_object_get(json, key));
}

bool record_flag(const json_t *json, const char *key)
{
	return json_is_true(json_object_get(json, key));
}

time_t record_time(const json_t *json, const char *key)
{
	const char *text = record_string(json, key);
	time_t value = 0;
	return text && clock_parse_utc(text, &value) ? value : 0;
}

void record_set_string(json_t *json, const char *key, const char *value)
{
	_cleanup_free_ char *safe = value && !text_is_printable(value) ? text_safe(value) : NULL;
	json_object_set_new(json, key, value ? json_string(safe ? safe : value) : json_null());
}

void record_set_time(json_t *json, const char *key, time_t value)
{
	_cleanup_free_ char *text = value ? clock_format_utc(value) : NULL;
	record_set_string(json, key, text);
}
