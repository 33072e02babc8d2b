/*
 * Errors travel up as values. A fallible function returns 0 or -1 and takes `struct error **err` last;
 * it writes *err only on failure, and the caller then owns it. `err` itself may be NULL: the error is dropped.
 * Every maker below returns -1, so that a function can end with `return error_set(err, …)`.
 */
#ifndef VELA_BASE_ERROR_H
#define VELA_BASE_ERROR_H

#include "base/memory.h"

enum error_kind {
	ERROR_USAGE,
	ERROR_CONFIG,
	ERROR_NOT_FOUND,
	ERROR_CONFLICT,
	ERROR_REFUSED,
	ERROR_STORAGE,
	ERROR_POSTGRES,
	ERROR_NETWORK,
	ERROR_INTERNAL,
	ERROR_INTERRUPTED,
	ERROR_KIND_COUNT
};

struct error_kind_info {
	const char *name; /* as in JSON: {"error":{"kind":NAME}} */
	int exit_code;
	const char *meaning;
};

/* The one table that ties kinds to exit codes; help and docs are made from it. */
extern const struct error_kind_info error_kinds[ERROR_KIND_COUNT];

struct error {
	enum error_kind kind;
	char *message;
	char *hint; /* what to do now; may be NULL */
};

int error_set(struct error **err, enum error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Appends ": strerror" and chooses the kind from errno (no space is STORAGE, no permission is REFUSED, …). */
int error_errno(struct error **err, int error_number, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "CONTEXT: " in front of the message. */
int error_wrap(struct error **err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets or replaces the hint. */
int error_hint(struct error **err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An interruption stays one, whatever it interrupted. */
int error_rekind(struct error **err, enum error_kind kind);

/* Moves `from` into *err; `from` is taken over. */
int error_pass(struct error **err, struct error *from);

void error_free(struct error *error);
void error_freep(struct error **error);
#define _cleanup_error_ _cleanup_(error_freep)

#endif
