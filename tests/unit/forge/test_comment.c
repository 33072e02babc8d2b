#include "stub.h"

#define MARKER "<!-- vela:shop -->"
#define ONE MARKER "\none"
#define TWO MARKER "\ntwo"
#define EACH_KIND(kind) for (enum forge_kind kind = FORGE_GITHUB; kind <= FORGE_GITEA; kind++)

static int publish(const struct forge *forge, const char *body, struct error **err)
{
	char *url = NULL;
	int result = forge_comment(forge, 12, MARKER, body, &url, err);
	free(url);
	return result;
}

static void assert_published(enum forge_kind kind, const char *token, const char *body)
{
	_cleanup_forge_ struct forge forge = stub_forge(kind, token);
	assert_success(publish(&forge, body, err));
}

static void assert_not_published(enum forge_kind kind, const char *token, enum error_kind error, const char *message)
{
	_cleanup_forge_ struct forge forge = stub_forge(kind, token);
	assert_failure(error, message, publish(&forge, ONE, err));
}

/* The comments there are now, as "AUTHOR: BODY" lines; owned. */
static char *comments(enum forge_kind kind)
{
	json_t *state = stub_state();
	const json_t *repository = json_object_get(json_object_get(state, stub_kinds[kind]), "acme/shop");
	const json_t *list = json_object_get(json_object_get(repository, "comments"), "12");
	struct buffer text = {0};
	size_t index;
	const json_t *comment;
	json_array_foreach(list, index, comment)
		buffer_addf(&text, "%s: %s|", json_string_value(json_object_get(comment, "author")),
			    json_string_value(json_object_get(comment, "body")));
	json_decref(state);
	return buffer_steal(&text);
}

static void assert_comments(enum forge_kind kind, const char *expected)
{
	_cleanup_free_ char *text = comments(kind);
	if (!string_equal(text ? text : "", expected))
		fail_msg("%s: %s, not %s", stub_kinds[kind], text, expected);
}

static long long counted(const char *what)
{
	json_t *state = stub_state();
	long long count = json_integer_value(json_object_get(state, what));
	json_decref(state);
	return count;
}

/* The inside of a setup: `count` comments of alice's, then one more. */
static char *setup_with(enum forge_kind kind, int count, const char *author, const char *body)
{
	struct buffer text = {0};
	buffer_add_text(&text, "'comments': [");
	for (int i = 0; i <= count; i++)
		buffer_addf(&text,
			    "%s{'forge': '%s', 'repository': 'acme/shop', 'number': 12, 'author': '%s', 'body': '%s'}",
			    i ? ", " : "", stub_kinds[kind], i < count ? "alice" : author, i < count ? "hm" : body);
	buffer_add_text(&text, "]");
	return buffer_steal(&text);
}

/* --- one comment --- */

static void test_made_and_updated_in_place(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		stub_reset("");
		_cleanup_forge_ struct forge forge = stub_forge(kind, STUB_TOKEN);
		_cleanup_free_ char *url = NULL, *again = NULL;
		assert_success(forge_comment(&forge, 12, MARKER, ONE, &url, err));
		assert_comments(kind, "ci: " ONE "|");
		assert_success(forge_comment(&forge, 12, MARKER, TWO, &again, err));
		assert_comments(kind, "ci: " TWO "|");
		assert_int_equal(counted("created"), 1);
		assert_true(string_equal(url, again));
		assert_true(kind == FORGE_GITLAB ? !url : strstr(url, "/acme/shop/pull/12#issuecomment-") != NULL);
	}
}

static void test_what_it_says_already_is_left_alone(void **state)
{
	(void)state;
	stub_reset("");
	EACH_KIND(kind)
	{
		assert_published(kind, STUB_TOKEN, ONE);
		assert_published(kind, STUB_TOKEN, ONE);
	}
	assert_int_equal(stub_count("main", "PATCH") + stub_count("main", "PUT") + stub_count("main", "DELETE"), 0);
}

static void test_found_on_a_later_page(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		_cleanup_free_ char *setup = setup_with(kind, 17, "ci", MARKER "zero");
		stub_reset(setup);
		assert_published(kind, STUB_TOKEN, ONE);
		assert_int_equal(counted("created"), 0);
		/* /user, and four pages of five where there are pages */
		assert_int_equal(stub_count("main", "GET"), kind == FORGE_GITEA ? 2 : 5);
	}
}

static void test_another_marker_is_another_comment(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		_cleanup_free_ char *setup = setup_with(kind, 0, "ci", "<!-- vela:other -->");
		stub_reset(setup);
		assert_published(kind, STUB_TOKEN, ONE);
		assert_comments(kind, "ci: <!-- vela:other -->|ci: " ONE "|");
	}
}

static void test_what_somebody_else_wrote_stays(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		_cleanup_free_ char *setup = setup_with(kind, 1, "mallory", MARKER "zero");
		stub_reset(setup);
		assert_published(kind, STUB_TOKEN, ONE);
		assert_published(kind, STUB_TOKEN, TWO);
		assert_comments(kind, "alice: hm|mallory: " MARKER "zero|ci: " TWO "|");
		assert_int_equal(counted("created"), 1);
	}
}

static void test_more_pages_than_are_looked_through(void **state)
{
	(void)state;
	_cleanup_free_ char *setup = setup_with(FORGE_GITHUB, 101, "alice", "hm");
	_cleanup_free_ char *paged = string_format("%s, 'page_size': 1", setup);
	stub_reset(paged);
	assert_not_published(FORGE_GITHUB, STUB_TOKEN, ERROR_NETWORK, "more comments than");
	assert_int_equal(counted("created"), 0);
}

/* --- who we are --- */

/* An app such as GitHub's Actions may not ask /user. */
static void test_token_of_an_app(void **state)
{
	(void)state;
	_cleanup_free_ char *setup = setup_with(FORGE_GITHUB, 0, "github-actions[bot]", MARKER "of the usual app");
	_cleanup_free_ char *whole =
		string_format("%s, 'tokens': {'" STUB_TOKEN "': {'login': 'shop[bot]', 'app': true}}", setup);
	stub_reset(whole);
	assert_published(FORGE_GITHUB, STUB_TOKEN, ONE);
	assert_published(FORGE_GITHUB, STUB_TOKEN, TWO);
	assert_comments(FORGE_GITHUB, "github-actions[bot]: " MARKER "of the usual app|shop[bot]: " TWO "|");
	assert_int_equal(counted("created"), 1);
}

/* Where nothing tells who we are, the first comment that we make does. */
static void test_token_that_may_not_ask_for_its_user(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		stub_reset("");
		for (int i = 0; i < 2; i++) {
			stub_faults("[{'do': 'status', 'status': 403, 'path': '^/user|^/graphql', 'times': 2}]");
			assert_published(kind, STUB_TOKEN, i == 0 ? ONE : TWO);
		}
		assert_comments(kind, "ci: " TWO "|");
	}
}

static void test_without_permission(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		stub_reset("'tokens': {'" STUB_TOKEN "': {'login': 'ci', 'may': ['read', 'status']}}");
		assert_not_published(kind, STUB_TOKEN, ERROR_REFUSED,
				     "does not let this token comment on pull request 12");
		assert_not_published(kind, "another", ERROR_REFUSED, "it does not take this token");
		assert_not_published(kind, NULL, ERROR_REFUSED, "without a token");
		assert_int_equal(stub_count("main", "POST"), 1);
	}
}

static void test_token_is_in_no_message(void **state)
{
	(void)state;
	stub_reset("");
	stub_faults("[{'do': 'status', 'status': 403, 'path': 'comments', 'body': {'message': 'what is " STUB_TOKEN
		    "?'}}]");
	assert_not_published(FORGE_GITHUB, STUB_TOKEN, ERROR_REFUSED, "what is ***********?");
}

/* --- what goes wrong --- */

static void test_no_such_pull_request(void **state)
{
	(void)state;
	stub_reset("'pull_requests': {'github': {'acme/shop': {}}, 'gitlab': {}, 'gitea': {}}");
	EACH_KIND(kind)
	assert_not_published(kind, STUB_TOKEN, ERROR_NOT_FOUND, "pull request 12 of acme/shop");
}

static void test_too_long_a_comment(void **state)
{
	(void)state;
	stub_reset("");
	_cleanup_buffer_ struct buffer text = {0};
	buffer_add_text(&text, MARKER);
	buffer_add_repeat(&text, 'x', 65536);
	_cleanup_forge_ struct forge forge = stub_forge(FORGE_GITHUB, STUB_TOKEN);
	assert_failure(ERROR_NETWORK, "answers 422: Validation Failed", publish(&forge, buffer_text(&text), err));
	assert_int_equal(stub_count("main", "POST"), 1);
}

static void test_answers_that_are_not_understood(void **state)
{
	(void)state;
	static const char *const faults[] = {
		"[{'do': 'garbage', 'path': 'comments|notes'}]",
		"[{'do': 'status', 'status': 200, 'body': {}, 'path': 'comments|notes'}]",
	};
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		EACH_KIND(kind)
		{
			stub_reset("");
			stub_faults(faults[i]);
			assert_not_published(kind, STUB_TOKEN, ERROR_NETWORK, "is not understood");
			assert_int_equal(stub_count("main", "POST"), 0);
		}
}

/* What is no comment is passed over, whatever it is. */
static void test_lists_of_anything(void **state)
{
	(void)state;
	stub_reset("");
	stub_faults(
		"[{'do': 'status', 'status': 200, 'method': 'GET', 'path': 'comments|notes', 'body': [null, 1, [], {}, "
		"{'id': 1}, {'id': '1', 'body': '" MARKER "', 'user': {'login': 'ci'}}, {'id': 2, 'body': '" MARKER
		"', 'user': null}, {'id': 3, 'body': '" MARKER
		"', 'user': {'login': 'ci\\u0000'}}, {'id': 1.5, 'body': '" MARKER "', 'user': {'login': 'ci'}}]}]");
	assert_published(FORGE_GITHUB, STUB_TOKEN, ONE);
	assert_int_equal(stub_count("main", "PATCH") + stub_count("main", "DELETE"), 0);
}

/* The comment may be there although its answer was lost: it is looked for before another one is made. */
static void test_never_twice(void **state)
{
	(void)state;
	static const char *const faults[] = {
		"[{'do': 'cut-before', 'method': 'POST'}]",
		"[{'do': 'cut-after', 'method': 'POST'}]",
		"[{'do': 'cut-body', 'method': 'POST'}]",
		"[{'do': 'status', 'status': 502, 'method': 'POST'}]",
		"[{'do': 'status', 'status': 429, 'method': 'POST'}]",
		"[{'do': 'cut-after', 'times': 1}, {'do': 'cut-after', 'method': 'POST'}]",
	};
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		EACH_KIND(kind)
		{
			stub_reset("");
			stub_faults(faults[i]);
			assert_published(kind, STUB_TOKEN, ONE);
			assert_comments(kind, "ci: " ONE "|");
			assert_int_equal(counted("created"), 1);
			assert_int_equal(counted("deleted"), 0);
		}
}

static void test_lost_again_and_again(void **state)
{
	(void)state;
	stub_reset("");
	stub_faults("[{'do': 'cut-before', 'method': 'POST', 'times': 99}]");
	assert_not_published(FORGE_GITHUB, STUB_TOKEN, ERROR_NETWORK, "after 4 attempts: cannot comment");
	assert_int_equal(stub_count("main", "POST"), 4);
}

static void test_updates_are_repeated(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		stub_reset("");
		assert_published(kind, STUB_TOKEN, ONE);
		stub_faults("[{'do': 'cut-after', 'method': 'PATCH'}, {'do': 'cut-after', 'method': 'PUT'}]");
		assert_published(kind, STUB_TOKEN, TWO);
		assert_comments(kind, "ci: " TWO "|");
	}
}

/* --- several jobs --- */

/* In a process of its own each, as jobs are. */
static pid_t publish_elsewhere(enum forge_kind kind, const char *body)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	struct forge forge = stub_forge(kind, STUB_TOKEN);
	struct error *err = NULL;
	int failed = publish(&forge, body, &err);
	if (failed)
		fprintf(stderr, "# %s\n", err->message);
	_exit(failed ? 1 : 0);
}

static void assert_ends_well(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Each has seen that there is none when both make one. */
static void test_two_jobs_at_once(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		stub_reset("");
		stub_faults("[{'do': 'barrier', 'method': 'POST', 'count': 2}]");
		pid_t one = publish_elsewhere(kind, ONE), two = publish_elsewhere(kind, TWO);
		assert_ends_well(one);
		assert_ends_well(two);
		_cleanup_free_ char *left = comments(kind);
		assert_true(string_equal(left, "ci: " ONE "|") || string_equal(left, "ci: " TWO "|"));
		assert_int_equal(counted("created"), 2);
		assert_int_equal(counted("deleted"), 1);
	}
}

static void test_many_jobs_at_once(void **state)
{
	(void)state;
	enum { JOBS = 5 };
	pid_t jobs[JOBS];
	stub_reset("");
	stub_faults("[{'do': 'barrier', 'method': 'POST', 'count': 5}]");
	for (size_t i = 0; i < JOBS; i++)
		jobs[i] = publish_elsewhere(FORGE_GITHUB, ONE);
	for (size_t i = 0; i < JOBS; i++)
		assert_ends_well(jobs[i]);
	assert_comments(FORGE_GITHUB, "ci: " ONE "|");
	assert_int_equal(counted("created"), JOBS);
}

/* What a job that was killed left behind; the oldest stays. */
static void test_duplicates_from_before(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		_cleanup_free_ char *setup = setup_with(kind, 0, "ci", MARKER "old");
		_cleanup_free_ char *more = setup_with(kind, 6, "ci", MARKER "young");
		_cleanup_free_ char *both =
			string_format("%.*s, %s", (int)strlen(setup) - 1, setup, more + strlen("'comments': ["));
		stub_reset(both);
		assert_published(kind, STUB_TOKEN, ONE);
		assert_comments(kind, "ci: " ONE "|alice: hm|alice: hm|alice: hm|alice: hm|alice: hm|alice: hm|");
	}
}

/* Another job, whose comment was older, removed ours in the meantime. */
static void test_comment_that_vanishes(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		stub_reset("");
		assert_published(kind, STUB_TOKEN, ONE);
		stub_faults("[{'do': 'status', 'status': 404, 'method': 'PATCH'}, {'do': 'status', 'status': 404, "
			    "'method': 'PUT'}]");
		assert_published(kind, STUB_TOKEN, TWO);
		assert_comments(kind, "ci: " TWO "|");
		assert_int_equal(counted("created"), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_and_updated_in_place),
		cmocka_unit_test(test_what_it_says_already_is_left_alone),
		cmocka_unit_test(test_found_on_a_later_page),
		cmocka_unit_test(test_another_marker_is_another_comment),
		cmocka_unit_test(test_what_somebody_else_wrote_stays),
		cmocka_unit_test(test_more_pages_than_are_looked_through),
		cmocka_unit_test(test_token_of_an_app),
		cmocka_unit_test(test_token_that_may_not_ask_for_its_user),
		cmocka_unit_test(test_without_permission),
		cmocka_unit_test(test_token_is_in_no_message),
		cmocka_unit_test(test_no_such_pull_request),
		cmocka_unit_test(test_too_long_a_comment),
		cmocka_unit_test(test_answers_that_are_not_understood),
		cmocka_unit_test(test_lists_of_anything),
		cmocka_unit_test(test_never_twice),
		cmocka_unit_test(test_lost_again_and_again),
		cmocka_unit_test(test_updates_are_repeated),
		cmocka_unit_test(test_two_jobs_at_once),
		cmocka_unit_test(test_many_jobs_at_once),
		cmocka_unit_test(test_duplicates_from_before),
		cmocka_unit_test(test_comment_that_vanishes),
	};
	return cmocka_run_group_tests_name("forge/comment", tests, stub_start, stub_end);
}
