/* Whatever the text: it is a plan or an error, and what two plans are compared by is of the trees that are shown. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "check/plan_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                                             \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "does not hold: %s\n", #condition);                                            \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* Returns how many nodes differ. */
static size_t require_beside(const struct plan_fact *fact, const struct plan_node *shown, size_t depth)
{
	size_t differing = shown->differs;
	REQUIRE(depth < PLAN_DEPTH_MAX);
	REQUIRE(fact->shown == shown && fact->step && shown->label);
	REQUIRE(fact->child_count == shown->child_count);
	REQUIRE(strlen(shown->label) <= PLAN_TEXT_MAX + strlen("…"));
	for (size_t i = 0; i < fact->child_count; i++)
		differing += require_beside(&fact->children[i], &shown->children[i], depth + 1);
	return differing;
}

static void require_sentences(const struct plan_facts *before, const struct plan_facts *after, bool changed)
{
	static char table[] = "public.orders", *const members[] = {table, NULL};
	struct plan_name name = {.given = "orders", .members = {(char **)(uintptr_t)members, 1}};
	const struct plan_wanted wanted = {
		.buffers_max_ratio = 1, .max_rows_misestimate = 1, .unchanged = true, .no_spill = true};
	const struct plan_gates gates = {
		.wanted = &wanted, .tables = &name, .indexes = &name, .table_count = 1, .index_count = 1};
	struct string_list violations __attribute__((cleanup(string_list_free))) = {0};
	plan_judge(before, after, changed, &gates, &violations);
	REQUIRE(violations.count <= 6);
}

static void compare(struct plan_facts *before, struct plan_facts *after)
{
	struct string_list differences __attribute__((cleanup(string_list_free))) = {0};
	bool changed = plan_compare(before, after, &differences);
	size_t differing =
		require_beside(before->root, before->side.root, 0) + require_beside(after->root, after->side.root, 0);
	REQUIRE(changed == (differing > 0));
	REQUIRE(!changed || differences.count > 0);
	require_sentences(before, after, changed);
}

/* Before and after a zero byte, the plan on either side; without one, the same on both. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *zero = size > 0 ? memchr(text, '\0', size) : NULL;
	size_t first = zero ? (size_t)(zero - text) : size;
	const char *second = zero ? zero + 1 : text;
	struct plan_facts before = {0}, after = {0};
	bool has_before = plan_parse(text, first, &before, NULL) == 0;
	bool has_after = plan_parse(second, zero ? size - first - 1 : size, &after, NULL) == 0;
	REQUIRE(zero || has_before == has_after);
	if (has_before && has_after)
		compare(&before, &after);
	plan_facts_free(&before);
	plan_facts_free(&after);
	return 0;
}
