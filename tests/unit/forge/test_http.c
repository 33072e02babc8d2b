#include "request.h"

/* --- TLS --- */

static void test_get(void **state)
{
	(void)state;
	stub_reset("");
	_cleanup_http_ struct http *http = open_usual();
	_cleanup_response_ struct http_response response = {0};
	assert_success(get(http, &response, err));
	assert_int_equal(response.status, 200);
	assert_false(response.more);
	assert_non_null(strstr(buffer_text(&response.body), "\"username\":\"ci\""));
	assert_int_equal(get_status(http), 200);
	json_t *requests = stub_requests("main", "GET");
	const json_t *one = json_array_get(requests, 0), *other = json_array_get(requests, 1);
	assert_string_equal(json_string_value(json_object_get(one, "authorization")), "right");
	assert_true(json_equal(json_object_get(one, "connection"), json_object_get(other, "connection")));
	json_decref(requests);
}

/* Each is final: a second attempt would come after half a minute. */
static void test_tls_failures_are_final(void **state)
{
	(void)state;
	static const struct {
		const char *listener, *message;
	} cases[] = {{"expired-url", "expired"}, {"misnamed-url", "127.0.0.1"}, {"plain-url", "cannot talk to"}};
	stub_reset("");
	struct http_limits limits = stub_limits;
	limits.pause_ms = 30000;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_http_ struct http *http = open_with(&limits);
		struct http_response response = {0};
		_cleanup_free_ char *line = stub_line(cases[i].listener),
				    *url = string_format("https%s", strchr(line, ':'));
		struct http_request request = {.method = "GET", .url = url};
		double begin = clock_monotonic_ms();
		assert_failure(ERROR_NETWORK, cases[i].message, http_request(http, &request, &response, err));
		assert_true(clock_monotonic_ms() - begin < limits.pause_ms);
	}
	assert_int_equal(stub_count("expired", NULL) + stub_count("misnamed", NULL) + stub_count("plain", NULL), 0);
}

static void test_unknown_authority(void **state)
{
	(void)state;
	stub_reset("");
	struct http *http = http_open(STUB_TOKEN, NULL, "application/json");
	struct http_response response = {0};
	_cleanup_error_ struct error *err = NULL;
	assert_int_equal(get(http, &response, &err), -1);
	assert_int_equal(err->kind, ERROR_NETWORK);
	assert_non_null(strstr(err->hint, "--ca-file"));
	assert_int_equal(stub_count("main", NULL), 0);
	http_close(http);
}

static void test_nothing_but_https(void **state)
{
	(void)state;
	stub_reset("");
	_cleanup_http_ struct http *http = open_usual();
	struct http_response response = {0};
	assert_failure(ERROR_NETWORK, "rotocol", ask(http, "plain-url", "GET", USER, NULL, &response, err));
	assert_int_equal(stub_count("plain", NULL), 0);
}

/* --- what is not the same twice --- */

static void test_lost_requests_are_not_repeated(void **state)
{
	(void)state;
	static const char *const faults[] = {
		"[{'do': 'cut-before', 'method': 'POST'}]", "[{'do': 'cut-after', 'method': 'POST'}]",
		"[{'do': 'cut-body', 'method': 'POST'}]", "[{'do': 'status', 'status': 502, 'method': 'POST'}]"};
	_cleanup_http_ struct http *http = open_usual();
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct http_response response = {0};
		bool lost = false;
		stub_reset("");
		stub_faults(faults[i]);
		assert_int_equal(get_status(http), 200); /* now there is a connection that is kept */
		assert_failure(ERROR_NETWORK, "127.0.0.1", post(http, &lost, &response, err));
		assert_true(lost);
		assert_int_equal(stub_count("main", "POST"), 1);
	}
}

static void test_limited_requests_are_repeated(void **state)
{
	(void)state;
	_cleanup_http_ struct http *http = open_usual();
	_cleanup_response_ struct http_response response = {0};
	bool lost = false;
	stub_reset("");
	stub_faults("[{'do': 'status', 'status': 429, 'method': 'POST'}]");
	assert_success(post(http, &lost, &response, err));
	assert_int_equal(response.status, 201);
	assert_false(lost);
}

/* --- what comes back --- */

static void test_answer_too_large(void **state)
{
	(void)state;
	stub_reset("");
	stub_faults("[{'do': 'huge'}]");
	_cleanup_http_ struct http *http = open_usual();
	assert_get_fails(http, "more than is read of it");
	assert_int_equal(stub_count("main", "GET"), 1);
}

static void test_token_is_illegible(void **state)
{
	(void)state;
	stub_reset("");
	stub_faults("[{'do': 'status', 'status': 400, 'body': 'so " STUB_TOKEN STUB_TOKEN " is it'}]");
	_cleanup_http_ struct http *http = open_usual();
	_cleanup_response_ struct http_response response = {0};
	assert_success(get(http, &response, err));
	assert_string_equal(buffer_text(&response.body), "so ********************** is it");
}

static void test_pages(void **state)
{
	(void)state;
	_cleanup_http_ struct http *http = open_usual();
	stub_reset("");
	for (int i = 0; i < 6; i++) {
		_cleanup_response_ struct http_response response = {0};
		bool lost = false;
		assert_success(post(http, &lost, &response, err));
	}
	_cleanup_response_ struct http_response first = {0}, second = {0};
	assert_success(ask(http, "url", "GET", NOTES "?page=1", NULL, &first, err));
	assert_true(first.more);
	assert_success(ask(http, "url", "GET", NOTES "?page=2", NULL, &second, err));
	assert_false(second.more);
}

/* --- redirects --- */

static void test_redirect_within_the_host(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *method;
	} cases[] = {{301, "GET"},  {302, "GET"},  {303, "GET"},   {307, "GET"},   {308, "GET"},
		     {301, "POST"}, {302, "POST"}, {307, "PATCH"}, {308, "PATCH"}, {302, "DELETE"}};
	_cleanup_http_ struct http *http = open_usual();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *fault = string_format(
			"[{'do': 'redirect', 'status': %d, 'location': '/api/v4/elsewhere'}]", cases[i].status);
		_cleanup_response_ struct http_response response = {0};
		const char *body = string_equal(cases[i].method, "GET") ? NULL : NOTE;
		stub_reset("");
		stub_faults(fault);
		assert_success(ask(http, "url", cases[i].method, USER, body, &response, err));
		assert_int_equal(response.status, 404); /* elsewhere is nothing */
		json_t *requests = stub_requests("main", cases[i].method);
		const json_t *last = json_array_get(requests, 1);
		assert_int_equal(json_array_size(requests), 2);
		assert_string_equal(json_string_value(json_object_get(last, "path")), "/elsewhere");
		assert_string_equal(json_string_value(json_object_get(last, "authorization")), "right");
		assert_true(!body || json_is_object(json_object_get(last, "body")));
		json_decref(requests);
	}
}

static void test_redirect_that_is_not_followed(void **state)
{
	(void)state;
	static const struct {
		const char *method, *fault, *message;
	} cases[] = {
		{"GET", "[{'do': 'redirect', 'location': '{other}{path}'}]", "redirects to another place"},
		{"POST", "[{'do': 'redirect', 'status': 307, 'location': '{other}{path}'}]",
		 "redirects to another place"},
		{"GET", "[{'do': 'redirect', 'location': '{plain}{path}'}]", "redirects to another place"},
		{"GET", "[{'do': 'redirect', 'location': 'https://" STUB_TOKEN ".example/" STUB_TOKEN "'}]",
		 "redirects to another place"},
		{"POST", "[{'do': 'redirect', 'status': 303, 'location': '{self}{path}'}]", "another document"},
		{"GET", "[{'do': 'redirect', 'location': '{self}{path}', 'times': 99}]", "again and again"},
	};
	_cleanup_http_ struct http *http = open_usual();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_response response = {0};
		stub_reset("");
		stub_faults(cases[i].fault);
		assert_failure(ERROR_NETWORK, cases[i].message,
			       ask(http, "url", cases[i].method, USER, NULL, &response, err));
		assert_int_equal(stub_count("other", NULL) + stub_count("plain", NULL), 0);
		assert_true(stub_count("main", NULL) <= 6);
	}
}

/* --- proxies --- */

static void test_proxy(void **state)
{
	(void)state;
	_cleanup_free_ char *proxy = stub_line("proxy-url");
	stub_reset("");
	setenv("https_proxy", proxy, 1);
	{
		_cleanup_http_ struct http *http = open_usual();
		assert_int_equal(get_status(http), 200);
	}
	json_t *requests = stub_requests("proxy", "CONNECT");
	assert_int_equal(json_array_size(requests), 1);
	_cleanup_free_ char *shown = json_dumps(json_array_get(requests, 0), 0);
	assert_null(strcasestr(shown, "authorization"));
	json_decref(requests);
	assert_int_equal(stub_count("main", "GET"), 1);
	setenv("no_proxy", "127.0.0.1", 1);
	{
		_cleanup_http_ struct http *http = open_usual();
		assert_int_equal(get_status(http), 200);
	}
	unsetenv("https_proxy");
	unsetenv("no_proxy");
	assert_int_equal(stub_count("proxy", NULL), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_tls_failures_are_final),
		cmocka_unit_test(test_unknown_authority),
		cmocka_unit_test(test_nothing_but_https),
		cmocka_unit_test(test_lost_requests_are_not_repeated),
		cmocka_unit_test(test_limited_requests_are_repeated),
		cmocka_unit_test(test_answer_too_large),
		cmocka_unit_test(test_token_is_illegible),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_redirect_within_the_host),
		cmocka_unit_test(test_redirect_that_is_not_followed),
		cmocka_unit_test(test_proxy),
	};
	return cmocka_run_group_tests_name("forge/http", tests, stub_start, stub_end);
}
