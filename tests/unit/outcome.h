/* Calls that have to succeed, or to fail in a certain way. Within `call`, `err` is where its error goes. */
#ifndef VELA_TESTS_OUTCOME_H
#define VELA_TESTS_OUTCOME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

#define assert_success(call)                                                                                           \
	do {                                                                                                           \
		struct error *failure = NULL;                                                                          \
		struct error **err = &failure;                                                                         \
		if ((call) < 0)                                                                                        \
			fail_msg("%s: %s (%s)", #call, failure->message, failure->hint ? failure->hint : "no hint");   \
	} while (0)

/* `text` is part of the message, and `secret` of nothing that is told; NULL: there is none. */
#define assert_failure_without(secret, kind, text, call)                                                               \
	do {                                                                                                           \
		_cleanup_error_ struct error *failure = NULL;                                                          \
		struct error **err = &failure;                                                                         \
		if ((call) == 0)                                                                                       \
			fail_msg("%s succeeded", #call);                                                               \
		expect_failure(#call, failure, kind, text, secret);                                                    \
	} while (0)

static inline void expect_failure(const char *call, const struct error *failure, enum error_kind kind, const char *text,
				  const char *secret)
{
	if (failure->kind != kind || !strstr(failure->message, text))
		fail_msg("%s: kind %s: %s", call, error_kinds[failure->kind].name, failure->message);
	if (secret && (strstr(failure->message, secret) || (failure->hint && strstr(failure->hint, secret))))
		fail_msg("%s: the secret is in the message: %s", call, failure->message);
}

#endif
