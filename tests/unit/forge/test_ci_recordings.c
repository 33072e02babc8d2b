/*
 * Each tests/ci/NAME.env is the environment of one run of a CI system, after lines "# FIELD: VALUE" that say what it
 * means; a field that is not there is to stay empty. NAME.event.json, if there is one, stands where GITHUB_EVENT_PATH
 * points. A recording is added by adding files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "forge/ci.h"

#define RECORDINGS "tests/ci"

enum { RECORDING_MAX = 1 << 20 };

struct recording {
	char *name;
	struct string_list expected, variables; /* "FIELD: VALUE", "NAME=VALUE" */
	char *event;                            /* the path of its file; NULL: none */
};

static void recording_free(struct recording *recording)
{
	free(recording->name);
	free(recording->event);
	string_list_free(&recording->expected);
	string_list_free(&recording->variables);
}

static void read_recording(const char *file, struct recording *ret)
{
	_cleanup_free_ char *path = path_join(RECORDINGS, file, NULL);
	_cleanup_buffer_ struct buffer text = {0};
	assert_int_equal(file_read(path, RECORDING_MAX, FILE_NO_FOLLOW, &text, NULL), 0);
	*ret = (struct recording){.name = string_copy_n(file, strlen(file) - strlen(".env"))};
	for (const char *line = buffer_text(&text); *line;
	     line += line[strcspn(line, "\n")] ? strcspn(line, "\n") + 1 : 0) {
		char *copy = string_copy_n(line, strcspn(line, "\n"));
		if (string_starts_with(copy, "# "))
			string_list_add(&ret->expected, copy + 2);
		else
			string_list_add(&ret->variables, copy);
		free(copy);
	}
	_cleanup_free_ char *event = string_format(RECORDINGS "/%s.event.json", ret->name);
	if (file_exists(event))
		ret->event = TAKE_POINTER(event);
}

/* What follows NAME and `separator`; NULL if no line begins so. */
static const char *find_line(const struct string_list *lines, const char *name, const char *separator)
{
	size_t length = strlen(name);
	for (size_t i = 0; i < lines->count; i++)
		if (string_starts_with(lines->items[i], name) &&
		    string_starts_with(lines->items[i] + length, separator))
			return lines->items[i] + length + strlen(separator);
	return NULL;
}

static const char *lookup(void *context, const char *name)
{
	const struct recording *recording = context;
	if (string_equal(name, "GITHUB_EVENT_PATH") && recording->event)
		return recording->event;
	return find_line(&recording->variables, name, "=");
}

static void expect(const struct recording *recording, const char *field, const char *got)
{
	const char *wanted = find_line(&recording->expected, field, ": ");
	if (!string_equal(got, wanted))
		fail_msg("%s: %s is %s, not %s", recording->name, field, got ? got : "(null)",
			 wanted ? wanted : "(null)");
}

static void check_recording(struct recording *recording)
{
	static const char *const origins[] = {
		[CI_ORIGIN_UNKNOWN] = "unknown", [CI_ORIGIN_REPOSITORY] = "repository", [CI_ORIGIN_FORK] = "fork"};
	struct ci_context ci;
	ci_detect(lookup, recording, &ci);
	_cleanup_free_ char *number = ci.pull_request ? string_format("%ld", ci.pull_request) : NULL;
	expect(recording, "system", ci.system);
	expect(recording, "pull_request", number);
	expect(recording, "branch", ci.branch);
	expect(recording, "commit", ci.commit);
	expect(recording, "base_branch", ci.base_branch);
	expect(recording, "origin", origins[ci.origin]);
	expect(recording, "forge", ci.forge);
	expect(recording, "api", ci.api);
	expect(recording, "repository", ci.repository);
	expect(recording, "path", ci.path);
	ci_context_free(&ci);
}

static void test_recordings(void **state)
{
	(void)state;
	_cleanup_(string_list_free) struct string_list files = {0};
	size_t count = 0;
	assert_int_equal(directory_list(RECORDINGS, &files, NULL), 0);
	for (size_t i = 0; i < files.count; i++) {
		size_t length = strlen(files.items[i]);
		if (length < 5 || !string_equal(files.items[i] + length - 4, ".env"))
			continue;
		_cleanup_(recording_free) struct recording recording;
		read_recording(files.items[i], &recording);
		check_recording(&recording);
		count++;
	}
	assert_true(count > 40);
}

/* --- addresses --- */

static struct recording make(const char *const *variables)
{
	struct recording recording = {.name = string_copy("made")};
	for (; *variables; variables++)
		string_list_add(&recording.variables, *variables);
	return recording;
}

static void expect_place(const char *variable, const char *forge, const char *api, const char *repository)
{
	_cleanup_(recording_free) struct recording recording =
		make((const char *const[]){"JENKINS_URL=https://ci/", "CHANGE_ID=1", variable, NULL});
	struct ci_context ci;
	ci_detect(lookup, &recording, &ci);
	assert_true(string_equal(ci.forge, forge));
	assert_true(string_equal(ci.api, api));
	assert_true(string_equal(ci.repository, repository));
	ci_context_free(&ci);
}

static void test_addresses_of_pull_requests(void **state)
{
	(void)state;
	expect_place("CHANGE_URL=https://github.com/o/r/pull/1", "github", "https://api.github.com", "o/r");
	expect_place("CHANGE_URL=https://ghe.example:8443/o/r/pull/1", "github", "https://ghe.example:8443/api/v3",
		     "o/r");
	expect_place("CHANGE_URL=https://gl.example/a/b/c/-/merge_requests/1", "gitlab", "https://gl.example/api/v4",
		     "a/b/c");
	expect_place("CHANGE_URL=https://tea.example/o/r/pulls/1", "gitea", "https://tea.example/api/v1", "o/r");
	/* No token goes there. */
	expect_place("CHANGE_URL=http://github.com/o/r/pull/1", NULL, NULL, NULL);
	expect_place("CHANGE_URL=https://github.com/o/r/pull/x", NULL, NULL, NULL);
	expect_place("CHANGE_URL=https://github.com", NULL, NULL, NULL);
	expect_place("CHANGE_URL=https:///o/r/pull/1", NULL, NULL, NULL);
	expect_place("CHANGE_URL=https://a b/o/r/pull/1", NULL, NULL, NULL);
	expect_place("CHANGE_URL=https://bitbucket.org/o/r/pull-requests/1", NULL, NULL, NULL);
	expect_place("CHANGE_URL=", NULL, NULL, NULL);
}

static enum ci_origin origin_between(const char *from, const char *to)
{
	_cleanup_free_ char *head = string_format("BUILDKITE_PULL_REQUEST_REPO=%s", from);
	_cleanup_free_ char *base = string_format("BUILDKITE_REPO=%s", to);
	_cleanup_(recording_free) struct recording recording =
		make((const char *const[]){"BUILDKITE=true", "BUILDKITE_PULL_REQUEST=1", head, base, NULL});
	struct ci_context ci;
	ci_detect(lookup, &recording, &ci);
	enum ci_origin origin = ci.origin;
	ci_context_free(&ci);
	return origin;
}

static void test_addresses_of_repositories(void **state)
{
	(void)state;
	static const char *const same[] = {"git@github.com:acme/shop.git", "git://github.com/acme/shop.git",
					   "https://github.com/acme/shop", "https://x:y@github.com/Acme/shop.git/",
					   "ssh://git@github.com:22/acme/shop"};
	static const char *const others[] = {"git@github.com:stranger/shop.git", "git@github.com.evil:acme/shop.git",
					     "https://github.com/acme/shop2", "github.com", "acme/shop"};
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		assert_int_equal(origin_between(same[i], same[0]), CI_ORIGIN_REPOSITORY);
		for (size_t k = 0; k < ARRAY_SIZE(others); k++)
			assert_int_equal(origin_between(others[k], same[i]), CI_ORIGIN_FORK);
	}
	assert_int_equal(origin_between("", same[0]), CI_ORIGIN_UNKNOWN);
}

static void test_remotes(void **state)
{
	(void)state;
	static const char *const same[] = {"git@github.com:acme/shop.git", "https://cache.internal/acme/shop",
					   "ssh://git@github.com:22/acme/shop.git"};
	static const char *const others[] = {"https://github.com/stranger/shop",
					     "https://github.com/stranger/acme/shop",
					     "/srv/acme/shop",
					     "acme/shop",
					     "file:///acme/shop",
					     ""};
	struct ci_context ci = {.path = string_copy("acme/shop")};
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		assert_true(ci_is_repository(&ci, same[i]));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(ci_is_repository(&ci, others[i]));
	assert_false(ci_is_repository(&ci, NULL));
	ci_context_free(&ci);
	assert_false(ci_is_repository(&ci, same[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recordings),
		cmocka_unit_test(test_addresses_of_pull_requests),
		cmocka_unit_test(test_addresses_of_repositories),
		cmocka_unit_test(test_remotes),
	};
	return cmocka_run_group_tests_name("forge/ci_recordings", tests, NULL, NULL);
}
