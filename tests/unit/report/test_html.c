#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "fixtures.h"
#include "report/html_parts.h"

static void render(const struct report *report, struct buffer *out)
{
	report_format_find("html")->render(report, &(struct report_style){0}, out);
}

static size_t count(const char *text, const char *word)
{
	size_t found = 0;
	for (const char *at = text; (at = strstr(at, word)); at++)
		found++;
	return found;
}

/* --- the page is well-formed, as XML would have it --- */

/* A tag up to its '>', which no attribute of ours has in it; fails on a quote that is not closed. */
static char *take_tag(const char **at)
{
	size_t length = strcspn(*at, ">");
	char *tag = string_copy_n(*at + 1, length - 1);
	if (count(tag, "\"") % 2 != 0 || strchr(tag, '<'))
		fail_msg("a broken tag: <%s>", tag);
	*at += length + 1;
	return tag;
}

static void pop(struct string_list *open, const char *name)
{
	char *last = open->items && open->count > 0 ? open->items[open->count - 1] : NULL;
	if (!last || !string_equal(last, name)) {
		fail_msg("</%s> closes <%s>", name, last ? last : "nothing");
		return;
	}
	free(last);
	open->items[--open->count] = NULL;
}

static bool is_ours(const char *name)
{
	static const char ours[] =
		" html head meta title style body header div h1 h2 h3 h4 p ul li b span main section "
		"article code pre a dl dt dd figure figcaption svg rect line text table thead tbody "
		"tr th td details summary footer ";
	_cleanup_free_ char *word = string_format(" %s ", name);
	return strstr(ours, word);
}

static void assert_well_formed(const char *page)
{
	struct string_list open = {0};
	assert_true(string_starts_with(page, "<!DOCTYPE html>\n"));
	for (const char *at = strchr(page, '\n'); (at = strchr(at, '<'));) {
		_cleanup_free_ char *tag = take_tag(&at);
		_cleanup_free_ char *name =
			string_copy_n(tag, strcspn(tag, " /\n") ? strcspn(tag, " /\n") : strlen(tag));
		if (tag[0] == '/')
			pop(&open, tag + 1);
		else if (!is_ours(name))
			fail_msg("a foreign element: <%s>", tag);
		else if (tag[strlen(tag) - 1] != '/')
			string_list_add(&open, name);
	}
	assert_int_equal(open.count, 0);
	string_list_free(&open);
}

/* Only the references that we write ourselves. */
static void assert_references(const char *page)
{
	static const char *const names[] = {"amp;", "lt;", "gt;", "quot;", "#39;"};
	for (const char *at = page; (at = strchr(at, '&')); at++) {
		size_t i = 0;
		while (i < ARRAY_SIZE(names) && !string_starts_with(at + 1, names[i]))
			i++;
		assert_true(i < ARRAY_SIZE(names));
	}
}

/* Each id is there once, and each link leads to one. */
static void assert_links(const char *page)
{
	static const char *const kinds[] = {" id=\"", " href=\"#"};
	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		for (const char *at = page; (at = strstr(at, kinds[kind]));) {
			at += strlen(kinds[kind]);
			_cleanup_free_ char *name = string_copy_n(at, strcspn(at, "\""));
			_cleanup_free_ char *id = string_format(" id=\"%s\"", name);
			if (count(page, id) != 1)
				fail_msg("%zu elements are called %s", count(page, id), name);
		}
	assert_int_equal(count(page, " href=\""), count(page, " href=\"#"));
}

static void assert_page(const struct report *report)
{
	_cleanup_buffer_ struct buffer out = {0};
	render(report, &out);
	const char *page = buffer_text(&out);
	assert_int_equal(strlen(page), out.length);
	assert_well_formed(page);
	assert_references(page);
	assert_int_equal(count(page, "Content-Security-Policy\" content=\"default-src 'none';"), 1);
	for (const char *at = page; *at; at++)
		assert_true(*at == '\n' || *at == '\t' || (unsigned char)*at >= 0x20);
	if (out.length < 200000) /* quadratic */
		assert_links(page);
}

static void test_every_report_is_a_whole_page(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		_cleanup_report_ struct report report = samples[i].make();
		assert_page(&report);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		_cleanup_report_ struct report report = fixtures[i].make();
		assert_page(&report);
	}
}

static void test_escapes(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer out = {0};
	html_add(&out, "<a b='c' d=\"e\">&lt;\r\n\t\x01\xff\xef\xbf\xbe\xef\xbf\xbd");
	assert_string_equal(buffer_text(&out), "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;lt;\n ???\xef\xbf\xbd");
}

static void test_hostile_text_stays_text(void **state)
{
	(void)state;
	static const char *const never[] = {"<script",      "<img",         "<!--", "]]>",    "\033",
					    "\xef\xbf\xbe", "\xe2\x80\xae", "url(", "@import"};
	_cleanup_report_ struct report report = fixture_poisoned();
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, &out);
	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		const char *at = strstr(buffer_text(&out), never[i]);
		if (at)
			fail_msg("%s: %.60s", never[i], at);
	}
	assert_true(count(buffer_text(&out), "&lt;img src=x onerror=alert(1)&gt;") > 20);
}

/* Within a tag there is nothing that a browser would fetch or run. */
static void test_nothing_is_fetched(void **state)
{
	(void)state;
	static const char *const never[] = {"http:", "https:", "//", " src=", " style=", "xlink", "javascript:"};
	_cleanup_report_ struct report report = fixture_poisoned();
	string_replace(&report.branch_name, string_copy("https://example.com/x.png"));
	_cleanup_buffer_ struct buffer out = {0};
	render(&report, &out);
	for (const char *at = strchr(buffer_text(&out), '\n'); (at = strchr(at, '<'));) {
		_cleanup_free_ char *tag = take_tag(&at);
		for (size_t i = 0; i < ARRAY_SIZE(never); i++)
			if (strstr(tag, never[i]))
				fail_msg("<%s>", tag);
	}
}

static void assert_says(const struct report *report, const char *const *texts)
{
	_cleanup_buffer_ struct buffer out = {0};
	render(report, &out);
	for (; *texts; texts++)
		if (!strstr(buffer_text(&out), *texts))
			fail_msg("the page does not say: %s", *texts);
}

static void test_what_a_page_says(void **state)
{
	(void)state;
	_cleanup_report_ struct report story = fixture_story(), workload = fixture_workload(), plans = fixture_plans(),
				       reversal = fixture_reversal();
	assert_says(&story,
		    (const char *const[]){"✗ Failed", "<h3>blocking-lock</h3>", "Why it hurts", "Instead",
					  "class=\"blocks-all\"", "SQLSTATE 23502", "the replicas can take it",
					  "4.4 GiB", "17,000,482 rows", "normalize() took", "vela.yml:14", NULL});
	assert_says(&workload, (const char *const[]){"order by id", "class=\"latency is-over\"", "class=\"stalled\"",
						     "class=\"stall\"", "class=\"limit\"", "longest stall 4.1 s",
						     "href=\"#s-1-1\"", "canceling statement", NULL});
	assert_says(&plans,
		    (const char *const[]){"<div class=\"node differs\"><b>Seq Scan on orders</b>", "288,412 blocks",
					  "<h4>Before</h4>", "<h4>After</h4>", "which no_seq_scan_on forbids", NULL});
	assert_says(&reversal,
		    (const char *const[]){"Down and up again", "DROP TABLE refund;", "has no way down", NULL});
}

/* x is time: the lock of the whole run spans the drawing, that of its last tenth stands at the right. */
static void test_bars_are_where_their_time_is(void **state)
{
	(void)state;
	_cleanup_report_ struct report report = sample_base(VERDICT_PASSED);
	report.has_evidence = true;
	struct report_migration *migration = sample_add_migration(&report, "a.sql", OUTCOME_PASSED, 1000);
	fixture_add_statement(migration, "SELECT 1", "SELECT", 1, 0, 1000);
	fixture_add_relation(&report, "public.a", 1, 1, TABLE_LOCK_ACCESS_EXCLUSIVE, 0, 1000);
	fixture_add_relation(&report, "public.b", 1, 1, TABLE_LOCK_SHARE, 900, 950);
	fixture_add_relation(&report, "public.c", 1, 1, TABLE_LOCK_ROW_EXCLUSIVE, 1000, 1000);
	assert_says(&report, (const char *const[]){"<rect class=\"blocks-all\" x=\"0.000%\" width=\"100.000%\"",
						   "<rect class=\"blocks-writes\" x=\"90.000%\" width=\"5.000%\"",
						   "<rect class=\"blocks-none\" x=\"99.600%\" width=\"0.400%\"", NULL});
}

/* For a look at them in a browser: VELA_TEST_PAGES names the directory that gets a page of each report. */
static void test_pages_can_be_kept(void **state)
{
	(void)state;
	const char *directory = getenv("VELA_TEST_PAGES");
	for (size_t i = 0; directory && i < ARRAY_SIZE(fixtures); i++) {
		_cleanup_report_ struct report report = fixtures[i].make();
		_cleanup_buffer_ struct buffer out = {0};
		_cleanup_free_ char *path = string_format("%s/%s.html", directory, fixtures[i].name);
		render(&report, &out);
		assert_int_equal(file_replace(path, buffer_text(&out), out.length, 0644, FILE_VOLATILE, NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_report_is_a_whole_page),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_hostile_text_stays_text),
		cmocka_unit_test(test_nothing_is_fetched),
		cmocka_unit_test(test_what_a_page_says),
		cmocka_unit_test(test_bars_are_where_their_time_is),
		cmocka_unit_test(test_pages_can_be_kept),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests_name("report/html", tests, NULL, NULL);
}
