/*
 * Connections through libpq's asynchronous interface: every wait observes interrupts and a time limit.
 * An interrupted or timed-out query is cancelled on the server.
 */
#ifndef VELA_PG_CONNECTION_H
#define VELA_PG_CONNECTION_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct pg_target {
	const char *url;  /* a whole conninfo or URL, without password; the fields below override it where given */
	const char *host; /* an address, or the directory of a Unix socket */
	int port;         /* 0: not given */
	const char *database;
	const char *user;
	const char *password; /* never shown in any message */
	/* The identity that the server must carry as its setting vela.branch; NULL: none is asked for. Another server
	 * is refused (ERROR_REFUSED) before anything is run on it. */
	const char *branch;
	double timeout_ms;   /* to connect; 0: 10 s */
	const char *options; /* settings of the session from its first moment: "-c name=value"; NULL: none */
};

/*
 * Connects, with application_name "vela", client_encoding UTF8. ERROR_POSTGRES, or ERROR_NETWORK if the host is not
 * reached. Without `url` nothing of libpq's environment (PGHOSTADDR, PGSSLMODE, PGOPTIONS, PGSERVICE, …) has a say.
 */
int pg_connect(const struct pg_target *target, PGconn **ret, struct error **err);
/* Does the server at this address take connections by now? Nobody logs in; it takes two seconds at most. */
bool pg_accepts(const char *host, int port);
void pg_disconnect(PGconn **connection);
#define _cleanup_connection_ _cleanup_(pg_disconnect)
void pg_result_free(PGresult **result);
#define _cleanup_result_ _cleanup_(pg_result_free)

/*
 * Runs one query string. An error that the server reports is a *success* here: look at PQresultStatus(). -1 is for what
 * leaves no result: connection lost (ERROR_POSTGRES), interrupted, or the time limit (ERROR_POSTGRES, message "timed
 * out …"). timeout_ms 0: no limit. With several statements in `sql` the last result, or the first error, is returned.
 */
int pg_query(PGconn *connection, const char *sql, double timeout_ms, PGresult **ret, struct error **err);
/*
 * The same for SQL whose rows nobody wants: they are thrown away as they come, however many. *ret NULL: it was
 * cancelled, because the deadline passed or `tick` said so, and the connection is fit for the next query. A result that
 * says PGRES_COPY_… is to be followed by pg_copy_in() or pg_copy_out().
 */
struct pg_watch {
	double deadline;             /* a clock_monotonic_ms(); 0: none */
	double first_ms, every_ms;   /* when `tick` is called, since the query was sent and since the last time */
	bool (*tick)(void *context); /* false: cancel it; NULL: there is none */
	void *context;
};
int pg_query_watched(PGconn *connection, const char *sql, const struct pg_watch *watch, PGresult **ret,
		     struct error **err);
/* Sends the data of a COPY that began, ends it, and goes on as pg_query_watched(). */
int pg_copy_in(PGconn *connection, const char *data, size_t length, const struct pg_watch *watch, PGresult **ret,
	       struct error **err);
/* Reads the data of a COPY that began, each piece of it given to `take`, and goes on likewise. */
typedef void pg_copy_take(void *context, const char *data, size_t length);
int pg_copy_out(PGconn *connection, pg_copy_take *take, void *context, const struct pg_watch *watch, PGresult **ret,
		struct error **err);
/* The same for SQL that has to succeed; `ret` may be NULL. A full disk (SQLSTATE 53100) is ERROR_STORAGE. */
int pg_execute(PGconn *connection, const char *sql, PGresult **ret, struct error **err);
/* The single value of a query that yields one row with one column; owned, NULL for NULL. */
int pg_value(PGconn *connection, const char *sql, char **ret, struct error **err);
/* Turns an error result into *err: "MESSAGE (SQLSTATE)" with the server's detail and hint. Always -1. */
int pg_result_error(const PGresult *result, struct error **err);

char *pg_quote_identifier(const char *name); /* "name", owned; needs no connection */
char *pg_quote_literal(const char *text);    /* 'text' or E'te\\xt', owned; needs no connection */

/* 32 random bytes as base64url text without padding; owned. */
char *pg_random_password(void);
/* The SCRAM-SHA-256 verifier of a password, computed here so that no server log sees the password; owned. */
int pg_scram_verifier(const char *password, const char *user, char **ret, struct error **err);

#endif
