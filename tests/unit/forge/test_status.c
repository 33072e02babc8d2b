#include "stub.h"

#define SHA "0123456789abcdef0123456789abcdef01234567"
#define EACH_KIND(kind) for (enum forge_kind kind = FORGE_GITHUB; kind <= FORGE_GITEA; kind++)

/* --- statuses --- */

/* The statuses of the commit; borrowed from `state`. */
static const json_t *statuses(const json_t *state, enum forge_kind kind)
{
	const json_t *repository = json_object_get(json_object_get(state, stub_kinds[kind]), "acme/shop");
	return json_object_get(json_object_get(repository, "statuses"), SHA);
}

static const char *text_of(const json_t *status, const char *key)
{
	return json_string_value(json_object_get(status, key));
}

static void test_status(void **state)
{
	(void)state;
	static const char *const names[][4] = {
		[FORGE_GITHUB] = {"pending", "success", "failure", "error"},
		[FORGE_GITLAB] = {"pending", "success", "failed", "failed"},
		[FORGE_GITEA] = {"pending", "success", "failure", "error"},
	};
	EACH_KIND(kind)
	{
		stub_reset("");
		_cleanup_forge_ struct forge forge = stub_forge(kind, STUB_TOKEN);
		for (enum forge_status status = FORGE_STATUS_PENDING; status <= FORGE_STATUS_ERROR; status++)
			assert_success(
				forge_status(&forge, SHA, status, "vela/shop", "two\nlines\x1b", "https://ci/1", err));
		json_t *now = stub_state();
		assert_int_equal(json_array_size(statuses(now, kind)), 4);
		for (size_t i = 0; i < 4; i++) {
			const json_t *status = json_array_get(statuses(now, kind), i);
			assert_string_equal(text_of(status, "state"), names[kind][i]);
			assert_string_equal(text_of(status, "context"), "vela/shop");
			assert_string_equal(text_of(status, "description"), "two lines?");
			assert_string_equal(text_of(status, "target_url"), "https://ci/1");
		}
		json_decref(now);
	}
}

static void test_description_is_cut(void **state)
{
	(void)state;
	_cleanup_buffer_ struct buffer text = {0};
	for (int i = 0; i < 300; i++)
		buffer_add_text(&text, "ü");
	stub_reset("");
	EACH_KIND(kind)
	{
		_cleanup_forge_ struct forge forge = stub_forge(kind, STUB_TOKEN);
		assert_success(forge_status(&forge, SHA, FORGE_STATUS_SUCCESS, "vela", buffer_text(&text), NULL, err));
		json_t *now = stub_state();
		const char *description = text_of(json_array_get(statuses(now, kind), 0), "description");
		assert_true(string_starts_with(description, "üüü"));
		assert_non_null(strstr(description, "ü…"));
		json_decref(now);
	}
}

static void test_status_that_stands_already(void **state)
{
	(void)state;
	stub_reset("");
	_cleanup_forge_ struct forge forge = stub_forge(FORGE_GITLAB, STUB_TOKEN);
	for (int i = 0; i < 2; i++)
		assert_success(forge_status(&forge, SHA, FORGE_STATUS_PENDING, "vela", "x", NULL, err));
	assert_int_equal(stub_count("main", "POST"), 2);
	stub_faults("[{'do': 'status', 'status': 400, 'body': {'message': {'name': ['is too long']}}}]");
	assert_failure(ERROR_NETWORK, "answers 400: {\"name\":[\"is too long\"]}",
		       forge_status(&forge, SHA, FORGE_STATUS_PENDING, "vela", "x", NULL, err));
}

static void test_status_that_may_not_be_set(void **state)
{
	(void)state;
	EACH_KIND(kind)
	{
		stub_reset("'tokens': {'" STUB_TOKEN "': {'login': 'ci', 'may': ['read']}}");
		_cleanup_forge_ struct forge forge = stub_forge(kind, STUB_TOKEN);
		assert_failure(ERROR_REFUSED, "does not let this token set a status of commit " SHA,
			       forge_status(&forge, SHA, FORGE_STATUS_SUCCESS, "vela", "x", NULL, err));
		_cleanup_forge_ struct forge wrong = stub_forge(kind, "another");
		assert_failure(ERROR_REFUSED, "it does not take this token",
			       forge_status(&wrong, SHA, FORGE_STATUS_SUCCESS, "vela", "x", NULL, err));
		_cleanup_forge_ struct forge nobody = stub_forge(kind, NULL);
		assert_failure(ERROR_REFUSED, "without a token",
			       forge_status(&nobody, SHA, FORGE_STATUS_SUCCESS, "vela", "x", NULL, err));
		assert_int_equal(stub_count("main", NULL), 2);
	}
}

static void test_commit_is_a_whole_hash(void **state)
{
	(void)state;
	static const char *const commits[] = {"",      "0123456", "../../user",
					      SHA "0", "HEAD",    "0123456789abcdef0123456789abcdef0123456g"};
	stub_reset("");
	_cleanup_forge_ struct forge forge = stub_forge(FORGE_GITHUB, STUB_TOKEN);
	for (size_t i = 0; i < ARRAY_SIZE(commits); i++)
		assert_failure(ERROR_USAGE, "whole hash",
			       forge_status(&forge, commits[i], FORGE_STATUS_SUCCESS, "vela", "x", NULL, err));
	assert_int_equal(stub_count("main", NULL), 0);
}

/* --- pull requests --- */

static void test_pull_request(void **state)
{
	(void)state;
	static const struct {
		long number;
		enum forge_pull_state state;
	} cases[] = {{12, FORGE_PULL_OPEN}, {13, FORGE_PULL_MERGED}, {14, FORGE_PULL_CLOSED}};
	stub_reset("");
	EACH_KIND(kind)
	{
		_cleanup_forge_ struct forge forge = stub_forge(kind, STUB_TOKEN);
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			enum forge_pull_state got;
			assert_success(forge_pull_request(&forge, cases[i].number, &got, err));
			assert_int_equal(got, cases[i].state);
		}
		enum forge_pull_state got;
		assert_failure(ERROR_NOT_FOUND, "pull request 15 of acme/shop",
			       forge_pull_request(&forge, 15, &got, err));
	}
}

static void test_pull_request_in_the_moment_of_merging(void **state)
{
	(void)state;
	stub_reset("'pull_requests': {'gitlab': {'acme/shop': {'12': 'locked'}}}");
	_cleanup_forge_ struct forge forge = stub_forge(FORGE_GITLAB, STUB_TOKEN);
	enum forge_pull_state got = FORGE_PULL_CLOSED;
	assert_success(forge_pull_request(&forge, 12, &got, err));
	assert_int_equal(got, FORGE_PULL_OPEN);
}

static void test_pull_request_without_token(void **state)
{
	(void)state;
	enum forge_pull_state got = FORGE_PULL_CLOSED;
	EACH_KIND(kind)
	{
		stub_reset("");
		_cleanup_forge_ struct forge forge = stub_forge(kind, NULL);
		assert_success(forge_pull_request(&forge, 12, &got, err));
		assert_int_equal(got, FORGE_PULL_OPEN);
		stub_reset("'private': true");
		assert_failure(ERROR_REFUSED, "lets only somebody it knows", forge_pull_request(&forge, 12, &got, err));
	}
}

/* Nothing of what is no plain word about this very pull request is taken for one. */
static void test_pull_request_that_is_not_understood(void **state)
{
	(void)state;
	static const struct {
		enum forge_kind kind;
		const char *body;
	} cases[] = {
		{FORGE_GITHUB, "'<html>'"},
		{FORGE_GITHUB, "''"},
		{FORGE_GITHUB, "[]"},
		{FORGE_GITHUB, "{}"},
		{FORGE_GITHUB, "{'number': 12}"},
		{FORGE_GITHUB, "{'number': 13, 'state': 'closed', 'merged': true}"},
		{FORGE_GITHUB, "{'number': 12, 'state': 'closed'}"},
		{FORGE_GITHUB, "{'number': 12, 'state': 'shut', 'merged': true}"},
		{FORGE_GITHUB, "{'number': '12', 'state': 'closed', 'merged': true}"},
		{FORGE_GITEA, "{'number': 12, 'state': null, 'merged': true}"},
		{FORGE_GITLAB, "{'iid': 12, 'state': 'closed?'}"},
		{FORGE_GITLAB, "{'id': 12, 'state': 'closed'}"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *fault =
			string_format("[{'do': 'status', 'status': 200, 'body': %s}]", cases[i].body);
		_cleanup_forge_ struct forge forge = stub_forge(cases[i].kind, STUB_TOKEN);
		enum forge_pull_state got;
		stub_reset("");
		stub_faults(fault);
		assert_failure(ERROR_NETWORK, "is not understood", forge_pull_request(&forge, 12, &got, err));
	}
}

static void test_many_pull_requests_on_one_connection(void **state)
{
	(void)state;
	stub_reset("");
	_cleanup_forge_ struct forge forge = stub_forge(FORGE_GITHUB, STUB_TOKEN);
	for (int i = 0; i < 50; i++) {
		enum forge_pull_state got;
		assert_success(forge_pull_request(&forge, 12, &got, err));
	}
	json_t *requests = stub_requests("main", "GET");
	const json_t *first = json_object_get(json_array_get(requests, 0), "connection");
	assert_true(json_equal(first, json_object_get(json_array_get(requests, 49), "connection")));
	json_decref(requests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_description_is_cut),
		cmocka_unit_test(test_status_that_stands_already),
		cmocka_unit_test(test_status_that_may_not_be_set),
		cmocka_unit_test(test_commit_is_a_whole_hash),
		cmocka_unit_test(test_pull_request),
		cmocka_unit_test(test_pull_request_in_the_moment_of_merging),
		cmocka_unit_test(test_pull_request_without_token),
		cmocka_unit_test(test_pull_request_that_is_not_understood),
		cmocka_unit_test(test_many_pull_requests_on_one_connection),
	};
	return cmocka_run_group_tests_name("forge/status", tests, stub_start, stub_end);
}
