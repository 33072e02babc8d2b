#include "forge/http_transfer.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/interrupt.h"

/* Bytes a second; libcurl looks at the last few seconds. */
#define STALLED 100L

static void initialise(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

static CURLM *multi_of(struct http *http)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, initialise);
	if (!http->multi && !(http->multi = curl_multi_init()))
		abort();
	return http->multi;
}

void transfer_free(struct transfer *transfer)
{
	buffer_free(&transfer->body);
	free(transfer->location);
	*transfer = (struct transfer){0};
}

struct receiver {
	struct transfer *transfer;
	size_t max;
};

static size_t receive(char *data, size_t size, size_t count, void *context)
{
	struct receiver *receiver = context;
	struct buffer *body = &receiver->transfer->body;
	size_t length = size * count; /* size is 1 */
	if (length > receiver->max - body->length) {
		receiver->transfer->too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	buffer_add(body, data, length);
	return length;
}

static struct curl_slist *headers_of(const struct http *http, const struct http_request *request)
{
	_cleanup_free_ char *accept = string_format("Accept: %s", http->accept);
	struct curl_slist *headers = curl_slist_append(NULL, accept);
	headers = curl_slist_append(headers, "Expect:"); /* no waiting for a 100 Continue */
	if (request->body)
		headers = curl_slist_append(headers, "Content-Type: application/json");
	return headers;
}

static void set_limits(CURL *easy, const struct http *http)
{
	double left = http->deadline - clock_monotonic_ms();
	double most = left < http->limits.request_ms ? left : http->limits.request_ms;
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, most > 1 ? (long)most : 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http->limits.connect_ms);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, STALLED);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, http->limits.stall_s);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a resolver that hangs is not waited for */
}

static void set_security(CURL *easy, const struct http *http)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L); /* http.c decides */
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (http->authority) {
		struct curl_blob blob = {
			.data = http->authority, .len = strlen(http->authority), .flags = CURL_BLOB_NOCOPY};
		curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	if (http->token) {
		/* As credentials, not as a header: those are the server's, never a proxy's. */
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, http->token);
	}
}

static void set_request(CURL *easy, const struct http_request *request, const char *url)
{
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "vela/" VELA_VERSION);
	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->body));
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	if (request->lost)
		/* On a connection kept from before that ends without an answer, libcurl would send it again. */
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

static const char *header_of(CURL *easy, const char *name)
{
	struct curl_header *header;
	return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : NULL;
}

/* The first of the headers that is a number. */
static long long number_of(CURL *easy, const char *const *names)
{
	for (; *names; names++) {
		const char *value = header_of(easy, *names);
		char *end = NULL;
		long long number = value ? strtoll(value, &end, 10) : -1;
		if (number >= 0 && end != value && *end == '\0')
			return number;
	}
	return HTTP_UNKNOWN;
}

static void read_answer(CURL *easy, struct transfer *transfer)
{
	static const char *const remaining[] = {"X-RateLimit-Remaining", "RateLimit-Remaining", NULL};
	static const char *const reset[] = {"X-RateLimit-Reset", "RateLimit-Reset", NULL};
	static const char *const next[] = {"X-Next-Page", NULL};
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &transfer->status);
	curl_off_t after = 0;
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &after);
	transfer->retry_after = after;
	transfer->rate_remaining = number_of(easy, remaining);
	transfer->rate_reset = number_of(easy, reset);
	const char *links = header_of(easy, "Link");
	transfer->more = (links && strstr(links, "rel=\"next\"")) || number_of(easy, next) > 0;
	char *location = NULL;
	curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &location);
	transfer->location = string_copy(location);
}

/* Until nothing runs any more. */
static int drive(const struct http *http, struct error **err)
{
	for (int running = 1;;) {
		if (interrupt_check(err) < 0)
			return -1;
		CURLMcode code = curl_multi_perform(http->multi, &running);
		if (code == CURLM_OK && !running)
			return 0;
		struct curl_waitfd wake = {.fd = interrupt_fd(), .events = CURL_WAIT_POLLIN};
		if (code == CURLM_OK)
			code = curl_multi_poll(http->multi, &wake, wake.fd >= 0, HTTP_WAKE_MS, NULL);
		if (code != CURLM_OK)
			return error_set(err, ERROR_INTERNAL, "libcurl: %s", curl_multi_strerror(code));
		progress_update(http->progress, HTTP_WAITING, 0, 0);
	}
}

static int run(struct http *http, CURL *easy, struct transfer *transfer, struct error **err)
{
	CURLM *multi = multi_of(http);
	curl_multi_add_handle(multi, easy);
	int result = drive(http, err);
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));)
		if (message->msg == CURLMSG_DONE)
			transfer->code = message->data.result;
	curl_multi_remove_handle(multi, easy);
	if (result == 0)
		read_answer(easy, transfer);
	return result;
}

int transfer_run(struct http *http, const struct http_request *request, const char *url, struct transfer *ret,
		 struct error **err)
{
	CURL *easy = curl_easy_init();
	if (!easy)
		abort();
	struct transfer transfer = {0};
	struct receiver receiver = {&transfer, http->limits.body_max};
	struct curl_slist *headers = headers_of(http, request);
	set_request(easy, request, url);
	set_limits(easy, http);
	set_security(easy, http);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &receiver);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.message);
	int result = run(http, easy, &transfer, err);
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	if (result < 0) {
		transfer_free(&transfer);
		return -1;
	}
	if (transfer.code != CURLE_OK && !*transfer.message)
		snprintf(transfer.message, sizeof(transfer.message), "%s", curl_easy_strerror(transfer.code));
	*ret = transfer;
	return 0;
}
