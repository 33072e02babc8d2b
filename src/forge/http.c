#include "forge/http.h"

#include <poll.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "forge/http_transfer.h"
#include "forge/url.h"

enum { REDIRECTS_MAX = 5 };

const struct http_limits http_usual_limits = {
	.connect_ms = 10000,
	.request_ms = 30000,
	.total_ms = 90000,
	.pause_ms = 500,
	.stall_s = 15,
	.attempts = 4,
	.body_max = 8 << 20,
};

struct http *http_open(const char *token, const char *authority, const char *accept)
{
	struct http *http = memory_allocate(sizeof(*http));
	http->token = string_copy(token);
	http->authority = string_copy(authority);
	http->accept = string_copy(accept);
	http_limit(http, &http_usual_limits);
	return http;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	if (http->multi)
		curl_multi_cleanup(http->multi);
	free(http->token);
	free(http->authority);
	free(http->accept);
	free(http);
}

void http_limit(struct http *http, const struct http_limits *limits)
{
	http->limits = *limits;
	http_begin(http);
}

void http_set_progress(struct http *http, const struct progress *progress)
{
	http->progress = progress;
}

void http_begin(struct http *http)
{
	http->deadline = clock_monotonic_ms() + http->limits.total_ms;
}

void http_response_free(struct http_response *response)
{
	buffer_free(&response->body);
	*response = (struct http_response){0};
}

/* In place: what a server sends may go out again in a message, and it was sent the token. */
static void blot_out(char *text, size_t length, const char *token)
{
	if (!token || !*token || length == 0)
		return;
	const char *end = text + length;
	while ((text = memmem(text, (size_t)(end - text), token, strlen(token)))) {
		memset(text, '*', strlen(token));
		text += strlen(token);
	}
}

/* --- redirects --- */

static bool is_redirect(const struct transfer *transfer)
{
	long status = transfer->status;
	return transfer->code == CURLE_OK && transfer->location &&
	       (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

/* Where to ask instead, moved from the transfer; the method stays what it was. */
static int follow(const struct http *http, const struct http_request *request, struct transfer *transfer, int redirects,
		  char **ret, struct error **err)
{
	_cleanup_free_ char *host = url_host(request->url), *to = text_safe(transfer->location);
	blot_out(to, strlen(to), http->token);
	if (!url_is_same_origin(request->url, transfer->location)) {
		error_set(err, ERROR_NETWORK, "%s redirects to another place, %s, which is not followed", host, to);
		return error_hint(err, "if the forge has moved there, name it with --api, or with `api` in pool.yml");
	}
	if (redirects == REDIRECTS_MAX)
		return error_set(err, ERROR_NETWORK, "%s redirects again and again, now to %s", host, to);
	if (transfer->status == 303 && !string_equal(request->method, "GET"))
		return error_set(err, ERROR_NETWORK, "%s answers %s with a redirect to another document, %s", host,
				 request->method, to);
	string_replace(ret, TAKE_POINTER(transfer->location));
	return 0;
}

/* One attempt, with the redirects it leads to. */
static int attempt(struct http *http, const struct http_request *request, struct transfer *ret, struct error **err)
{
	_cleanup_free_ char *url = string_copy(request->url);
	for (int redirects = 0;; redirects++) {
		_cleanup_transfer_ struct transfer transfer = {0};
		if (transfer_run(http, request, url, &transfer, err) < 0)
			return -1;
		if (!is_redirect(&transfer)) {
			*ret = transfer;
			transfer = (struct transfer){0};
			return 0;
		}
		if (follow(http, request, &transfer, redirects, &url, err) < 0)
			return -1;
	}
}

/* --- what became of it --- */

enum outcome {
	ANSWERED,
	LIMITED, /* not carried out: too many requests */
	UNSENT,  /* no connection: not carried out */
	LOST,    /* perhaps carried out */
	FAILED   /* and a repetition would not help */
};

static bool is_limited(const struct transfer *transfer)
{
	return transfer->status == 429 ||
	       (transfer->status == 403 && (transfer->retry_after > 0 || transfer->rate_remaining == 0 ||
					    strcasestr(buffer_text(&transfer->body), "rate limit")));
}

static enum outcome outcome_of(const struct transfer *transfer)
{
	switch (transfer->code) {
	case CURLE_OK:
		if (is_limited(transfer))
			return LIMITED;
		return transfer->status == 500 || (transfer->status >= 502 && transfer->status <= 504) ? LOST
												       : ANSWERED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
		return UNSENT;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return LOST;
	default:
		return FAILED;
	}
}

static bool is_certificate(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
}

/* Says why there is no answer to be had of this transfer. */
static void explain(const char *url, const struct transfer *transfer, enum outcome outcome, struct error **err)
{
	_cleanup_free_ char *host = url_host(url), *message = text_safe(transfer->message);
	if (transfer->too_large)
		error_set(err, ERROR_NETWORK, "%s answers with more than is read of it", host);
	else if (outcome == LIMITED)
		error_set(err, ERROR_NETWORK, "%s takes no more requests for now (%ld)", host, transfer->status);
	else if (transfer->code == CURLE_OK)
		error_set(err, ERROR_NETWORK, "%s does not work at present (%ld)", host, transfer->status);
	else
		error_set(err, ERROR_NETWORK, "cannot talk to %s: %s", host, message);
	if (is_certificate(transfer->code))
		error_hint(err,
			   "if its certificate is of a private authority, name the authority's file with --ca-file, or "
			   "with `ca_file` in pool.yml");
}

/* --- repetitions --- */

/* Fails with an interrupt. */
static int pause_for(const struct http *http, double milliseconds, struct error **err)
{
	double until = clock_monotonic_ms() + milliseconds;
	for (;;) {
		if (interrupt_check(err) < 0)
			return -1;
		double left = until - clock_monotonic_ms();
		if (left <= 0)
			return 0;
		struct pollfd wake = {.fd = interrupt_fd(), .events = POLLIN};
		(void)poll(&wake, 1, left < HTTP_WAKE_MS ? (int)left + 1 : HTTP_WAKE_MS);
		progress_update(http->progress, HTTP_WAITING, 0, 0);
	}
}

/* As http_again(), with the time in which the server wants to be left alone; 0: it says nothing. */
static int again(struct http *http, int attempt, double told_ms, struct error *failure, struct error **err)
{
	double wait = told_ms > 0 ? told_ms : http->limits.pause_ms * (double)(1 << (attempt - 1));
	if (told_ms > 0 && clock_monotonic_ms() + wait >= http->deadline) {
		_cleanup_free_ char *when = clock_format_utc(clock_now() + (time_t)(wait / 1000));
		error_hint(&failure, "it says: not before %s", when);
		return error_pass(err, failure);
	}
	if (attempt >= http->limits.attempts || clock_monotonic_ms() + wait >= http->deadline) {
		if (attempt > 1)
			error_wrap(&failure, "after %d attempts", attempt);
		return error_pass(err, failure);
	}
	error_free(failure);
	return pause_for(http, wait, err);
}

int http_again(struct http *http, int attempt, struct error *failure, struct error **err)
{
	return again(http, attempt, 0, failure, err);
}

/* Milliseconds; 0: the server does not say. */
static double told_wait(const struct transfer *transfer)
{
	enum { LONGEST = 1000000000 }; /* seconds: nobody waits that long, and more is nonsense */
	long long left = transfer->retry_after;
	if (left <= 0 && transfer->rate_remaining == 0 && transfer->rate_reset != HTTP_UNKNOWN)
		left = transfer->rate_reset - clock_now() + 1; /* its clock counts whole seconds */
	return left <= 0 ? 0 : (double)(left < LONGEST ? left : LONGEST) * 1000;
}

static void hand_over(const struct http *http, struct transfer *transfer, struct http_response *ret)
{
	blot_out(transfer->body.data, transfer->body.length, http->token);
	*ret = (struct http_response){.status = transfer->status, .body = transfer->body, .more = transfer->more};
	transfer->body = (struct buffer){0};
}

int http_request(struct http *http, const struct http_request *request, struct http_response *ret, struct error **err)
{
	for (int count = 1;; count++) {
		_cleanup_transfer_ struct transfer transfer = {0};
		if (attempt(http, request, &transfer, err) < 0)
			return -1;
		enum outcome outcome = outcome_of(&transfer);
		if (outcome == ANSWERED) {
			hand_over(http, &transfer, ret);
			return 0;
		}
		struct error *failure = NULL;
		explain(request->url, &transfer, outcome, &failure);
		if (outcome == LOST && request->lost)
			*request->lost = true;
		if (outcome == FAILED || (outcome == LOST && request->lost))
			return error_pass(err, failure);
		if (again(http, count, told_wait(&transfer), failure, err) < 0)
			return -1;
	}
}
