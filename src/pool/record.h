/* Record files: one JSON object in a file that is replaced as a whole. Hostile on reading: a damaged one is an error
 * that names the file, never more. */
#ifndef VELA_POOL_RECORD_H
#define VELA_POOL_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"

/* ERROR_NOT_FOUND if the file is missing, ERROR_STORAGE if it is damaged. */
int record_read(const char *path, json_t **ret, struct error **err);
/* From memory, for tests and fuzzing: `name` stands in messages. */
int record_parse(const char *name, const char *text, size_t length, json_t **ret, struct error **err);
int record_write(const char *path, const json_t *json, enum file_durability durability, struct error **err);

void json_release(json_t **json);
#define _cleanup_json_ _cleanup_(json_release)

/* Members of an object: NULL, 0 or false where missing or of another type. Strings are borrowed. */
const char *record_string(const json_t *json, const char *key);
long long record_integer(const json_t *json, const char *key);
double record_number(const json_t *json, const char *key);
bool record_flag(const json_t *json, const char *key);
time_t record_time(const json_t *json, const char *key); /* 0 where missing */

void record_set_string(json_t *json, const char *key, const char *value); /* NULL becomes null; bad UTF-8 becomes '?' */
void record_set_time(json_t *json, const char *key, time_t value);        /* 0 becomes null */

#endif
