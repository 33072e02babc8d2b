/*
 * Requests with a JSON body and a JSON answer, over TLS that is always verified, through the proxy that the usual
 * variables name (https_proxy, no_proxy). A redirect is followed within the same scheme, host and port only: the token
 * goes nowhere else. Every wait ends with an interrupt. Not for several threads at once.
 */
#ifndef VELA_FORGE_HTTP_H
#define VELA_FORGE_HTTP_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/progress.h"

struct http_limits {
	double connect_ms;
	double request_ms; /* for one attempt */
	double total_ms;   /* for all that follows http_begin(), attempts and the waits between them */
	double pause_ms;   /* before the second attempt; before each further one twice as long */
	long stall_s;      /* seconds in which next to nothing comes */
	int attempts;
	size_t body_max; /* bytes of an answer */
};
extern const struct http_limits http_usual_limits;

/* `token` may be NULL; `authority` (certificates as PEM, trusted instead of the system's) too. Nothing is done yet. */
struct http *http_open(const char *token, const char *authority, const char *accept);
void http_close(struct http *http); /* NULL is allowed */
void http_limit(struct http *http, const struct http_limits *limits);
void http_begin(struct http *http);
/* Is told of every second that passes in waiting; NULL: nobody is. Borrowed. */
void http_set_progress(struct http *http, const struct progress *progress);

struct http_request {
	const char *method;
	const char *url;
	const char *body; /* JSON; NULL: none */
	/* Not NULL: to carry the request out twice is not the same as once. It is not repeated once the server may have
	 * carried it out; then the call fails and *lost is true. */
	bool *lost;
};

struct http_response {
	long status;        /* of any kind but what a repetition mended */
	struct buffer body; /* with the token, should it be in there, made illegible */
	bool more;          /* of a list: another page follows */
};
void http_response_free(struct http_response *response);
#define _cleanup_response_ _cleanup_(http_response_free)

/*
 * Repeats what a repetition may mend: no connection, one that is cut or stalls, 5xx, and rate limits where the server
 * says, if at all, a time within the limits. A TLS failure is final. Fails with ERROR_NETWORK.
 */
int http_request(struct http *http, const struct http_request *request, struct http_response *ret, struct error **err);

/* For what callers repeat themselves. `attempt` of them failed for the reason `failure`, which is taken over: waits, or
 * fails with it if there shall be no more. */
int http_again(struct http *http, int attempt, struct error *failure, struct error **err);

#endif
