/* A real data directory in a directory of its own, for the tests of src/pg. Run as root, the server belongs to
 * postgres. */
#ifndef VELA_TESTS_CLUSTER_H
#define VELA_TESTS_CLUSTER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/process.h"
#include "pg/connection.h"
#include "pg/instance.h"
#include "tests/unit/outcome.h"

#include "port.h"

#define PG15 "/usr/lib/postgresql/15/bin"
#define CLUSTER_FUNCTION __attribute__((unused)) static

enum { TEST_TIMEOUT_MS = 20000 };

struct cluster {
	char *root; /* everything is below */
	char *data;
	char *run;
	struct pg_instance instance;
	struct process_id id;
};

#define assert_failure(kind, text, call) assert_failure_without(NULL, kind, text, call)

CLUSTER_FUNCTION void cluster_identity(void)
{
	struct identity who;
	if (getuid() == 0 && (identity_of_user("postgres", &who, NULL) < 0 || identity_assume(&who, NULL) < 0))
		abort();
}

/* A failed test does not get to its end: what it made is found here. */
static struct cluster clusters[8];

CLUSTER_FUNCTION void cluster_destroy(struct cluster *cluster)
{
	if (cluster->id.pid > 0)
		(void)pg_instance_stop(&cluster->id, PG_STOP_DISCARD, TEST_TIMEOUT_MS, NULL);
	if (cluster->root)
		(void)directory_remove(cluster->root, NULL);
	free(cluster->root);
	free(cluster->data);
	free(cluster->run);
	*cluster = (struct cluster){0};
}

/* What main() returns. Back to who we were: the leak sanitizer cannot look into a process with assumed ids. */
CLUSTER_FUNCTION int cluster_end(int failures)
{
	for (size_t i = 0; i < ARRAY_SIZE(clusters); i++)
		cluster_destroy(&clusters[i]);
	identity_caller_begin();
	return failures;
}

/* Runs a program as the server's user; it has to succeed. */
CLUSTER_FUNCTION char *run_program(char *const *argv)
{
	struct identity who = identity_current();
	struct process_spec spec = {.argv = argv, .user = &who, .directory = "/"};
	_cleanup_output_ struct process_output output = {0};
	assert_success(process_run_checked(&spec, 60000, &output, err));
	return string_copy(buffer_text(&output.out));
}

#define run(...)                                                                                                       \
	do {                                                                                                           \
		const char *arguments[] = {__VA_ARGS__, NULL};                                                         \
		struct string_list list = {0};                                                                         \
		for (size_t argument = 0; arguments[argument]; argument++)                                             \
			string_list_add(&list, arguments[argument]);                                                   \
		free(run_program(list.items));                                                                         \
		string_list_free(&list);                                                                               \
	} while (0)

/* The bin directory of PostgreSQL 18, whose tests are no less necessary: without it they fail. */
CLUSTER_FUNCTION const char *pg18(void)
{
	const char *directory = getenv("VELA_TEST_PG18");
	if (!directory)
		fail_msg("VELA_TEST_PG18 does not say where PostgreSQL 18 is");
	return directory;
}

/* An empty cluster with the directories around it, not yet initialised. */
CLUSTER_FUNCTION struct cluster *cluster_prepare(int major, const char *binaries)
{
	char root[] = "/tmp/vela-pg-XXXXXX";
	struct cluster *cluster = clusters;
	while (cluster->root)
		cluster++;
	assert_true(cluster < clusters + ARRAY_SIZE(clusters));
	assert_non_null(mkdtemp(root));
	*cluster = (struct cluster){.root = string_copy(root)};
	cluster->data = path_join(root, "data", NULL);
	cluster->run = path_join(root, "run", NULL);
	assert_success(directory_create(cluster->run, 0700, err));
	cluster->instance = (struct pg_instance){
		.purpose = PG_FOR_BRANCH,
		.major = major,
		.binaries = binaries,
		.data = cluster->data,
		.directory = cluster->run,
		.socket_directory = cluster->run,
		.port = free_port(),
		.branch = "pool/shop/test",
		.superuser = "postgres",
		.role = "vela",
	};
	return cluster;
}

CLUSTER_FUNCTION struct cluster *cluster_create(int major, const char *binaries)
{
	struct cluster *cluster = cluster_prepare(major, binaries);
	_cleanup_free_ char *initdb = path_join(binaries, "initdb", NULL);
	run(initdb, "-D", cluster->data, "-U", "postgres", "-A", "reject", "-E", "UTF8", "--locale=C", "--no-sync");
	return cluster;
}

CLUSTER_FUNCTION int cluster_remember(void *context, const struct process_id *id, struct error **err)
{
	(void)err;
	((struct cluster *)context)->id = *id;
	return 0;
}

CLUSTER_FUNCTION int cluster_try_start(struct cluster *cluster, struct error **err)
{
	struct pg_start_hooks hooks = {.spawned = cluster_remember, .context = cluster};
	return pg_instance_start(&cluster->instance, TEST_TIMEOUT_MS, &hooks, err);
}

CLUSTER_FUNCTION void cluster_start(struct cluster *cluster)
{
	assert_success(cluster_try_start(cluster, err));
}

CLUSTER_FUNCTION void cluster_stop(struct cluster *cluster, enum pg_stop how)
{
	assert_success(pg_instance_stop(&cluster->id, how, TEST_TIMEOUT_MS, err));
	cluster->id = (struct process_id){0};
}

/* As the superuser, through the socket. */
CLUSTER_FUNCTION struct pg_target cluster_target(const struct cluster *cluster)
{
	return (struct pg_target){
		.host = cluster->run,
		.port = cluster->instance.port,
		.database = "postgres",
		.user = "postgres",
		.branch = cluster->instance.branch,
	};
}

CLUSTER_FUNCTION PGconn *cluster_connect(const struct cluster *cluster)
{
	struct pg_target target = cluster_target(cluster);
	PGconn *connection = NULL;
	assert_success(pg_connect(&target, &connection, err));
	return connection;
}

/* The single value of a query, in a static buffer. */
CLUSTER_FUNCTION const char *cluster_value(const struct cluster *cluster, const char *sql)
{
	static char kept[4096];
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	_cleanup_free_ char *value = NULL;
	assert_success(pg_value(connection, sql, &value, err));
	snprintf(kept, sizeof(kept), "%s", value ? value : "NULL");
	return kept;
}

#endif
