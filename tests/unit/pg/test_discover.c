#include "tests/unit/pg/cluster.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "pg/family.h"

static struct cluster *cluster;

static int create_cluster(void **state)
{
	(void)state;
	cluster = cluster_create(15, PG15);
	return 0;
}

/* Every test leaves a server stopped cleanly. */
static int stop_cluster(void **state)
{
	(void)state;
	if (cluster->id.pid > 0)
		cluster_stop(cluster, PG_STOP_CLEAN);
	return 0;
}

/* --- finding --- */

static void test_find_without_a_pid_file(void **state)
{
	(void)state;
	struct process_id found = {0};
	assert_false(pg_instance_find(cluster->data, &found));
	cluster_start(cluster);
	_cleanup_free_ char *path = path_join(cluster->data, "postmaster.pid", NULL);
	_cleanup_free_ char *aside = path_join(cluster->run, "aside", NULL);
	assert_success(file_rename(path, aside, err));
	assert_true(pg_instance_find(cluster->data, &found));
	assert_int_equal(found.pid, cluster->id.pid);
	assert_int_equal(found.start_time, cluster->id.start_time);
	_cleanup_free_ char *link = path_join(cluster->root, "link", NULL);
	assert_int_equal(symlink(cluster->data, link), 0);
	found.pid = 0;
	assert_true(pg_instance_find(link, &found));
	assert_int_equal(found.pid, cluster->id.pid);
	assert_int_equal(unlink(link), 0);
	assert_success(file_rename(aside, path, err));
	assert_false(pg_instance_find(cluster->run, &found));
}

struct visits {
	int count;
	struct process_id id;
	char branch[64];
	char data[128];
};

static void visit(void *context, const struct process_id *id, const char *branch, const char *data)
{
	struct visits *visits = context;
	visits->count++;
	visits->id = *id;
	snprintf(visits->branch, sizeof(visits->branch), "%s", branch);
	snprintf(visits->data, sizeof(visits->data), "%s", data);
}

static void test_each(void **state)
{
	(void)state;
	_cleanup_free_ char *pool = string_format("test-%d/", (int)getpid());
	_cleanup_free_ char *branch = string_format("%sshop/one", pool);
	cluster->instance.branch = branch;
	cluster_start(cluster);
	/* Many sessions come and go meanwhile: forked children that still look like the postmaster are none. */
	pid_t visitor = fork();
	if (visitor == 0) {
		for (int i = 0; i < 60; i++) {
			struct pg_target target = cluster_target(cluster);
			PGconn *connection = NULL;
			if (pg_connect(&target, &connection, NULL) < 0)
				_exit(1);
			pg_disconnect(&connection);
		}
		_exit(0);
	}
	_cleanup_free_ char *path = path_join(cluster->data, "postmaster.pid", NULL);
	_cleanup_free_ char *aside = path_join(cluster->run, "aside", NULL);
	assert_success(file_rename(path, aside, err));
	while (waitpid(visitor, NULL, WNOHANG) == 0) {
		struct visits visits = {0};
		struct process_id found;
		assert_true(pg_instance_find(cluster->data, &found));
		assert_int_equal(found.pid, cluster->id.pid);
		pg_instance_each(pool, visit, &visits);
		assert_int_equal(visits.count, 1);
		assert_int_equal(visits.id.pid, cluster->id.pid);
		assert_string_equal(visits.branch, branch);
		assert_string_equal(visits.data, cluster->data);
	}
	assert_success(file_rename(aside, path, err));
	struct visits none = {0};
	pg_instance_each("test-other/", visit, &none);
	assert_int_equal(none.count, 0);
	cluster->instance.branch = "pool/shop/test";
}

/* Something that looks like a server of `data`, run by somebody. */
static pid_t run_impostor(const struct identity *who, const char *data, const char *branch)
{
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char *argument = string_format("vela.branch=%s", branch);
		if (identity_become(who) == 0)
			(void)execl("/bin/sh", "postgres", "-c", "kill -STOP $$", "-D", data, "-c", argument, NULL);
		_exit(1);
	}
	(void)close(ends[1]);
	char none;
	(void)!read(ends[0], &none, 1); /* its end is closed once it is executed */
	(void)close(ends[0]);
	return pid;
}

/* A command line proves nothing: whoever does not own the data does not run their server. */
static void test_impostors(void **state)
{
	(void)state;
	struct identity nobody, owner = identity_current();
	assert_success(identity_of_user("nobody", &nobody, err));
	_cleanup_free_ char *gone = path_join(cluster->root, "gone", NULL);
	_cleanup_free_ char *branch = string_format("impostor-%d/shop/one", (int)getpid());
	const struct {
		const struct identity *who;
		const char *data;
		bool found;
	} cases[] = {{&nobody, cluster->data, false},
		     {&nobody, gone, false},
		     {&owner, cluster->data, true},
		     {&owner, gone, true}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct process_id found = {0};
		struct visits visits = {0};
		pid_t pid = run_impostor(cases[i].who, cases[i].data, branch);
		bool is_found = pg_instance_find(cases[i].data, &found);
		pg_instance_each(branch, visit, &visits);
		identity_caller_begin();
		(void)kill(pid, SIGKILL);
		identity_caller_end();
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(is_found, cases[i].found);
		assert_int_equal(visits.count, cases[i].found);
		assert_int_equal(found.pid, cases[i].found ? pid : 0);
	}
}

/* --- leftovers --- */

static void test_running_already(void **state)
{
	(void)state;
	cluster_start(cluster);
	struct process_id first = cluster->id;
	assert_failure(ERROR_CONFLICT, "already runs", cluster_try_start(cluster, err));
	assert_true(process_is_alive(&first));
}

static void test_after_a_kill(void **state)
{
	(void)state;
	cluster_start(cluster);
	assert_int_equal(kill(cluster->id.pid, SIGKILL), 0);
	assert_int_equal(waitpid(cluster->id.pid, NULL, 0), cluster->id.pid);
	/* The process ids in the files it left are of another process by now. */
	char *sleeper[] = {(char[]){"sleep"}, (char[]){"100"}, NULL};
	struct identity who = identity_current();
	struct process_spec spec = {.argv = sleeper, .user = &who};
	_cleanup_process_ struct process living;
	assert_success(process_spawn(&spec, &living, err));
	_cleanup_free_ char *line = string_format("%d\n", (int)living.id.pid);
	_cleanup_free_ char *lock = string_format("%s/.s.PGSQL.%d.lock", cluster->run, cluster->instance.port);
	assert_true(file_exists(lock));
	assert_success(file_replace(lock, line, strlen(line), 0600, FILE_VOLATILE, err));
	_cleanup_free_ char *pid_file = path_join(cluster->data, "postmaster.pid", NULL);
	assert_success(file_replace(pid_file, line, strlen(line), 0600, FILE_VOLATILE, err));
	int result = cluster_try_start(cluster, NULL);
	(void)kill(living.id.pid, SIGKILL);
	(void)waitpid(living.id.pid, NULL, 0);
	assert_int_equal(result, 0);
	assert_string_equal(cluster_value(cluster, "SELECT 1"), "1");
}

/* The first child of the server that does not know yet whether it lives: it stands still. */
static struct process_id stop_child(const struct process_id *postmaster)
{
	_cleanup_family_ struct family children = {0};
	pg_family_children(postmaster, &children);
	assert_true(children.count > 0);
	assert_int_equal(process_signal(&children.members[0], SIGSTOP), 0);
	assert_true(pg_family_await_stopped(&children.members[0], TEST_TIMEOUT_MS));
	return children.members[0];
}

/* A child that lives on keeps the shared memory, and with it any new server from starting. */
static void start_beside_orphan(struct cluster *one)
{
	cluster_start(one);
	struct process_id orphan = stop_child(&one->id);
	/* Somebody looks around in the data directory: that is no server. */
	char *sleeper[] = {(char[]){"sleep"}, (char[]){"100"}, NULL};
	struct process_spec spec = {.argv = sleeper, .directory = one->data};
	_cleanup_process_ struct process bystander;
	assert_success(process_spawn(&spec, &bystander, err));
	assert_int_equal(kill(one->id.pid, SIGKILL), 0);
	assert_int_equal(waitpid(one->id.pid, NULL, 0), one->id.pid);
	assert_true(process_is_alive(&orphan));
	cluster_start(one);
	assert_false(process_is_alive(&orphan));
	assert_true(process_is_alive(&bystander.id));
	assert_string_equal(cluster_value(one, "SELECT 1"), "1");
	(void)kill(bystander.id.pid, SIGKILL);
	(void)waitpid(bystander.id.pid, NULL, 0);
}

static void test_orphans_of_a_kill(void **state)
{
	(void)state;
	start_beside_orphan(cluster);
	struct cluster *newest = cluster_create(18, pg18());
	start_beside_orphan(newest);
	cluster_destroy(newest);
}

/* A server beside it loses nothing. */
static void test_orphans_are_of_one_directory(void **state)
{
	(void)state;
	struct cluster *other = cluster_create(15, PG15);
	cluster_start(other);
	struct process_id child = stop_child(&other->id);
	assert_int_equal(process_signal(&child, SIGCONT), 0);
	cluster_start(cluster);
	assert_true(process_is_alive(&other->id));
	assert_true(process_is_alive(&child));
	cluster_destroy(other);
}

/* The copy of a running server's files has its postmaster.pid, of a process that lives. */
static void test_clone_of_a_running_server(void **state)
{
	(void)state;
	cluster_start(cluster);
	struct cluster *clone = cluster_prepare(15, PG15);
	struct pg_pause *pause = NULL;
	assert_success(pg_instance_pause(&cluster->id, &pause, err));
	run("/bin/cp", "-a", cluster->data, clone->data);
	pg_instance_resume(&pause);
	struct process_id found = {0};
	assert_false(pg_instance_find(clone->data, &found));
	assert_true(pg_instance_find(cluster->data, &found));
	assert_int_equal(found.pid, cluster->id.pid);
	cluster_start(clone);
	assert_true(pg_instance_find(clone->data, &found));
	assert_int_equal(found.pid, clone->id.pid);
	assert_string_equal(cluster_value(cluster, "SELECT 1"), "1");
	assert_string_equal(cluster_value(clone, "SELECT 2"), "2");
	cluster_destroy(clone);
	assert_string_equal(cluster_value(cluster, "SELECT 1"), "1");
}

int main(void)
{
	cluster_identity();
#define T(name) cmocka_unit_test_teardown(name, stop_cluster)
	const struct CMUnitTest tests[] = {
		T(test_running_already),
		T(test_after_a_kill),
		T(test_clone_of_a_running_server),
		T(test_find_without_a_pid_file),
		T(test_each),
		T(test_impostors),
		T(test_orphans_of_a_kill),
		T(test_orphans_are_of_one_directory),
	};
	return cluster_end(cmocka_run_group_tests_name("pg/discover", tests, create_cluster, NULL));
}
