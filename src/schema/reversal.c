#include "schema/reversal.h"

static void clear_findings(struct report_reversal *reversal)
{
	for (size_t i = 0; i < reversal->schema_count; i++)
		report_schema_change_clear(&reversal->schema[i]);
	free(reversal->schema);
	strings_free(reversal->tables);
	reversal->schema = NULL;
	reversal->schema_count = 0;
	reversal->tables = NULL;
}

static void add_schema(const struct reversal_moment *wanted, const struct reversal_moment *found,
		       struct report_reversal *ret)
{
	struct report_schema_change *changes = NULL;
	size_t count = 0;
	schema_compare(wanted->schema, found->schema, &changes, &count);
	if (count == 0)
		return;
	ret->schema = memory_resize(ret->schema, ret->schema_count + count, sizeof(*changes));
	memcpy(ret->schema + ret->schema_count, changes, count * sizeof(*changes));
	ret->schema_count += count;
	free(changes);
}

static void add_rows(const struct reversal_moment *wanted, const struct reversal_moment *found,
		     enum checksum_depth depth, const char *when, struct string_list *ret)
{
	struct string_list sentences = {0};
	table_checksums_compare(wanted->rows, found->rows, depth, &sentences);
	for (size_t i = 0; i < sentences.count; i++)
		string_list_addf(ret, "%s, %s", when, sentences.items[i]);
	string_list_free(&sentences);
}

void reversal_judge(const struct reversal_moment *start, const struct reversal_moment *up,
		    const struct reversal_moment *down, const struct reversal_moment *second_up,
		    struct report_reversal *ret)
{
	struct string_list tables = {0};
	clear_findings(ret);
	add_schema(start, down, ret);
	add_rows(start, down, CHECKSUM_VALUES, "after the down", &tables);
	if (second_up) {
		add_schema(up, second_up, ret);
		add_rows(up, second_up, CHECKSUM_ROWS, "after the second up", &tables);
	}
	ret->ran = true;
	ret->outcome = ret->schema_count == 0 && tables.count == 0 ? OUTCOME_PASSED : OUTCOME_FAILED;
	ret->tables = string_list_steal(&tables);
}
