#include "pg/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "pg/environment.h"
#include "pg/wait.h"

enum { CONNECT_TIMEOUT_MS = 10000, MAX_PARAMETERS = 24 };

int pg_remaining_ms(double deadline)
{
	if (deadline <= 0)
		return -1;
	double left = deadline - clock_monotonic_ms();
	return left <= 0 ? 0 : left > 1e6 ? 1000000 : (int)left + 1;
}

int pg_wait_socket(const PGconn *connection, short events, double deadline, struct error **err)
{
	for (;;) {
		struct pollfd fds[2] = {{.fd = PQsocket(connection), .events = events},
					{.fd = interrupt_fd(), .events = POLLIN}};
		if (fds[0].fd < 0)
			return error_set(err, ERROR_POSTGRES, "the connection is lost");
		int ready = poll(fds, 2, pg_remaining_ms(deadline));
		if (ready < 0 && errno != EINTR)
			return error_errno(err, errno, "cannot wait for the server");
		if (interrupt_check(err) < 0)
			return -1;
		if (ready > 0 && fds[0].revents)
			return 1;
		if (deadline > 0 && clock_monotonic_ms() >= deadline)
			return 0;
	}
}

char *pg_connection_message(const PGconn *connection)
{
	_cleanup_buffer_ struct buffer line = {0};
	const char *at = PQerrorMessage(connection);
	while (*at) {
		size_t length = strcspn(at, "\n");
		/* One line per address that was tried; those that begin with a tab are advice. */
		if (length > 0 && *at != '\t') {
			if (line.length > 0)
				buffer_add_text(&line, "; ");
			buffer_add(&line, at, length);
		}
		at += length + (at[length] == '\n');
	}
	return text_safe(buffer_text(&line));
}

/* --- the environment --- */

struct hidden_environment {
	struct string_list pairs; /* name, value, name, value … */
};

static void hide_variable(void *context, const char *name)
{
	struct hidden_environment *hidden = context;
	const char *value = getenv(name);
	if (!value)
		return;
	string_list_add(&hidden->pairs, name);
	string_list_add(&hidden->pairs, value);
	(void)unsetenv(name);
}

/*
 * A target given by its fields means exactly that server: PGHOSTADDR, PGSERVICE, PGSSLMODE or PGOPTIONS of the job
 * around us must neither lead elsewhere nor forge the identity that we are going to ask for.
 */
static void hide_environment(struct hidden_environment *hidden)
{
	pg_environment_each(hide_variable, hidden);
}

static void restore_environment(struct hidden_environment *hidden)
{
	for (size_t i = 0; i + 1 < hidden->pairs.count; i += 2)
		(void)setenv(hidden->pairs.items[i], hidden->pairs.items[i + 1], 1);
	string_list_free(&hidden->pairs);
}

/* --- connecting --- */

struct parameters {
	const char *keywords[MAX_PARAMETERS + 1];
	const char *values[MAX_PARAMETERS + 1];
	size_t count;
};

static void add_parameter(struct parameters *parameters, const char *keyword, const char *value)
{
	if (!value || parameters->count == MAX_PARAMETERS)
		return;
	parameters->keywords[parameters->count] = keyword;
	parameters->values[parameters->count++] = value;
}

static PGconn *start_connecting(const struct pg_target *target)
{
	char port[16];
	snprintf(port, sizeof(port), "%d", target->port);
	struct parameters parameters = {0};
	add_parameter(&parameters, "dbname", target->url); /* first: what follows overrides it */
	add_parameter(&parameters, "host", target->host);
	add_parameter(&parameters, "port", target->port ? port : NULL);
	add_parameter(&parameters, "dbname", target->database);
	add_parameter(&parameters, "user", target->user);
	add_parameter(&parameters, "password", target->password);
	add_parameter(&parameters, "options", target->options);
	add_parameter(&parameters, "client_encoding", "UTF8");
	add_parameter(&parameters, "application_name", "vela");
	if (!target->url) {
		add_parameter(&parameters, "sslmode", "disable");
		add_parameter(&parameters, "gssencmode", "disable");
		add_parameter(&parameters, "passfile", "/dev/null/none");
	}
	return PQconnectStartParams(parameters.keywords, parameters.values, target->url ? 1 : 0);
}

static void ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

static int connection_failed(const PGconn *connection, const struct pg_target *target, bool reached, struct error **err)
{
	_cleanup_free_ char *message = pg_connection_message(connection);
	/* libpq quotes a URL that it cannot parse, and somebody may have put a password into it. */
	char *quoted = target->url ? strstr(message, ": \"postgres") : NULL;
	if (quoted)
		*quoted = '\0';
	bool secret = target->password && *target->password && strstr(message, target->password);
	return error_set(err, reached ? ERROR_POSTGRES : ERROR_NETWORK, "%s",
			 secret ? "cannot connect to the server" : message);
}

static int connect_timed_out(const PGconn *connection, double timeout_ms, struct error **err)
{
	_cleanup_free_ char *host = text_safe(PQhost(connection) ? PQhost(connection) : "?");
	return error_set(err, ERROR_NETWORK, "timed out after %.0f ms connecting to %s, port %s", timeout_ms, host,
			 PQport(connection) ? PQport(connection) : "?");
}

/* Name resolution alone happens inside libpq and cannot be interrupted. */
static int finish_connecting(PGconn *connection, const struct pg_target *target, struct error **err)
{
	double timeout_ms = target->timeout_ms > 0 ? target->timeout_ms : CONNECT_TIMEOUT_MS;
	double deadline = clock_monotonic_ms() + timeout_ms;
	bool reached = false; /* the operating system connected us: what fails from here on, the server refused */
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	if (PQstatus(connection) == CONNECTION_BAD)
		return connection_failed(connection, target, false, err);
	while (status != PGRES_POLLING_OK) {
		int ready =
			pg_wait_socket(connection, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline, err);
		if (ready < 0)
			return -1;
		if (ready == 0)
			return connect_timed_out(connection, timeout_ms, err);
		status = PQconnectPoll(connection);
		if (status == PGRES_POLLING_FAILED)
			return connection_failed(connection, target, reached, err);
		ConnStatusType state = PQstatus(connection);
		reached |= state != CONNECTION_STARTED && state != CONNECTION_NEEDED;
	}
	return 0;
}

static int connect_target(const struct pg_target *target, PGconn **ret, struct error **err)
{
	_cleanup_connection_ PGconn *connection = start_connecting(target);
	if (!connection)
		abort();                                      /* out of memory */
	PQsetNoticeReceiver(connection, ignore_notice, NULL); /* the default prints */
	if (finish_connecting(connection, target, err) < 0)
		return -1;
	*ret = TAKE_POINTER(connection);
	return 0;
}

/* Whoever connects somewhere else than to the branch that was meant stops here, before anything is changed there. */
static int check_branch(PGconn *connection, const char *expected, double timeout_ms, struct error **err)
{
	_cleanup_result_ PGresult *result = NULL;
	if (pg_query(connection, "SHOW vela.branch", timeout_ms, &result, err) < 0)
		return -1;
	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 &&
	    string_equal(PQgetvalue(result, 0, 0), expected))
		return 0;
	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		_cleanup_free_ char *found = text_safe(PQgetvalue(result, 0, 0));
		error_set(err, ERROR_REFUSED, "the server on port %s is branch \"%s\", not \"%s\"", PQport(connection),
			  found, expected);
	} else {
		error_set(err, ERROR_REFUSED, "the server on port %s is not a branch of vela", PQport(connection));
	}
	return error_hint(err, "nothing was run on it; another program may have taken the branch's port");
}

int pg_connect(const struct pg_target *target, PGconn **ret, struct error **err)
{
	if (interrupt_check(err) < 0)
		return -1;
	struct hidden_environment hidden = {0};
	if (!target->url)
		hide_environment(&hidden);
	_cleanup_connection_ PGconn *connection = NULL;
	int result = connect_target(target, &connection, err);
	restore_environment(&hidden);
	if (result < 0)
		return -1;
	double timeout_ms = target->timeout_ms > 0 ? target->timeout_ms : CONNECT_TIMEOUT_MS;
	if (target->branch && check_branch(connection, target->branch, timeout_ms, err) < 0)
		return -1;
	*ret = TAKE_POINTER(connection);
	return 0;
}

bool pg_accepts(const char *host, int port)
{
	static const char *const keywords[] = {"host", "port", "user", "dbname", "connect_timeout", NULL};
	char number[16];
	snprintf(number, sizeof(number), "%d", port);
	const char *values[] = {host, number, "nobody", "postgres", "2", NULL};
	struct hidden_environment hidden = {0};
	hide_environment(&hidden);
	PGPing answer = PQpingParams(keywords, values, 0);
	restore_environment(&hidden);
	return answer == PQPING_OK;
}

void pg_disconnect(PGconn **connection)
{
	PQfinish(*connection);
	*connection = NULL;
}

void pg_result_free(PGresult **result)
{
	PQclear(*result);
	*result = NULL;
}
