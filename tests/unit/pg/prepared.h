/* A hostile production, copied and prepared, and a branch of it that runs. Include it after cmocka.h. */
#ifndef VELA_TESTS_PREPARED_H
#define VELA_TESTS_PREPARED_H

#include "pg/control.h"
#include "pg/instance.h"
#include "pg/prepare.h"
#include "pg/source.h"
#include "tests/unit/pg/hostile.h"
#include "tests/unit/pg/production.h"

enum { TIMEOUT_MS = 60000 };

static struct production production;
static int major;
static int listener = -1, listener_port;
static char *baseline;      /* the prepared copy */
static struct buffer notes; /* one per line */
static struct pg_prepared prepared;
static struct process_id branch_id;
static char *branch; /* the data of the running branch */
static int branch_port;
static const char password[] = "of the branch";

/* --- a hostile production, copied and prepared once --- */

static void make_hostile(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		if (major < hostile[i].since || (hostile[i].since < 0 && major > -hostile[i].since))
			continue;
		struct buffer sql = {0};
		const char *at = strstr(hostile[i].sql, "%d");
		buffer_add(&sql, hostile[i].sql, at ? (size_t)(at - hostile[i].sql) : strlen(hostile[i].sql));
		if (at)
			buffer_addf(&sql, "%d%s", listener_port, at + 2);
		PGconn *connection = production_connect(&production, hostile[i].database, "boss");
		assert_non_null(connection);
		sql_on(connection, buffer_text(&sql));
		pg_disconnect(&connection);
		buffer_free(&sql);
	}
}

static void note(void *context, const char *text)
{
	(void)context;
	buffer_addf(&notes, "%s\n", text);
}

static struct pg_instance make_instance(enum pg_purpose purpose, const char *data, int port)
{
	return (struct pg_instance){
		.purpose = purpose,
		.major = major,
		.binaries = production.binaries,
		.data = data,
		.directory = production.socket,
		.socket_directory = production.socket,
		.port = port,
		.branch = "test/prepare",
		.superuser = "boss",
		.role = "vela",
		.preload = purpose == PG_FOR_PREPARATION ? "auto_explain, \"nowhere\", pg_net" : NULL,
	};
}

static void prepare_baseline(void)
{
	const struct progress progress = {.note = note};
	_cleanup_free_ char *superuser = NULL;
	MUST(pg_prepare_files(baseline, &err));
	MUST(pg_prepare_superuser(production.binaries, baseline, &superuser, &err));
	assert_string_equal(superuser, "boss");
	const struct pg_instance instance = make_instance(PG_FOR_PREPARATION, baseline, 5432);
	MUST(pg_prepare_cluster(&instance, "vela", &progress, &prepared, &err));
}

static int remember(void *context, const struct process_id *id, struct error **err)
{
	(void)err;
	*(struct process_id *)context = *id;
	return 0;
}

static PGconn *connect_branch(const char *database, bool administrator)
{
	struct pg_target target = {.host = "127.0.0.1",
				   .port = branch_port,
				   .database = database,
				   .user = "vela",
				   .password = password,
				   .branch = "test/prepare"};
	if (administrator) {
		target.host = production.socket;
		target.user = "boss";
		target.password = NULL;
	}
	PGconn *connection = NULL;
	MUST(pg_connect(&target, &connection, &err));
	return connection;
}

static void start_branch(void)
{
	branch = path_join(production.top, "branch", NULL);
	branch_port = free_port();
	run("/bin/cp", "-a", baseline, branch, NULL);
	const struct pg_instance instance = make_instance(PG_FOR_BRANCH, branch, branch_port);
	const struct pg_start_hooks hooks = {.spawned = remember, .context = &branch_id};
	MUST(pg_instance_start(&instance, TIMEOUT_MS, &hooks, &err));
}

static void let_role_in(void)
{
	_cleanup_free_ char *verifier = NULL;
	MUST(pg_scram_verifier(password, "vela", &verifier, &err));
	_cleanup_free_ char *sql = string_format("ALTER ROLE vela LOGIN PASSWORD '%s'", verifier);
	PGconn *connection = connect_branch("postgres", true);
	sql_on(connection, sql);
	pg_disconnect(&connection);
}

static int make_baseline(const char *binaries)
{
	become_postgres();
	listener = listen_somewhere(&listener_port);
	production_make(&production, binaries, "test_prepare");
	MUST(pg_data_major(production.data, &major, &err));
	production_start(&production);
	make_hostile();
	baseline = path_join(production.top, "baseline", NULL);
	return 0;
}

/* PostgreSQL 15 by a base backup, which has to be recovered. */
static int make_from_backup(void **state)
{
	(void)state;
	make_baseline(POSTGRES_15);
	_cleanup_free_ char *url =
		string_format("host='%s' port=%d user=copier dbname=template1", production.socket, production.port);
	MUST(directory_create(baseline, 0700, &err));
	assert_null(production_connect(&production, "postgres", "boss")); /* its library to preload does not exist */
	MUST(pg_source_backup(POSTGRES_15, url, NULL, baseline, NULL, &err));
	production_stop(&production, SIGQUIT);
	prepare_baseline();
	start_branch();
	let_role_in();
	return 0;
}

/* The newest version by copying the files of a crashed server. */
static int make_from_directory(void **state)
{
	(void)state;
	const char *binaries = getenv("VELA_TEST_PG18");
	if (!binaries)
		fail_msg("VELA_TEST_PG18 does not say where PostgreSQL 18 is");
	make_baseline(binaries);
	production_stop(&production, SIGQUIT);
	run("/bin/cp", "-a", production.data, baseline, NULL);
	prepare_baseline();
	start_branch();
	let_role_in();
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	if (branch_id.pid > 0)
		MUST(pg_instance_stop(&branch_id, PG_STOP_DISCARD, TIMEOUT_MS, &err));
	branch_id = (struct process_id){0};
	production_free(&production);
	pg_prepared_free(&prepared);
	buffer_free(&notes);
	string_replace(&baseline, NULL);
	string_replace(&branch, NULL);
	close(listener);
	return 0;
}

#endif
