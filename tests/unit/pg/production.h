/* A server of its own to take copies of, for tests. Include it after cmocka.h. */
#ifndef VELA_TESTS_PRODUCTION_H
#define VELA_TESTS_PRODUCTION_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/process.h"
#include "pg/connection.h"

#include "port.h"

#define POSTGRES_15 "/usr/lib/postgresql/15/bin"

struct production {
	const char *binaries;
	char *top, *data, *socket;
	int port;
	struct process process;
};

/* Every call that has to succeed. */
#define MUST(call)                                                                                                     \
	do {                                                                                                           \
		struct error *err = NULL;                                                                              \
		if ((call) < 0)                                                                                        \
			fail_msg("%s: %s (%s)", #call, err ? err->message : "?",                                       \
				 err && err->hint ? err->hint : "no hint");                                            \
	} while (0)

static inline void become_postgres(void)
{
	struct identity who = identity_current();
	struct error *err = NULL;
	if (getuid() == 0 && (identity_of_user("postgres", &who, &err) < 0 || identity_assume(&who, &err) < 0))
		fail_msg("%s", err->message);
}

/* What main() returns. Back to who we were: the leak sanitizer cannot look into a process with assumed ids. */
static inline int end_tests(int failures)
{
	identity_caller_begin();
	return failures;
}

static inline char *make_top(const char *name)
{
	const char *parent = getenv("TMPDIR");
	_cleanup_free_ char *template = string_format("%s/%s.XXXXXX", parent ? parent : "/tmp", name);
	assert_non_null(mkdtemp(template));
	return realpath(template, NULL);
}

static inline int listen_somewhere(int *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, 8) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

/* Runs a program as the owner of the data; its arguments end with NULL. */
static inline void run(const char *program, ...)
{
	struct string_list argv = {0};
	string_list_add(&argv, program);
	va_list arguments;
	va_start(arguments, program);
	const char *argument;
	while ((argument = va_arg(arguments, const char *)))
		string_list_add(&argv, argument);
	va_end(arguments);
	const struct identity user = identity_current();
	struct process_spec spec = {.argv = argv.items, .user = &user, .directory = "/"};
	MUST(process_run_checked(&spec, 120000, NULL, &err));
	string_list_free(&argv);
}

static inline void production_make(struct production *production, const char *binaries, const char *name)
{
	*production = (struct production){.binaries = binaries, .top = make_top(name), .port = free_port()};
	production->data = path_join(production->top, "production", NULL);
	production->socket = path_join(production->top, "s", NULL);
	_cleanup_free_ char *initdb = path_join(binaries, "initdb", NULL);
	MUST(directory_create(production->socket, 0700, &err));
	run(initdb, "-N", "-U", "boss", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--wal-segsize=1", "-D",
	    production->data, NULL);
}

static inline PGconn *production_connect(const struct production *production, const char *database, const char *user)
{
	const struct pg_target target = {
		.host = production->socket, .port = production->port, .database = database, .user = user};
	PGconn *connection = NULL;
	struct error *err = NULL;
	if (pg_connect(&target, &connection, &err) < 0) {
		error_free(err);
		return NULL;
	}
	return connection;
}

static inline void sql_on(PGconn *connection, const char *sql)
{
	struct error *err = NULL;
	if (pg_execute(connection, sql, NULL, &err) < 0)
		fail_msg("%s: %s", sql, err->message);
}

static inline char *value_on(PGconn *connection, const char *sql)
{
	struct error *err = NULL;
	char *value = NULL;
	if (pg_value(connection, sql, &value, &err) < 0)
		fail_msg("%s: %s", sql, err->message);
	return value;
}

static inline void assert_value(PGconn *connection, const char *sql, const char *expected)
{
	_cleanup_free_ char *value = value_on(connection, sql);
	if (!string_equal(value, expected))
		fail_msg("%s: expected %s, got %s", sql, expected ? expected : "NULL", value ? value : "NULL");
}

/* What the server says to a statement that must fail. */
static inline void assert_refused(PGconn *connection, const char *sql, const char *state)
{
	PGresult *result = NULL;
	MUST(pg_query(connection, sql, 0, &result, &err));
	const char *got = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (!string_equal(got, state))
		fail_msg("%s: expected %s, got %s: %s", sql, state, got ? got : "success",
			 PQresultErrorMessage(result));
	PQclear(result);
}

static inline void production_start(struct production *production)
{
	static const char *const settings[] = {"listen_addresses=127.0.0.1", "fsync=off", "max_prepared_transactions=5",
					       "max_logical_replication_workers=0", "log_min_messages=panic"};
	struct string_list argv = {0};
	string_list_addf(&argv, "%s/postgres", production->binaries);
	string_list_add(&argv, "-D");
	string_list_add(&argv, production->data);
	string_list_add(&argv, "-k");
	string_list_add(&argv, production->socket);
	string_list_add(&argv, "-p");
	string_list_addf(&argv, "%d", production->port);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		string_list_add(&argv, "-c");
		string_list_add(&argv, settings[i]);
	}
	const struct identity user = identity_current();
	struct process_spec spec = {.argv = argv.items, .user = &user, .directory = "/"};
	MUST(process_spawn(&spec, &production->process, &err));
	string_list_free(&argv);
	for (int attempt = 0; attempt < 600; attempt++) {
		PGconn *connection = production_connect(production, "postgres", "boss");
		if (connection) {
			pg_disconnect(&connection);
			return;
		}
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	}
	fail_msg("the server of the test does not start");
}

/* SIGINT stops cleanly, SIGQUIT crashes. */
static inline void production_stop(struct production *production, int number)
{
	struct process_result result;
	if (production->process.id.pid == 0)
		return;
	(void)process_signal(&production->process.id, number);
	MUST(process_wait(&production->process, 60000, &result, &err));
	process_free(&production->process);
	production->process = (struct process){.pidfd = -1, .hold_fd = -1, .error_fd = -1};
}

static inline void production_free(struct production *production)
{
	production_stop(production, SIGQUIT);
	if (production->top)
		MUST(directory_remove(production->top, &err));
	free(production->top);
	free(production->data);
	free(production->socket);
	*production = (struct production){0};
}

#endif
