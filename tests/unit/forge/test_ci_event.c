/* Event files, whole and malformed. */
#include "environment.h"

#include "tests/unit/directory.h"

/* A run for refs/pull/12/merge whose event file holds `event`. */
static void expect_event(const char *title, const char *event, size_t length, long number, const char *branch,
			 const char *commit, const char *base)
{
	_cleanup_free_ char *path = path_join(directory, "event.json", NULL);
	assert_int_equal(file_replace(path, event, length, 0600, FILE_VOLATILE, NULL), 0);
	struct variable variables[] = {{"GITHUB_ACTIONS", "true"},
				       {"GITHUB_REF", "refs/pull/12/merge"},
				       {"GITHUB_HEAD_REF", "from-environment"},
				       {"GITHUB_BASE_REF", "base-from-environment"},
				       {"GITHUB_SHA", MERGE},
				       {"GITHUB_EVENT_PATH", path},
				       {NULL, NULL}};
	struct recorded expected = {title, "GitHub Actions", number, branch, commit, base, {{NULL, NULL}}};
	expect(&expected, variables);
}

static void test_event_file(void **state)
{
	(void)state;
	static const struct {
		const char *event;
		long number;
		const char *branch, *commit, *base;
	} cases[] = {
		{"{\"pull_request\":{\"number\":77,\"head\":{\"ref\":\"feature/y\",\"sha\":\"" SHA
		 "\"},\"base\":{\"ref\":\"dev\"}}}",
		 77, "feature/y", SHA, "dev"},
		{"{\"pull_request\":{\"number\":77,\"head\":{\"sha\":\"" SHA "\"}}}", 77, "from-environment", SHA,
		 "base-from-environment"},
		{"{\"pull_request\":{\"number\":77,\"head\":{\"ref\":\"\",\"sha\":\"; rm -rf /\"}}}", 77,
		 "from-environment", NULL, "base-from-environment"},
		/* What follows is malformed: the environment counts. */
		{"{\"pull_request\":{\"number\":\"77\"}}", 12, "from-environment", NULL, "base-from-environment"},
		{"{\"pull_request\":{\"number\":-1}}", 12, "from-environment", NULL, "base-from-environment"},
		{"{\"pull_request\":{\"number\":1e300}}", 12, "from-environment", NULL, "base-from-environment"},
		{"{\"pull_request\":{\"number\":99999999999999999999999}}", 12, "from-environment", NULL,
		 "base-from-environment"},
		{"{\"pull_request\":[77]}", 12, "from-environment", NULL, "base-from-environment"},
		{"{\"pull_request\":null}", 12, "from-environment", NULL, "base-from-environment"},
		{"[]", 12, "from-environment", NULL, "base-from-environment"},
		{"{\"pull_request\":{\"number\":77", 12, "from-environment", NULL, "base-from-environment"},
		{"\xff\xfe", 12, "from-environment", NULL, "base-from-environment"},
		{"", 12, "from-environment", NULL, "base-from-environment"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_event(cases[i].event, cases[i].event, strlen(cases[i].event), cases[i].number, cases[i].branch,
			     cases[i].commit, cases[i].base);
}

static void test_event_file_too_deep_or_too_large(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer event = {0};
	buffer_add_repeat(&event, '[', 1 << 20);
	expect_event("deep", event.data, event.length, 12, "from-environment", NULL, "base-from-environment");

	/* Beginning and end say 77, but nobody reads what is between. */
	buffer_truncate(&event, 0);
	buffer_add_text(&event, "{\"pull_request\":{\"number\":77},\"body\":\"");
	buffer_add_repeat(&event, 'x', 5 << 20);
	buffer_add_text(&event, "\"}");
	expect_event("large", event.data, event.length, 12, "from-environment", NULL, "base-from-environment");
}

/* A run for a comment on a pull request: but for the event it looks like one of the default branch. */
static void test_origin_of_an_unreadable_event(void **state)
{
	(void)state;
	static const struct {
		const char *event;
		enum ci_origin origin;
	} cases[] = {
		{"{\"issue\":{\"number\":5},\"comment\":{\"body\":\"hello\"}}", CI_ORIGIN_REPOSITORY},
		{"{\"issue\":{\"number\":5,\"pull_request\":{}},\"comment\":{\"body\":\"hello\"}}", CI_ORIGIN_UNKNOWN},
		{"{\"issue\":{\"number\":5,\"pull_request\":{}},\"comment\":{\"body\":\"\\u0000\"}}",
		 CI_ORIGIN_UNKNOWN},
		{"{\"issue\":{\"number\":5,\"pull_request\":{}},\"comment\":{\"body\":\"\\ud800\"}}",
		 CI_ORIGIN_UNKNOWN},
		{"{\"issue\":{\"number\":5", CI_ORIGIN_UNKNOWN},
		{"", CI_ORIGIN_UNKNOWN},
	};
	_cleanup_free_ char *path = path_join(directory, "event.json", NULL);
	struct variable variables[] = {{"GITHUB_ACTIONS", "true"},
				       {"GITHUB_REF", "refs/heads/main"},
				       {"GITHUB_SHA", SHA},
				       {"GITHUB_EVENT_PATH", path},
				       {NULL, NULL}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ci_context ci;
		assert_int_equal(file_replace(path, cases[i].event, strlen(cases[i].event), 0600, FILE_VOLATILE, NULL),
				 0);
		ci_detect(lookup, variables, &ci);
		if (ci.origin != cases[i].origin)
			fail_msg("%s: origin %d", cases[i].event, (int)ci.origin);
		ci_context_free(&ci);
	}
}

static void test_event_file_that_is_none(void **state)
{
	(void)state;
	static const char *const paths[] = {"/", "/dev/zero", "relative/nowhere"};
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct variable variables[] = {{"GITHUB_ACTIONS", "true"},
					       {"GITHUB_REF", "refs/pull/12/merge"},
					       {"GITHUB_EVENT_PATH", paths[i]},
					       {NULL, NULL}};
		struct recorded expected = {paths[i], "GitHub Actions", 12, NULL, NULL, NULL, {{NULL, NULL}}};
		expect(&expected, variables);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_event_file, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(test_event_file_too_deep_or_too_large, make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(test_origin_of_an_unreadable_event, make_directory, remove_directory),
		cmocka_unit_test(test_event_file_that_is_none),
	};
	return cmocka_run_group_tests_name("forge/ci_event", tests, NULL, NULL);
}
