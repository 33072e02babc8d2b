/*
 * libpq, loaded when the first of its functions is called. Loading it brings some thirty libraries along (LDAP, Kerberos, TLS),
 * which takes three times as long as everything else that `vela url` or `vela branch delete` do; most commands never call it,
 * and `vela branch create` calls it while the server boots.
 *
 * Each row defines the function of that name for the rest of vela, so callers use libpq-fe.h as ever.
 */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define LIBRARY "libpq.so.5" /* the one name it has had since PostgreSQL 8 */

static void *library;

static void load(void)
{
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
}

/* The package that has vela depends on the library: without it there is no way on, as without memory. */
static void *find(const char *name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, load);
	void *function = library ? dlsym(library, name) : NULL;
	if (!function) {
		fprintf(stderr, "vela: cannot load %s (%s): install libpq5\n", LIBRARY, dlerror());
		abort();
	}
	return function;
}

#define FORWARD(type, name, parameters, arguments)                                                                     \
	type name parameters                                                                                           \
	{                                                                                                              \
		static type(*function) parameters;                                                                     \
		if (!function)                                                                                         \
			*(void **)(&function) = find(#name);                                                           \
		return function arguments;                                                                             \
	}
#define FORWARD_VOID(name, parameters, arguments)                                                                      \
	void name parameters                                                                                           \
	{                                                                                                              \
		static void(*function) parameters;                                                                     \
		if (!function)                                                                                         \
			*(void **)(&function) = find(#name);                                                           \
		function arguments;                                                                                    \
	}

FORWARD(PGconn *, PQconnectStart, (const char *conninfo), (conninfo))
FORWARD(PGconn *, PQconnectStartParams, (const char *const *keywords, const char *const *values, int expand),
        (keywords, values, expand))
FORWARD(PostgresPollingStatusType, PQconnectPoll, (PGconn * connection), (connection))
FORWARD_VOID(PQfinish, (PGconn * connection), (connection))
FORWARD(PQconninfoOption *, PQconninfoParse, (const char *conninfo, char **message), (conninfo, message))
FORWARD_VOID(PQconninfoFree, (PQconninfoOption * options), (options))
FORWARD_VOID(PQfreemem, (void *pointer), (pointer))

FORWARD(ConnStatusType, PQstatus, (const PGconn *connection), (connection))
FORWARD(PGTransactionStatusType, PQtransactionStatus, (const PGconn *connection), (connection))
FORWARD(const char *, PQparameterStatus, (const PGconn *connection, const char *name), (connection, name))
FORWARD(int, PQserverVersion, (const PGconn *connection), (connection))
FORWARD(char *, PQerrorMessage, (const PGconn *connection), (connection))
FORWARD(int, PQsocket, (const PGconn *connection), (connection))
FORWARD(char *, PQdb, (const PGconn *connection), (connection))
FORWARD(char *, PQhost, (const PGconn *connection), (connection))
FORWARD(char *, PQport, (const PGconn *connection), (connection))
FORWARD(char *, PQuser, (const PGconn *connection), (connection))
FORWARD(char *, PQpass, (const PGconn *connection), (connection))
FORWARD(PQnoticeReceiver, PQsetNoticeReceiver, (PGconn * connection, PQnoticeReceiver receiver, void *context),
        (connection, receiver, context))
FORWARD(int, PQsetnonblocking, (PGconn * connection, int on), (connection, on))

FORWARD(int, PQsendQuery, (PGconn * connection, const char *query), (connection, query))
FORWARD(int, PQsendQueryParams,
        (PGconn * connection, const char *command, int count, const Oid *types, const char *const *values, const int *lengths,
         const int *formats, int result_format),
        (connection, command, count, types, values, lengths, formats, result_format))
FORWARD(PGresult *, PQgetResult, (PGconn * connection), (connection))
FORWARD(int, PQisBusy, (PGconn * connection), (connection))
FORWARD(int, PQconsumeInput, (PGconn * connection), (connection))
FORWARD(int, PQflush, (PGconn * connection), (connection))
FORWARD(int, PQputCopyEnd, (PGconn * connection, const char *message), (connection, message))
FORWARD(int, PQgetCopyData, (PGconn * connection, char **buffer, int async), (connection, buffer, async))
FORWARD(PGcancel *, PQgetCancel, (PGconn * connection), (connection))
FORWARD_VOID(PQfreeCancel, (PGcancel * cancel), (cancel))
FORWARD(int, PQcancel, (PGcancel * cancel, char *message, int size), (cancel, message, size))

FORWARD(ExecStatusType, PQresultStatus, (const PGresult *result), (result))
FORWARD(char *, PQresStatus, (ExecStatusType status), (status))
FORWARD(char *, PQresultErrorMessage, (const PGresult *result), (result))
FORWARD(char *, PQresultErrorField, (const PGresult *result, int field), (result, field))
FORWARD(int, PQntuples, (const PGresult *result), (result))
FORWARD(int, PQnfields, (const PGresult *result), (result))
FORWARD(Oid, PQftype, (const PGresult *result, int column), (result, column))
FORWARD(char *, PQgetvalue, (const PGresult *result, int row, int column), (result, row, column))
FORWARD(char *, PQcmdTuples, (PGresult * result), (result))
FORWARD(int, PQgetisnull, (const PGresult *result, int row, int column), (result, row, column))
FORWARD_VOID(PQclear, (PGresult * result), (result))

FORWARD(char *, PQencryptPasswordConn, (PGconn * connection, const char *password, const char *user, const char *algorithm),
        (connection, password, user, algorithm))
