/*
 * The labelled suite: files of SQL that say in their first lines what of locks, rewrites and hazards a run of them must
 * tell, and by saying nothing what it must not; and the examples of docs/hazards.md.
 */
#ifndef VELA_TESTS_CHECK_SUITE_H
#define VELA_TESTS_CHECK_SUITE_H

#include "server.h"

#include "base/quantity.h"
#include "migration/apply.h"
#include "check/hazard.h"

struct suite_case {
	char *name;
	char *text;                  /* the SQL, migrations of it begun by "-- migration: file|statement" */
	struct string_list expected; /* sorted: "lock: public.orders SHARE", "hazard: rename warning", … */
	struct string_list optional; /* what is over so soon that it may not have been seen: "may lock: …" */
	bool only_hazards;           /* and those without their severity: an example of the documentation */
	struct report_limits limits;
};
struct suite {
	struct suite_case *cases;
	size_t count;
};

static inline int suite_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void suite_sort(struct string_list *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), suite_order);
}

static inline struct suite_case *suite_add(struct suite *suite, const char *name)
{
	suite->cases = memory_resize(suite->cases, suite->count + 1, sizeof(*suite->cases));
	struct suite_case *added = &suite->cases[suite->count++];
	*added = (struct suite_case){.name = string_copy(name), .limits = {.blocking_ms = 1000}};
	return added;
}

/* "statement=400ms wal=1MiB" */
static inline void suite_set_limits(struct suite_case *suite_case, const char *text)
{
	_cleanup_free_ char *copy = string_copy(text);
	char *rest = copy;
	char *word;
	while ((word = strsep(&rest, " "))) {
		uint64_t value = 0;
		const char *equals = strchr(word, '=');
		if (!equals ||
		    (!quantity_parse_duration(equals + 1, &value) && !quantity_parse_size(equals + 1, &value)))
			fail_msg("%s: no such limit: %s", suite_case->name, word);
		else if (string_starts_with(word, "statement="))
			suite_case->limits.statement_ms = (double)value;
		else if (string_starts_with(word, "wal="))
			suite_case->limits.wal_bytes = value;
		else if (string_starts_with(word, "rewrite="))
			suite_case->limits.rewrite_bytes = value;
		else
			fail_msg("%s: no such limit: %s", suite_case->name, word);
	}
}

static inline void suite_add_label(struct suite_case *suite_case, const char *label)
{
	if (string_starts_with(label, "limits: "))
		suite_set_limits(suite_case, label + strlen("limits: "));
	else if (string_starts_with(label, "lock: ") || string_starts_with(label, "rewrite: ") ||
		 string_starts_with(label, "hazard: ") || string_equal(label, "outcome: failed"))
		string_list_add(&suite_case->expected, label);
	else if (string_starts_with(label, "may lock: "))
		string_list_add(&suite_case->optional, label + strlen("may "));
	else if (!string_equal(label, "no hazards"))
		fail_msg("%s: no such label: %s", suite_case->name, label);
}

/* Labels are the lines "-- …" up to the first empty one. */
static inline void suite_load_file(struct suite *suite, const char *name)
{
	_cleanup_free_ char *path = path_join("tests/suite", name, NULL);
	_cleanup_buffer_ struct buffer text = {0};
	assert_success(file_read(path, 1 << 20, FILE_NO_FOLLOW, &text, err));
	struct suite_case *suite_case = suite_add(suite, name);
	const char *at = buffer_text(&text);
	bool says_hazards = false;
	while (string_starts_with(at, "-- ")) {
		size_t length = strcspn(at, "\n");
		_cleanup_free_ char *label = string_copy_n(at + 3, length - 3);
		says_hazards |= strstr(label, "hazard") != NULL;
		suite_add_label(suite_case, label);
		at += length + (at[length] != '\0');
	}
	if (*at != '\n' || !says_hazards)
		fail_msg("%s does not begin with labels and an empty line", name);
	suite_sort(&suite_case->expected);
	suite_case->text = string_copy(at);
}

static inline void suite_load_files(struct suite *suite)
{
	struct string_list names = {0};
	assert_success(directory_list("tests/suite", &names, err));
	for (size_t i = 0; i < names.count; i++)
		if (!string_equal(names.items[i], "setup.sql"))
			suite_load_file(suite, names.items[i]);
	string_list_free(&names);
}

/* "<!-- bad HAZARD [LIMITS] -->" or "<!-- good HAZARD [LIMITS] -->", and a block of SQL on the next line. */
static inline void suite_load_example(struct suite *suite, const char *mark)
{
	static const char fence[] = "\n```sql\n";
	bool bad = string_starts_with(mark, "<!-- bad ");
	const char *id = mark + strlen(bad ? "<!-- bad " : "<!-- good ");
	const char *end = strstr(id, " -->");
	const char *sql = end ? end + strlen(" -->") : NULL;
	const char *sql_end = sql ? strstr(sql, "\n```\n") : NULL;
	if (!sql_end || !string_starts_with(sql, fence))
		fail_msg("there is no example after %.60s", mark);
	_cleanup_free_ char *words = string_copy_n(id, (size_t)(end - id));
	char *limits = words;
	const char *hazard = strsep(&limits, " ");
	if (!hazard_find(hazard))
		fail_msg("docs/hazards.md knows a hazard %s", hazard);
	_cleanup_free_ char *name = string_format("docs/hazards.md: %s %s", bad ? "bad" : "good", hazard);
	struct suite_case *suite_case = suite_add(suite, name);
	suite_case->only_hazards = true;
	suite_case->text = string_copy_n(sql + strlen(fence), (size_t)(sql_end - sql) - strlen(fence));
	if (bad)
		string_list_addf(&suite_case->expected, "hazard: %s", hazard);
	if (limits)
		suite_set_limits(suite_case, limits);
}

static inline void suite_load_examples(struct suite *suite)
{
	_cleanup_buffer_ struct buffer text = {0};
	assert_success(file_read("docs/hazards.md", 1 << 20, FILE_NO_FOLLOW, &text, err));
	const char *at = buffer_text(&text);
	while ((at = strstr(at, "\n<!-- "))) {
		at++;
		if (string_starts_with(at, "<!-- bad ") || string_starts_with(at, "<!-- good "))
			suite_load_example(suite, at);
	}
	for (const struct hazard *hazard = hazards; hazard->id; hazard++) {
		_cleanup_free_ char *heading = string_format("\n## %s\n", hazard->id);
		_cleanup_free_ char *bad = string_format("\n<!-- bad %s", hazard->id);
		_cleanup_free_ char *good = string_format("\n<!-- good %s", hazard->id);
		if (!strstr(buffer_text(&text), heading) || !strstr(buffer_text(&text), bad) ||
		    !strstr(buffer_text(&text), good))
			fail_msg("docs/hazards.md does not explain %s with two examples", hazard->id);
	}
}

static inline void suite_free(struct suite *suite)
{
	for (size_t i = 0; i < suite->count; i++) {
		free(suite->cases[i].name);
		free(suite->cases[i].text);
		string_list_free(&suite->cases[i].expected);
		string_list_free(&suite->cases[i].optional);
	}
	free(suite->cases);
	*suite = (struct suite){0};
}

#endif
