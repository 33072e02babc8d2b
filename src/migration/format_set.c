#include "base/file.h"
#include "base/text.h"
#include "migration/format_row.h"

static void migration_clear(struct migration *migration)
{
	free(migration->file);
	free(migration->down_file);
	free(migration->version);
	free(migration->description);
	free(migration->checksum);
}

void migration_set_free(struct migration_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		migration_clear(&set->items[i]);
	free(set->items);
	free(set->directory);
	free(set->real_directory);
	string_list_free(&set->notes);
	free(set->version_table);
	*set = (struct migration_set){0};
}

/* What has a version goes before what is repeatable, and up before down; plain SQL goes by its path. */
static int compare_found(const void *a, const void *b, void *context)
{
	const struct format_found *left = a, *right = b;
	const struct migration_format *format = *(const struct migration_format *const *)context;
	bool repeats = left->name.part == PART_REPEATABLE, other_repeats = right->name.part == PART_REPEATABLE;
	int order;
	if (repeats != other_repeats)
		return repeats ? 1 : -1;
	if (repeats)
		order = strcmp(left->name.description, right->name.description);
	else if (left->name.version)
		order = format->compare_versions(left->name.version, right->name.version);
	else
		return format->compare_versions(left->path, right->path);
	if (order == 0)
		order = (int)left->name.part - (int)right->name.part;
	return order ? order : strcmp(left->path, right->path);
}

static bool is_same(const struct migration_format *format, const struct format_found *a, const struct format_found *b)
{
	if (a->name.part == PART_REPEATABLE || b->name.part == PART_REPEATABLE)
		return a->name.part == b->name.part && strcmp(a->name.description, b->name.description) == 0;
	return a->name.version && format->compare_versions(a->name.version, b->name.version) == 0;
}

/* Sorted, they are neighbours, and those with a version come first. */
static int refuse_duplicates(const struct migration_format *format, const struct format_found *items, size_t count,
			     struct error **err)
{
	_cleanup_(string_list_free) struct string_list pairs = {0};
	const char *what = NULL;
	for (size_t i = 1; i < count; i++) {
		if (items[i].name.part != items[i - 1].name.part || !is_same(format, &items[i - 1], &items[i]))
			continue;
		string_list_addf(&pairs, "%s with %s", items[i - 1].path, items[i].path);
		if (!what)
			what = items[i].name.part == PART_REPEATABLE ? "description" : "version";
	}
	if (!what)
		return 0;
	_cleanup_free_ char *names = format_join_names(&pairs);
	error_set(err, ERROR_CONFIG, "two migrations have the same %s: %s", what, names);
	return error_hint(err, "give one of them a %s of its own", what);
}

/* The file that is run: itself, or the one in the migration's directory. */
static char *file_of(const char *path, const char *inside)
{
	return inside ? path_join(path, inside, NULL) : string_copy(path);
}

static void add_migration(struct migration_set *set, struct format_found *found)
{
	const struct migration_format *format = set->format;
	struct migration *migration = &set->items[set->count++];
	*migration = (struct migration){
		.file = file_of(found->path, format->up_file),
		.version = TAKE_POINTER(found->name.version),
		.description = TAKE_POINTER(found->name.description),
		.repeatable = found->name.part == PART_REPEATABLE,
	};
	if (format->has_sections)
		migration->down_file = string_copy(migration->file);
	else if (found->has_down)
		migration->down_file = path_join(found->path, format->down_file, NULL);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct migration *)a)->file, ((const struct migration *)b)->file);
}

int format_assemble(struct format_found *items, size_t count, struct migration_set *set, struct error **err)
{
	if (count > 1)
		qsort_r(items, count, sizeof(*items), compare_found, &set->format);
	if (refuse_duplicates(set->format, items, count, err) < 0)
		return -1;
	set->items = memory_allocate(count * sizeof(*set->items));
	for (size_t i = 0; i < count; i++) {
		struct migration *last = set->count ? &set->items[set->count - 1] : NULL;
		if (items[i].name.part != PART_DOWN) {
			add_migration(set, &items[i]);
		} else if (last && last->version && !last->down_file &&
			   set->format->compare_versions(last->version, items[i].name.version) == 0) {
			last->down_file = TAKE_POINTER(items[i].path);
		} else {
			_cleanup_free_ char *shown = text_safe(items[i].path);
			string_list_addf(&set->notes, "%s is not run: there is no migration that it takes back", shown);
		}
	}
	if (set->format->by_name && set->count > 1)
		qsort(set->items, set->count, sizeof(*set->items), compare_names);
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same strings in order, for bsearch(); owned, but for the strings. */
static char **sorted(const struct string_list *list)
{
	char **items = memory_allocate((list->count + 1) * sizeof(*items));
	for (size_t i = 0; i < list->count; i++)
		items[i] = list->items[i];
	qsort(items, list->count, sizeof(*items), compare_texts);
	return items;
}

int migration_select_changed(struct migration_set *set, const struct string_list *added,
			     const struct string_list *modified, struct error **err)
{
	_cleanup_(string_list_free) struct string_list edited = {0};
	_cleanup_free_ char **new = sorted(added), **changed = sorted(modified);
	for (size_t i = 0; i < set->count; i++) {
		struct migration *migration = &set->items[i];
		const char *name = path_basename(migration->file);
		_cleanup_free_ char *path =
			*set->real_directory ? path_join(set->real_directory, name, NULL) : string_copy(name);
		migration->applied = !bsearch(&path, new, added->count, sizeof(*new), compare_texts);
		if (bsearch(&path, changed, modified->count, sizeof(*changed), compare_texts))
			string_list_add(&edited, migration->file);
	}
	if (edited.count == 0)
		return 0;
	_cleanup_free_ char *names = format_join_names(&edited);
	error_set(err, ERROR_CONFLICT, "%s: in the base branch already, and edited here", names);
	return error_hint(err, "write a new migration: a database that has run the old text never sees the new one");
}
