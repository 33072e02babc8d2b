#include "base/error.h"

#include <errno.h>

const struct error_kind_info error_kinds[ERROR_KIND_COUNT] = {
	[ERROR_USAGE] = {"usage", 2, "wrong usage"},
	[ERROR_CONFIG] = {"config", 3, "vela.yml or pool.yml is invalid"},
	[ERROR_NOT_FOUND] = {"not_found", 4, "no such branch, baseline or pool"},
	[ERROR_CONFLICT] = {"conflict", 5,
			    "busy or conflicting: another vela holds it, it is protected, it has children"},
	[ERROR_REFUSED] = {"refused", 6, "refused by policy or permissions"},
	[ERROR_STORAGE] = {"storage", 7, "storage: no space, cannot clone"},
	[ERROR_POSTGRES] = {"postgres", 8, "Postgres: does not start, refuses the connection"},
	[ERROR_NETWORK] = {"network", 9, "network or forge"},
	[ERROR_INTERNAL] = {"internal", 10, "a fault in vela"},
	[ERROR_INTERRUPTED] = {"interrupted", 130, "interrupted; what was half-made has been removed"},
};

static enum error_kind kind_from_errno(int error_number)
{
	switch (error_number) {
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EIO:
	case EXDEV:
	case EOPNOTSUPP:
		return ERROR_STORAGE;
	case EACCES:
	case EPERM:
	case ELOOP: /* a symbolic link where none may be followed */
		return ERROR_REFUSED;
	case ENOENT:
	case ENOTDIR:
		return ERROR_NOT_FOUND;
	case EBUSY:
		return ERROR_CONFLICT;
	case ENAMETOOLONG:
		return ERROR_USAGE;
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ETIMEDOUT:
		return ERROR_NETWORK;
	default:
		return ERROR_INTERNAL;
	}
}

static int error_store(struct error **err, enum error_kind kind, char *message)
{
	if (!err) {
		free(message);
		return -1;
	}
	struct error *error = memory_allocate(sizeof(*error));
	error->kind = kind;
	error->message = message;
	*err = error;
	return -1;
}

int error_set(struct error **err, enum error_kind kind, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *message = string_format_v(format, arguments);
	va_end(arguments);
	return error_store(err, kind, message);
}

int error_errno(struct error **err, int error_number, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	_cleanup_free_ char *what = string_format_v(format, arguments);
	va_end(arguments);
	char *message = string_format("%s: %s", what, strerror(error_number));
	return error_store(err, kind_from_errno(error_number), message);
}

int error_wrap(struct error **err, const char *format, ...)
{
	if (!err || !*err)
		return -1;
	va_list arguments;
	va_start(arguments, format);
	_cleanup_free_ char *context = string_format_v(format, arguments);
	va_end(arguments);
	string_replace(&(*err)->message, string_format("%s: %s", context, (*err)->message));
	return -1;
}

int error_hint(struct error **err, const char *format, ...)
{
	if (!err || !*err)
		return -1;
	va_list arguments;
	va_start(arguments, format);
	string_replace(&(*err)->hint, string_format_v(format, arguments));
	va_end(arguments);
	return -1;
}

int error_rekind(struct error **err, enum error_kind kind)
{
	if (err && *err && (*err)->kind != ERROR_INTERRUPTED)
		(*err)->kind = kind;
	return -1;
}

int error_pass(struct error **err, struct error *from)
{
	if (err)
		*err = from;
	else
		error_free(from);
	return -1;
}

void error_free(struct error *error)
{
	if (!error)
		return;
	free(error->message);
	free(error->hint);
	free(error);
}

void error_freep(struct error **error)
{
	error_free(*error);
}
