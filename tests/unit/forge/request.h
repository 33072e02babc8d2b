/* Requests to the stub, for the tests of src/forge/http.c. */
#ifndef VELA_TESTS_FORGE_REQUEST_H
#define VELA_TESTS_FORGE_REQUEST_H

#include "stub.h"

/* What the stub answers to somebody it knows. */
#define USER "/api/v4/user"
#define NOTES "/api/v4/projects/42/merge_requests/12/notes"
#define NOTE "{\"body\":\"x\"}"

STUB_FUNCTION void http_closep(struct http **http)
{
	http_close(*http);
}
#define _cleanup_http_ _cleanup_(http_closep)

STUB_FUNCTION struct http *open_with(const struct http_limits *limits)
{
	_cleanup_free_ char *path = stub_path("ca.pem");
	_cleanup_buffer_ struct buffer authority = {0};
	assert_success(file_read(path, 1 << 20, FILE_FOLLOW, &authority, err));
	struct http *http = http_open(STUB_TOKEN, buffer_text(&authority), "application/json");
	http_limit(http, limits);
	return http;
}

STUB_FUNCTION struct http *open_usual(void)
{
	return open_with(&stub_limits);
}

STUB_FUNCTION int ask(struct http *http, const char *listener, const char *method, const char *path, const char *body,
		      struct http_response *ret, struct error **err)
{
	_cleanup_free_ char *base = stub_line(listener), *url = string_format("%s%s", base, path);
	struct http_request request = {.method = method, .url = url, .body = body};
	http_begin(http);
	return http_request(http, &request, ret, err);
}

STUB_FUNCTION int get(struct http *http, struct http_response *ret, struct error **err)
{
	return ask(http, "url", "GET", USER, NULL, ret, err);
}

/* The status of an answer that has to come. */
STUB_FUNCTION long get_status(struct http *http)
{
	_cleanup_response_ struct http_response response = {0};
	assert_success(get(http, &response, err));
	return response.status;
}

STUB_FUNCTION void assert_get_fails(struct http *http, const char *text)
{
	struct http_response response = {0};
	assert_failure(ERROR_NETWORK, text, get(http, &response, err));
}

STUB_FUNCTION int post(struct http *http, bool *lost, struct http_response *ret, struct error **err)
{
	_cleanup_free_ char *url = stub_url(NOTES);
	struct http_request request = {.method = "POST", .url = url, .body = NOTE, .lost = lost};
	return http_request(http, &request, ret, err);
}

#endif
