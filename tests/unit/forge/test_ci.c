#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "forge/ci.h"

#define SHA "0123456789abcdef0123456789abcdef01234567"
#define MERGE "ffffffffffffffffffffffffffffffffffffffff"

struct variable {
	const char *name, *value;
};

/* An environment as a run of that system has it, and what it means. */
struct recorded {
	const char *title;
	const char *system;
	long pull_request;
	const char *branch, *commit, *base_branch;
	struct variable variables[10];
};

static const char *lookup(void *context, const char *name)
{
	for (const struct variable *variable = context; variable->name; variable++)
		if (string_equal(variable->name, name))
			return variable->value;
	return NULL;
}

static const char *string_or_null(const char *text)
{
	return text ? text : "(null)";
}

static void expect(const struct recorded *recorded, struct variable *variables)
{
	struct ci_context ci;
	ci_detect(lookup, variables, &ci);
	if (!string_equal(ci.system, recorded->system) || ci.pull_request != recorded->pull_request ||
	    !string_equal(ci.branch, recorded->branch) || !string_equal(ci.commit, recorded->commit) ||
	    !string_equal(ci.base_branch, recorded->base_branch))
		fail_msg("%s: got %s, #%ld, %s, %s, %s", recorded->title, string_or_null(ci.system), ci.pull_request,
			 string_or_null(ci.branch), string_or_null(ci.commit), string_or_null(ci.base_branch));
	ci_context_free(&ci);
	assert_null(ci.branch);
}

static const struct recorded recordings[] = {
	{"no CI", NULL, 0, NULL, NULL, NULL, {{"HOME", "/root"}, {"CI", "true"}, {"GITHUB_REF", "refs/pull/1/merge"}}},
	{"a marker that says no", NULL, 0, NULL, NULL, NULL, {{"GITLAB_CI", "false"}, {"CI_MERGE_REQUEST_IID", "1"}}},
	{"an empty marker", NULL, 0, NULL, NULL, NULL, {{"CIRCLECI", ""}, {"CIRCLE_PR_NUMBER", "1"}}},
	{"GitHub, push",
	 "GitHub Actions",
	 0,
	 "feature/x",
	 SHA,
	 NULL,
	 {{"GITHUB_ACTIONS", "true"},
	  {"GITHUB_REF", "refs/heads/feature/x"},
	  {"GITHUB_HEAD_REF", ""},
	  {"GITHUB_BASE_REF", ""},
	  {"GITHUB_SHA", SHA}}},
	{"GitHub, tag",
	 "GitHub Actions",
	 0,
	 NULL,
	 SHA,
	 NULL,
	 {{"GITHUB_ACTIONS", "true"}, {"GITHUB_REF", "refs/tags/v1"}, {"GITHUB_SHA", SHA}}},
	{"GitHub, pull request without event file",
	 "GitHub Actions",
	 12,
	 "feature/x",
	 NULL,
	 "main",
	 {{"GITHUB_ACTIONS", "true"},
	  {"GITHUB_REF", "refs/pull/12/merge"},
	  {"GITHUB_HEAD_REF", "feature/x"},
	  {"GITHUB_BASE_REF", "main"},
	  {"GITHUB_SHA", MERGE},
	  {"GITHUB_EVENT_PATH", "/nonexistent/event.json"}}},
	{"GitHub, pull request from a branch with a telling name",
	 "GitHub Actions",
	 12,
	 "origin/x",
	 NULL,
	 "main",
	 {{"GITHUB_ACTIONS", "true"},
	  {"GITHUB_REF", "refs/pull/12/merge"},
	  {"GITHUB_HEAD_REF", "origin/x"},
	  {"GITHUB_BASE_REF", "main"}}},
	{"GitHub, pull_request_target without event file",
	 "GitHub Actions",
	 0,
	 "feature/x",
	 NULL,
	 "main",
	 {{"GITHUB_ACTIONS", "true"},
	  {"GITHUB_REF", "refs/heads/main"},
	  {"GITHUB_HEAD_REF", "feature/x"},
	  {"GITHUB_BASE_REF", "main"},
	  {"GITHUB_SHA", MERGE}}},
	{"GitHub, malformed reference",
	 "GitHub Actions",
	 0,
	 NULL,
	 NULL,
	 NULL,
	 {{"GITHUB_ACTIONS", "true"}, {"GITHUB_REF", "refs/pull/12x/merge"}, {"GITHUB_SHA", "HEAD"}}},
	{"Gitea, pull request",
	 "Gitea Actions",
	 7,
	 "x",
	 NULL,
	 "main",
	 {{"GITHUB_ACTIONS", "true"},
	  {"GITEA_ACTIONS", "true"},
	  {"GITHUB_REF", "refs/pull/7/head"},
	  {"GITHUB_HEAD_REF", "x"},
	  {"GITHUB_BASE_REF", "main"}}},
	{"Forgejo, push",
	 "Forgejo Actions",
	 0,
	 "main",
	 SHA,
	 NULL,
	 {{"GITHUB_ACTIONS", "true"},
	  {"GITEA_ACTIONS", "true"},
	  {"FORGEJO_ACTIONS", "true"},
	  {"GITHUB_REF", "refs/heads/main"},
	  {"GITHUB_SHA", SHA}}},
	{"GitLab, merge request",
	 "GitLab CI",
	 34,
	 "feature/x",
	 SHA,
	 "main",
	 {{"GITLAB_CI", "true"},
	  {"CI_MERGE_REQUEST_ID", "99123"},
	  {"CI_MERGE_REQUEST_IID", "34"},
	  {"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "feature/x"},
	  {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"},
	  {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""},
	  {"CI_COMMIT_REF_NAME", "feature/x"},
	  {"CI_COMMIT_SHA", SHA}}},
	{"GitLab, merged results",
	 "GitLab CI",
	 34,
	 "feature/x",
	 SHA,
	 "main",
	 {{"GITLAB_CI", "true"},
	  {"CI_MERGE_REQUEST_IID", "34"},
	  {"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "feature/x"},
	  {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"},
	  {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", SHA},
	  {"CI_COMMIT_SHA", MERGE}}},
	{"GitLab, branch with an open merge request",
	 "GitLab CI",
	 12,
	 "feature/x",
	 SHA,
	 NULL,
	 {{"GITLAB_CI", "true"},
	  {"CI_OPEN_MERGE_REQUESTS", "up/shop!900,me/shop!12"},
	  {"CI_PROJECT_PATH", "me/shop"},
	  {"CI_COMMIT_REF_NAME", "feature/x"},
	  {"CI_COMMIT_SHA", SHA}}},
	{"GitLab, merge requests of other projects only",
	 "GitLab CI",
	 900,
	 "x",
	 SHA,
	 NULL,
	 {{"GITLAB_CI", "true"},
	  {"CI_OPEN_MERGE_REQUESTS", "up/shop!900,up/shopping!901"},
	  {"CI_PROJECT_PATH", "me/shop"},
	  {"CI_COMMIT_REF_NAME", "x"},
	  {"CI_COMMIT_SHA", SHA}}},
	{"GitLab, malformed list",
	 "GitLab CI",
	 0,
	 "x",
	 SHA,
	 NULL,
	 {{"GITLAB_CI", "true"},
	  {"CI_OPEN_MERGE_REQUESTS", ",!,a!b,!-1,up/shop!12x"},
	  {"CI_COMMIT_REF_NAME", "x"},
	  {"CI_COMMIT_SHA", SHA}}},
	{"GitLab, tag",
	 "GitLab CI",
	 0,
	 NULL,
	 SHA,
	 NULL,
	 {{"GITLAB_CI", "true"}, {"CI_COMMIT_TAG", "v1"}, {"CI_COMMIT_REF_NAME", "v1"}, {"CI_COMMIT_SHA", SHA}}},
	{"Bitbucket, pull request",
	 "Bitbucket Pipelines",
	 5,
	 "feature/x",
	 SHA,
	 "main",
	 {{"BITBUCKET_BUILD_NUMBER", "1"},
	  {"BITBUCKET_PR_ID", "5"},
	  {"BITBUCKET_BRANCH", "feature/x"},
	  {"BITBUCKET_COMMIT", SHA},
	  {"BITBUCKET_PR_DESTINATION_BRANCH", "main"}}},
	{"Bitbucket, push",
	 "Bitbucket Pipelines",
	 0,
	 "main",
	 SHA,
	 NULL,
	 {{"BITBUCKET_BUILD_NUMBER", "77"}, {"BITBUCKET_BRANCH", "main"}, {"BITBUCKET_COMMIT", SHA}}},
	{"Jenkins, multibranch pull request",
	 "Jenkins",
	 8,
	 "feature/x",
	 SHA,
	 "main",
	 {{"JENKINS_URL", "http://ci/"},
	  {"CHANGE_ID", "8"},
	  {"CHANGE_BRANCH", "feature/x"},
	  {"CHANGE_TARGET", "main"},
	  {"BRANCH_NAME", "PR-8"},
	  {"GIT_COMMIT", SHA}}},
	{"Jenkins, pull request builder",
	 "Jenkins",
	 9,
	 "x",
	 SHA,
	 "main",
	 {{"JENKINS_URL", "http://ci/"},
	  {"ghprbPullId", "9"},
	  {"ghprbSourceBranch", "x"},
	  {"ghprbTargetBranch", "main"},
	  {"ghprbActualCommit", SHA},
	  {"GIT_BRANCH", "origin/pr/9/merge"},
	  {"GIT_COMMIT", MERGE}}},
	{"Jenkins, change that is not a number",
	 "Jenkins",
	 0,
	 "main",
	 SHA,
	 NULL,
	 {{"JENKINS_URL", "http://ci/"},
	  {"CHANGE_ID", "I8473b95934b5732"},
	  {"BRANCH_NAME", "main"},
	  {"GIT_COMMIT", SHA}}},
	{"Jenkins, single branch",
	 "Jenkins",
	 0,
	 "feature/x",
	 SHA,
	 NULL,
	 {{"JENKINS_URL", "http://ci/"}, {"GIT_BRANCH", "origin/feature/x"}, {"GIT_COMMIT", SHA}}},
	{"Jenkins, tag",
	 "Jenkins",
	 0,
	 NULL,
	 SHA,
	 NULL,
	 {{"JENKINS_URL", "http://ci/"}, {"TAG_NAME", "v1"}, {"BRANCH_NAME", "v1"}, {"GIT_COMMIT", SHA}}},
	{"CircleCI, pull request",
	 "CircleCI",
	 21,
	 "feature/x",
	 SHA,
	 NULL,
	 {{"CIRCLECI", "true"},
	  {"CIRCLE_PULL_REQUEST", "https://github.com/o/r/pull/21"},
	  {"CIRCLE_BRANCH", "feature/x"},
	  {"CIRCLE_SHA1", SHA}}},
	{"CircleCI, pull request of a fork",
	 "CircleCI",
	 22,
	 NULL,
	 SHA,
	 NULL,
	 {{"CIRCLECI", "true"}, {"CIRCLE_PR_NUMBER", "22"}, {"CIRCLE_BRANCH", "pull/22"}, {"CIRCLE_SHA1", SHA}}},
	{"CircleCI, push",
	 "CircleCI",
	 0,
	 "pull/request",
	 SHA,
	 NULL,
	 {{"CIRCLECI", "true"}, {"CIRCLE_BRANCH", "pull/request"}, {"CIRCLE_SHA1", SHA}}},
	{"CircleCI, malformed address",
	 "CircleCI",
	 0,
	 "x",
	 SHA,
	 NULL,
	 {{"CIRCLECI", "true"},
	  {"CIRCLE_PULL_REQUEST", "https://github.com/o/r/pull/"},
	  {"CIRCLE_BRANCH", "x"},
	  {"CIRCLE_SHA1", SHA}}},
	{"Buildkite, pull request",
	 "Buildkite",
	 3,
	 "feature/x",
	 SHA,
	 "main",
	 {{"BUILDKITE", "true"},
	  {"BUILDKITE_PULL_REQUEST", "3"},
	  {"BUILDKITE_BRANCH", "feature/x"},
	  {"BUILDKITE_COMMIT", SHA},
	  {"BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"}}},
	{"Buildkite, push",
	 "Buildkite",
	 0,
	 "main",
	 NULL,
	 NULL,
	 {{"BUILDKITE", "true"},
	  {"BUILDKITE_PULL_REQUEST", "false"},
	  {"BUILDKITE_BRANCH", "main"},
	  {"BUILDKITE_COMMIT", "HEAD"},
	  {"BUILDKITE_PULL_REQUEST_BASE_BRANCH", ""}}},
	{"Azure, pull request on GitHub",
	 "Azure Pipelines",
	 44,
	 "feature/x",
	 SHA,
	 "main",
	 {{"TF_BUILD", "True"},
	  {"SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "44"},
	  {"SYSTEM_PULLREQUEST_PULLREQUESTID", "123456789"},
	  {"SYSTEM_PULLREQUEST_SOURCEBRANCH", "feature/x"},
	  {"SYSTEM_PULLREQUEST_TARGETBRANCH", "main"},
	  {"SYSTEM_PULLREQUEST_SOURCECOMMITID", SHA},
	  {"BUILD_SOURCEBRANCH", "refs/pull/44/merge"},
	  {"BUILD_SOURCEVERSION", MERGE}}},
	{"Azure, pull request on Azure Repos",
	 "Azure Pipelines",
	 45,
	 "feature/x",
	 SHA,
	 "main",
	 {{"TF_BUILD", "True"},
	  {"SYSTEM_PULLREQUEST_PULLREQUESTID", "45"},
	  {"SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/feature/x"},
	  {"SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"},
	  {"BUILD_SOURCEVERSION", SHA}}},
	{"Azure, push",
	 "Azure Pipelines",
	 0,
	 "main",
	 SHA,
	 NULL,
	 {{"TF_BUILD", "True"}, {"BUILD_SOURCEBRANCH", "refs/heads/main"}, {"BUILD_SOURCEVERSION", SHA}}},
	{"numbers no pull request has",
	 "Bitbucket Pipelines",
	 0,
	 "x",
	 NULL,
	 NULL,
	 {{"BITBUCKET_BUILD_NUMBER", "1"}, {"BITBUCKET_PR_ID", "99999999999999999999"}, {"BITBUCKET_BRANCH", "x"}}},
	{"a signed number",
	 "Bitbucket Pipelines",
	 0,
	 "x",
	 NULL,
	 NULL,
	 {{"BITBUCKET_BUILD_NUMBER", "1"}, {"BITBUCKET_PR_ID", "-5"}, {"BITBUCKET_BRANCH", "x"}}},
	{"a number with a path",
	 "Bitbucket Pipelines",
	 0,
	 "x",
	 NULL,
	 NULL,
	 {{"BITBUCKET_BUILD_NUMBER", "1"}, {"BITBUCKET_PR_ID", "5/../6"}, {"BITBUCKET_BRANCH", "x"}}},
};

static void test_recorded_environments(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recordings); i++) {
		struct recorded copy = recordings[i];
		expect(&recordings[i], copy.variables);
	}
}

/* --- event files --- */

static char *directory;

static int make_directory(void **state)
{
	(void)state;
	const char *parent = getenv("TMPDIR");
	directory = path_join(parent ? parent : "/tmp", "test_ci.XXXXXX", NULL);
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	int failed = directory_remove(directory, NULL);
	free(directory);
	return failed;
}

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
		cmocka_unit_test(test_recorded_environments),
		cmocka_unit_test_setup_teardown(test_event_file, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(test_event_file_too_deep_or_too_large, make_directory,
						remove_directory),
		cmocka_unit_test(test_event_file_that_is_none),
	};
	return cmocka_run_group_tests_name("forge/ci", tests, NULL, NULL);
}
