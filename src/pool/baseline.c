#include "pool/baseline.h"

#include <ctype.h>

#include "base/name.h"
#include "base/quantity.h"
#include "base/text.h"
#include "pool/record.h"

char *baseline_data_path(const struct baseline *baseline)
{
	return path_join(baseline->directory, "data", NULL);
}

json_t *baseline_to_json(const struct baseline *baseline)
{
	_cleanup_free_ char *revision = string_format("%d", baseline->revision);
	json_t *json = json_pack("{s:i, s:s, s:s}", "schema", 1, "name", baseline->name, "revision", revision);
	record_set_string(json, "source", baseline->source);
	record_set_time(json, "taken_at", baseline->taken_at);
	record_set_string(json, "lsn", baseline->lsn);
	json_object_set_new(json, "major", json_integer(baseline->major));
	record_set_string(json, "version", baseline->version);
	record_set_string(json, "superuser", baseline->superuser);
	record_set_string(json, "role", baseline->role);
	record_set_string(json, "preload", baseline->preload);
	json_object_set_new(json, "max_prepared_transactions", json_integer(baseline->max_prepared_transactions));
	json_t *databases = json_array();
	for (size_t i = 0; i < baseline->databases.count; i++)
		json_array_append_new(databases, json_string(baseline->databases.items[i]));
	json_object_set_new(json, "databases", databases);
	json_object_set_new(json, "bytes", json_integer((json_int_t)baseline->bytes));
	return json;
}

static int read_revision(const struct pool *pool, const char *name, const char *revision, struct baseline *ret,
			 struct error **err)
{
	_cleanup_free_ char *directory = path_join(pool->path, "baselines", name, revision, NULL);
	_cleanup_free_ char *file = path_join(directory, "baseline.json", NULL);
	_cleanup_json_ json_t *json = NULL;
	if (record_read(file, &json, err) < 0)
		return -1;
	if (!record_string(json, "superuser") || !record_string(json, "role") || record_integer(json, "major") <= 0)
		return error_set(err, ERROR_STORAGE, "%s is damaged: it lacks superuser, role or major", file);
	*ret = (struct baseline){
		.name = string_copy(name),
		.revision = (int)strtol(revision, NULL, 10),
		.directory = TAKE_POINTER(directory),
		.source = string_copy(record_string(json, "source")),
		.taken_at = record_time(json, "taken_at"),
		.lsn = string_copy(record_string(json, "lsn")),
		.major = (int)record_integer(json, "major"),
		.version = string_copy(record_string(json, "version")),
		.superuser = string_copy(record_string(json, "superuser")),
		.role = string_copy(record_string(json, "role")),
		.preload = string_copy(record_string(json, "preload")),
		.max_prepared_transactions = (int)record_integer(json, "max_prepared_transactions"),
		.bytes = (uint64_t)record_integer(json, "bytes"),
	};
	size_t index;
	const json_t *database;
	json_array_foreach(json_object_get(json, "databases"), index, database) if (json_is_string(database))
		string_list_add(&ret->databases, json_string_value(database));
	return 0;
}

int baseline_publish(const struct pool *pool, const char *staging, struct baseline *baseline, struct error **err)
{
	_cleanup_json_ json_t *json = baseline_to_json(baseline);
	_cleanup_free_ char *file = path_join(staging, "baseline.json", NULL);
	_cleanup_free_ char *top = path_join(pool->path, "baselines", NULL);
	_cleanup_free_ char *parent = path_join(top, baseline->name, NULL);
	_cleanup_free_ char *revision = string_format("%d", baseline->revision);
	_cleanup_free_ char *directory = path_join(parent, revision, NULL);
	if (record_write(file, json, FILE_DURABLE, err) < 0 || directory_create(parent, 0700, err) < 0 ||
	    file_rename(staging, directory, err) < 0 || file_sync_directory(parent, err) < 0 ||
	    file_sync_directory(top, err) < 0)
		return -1;
	string_replace(&baseline->directory, TAKE_POINTER(directory));
	return 0;
}

static int parse_revision(const char *text)
{
	size_t length = strlen(text);
	if (length == 0 || length > 9 || text[0] == '0' || strspn(text, "0123456789") != length)
		return 0;
	return (int)strtol(text, NULL, 10);
}

int baseline_parse_reference(const char *text, char **ret_name, int *ret_revision, struct error **err)
{
	const char *at = strchr(text, '@');
	_cleanup_free_ char *name = at ? string_copy_n(text, (size_t)(at - text)) : string_copy(text);
	int revision = at ? parse_revision(at + 1) : 0;
	if (!name_is_valid(name) || (at && revision == 0)) {
		_cleanup_free_ char *safe = text_safe(text);
		error_set(err, ERROR_USAGE, "\"%s\" is not the name of a baseline", safe);
		return error_hint(err, "NAME or NAME@REVISION; names are a-z, 0-9, '.', '_' and '-'");
	}
	*ret_name = TAKE_POINTER(name);
	*ret_revision = revision;
	return 0;
}

static int compare_revisions(const void *a, const void *b)
{
	int left = *(const int *)a, right = *(const int *)b;
	return (left > right) - (left < right);
}

/* Ascending; *ret is owned. */
static int list_revisions(const struct pool *pool, const char *name, int **ret, size_t *ret_count, struct error **err)
{
	_cleanup_free_ char *directory = path_join(pool->path, "baselines", name, NULL);
	_cleanup_(string_list_free) struct string_list entries = {0};
	if (directory_list(directory, &entries, err) < 0)
		return -1;
	int *revisions = memory_resize(NULL, entries.count, sizeof(*revisions));
	size_t count = 0;
	for (size_t i = 0; i < entries.count; i++)
		if (parse_revision(entries.items[i]) > 0)
			revisions[count++] = parse_revision(entries.items[i]);
	qsort(revisions, count, sizeof(*revisions), compare_revisions);
	*ret = revisions;
	*ret_count = count;
	return 0;
}

int baseline_next_revision(const struct pool *pool, const char *name, int *ret, struct error **err)
{
	_cleanup_free_ int *revisions = NULL;
	size_t count;
	if (list_revisions(pool, name, &revisions, &count, err) < 0)
		return -1;
	*ret = count > 0 ? revisions[count - 1] + 1 : 1;
	return 0;
}

static int not_found(const struct pool *pool, const char *text, struct error **err)
{
	struct baseline_list all = {0};
	struct buffer names = {0};
	if (baseline_list(pool, NULL, &all, NULL, NULL) == 0)
		for (size_t i = 0; i < all.count; i++)
			buffer_addf(&names, "%s%s@%d", i ? ", " : "", all.items[i].name, all.items[i].revision);
	error_set(err, ERROR_NOT_FOUND, "there is no baseline %s in %s", text, pool->path);
	if (names.length > 0)
		error_hint(err, "there are: %s", names.data);
	else
		error_hint(err, "take one with: vela baseline create %s --from postgres://USER@HOST/DATABASE", text);
	buffer_free(&names);
	baseline_list_free(&all);
	return -1;
}

int baseline_find(const struct pool *pool, const char *text, struct baseline *ret, struct error **err)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_free_ int *revisions = NULL;
	int revision;
	size_t count;
	if (baseline_parse_reference(text, &name, &revision, err) < 0 ||
	    list_revisions(pool, name, &revisions, &count, err) < 0)
		return -1;
	if (revision == 0 && count > 0)
		revision = revisions[count - 1];
	for (size_t i = 0; i < count; i++)
		if (revisions[i] == revision) {
			_cleanup_free_ char *number = string_format("%d", revision);
			return read_revision(pool, name, number, ret, err);
		}
	return not_found(pool, text, err);
}

int baseline_list(const struct pool *pool, const char *name, struct baseline_list *ret, struct string_list *ret_damaged,
		  struct error **err)
{
	_cleanup_free_ char *directory = path_join(pool->path, "baselines", NULL);
	_cleanup_(string_list_free) struct string_list names = {0};
	if (directory_list(directory, &names, err) < 0)
		return -1;
	struct baseline_list list = {0};
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ int *revisions = NULL;
		size_t count;
		if ((name && !string_equal(name, names.items[i])) ||
		    list_revisions(pool, names.items[i], &revisions, &count, NULL) < 0)
			continue;
		for (size_t j = 0; j < count; j++) {
			_cleanup_free_ char *number = string_format("%d", revisions[j]);
			list.items = memory_resize(list.items, list.count + 1, sizeof(*list.items));
			if (read_revision(pool, names.items[i], number, &list.items[list.count], NULL) == 0)
				list.count++;
			else if (ret_damaged)
				string_list_addf(ret_damaged, "%s@%s", names.items[i], number);
		}
	}
	*ret = list;
	return 0;
}

void baseline_list_free(struct baseline_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		baseline_free(&list->items[i]);
	free(list->items);
	*list = (struct baseline_list){0};
}

void baseline_free(struct baseline *baseline)
{
	free(baseline->name);
	free(baseline->directory);
	free(baseline->source);
	free(baseline->lsn);
	free(baseline->version);
	free(baseline->superuser);
	free(baseline->role);
	free(baseline->preload);
	string_list_free(&baseline->databases);
	*baseline = (struct baseline){0};
}
