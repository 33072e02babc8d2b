#include "request.h"

#include "base/interrupt.h"

/* --- repetitions --- */

static void test_what_is_repeated(void **state)
{
	(void)state;
	static const char *const faults[] = {
		"{'do': 'status', 'status': 500, 'times': 3}",
		"{'do': 'status', 'status': 502, 'times': 3}",
		"{'do': 'status', 'status': 503, 'times': 3}",
		"{'do': 'status', 'status': 504, 'times': 3}",
		"{'do': 'status', 'status': 429, 'times': 3}",
		"{'do': 'cut-before', 'times': 3}",
		"{'do': 'cut-after', 'times': 3}",
		"{'do': 'cut-body', 'times': 3}",
	};
	_cleanup_http_ struct http *http = open_usual();
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		_cleanup_free_ char *list = string_format("[%s]", faults[i]);
		stub_reset("");
		stub_faults(list);
		assert_int_equal(get_status(http), 200);
		assert_true(stub_count("main", "GET") >= 4); /* libcurl itself repeats on a kept connection */
	}
}

static void test_repetitions_have_a_bound(void **state)
{
	(void)state;
	stub_reset("");
	stub_faults("[{'do': 'status', 'status': 502, 'times': 99}]");
	_cleanup_http_ struct http *http = open_usual();
	assert_get_fails(http, "after 4 attempts");
	assert_int_equal(stub_count("main", "GET"), 4);
}

static void test_answers_are_not_repeated(void **state)
{
	(void)state;
	static const long answers[] = {400, 401, 403, 404, 409, 422, 501};
	_cleanup_http_ struct http *http = open_usual();
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		_cleanup_free_ char *fault = string_format("[{'do': 'status', 'status': %ld, 'times': 9, "
							   "'headers': {'X-RateLimit-Remaining': '17', "
							   "'X-RateLimit-Reset': '4000000000'}}]",
							   answers[i]);
		stub_reset("");
		stub_faults(fault);
		assert_int_equal(get_status(http), answers[i]);
		assert_int_equal(stub_count("main", "GET"), 1);
	}
}

static void test_nobody_listens(void **state)
{
	(void)state;
	_cleanup_http_ struct http *http = open_usual();
	struct http_response response = {0};
	struct http_request request = {.method = "GET", .url = "https://127.0.0.1:1/user"};
	assert_failure(ERROR_NETWORK, "after 4 attempts: cannot talk to 127.0.0.1:1",
		       http_request(http, &request, &response, err));
}

/* --- rate limits --- */

static void answer_with(int status, const char *headers)
{
	_cleanup_free_ char *fault =
		string_format("[{'do': 'status', 'status': %d, 'headers': {%s}}]", status, headers);
	stub_reset("");
	stub_faults(fault);
}

static void test_waits_as_long_as_told(void **state)
{
	(void)state;
	_cleanup_free_ char *soon =
		string_format("'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '%lld'", (long long)clock_now() + 1);
	const struct {
		const char *headers;
		double at_least_ms;
	} cases[] = {{"'Retry-After': '1'", 999}, {soon, 0}}; /* a time has but a second's precision */
	_cleanup_http_ struct http *http = open_usual();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		answer_with(403, cases[i].headers);
		double begin = clock_monotonic_ms();
		assert_int_equal(get_status(http), 200);
		assert_true(clock_monotonic_ms() - begin >= cases[i].at_least_ms);
		assert_int_equal(stub_count("main", "GET"), 2);
	}
}

static void test_says_until_when_it_would_have_to_wait(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *headers;
	} cases[] = {
		{429, "'Retry-After': '3600'"},
		{403, "'Retry-After': '3600'"},
		{403, "'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '4000000000'"},
		{429, "'RateLimit-Remaining': '0', 'RateLimit-Reset': '4000000000'"},
		{429, "'Retry-After': '9223372036854775806'"},
		{429, "'RateLimit-Remaining': '0', 'RateLimit-Reset': '99999999999999999999'"},
	};
	_cleanup_http_ struct http *http = open_usual();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_response response = {0};
		_cleanup_error_ struct error *err = NULL;
		answer_with(cases[i].status, cases[i].headers);
		assert_int_equal(get(http, &response, &err), -1);
		assert_non_null(strstr(err->message, "takes no more requests for now"));
		assert_non_null(strstr(err->hint, "not before 2"));
		assert_int_equal(stub_count("main", "GET"), 1);
	}
}

static void test_rate_limit_that_is_only_said(void **state)
{
	(void)state;
	stub_reset("");
	stub_faults(
		"[{'do': 'status', 'status': 403, 'body': {'message': 'You have exceeded a secondary rate limit'}}]");
	_cleanup_http_ struct http *http = open_usual();
	assert_int_equal(get_status(http), 200);
	assert_int_equal(stub_count("main", "GET"), 2);
}

/* --- time --- */

static void test_stalls_end(void **state)
{
	(void)state;
	struct http_limits limits = stub_limits;
	limits.stall_s = 1;
	limits.request_ms = limits.total_ms;
	stub_reset("");
	stub_faults("[{'do': 'stall-body'}]");
	_cleanup_http_ struct http *http = open_with(&limits);
	assert_int_equal(get_status(http), 200);
	assert_true(stub_count("main", "GET") >= 2);
}

static void test_attempts_have_a_time(void **state)
{
	(void)state;
	struct http_limits limits = stub_limits;
	limits.request_ms = 200;
	limits.attempts = 2;
	stub_reset("");
	stub_faults("[{'do': 'stall', 'times': 9}]");
	_cleanup_http_ struct http *http = open_with(&limits);
	assert_get_fails(http, "after 2 attempts");
}

static void test_all_of_it_has_a_time(void **state)
{
	(void)state;
	struct http_limits limits = stub_limits;
	limits.total_ms = 400;
	limits.attempts = 20;
	stub_reset("");
	stub_faults("[{'do': 'stall', 'times': 99}]");
	_cleanup_http_ struct http *http = open_with(&limits);
	double begin = clock_monotonic_ms();
	assert_get_fails(http, "cannot talk to");
	assert_true(clock_monotonic_ms() - begin < limits.request_ms);
}

/* --- interrupts --- */

/* In a process of its own; a signal comes as soon as the request is there. */
static int interrupted(const struct http_limits *limits)
{
	interrupt_install();
	struct http *http = open_with(limits);
	struct http_response response = {0};
	struct error *err = NULL;
	int failed = get(http, &response, &err);
	int code = failed && err->kind == ERROR_INTERRUPTED ? 0 : 1;
	error_free(err);
	http_close(http);
	return code;
}

static void assert_interrupted(const struct http_limits *limits)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(interrupted(limits));
	stub_await("GET", 1);
	assert_int_equal(kill(pid, SIGINT), 0);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_interrupt_ends_a_request(void **state)
{
	(void)state;
	stub_reset("");
	stub_faults("[{'do': 'stall', 'times': 9}]");
	double begin = clock_monotonic_ms();
	assert_interrupted(&stub_limits);
	assert_true(clock_monotonic_ms() - begin < stub_limits.request_ms);
	assert_int_equal(stub_count("main", "GET"), 1);
}

static void test_interrupt_ends_a_pause(void **state)
{
	(void)state;
	struct http_limits limits = stub_limits;
	limits.pause_ms = 50000;
	stub_reset("");
	stub_faults("[{'do': 'status', 'status': 503, 'times': 9}]");
	double begin = clock_monotonic_ms();
	assert_interrupted(&limits);
	assert_true(clock_monotonic_ms() - begin < limits.pause_ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_repeated),
		cmocka_unit_test(test_repetitions_have_a_bound),
		cmocka_unit_test(test_answers_are_not_repeated),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_waits_as_long_as_told),
		cmocka_unit_test(test_says_until_when_it_would_have_to_wait),
		cmocka_unit_test(test_rate_limit_that_is_only_said),
		cmocka_unit_test(test_stalls_end),
		cmocka_unit_test(test_attempts_have_a_time),
		cmocka_unit_test(test_all_of_it_has_a_time),
		cmocka_unit_test(test_interrupt_ends_a_request),
		cmocka_unit_test(test_interrupt_ends_a_pause),
	};
	return cmocka_run_group_tests_name("forge/http_again", tests, stub_start, stub_end);
}
