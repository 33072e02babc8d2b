/* libpq, loaded when it is first called: see base/lazy.h. */
#include <libpq-fe.h>

#include "base/lazy.h"

#define LIBPQ "libpq.so.5" /* its name since PostgreSQL 8 */

LAZY_FUNCTION(LIBPQ, PGconn *, PQconnectStart, (const char *conninfo), (conninfo))
LAZY_FUNCTION(LIBPQ, PGconn *, PQconnectStartParams,
	      (const char *const *keywords, const char *const *values, int expand), (keywords, values, expand))
LAZY_FUNCTION(LIBPQ, PGPing, PQpingParams, (const char *const *keywords, const char *const *values, int expand),
	      (keywords, values, expand))
LAZY_FUNCTION(LIBPQ, PostgresPollingStatusType, PQconnectPoll, (PGconn * connection), (connection))
LAZY_PROCEDURE(LIBPQ, PQfinish, (PGconn * connection), (connection))
LAZY_PROCEDURE(LIBPQ, PQreset, (PGconn * connection), (connection))
LAZY_FUNCTION(LIBPQ, PQconninfoOption *, PQconninfoParse, (const char *conninfo, char **message), (conninfo, message))
LAZY_PROCEDURE(LIBPQ, PQconninfoFree, (PQconninfoOption * options), (options))
LAZY_PROCEDURE(LIBPQ, PQfreemem, (void *pointer), (pointer))

LAZY_FUNCTION(LIBPQ, ConnStatusType, PQstatus, (const PGconn *connection), (connection))
LAZY_FUNCTION(LIBPQ, PGTransactionStatusType, PQtransactionStatus, (const PGconn *connection), (connection))
LAZY_FUNCTION(LIBPQ, const char *, PQparameterStatus, (const PGconn *connection, const char *name), (connection, name))
LAZY_FUNCTION(LIBPQ, int, PQserverVersion, (const PGconn *connection), (connection))
LAZY_FUNCTION(LIBPQ, char *, PQerrorMessage, (const PGconn *connection), (connection))
LAZY_FUNCTION(LIBPQ, int, PQsocket, (const PGconn *connection), (connection))
LAZY_FUNCTION(LIBPQ, int, PQbackendPID, (const PGconn *connection), (connection))
LAZY_FUNCTION(LIBPQ, char *, PQdb, (const PGconn *connection), (connection))
LAZY_FUNCTION(LIBPQ, char *, PQhost, (const PGconn *connection), (connection))
LAZY_FUNCTION(LIBPQ, char *, PQport, (const PGconn *connection), (connection))
LAZY_FUNCTION(LIBPQ, char *, PQpass, (const PGconn *connection), (connection))
LAZY_FUNCTION(LIBPQ, PQnoticeReceiver, PQsetNoticeReceiver,
	      (PGconn * connection, PQnoticeReceiver receiver, void *context), (connection, receiver, context))
LAZY_FUNCTION(LIBPQ, int, PQsetnonblocking, (PGconn * connection, int on), (connection, on))

LAZY_FUNCTION(LIBPQ, int, PQsendQuery, (PGconn * connection, const char *query), (connection, query))
LAZY_FUNCTION(LIBPQ, PGresult *, PQgetResult, (PGconn * connection), (connection))
LAZY_FUNCTION(LIBPQ, int, PQisBusy, (PGconn * connection), (connection))
LAZY_FUNCTION(LIBPQ, int, PQconsumeInput, (PGconn * connection), (connection))
LAZY_FUNCTION(LIBPQ, int, PQflush, (PGconn * connection), (connection))
LAZY_FUNCTION(LIBPQ, int, PQsetSingleRowMode, (PGconn * connection), (connection))
LAZY_FUNCTION(LIBPQ, int, PQputCopyData, (PGconn * connection, const char *data, int length),
	      (connection, data, length))
LAZY_FUNCTION(LIBPQ, int, PQputCopyEnd, (PGconn * connection, const char *message), (connection, message))
LAZY_FUNCTION(LIBPQ, int, PQgetCopyData, (PGconn * connection, char **buffer, int async), (connection, buffer, async))
LAZY_FUNCTION(LIBPQ, PGcancel *, PQgetCancel, (PGconn * connection), (connection))
LAZY_PROCEDURE(LIBPQ, PQfreeCancel, (PGcancel * cancel), (cancel))
LAZY_FUNCTION(LIBPQ, int, PQcancel, (PGcancel * cancel, char *message, int size), (cancel, message, size))

LAZY_FUNCTION(LIBPQ, ExecStatusType, PQresultStatus, (const PGresult *result), (result))
LAZY_FUNCTION(LIBPQ, char *, PQresStatus, (ExecStatusType status), (status))
LAZY_FUNCTION(LIBPQ, char *, PQresultErrorMessage, (const PGresult *result), (result))
LAZY_FUNCTION(LIBPQ, char *, PQresultErrorField, (const PGresult *result, int field), (result, field))
LAZY_FUNCTION(LIBPQ, int, PQntuples, (const PGresult *result), (result))
LAZY_FUNCTION(LIBPQ, int, PQnfields, (const PGresult *result), (result))
LAZY_FUNCTION(LIBPQ, char *, PQfname, (const PGresult *result, int column), (result, column))
LAZY_FUNCTION(LIBPQ, Oid, PQftype, (const PGresult *result, int column), (result, column))
LAZY_FUNCTION(LIBPQ, char *, PQgetvalue, (const PGresult *result, int row, int column), (result, row, column))
LAZY_FUNCTION(LIBPQ, int, PQbinaryTuples, (const PGresult *result), (result))
LAZY_FUNCTION(LIBPQ, char *, PQcmdStatus, (PGresult * result), (result))
LAZY_FUNCTION(LIBPQ, char *, PQcmdTuples, (PGresult * result), (result))
LAZY_FUNCTION(LIBPQ, int, PQgetisnull, (const PGresult *result, int row, int column), (result, row, column))
LAZY_FUNCTION(LIBPQ, PGresult *, PQmakeEmptyPGresult, (PGconn * connection, ExecStatusType status),
	      (connection, status))
LAZY_FUNCTION(LIBPQ, int, PQsetResultAttrs, (PGresult * result, int count, PGresAttDesc *attributes),
	      (result, count, attributes))
LAZY_FUNCTION(LIBPQ, int, PQsetvalue, (PGresult * result, int row, int column, char *value, int length),
	      (result, row, column, value, length))
LAZY_PROCEDURE(LIBPQ, PQclear, (PGresult * result), (result))

LAZY_FUNCTION(LIBPQ, char *, PQencryptPasswordConn,
	      (PGconn * connection, const char *password, const char *user, const char *algorithm),
	      (connection, password, user, algorithm))
