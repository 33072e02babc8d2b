/* Record files: whatever stands in them, reading ends, and what is read can be asked for anything. */
#include <stdint.h>

#include "pool/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {"format", "id", "title", "port", "created_at", "instance", "databases", ""};
	_cleanup_error_ struct error *error = NULL;
	_cleanup_json_ json_t *json = NULL;
	if (record_parse("fuzz.json", (const char *)data, size, &json, &error) < 0) {
		if (!error || error->kind != ERROR_STORAGE)
			abort();
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *text = record_string(json, keys[i]);
		(void)record_integer(json, keys[i]);
		(void)record_number(json, keys[i]);
		(void)record_flag(json, keys[i]);
		(void)record_time(json, keys[i]);
		record_set_string(json, keys[i], text);
	}
	return 0;
}
