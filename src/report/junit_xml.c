#include "report/junit_xml.h"

#include "base/text.h"

/* --- XML --- */

/* Characters that XML 1.0 has not went before: control characters, bad UTF-8, and here U+FFFE and U+FFFF. */
static void add_escaped(struct buffer *out, const char *text, bool is_attribute)
{
	_cleanup_buffer_ struct buffer safe = {0};
	text_add_safe(&safe, text, true);
	for (const char *at = buffer_text(&safe); *at; at++) {
		if (string_starts_with(at, "\xef\xbf\xbe") || string_starts_with(at, "\xef\xbf\xbf")) {
			buffer_add_char(out, '?');
			at += 2;
			continue;
		}
		switch (*at) {
		case '&':
			buffer_add_text(out, "&amp;");
			break;
		case '<':
			buffer_add_text(out, "&lt;");
			break;
		case '>':
			buffer_add_text(out, "&gt;");
			break;
		case '"':
			buffer_add_text(out, "&quot;");
			break;
		case '\n':
			buffer_add_text(out, is_attribute ? "&#10;" : "\n");
			break;
		default:
			buffer_add_char(out, *at);
		}
	}
}

void junit_add_attribute(struct buffer *out, const char *name, const char *value)
{
	buffer_addf(out, " %s=\"", name);
	add_escaped(out, value, true);
	buffer_add_char(out, '"');
}

/* Seconds, which is what JUnit counts in. */
static void add_time(struct buffer *out, double milliseconds)
{
	bool possible = milliseconds > 0 && milliseconds < 1e15;
	buffer_addf(out, " time=\"%.3f\"", possible ? milliseconds / 1000 : 0.0);
}

static void add_element(struct buffer *out, const char *name, const char *message, const char *body)
{
	buffer_addf(out, "      <%s", name);
	if (message)
		junit_add_attribute(out, "message", message);
	if (body) {
		buffer_add_char(out, '>');
		add_escaped(out, body, false);
		buffer_addf(out, "</%s>\n", name);
	} else {
		buffer_add_text(out, "/>\n");
	}
}

/* --- cases and suites --- */

void junit_add_case(struct junit_suite *suite, struct junit_case test)
{
	suite->cases = memory_resize(suite->cases, suite->count + 1, sizeof(*suite->cases));
	suite->cases[suite->count++] = test;
}

void junit_suite_free(struct junit_suite *suite)
{
	for (size_t i = 0; i < suite->count; i++) {
		free(suite->cases[i].name);
		free(suite->cases[i].file);
		free(suite->cases[i].message);
		free(suite->cases[i].body);
	}
	free(suite->cases);
}

static int compare_cases(const void *a, const void *b)
{
	const struct junit_case *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);
	return order ? order : *x < *y ? -1 : 1;
}

/* Of equal names, the second is "NAME (2)"; true if there were any. */
static bool rename_equal_ones(struct junit_suite *suite)
{
	bool renamed = false;
	_cleanup_free_ struct junit_case **sorted = memory_allocate((suite->count + 1) * sizeof(struct junit_case *));
	for (size_t i = 0; i < suite->count; i++)
		sorted[i] = &suite->cases[i];
	qsort(sorted, suite->count, sizeof(*sorted), compare_cases);
	for (size_t i = 0; i < suite->count;) {
		size_t same = 1;
		while (i + same < suite->count && string_equal(sorted[i + same]->name, sorted[i]->name))
			same++;
		for (size_t j = 1; j < same; j++) {
			char *name = string_format("%s (%zu)", sorted[i + j]->name, j + 1);
			string_replace(&sorted[i + j]->name, name);
			renamed = true;
		}
		i += same;
	}
	return renamed;
}

/* Readers drop what has the name of another. A new name may be one that somebody else has. */
static void make_unique(struct junit_suite *suite)
{
	for (size_t i = 0; i < suite->count; i++)
		string_replace(&suite->cases[i].name, text_safe(suite->cases[i].name));
	while (rename_equal_ones(suite))
		;
}

static void write_case(struct buffer *out, const char *suite, const struct junit_case *test)
{
	static const char *const elements[JUNIT_COUNT] = {
		[JUNIT_FAILED] = "failure", [JUNIT_ERROR] = "error", [JUNIT_SKIPPED] = "skipped"};
	buffer_add_text(out, "    <testcase");
	junit_add_attribute(out, "classname", suite);
	junit_add_attribute(out, "name", test->name);
	if (test->file)
		junit_add_attribute(out, "file", test->file);
	add_time(out, test->milliseconds);
	if (test->result == JUNIT_PASSED && !test->body) {
		buffer_add_text(out, "/>\n");
		return;
	}
	buffer_add_text(out, ">\n");
	if (test->result == JUNIT_PASSED)
		add_element(out, "system-out", NULL, test->body);
	else
		add_element(out, elements[test->result], test->message ? test->message : "",
			    test->result == JUNIT_SKIPPED ? NULL : test->body);
	buffer_add_text(out, "    </testcase>\n");
}

void junit_add_totals(struct buffer *out, const struct junit_totals *totals)
{
	buffer_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", totals->tests,
		    totals->results[JUNIT_FAILED], totals->results[JUNIT_ERROR], totals->results[JUNIT_SKIPPED]);
	add_time(out, totals->milliseconds);
}

void junit_write_suite(struct buffer *out, struct junit_suite *suite, struct junit_totals *all)
{
	struct junit_totals own = {.tests = suite->count};
	if (suite->count == 0)
		return;
	make_unique(suite);
	for (size_t i = 0; i < suite->count; i++) {
		own.results[suite->cases[i].result]++;
		own.milliseconds += suite->cases[i].milliseconds;
		all->results[suite->cases[i].result]++;
	}
	all->tests += own.tests;
	buffer_add_text(out, "  <testsuite");
	junit_add_attribute(out, "name", suite->name);
	junit_add_totals(out, &own);
	buffer_add_text(out, ">\n");
	for (size_t i = 0; i < suite->count; i++)
		write_case(out, suite->name, &suite->cases[i]);
	buffer_add_text(out, "  </testsuite>\n");
}
