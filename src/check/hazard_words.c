/* How hazards tell of what was measured. */
#include "base/quantity.h"
#include "check/hazard_rule.h"

static int compare_names(const void *a, const void *b)
{
	const struct hazard_name *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* Of the names, so many are sorted; the others are few. */
static const struct report_relation *find(const struct hazard_search *search, size_t sorted, const char *name)
{
	const struct hazard_name wanted = {.name = name};
	const struct hazard_name *found = bsearch(&wanted, search->names, sorted, sizeof(wanted), compare_names);
	for (size_t i = sorted; i < search->name_count && !found; i++)
		if (string_equal(search->names[i].name, name))
			found = &search->names[i];
	return found ? found->relation : NULL;
}

static void add_name(struct hazard_search *search, const char *name, const struct report_relation *relation)
{
	if ((search->name_count & (search->name_count - 1)) == 0) /* a power of two, or nothing yet */
		search->names = memory_resize(search->names, search->name_count ? 2 * search->name_count : 1,
					      sizeof(*search->names));
	search->names[search->name_count++] = (struct hazard_name){name, relation};
}

static void add_new_names(struct hazard_search *search, size_t sorted, const struct report_statement *statement)
{
	for (size_t i = 0; i < statement->change_count; i++) {
		const struct report_change *change = &statement->changes[i];
		if (change->kind != CHANGE_TABLE_RENAMED || !change->relation || !change->object)
			continue;
		const struct report_relation *relation = find(search, sorted, change->relation);
		if (relation && !find(search, sorted, change->object))
			add_name(search, change->object, relation);
	}
}

void hazard_find_names(struct hazard_search *search)
{
	const struct report *report = search->report;
	for (size_t i = 0; i < report->relation_count; i++)
		add_name(search, report->relations[i].name, &report->relations[i]);
	if (search->name_count == 0)
		return;
	size_t sorted = search->name_count;
	qsort(search->names, sorted, sizeof(*search->names), compare_names);
	for (size_t m = 0; m < report->migration_count; m++)
		for (size_t s = 0; s < report->migrations[m].list_count; s++)
			add_new_names(search, sorted, &report->migrations[m].list[s]);
	qsort(search->names, search->name_count, sizeof(*search->names), compare_names);
}

const struct report_relation *hazard_relation(const struct hazard_search *search, const char *name)
{
	return name && search->name_count > 0 ? find(search, search->name_count, name) : NULL;
}

struct hazard_size hazard_size_of(const struct hazard_search *search, const struct report_change *change)
{
	const struct report_relation *relation = hazard_relation(search, change->relation);
	struct hazard_size size = {.rows = change->rows, .bytes = change->bytes, .estimated = change->estimated};
	if (relation && size.rows < 0) {
		size.rows = relation->rows;
		size.estimated = true;
	}
	if (relation && size.bytes == 0)
		size.bytes = relation->bytes;
	return size;
}

char *hazard_describe_rows(const struct hazard_size *size, const char *one, const char *many)
{
	_cleanup_free_ char *count = quantity_format_count(size->rows > 0 ? (uint64_t)size->rows : 0);
	return string_format("%s%s %s", size->estimated ? "about " : "", count, size->rows == 1 ? one : many);
}

char *hazard_describe_relation(const struct hazard_search *search, const struct report_change *change)
{
	struct hazard_size size = hazard_size_of(search, change);
	_cleanup_free_ char *rows = hazard_describe_rows(&size, "row", "rows");
	_cleanup_free_ char *bytes = quantity_format_size(size.bytes);
	if (size.rows < 0 && size.bytes == 0)
		return string_copy(change->relation);
	if (size.rows < 0)
		return string_format("%s (%s)", change->relation, bytes);
	if (size.bytes == 0)
		return string_format("%s (%s)", change->relation, rows);
	return string_format("%s (%s, %s)", change->relation, rows, bytes);
}

void hazard_names_add(struct hazard_names *names, const char *name)
{
	enum { SHOWN_MAX = 3 };
	for (size_t i = 0; i < names->shown.count; i++)
		if (string_equal(names->shown.items[i], name))
			return;
	names->count++;
	if (names->shown.count < SHOWN_MAX)
		string_list_add(&names->shown, name);
}

char *hazard_names_text(const struct hazard_names *names)
{
	struct buffer text = {0};
	buffer_add_text(&text, "");
	for (size_t i = 0; i < names->shown.count; i++)
		buffer_addf(&text, "%s%s", i == 0 ? "" : i + 1 == names->count ? " and " : ", ", names->shown.items[i]);
	if (names->count > names->shown.count)
		buffer_addf(&text, " and %zu more", names->count - names->shown.count);
	return buffer_steal(&text);
}

void hazard_names_free(struct hazard_names *names)
{
	string_list_free(&names->shown);
	names->count = 0;
}
