/* A server for all tests of a program, with a login role whose default `role` is another, and connections as that role.
 */
#ifndef VELA_TESTS_CHECK_SERVER_H
#define VELA_TESTS_CHECK_SERVER_H

#include "../pg/cluster.h"

#include "base/clock.h"

static struct cluster *server;

static inline int server_start(int major, const char *binaries)
{
	server = cluster_create(major, binaries);
	cluster_start(server);
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(admin,
				  "CREATE ROLE owner NOLOGIN IN ROLE pg_signal_backend; "
				  "CREATE ROLE vela LOGIN PASSWORD 'secret' IN ROLE owner; ALTER ROLE vela SET role = "
				  "owner; ALTER ROLE vela SET work_mem = '5MB'; "
				  "GRANT ALL ON SCHEMA public TO owner; CREATE ROLE other; GRANT other TO vela",
				  NULL, err));
	return 0;
}

static inline int server_setup_15(void **state)
{
	(void)state;
	return server_start(15, PG15);
}

static inline int server_setup_18(void **state)
{
	(void)state;
	return server_start(18, pg18());
}

static inline int server_teardown(void **state)
{
	(void)state;
	cluster_destroy(server);
	return 0;
}

/* As the role. */
static inline struct pg_target server_target(void)
{
	return (struct pg_target){
		.host = "127.0.0.1",
		.port = server->instance.port,
		.database = "postgres",
		.user = "vela",
		.password = "secret",
		.branch = server->instance.branch,
	};
}

static inline PGconn *server_connect(void)
{
	struct pg_target target = server_target();
	PGconn *connection = NULL;
	assert_success(pg_connect(&target, &connection, err));
	return connection;
}

static inline void assert_value(PGconn *connection, const char *sql, const char *expected)
{
	_cleanup_free_ char *value = NULL;
	assert_success(pg_value(connection, sql, &value, err));
	if (!string_equal(value, expected))
		fail_msg("%s: %s, not %s", sql, value ? value : "NULL", expected ? expected : "NULL");
}

#endif
