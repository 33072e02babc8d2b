#include "app/lineage.h"

#include "base/file.h"
#include "pool/record.h"

enum { LINEAGE_MAX = 64 << 20 }; /* bytes: as many migrations as a repository may have */

static char *record_path(const struct branch *branch)
{
	_cleanup_free_ char *data = branch_data_path(branch);
	return path_join(data, "vela_migrations.json", NULL);
}

/* A baseline may be made of a branch's data: then what was applied to these is part of the baseline. */
static char *origin_of(const struct branch *branch)
{
	return string_format("%s@%d", branch->baseline, branch->revision);
}

static int compare_files(const void *a, const void *b)
{
	const struct lineage_migration *one = a, *other = b;
	return strcmp(one->file, other->file);
}

static bool read_migrations(const json_t *list, struct lineage *lineage)
{
	size_t count = json_array_size(list);
	lineage->migrations = memory_resize(NULL, count, sizeof(*lineage->migrations));
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		const char *file = record_string(item, "file"), *digest = record_string(item, "sha256");
		if (!file || !digest)
			return false;
		lineage->migrations[lineage->count++] =
			(struct lineage_migration){string_copy(file), string_copy(digest), record_flag(item, "half")};
	}
	if (count > 0)
		qsort(lineage->migrations, count, sizeof(*lineage->migrations), compare_files);
	lineage->sorted = count;
	return true;
}

int lineage_read(const struct branch *branch, struct lineage *ret, struct error **err)
{
	_cleanup_free_ char *path = record_path(branch);
	_cleanup_buffer_ struct buffer text = {0};
	_cleanup_json_ json_t *json = NULL;
	_cleanup_lineage_ struct lineage lineage = {0};
	int result = 0;
	if (file_exists(path)) {
		result = file_read(path, LINEAGE_MAX, FILE_NO_FOLLOW, &text, err);
		if (result == 0)
			result = record_parse(path, buffer_text(&text), text.length, &json, err);
		if (result == 0 && !read_migrations(json_object_get(json, "migrations"), &lineage))
			result = error_set(err, ERROR_STORAGE, "%s is damaged: members are missing", path);
		if (result < 0)
			return error_hint(err, "vela branch reset %s makes the branch a fresh clone", branch->name);
	}
	_cleanup_free_ char *origin = origin_of(branch);
	if (!string_equal(record_string(json, "origin"), origin)) {
		*ret = (struct lineage){0};
		return 0;
	}
	lineage.commit = string_copy(record_string(json, "commit"));
	*ret = lineage;
	lineage = (struct lineage){0};
	return 0;
}

int lineage_write(const struct branch *branch, const struct lineage *lineage, struct error **err)
{
	_cleanup_free_ char *path = record_path(branch);
	_cleanup_json_ json_t *json = json_pack("{s:i}", "format", POOL_FORMAT);
	_cleanup_free_ char *origin = origin_of(branch);
	record_set_string(json, "origin", origin);
	record_set_string(json, "commit", lineage->commit);
	json_t *list = json_array();
	for (size_t i = 0; i < lineage->count; i++) {
		json_t *item = json_object();
		record_set_string(item, "file", lineage->migrations[i].file);
		record_set_string(item, "sha256", lineage->migrations[i].digest);
		if (lineage->migrations[i].half)
			json_object_set_new(item, "half", json_true());
		json_array_append_new(list, item);
	}
	json_object_set_new(json, "migrations", list);
	return record_write(path, json, branch->durable ? FILE_DURABLE : FILE_VOLATILE, err);
}

void lineage_free(struct lineage *lineage)
{
	free(lineage->commit);
	for (size_t i = 0; i < lineage->count; i++) {
		free(lineage->migrations[i].file);
		free(lineage->migrations[i].digest);
	}
	free(lineage->migrations);
	*lineage = (struct lineage){0};
}

const struct lineage_migration *lineage_find(const struct lineage *lineage, const char *file)
{
	for (size_t low = 0, high = lineage->sorted; low < high;) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(file, lineage->migrations[middle].file);
		if (order == 0)
			return &lineage->migrations[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void lineage_add(struct lineage *lineage, const char *file, const char *digest, bool half)
{
	const struct lineage_migration *known = lineage_find(lineage, file);
	if (known) {
		struct lineage_migration *migration = &lineage->migrations[known - lineage->migrations];
		string_replace(&migration->digest, string_copy(digest));
		migration->half = half;
		return;
	}
	lineage->migrations = memory_resize(lineage->migrations, lineage->count + 1, sizeof(*lineage->migrations));
	lineage->migrations[lineage->count++] =
		(struct lineage_migration){string_copy(file), string_copy(digest), half};
}
