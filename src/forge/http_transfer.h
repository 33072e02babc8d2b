/* One exchange with the server, as libcurl makes it. For http.c only. */
#ifndef VELA_FORGE_HTTP_TRANSFER_H
#define VELA_FORGE_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "forge/http.h"

struct http {
	char *token;
	char *authority;
	char *accept;
	struct http_limits limits;
	double deadline; /* of clock_monotonic_ms() */
	CURLM *multi;    /* keeps connections; made with the first transfer */
	const struct progress *progress;
};

enum { HTTP_UNKNOWN = -1 };
enum { HTTP_WAKE_MS = 1000 };                /* at most, while it waits: somebody is told that it does */
#define HTTP_WAITING "waiting for the forge" /* the step */

struct transfer {
	CURLcode code;
	char message[CURL_ERROR_SIZE]; /* why it failed */
	bool too_large;
	long status;
	struct buffer body;
	bool more;
	char *location;                       /* of a redirect, absolute; NULL: none */
	long long retry_after;                /* seconds; 0: not told */
	long long rate_remaining, rate_reset; /* requests; seconds since 1970. HTTP_UNKNOWN: not told */
};

/* `url` in place of the request's. Fails only with an interrupt or where libcurl itself does: else *ret says how it
 * went. */
int transfer_run(struct http *http, const struct http_request *request, const char *url, struct transfer *ret,
		 struct error **err);
void transfer_free(struct transfer *transfer);
#define _cleanup_transfer_ _cleanup_(transfer_free)

#endif
