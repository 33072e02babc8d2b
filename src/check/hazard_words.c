/* How hazards tell of what was measured. */
#include "base/quantity.h"
#include "check/hazard_rule.h"

static const struct report_relation *find_in_ledger(const struct report *report, const char *name)
{
	for (size_t i = 0; i < report->relation_count; i++)
		if (string_equal(report->relations[i].name, name))
			return &report->relations[i];
	return NULL;
}

/* What the run has named so was called before; NULL: nothing. */
static const char *old_name(const struct report *report, const char *name)
{
	for (size_t m = 0; m < report->migration_count; m++)
		for (size_t s = 0; s < report->migrations[m].list_count; s++) {
			const struct report_statement *statement = &report->migrations[m].list[s];
			for (size_t i = 0; i < statement->change_count; i++)
				if (statement->changes[i].kind == CHANGE_TABLE_RENAMED &&
				    string_equal(statement->changes[i].object, name))
					return statement->changes[i].relation;
		}
	return NULL;
}

const struct report_relation *hazard_relation(const struct report *report, const char *name)
{
	enum { RENAMES_MAX = 4 };
	const struct report_relation *found = find_in_ledger(report, name);
	for (int i = 0; !found && name && i < RENAMES_MAX; i++) {
		name = old_name(report, name);
		found = name ? find_in_ledger(report, name) : NULL;
	}
	return found;
}

struct hazard_size hazard_size_of(const struct report *report, const struct report_change *change)
{
	const struct report_relation *relation = hazard_relation(report, change->relation);
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

char *hazard_describe_relation(const struct report *report, const struct report_change *change)
{
	struct hazard_size size = hazard_size_of(report, change);
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
