#include "tests/unit/pg/cluster.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"

static struct cluster *cluster;

static int start_cluster(void **state)
{
	(void)state;
	cluster = cluster_create(15, PG15);
	cluster_start(cluster);
	return 0;
}

struct states {
	pid_t postmaster;
	size_t stopped, running;
};

static bool add_state(void *context, pid_t pid, const char *arguments, size_t length)
{
	(void)arguments;
	(void)length;
	struct states *states = context;
	if (pid != states->postmaster && process_parent(pid) != states->postmaster)
		return true;
	if (process_state(pid) == 'T')
		states->stopped++;
	else
		states->running++;
	return true;
}

static struct states look(void)
{
	struct states states = {.postmaster = cluster->id.pid};
	process_each(add_state, &states);
	return states;
}

/* Until no process of the server is stopped any more. */
static bool await_running(double timeout_ms)
{
	double deadline = clock_monotonic_ms() + timeout_ms;
	while (clock_monotonic_ms() < deadline) {
		if (look().stopped == 0)
			return true;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return false;
}

/* A session that writes as fast as it can until it is killed. */
static pid_t start_writer(void)
{
	pid_t child = fork();
	if (child != 0)
		return child;
	struct pg_target target = cluster_target(cluster);
	PGconn *connection = NULL;
	if (pg_connect(&target, &connection, NULL) < 0)
		_exit(1);
	while (pg_execute(connection, "INSERT INTO written SELECT count(*) FROM written", NULL, NULL) == 0)
		;
	_exit(1);
}

static void end_child(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

struct newest {
	struct timespec time;
	long long bytes;
};

/* When anything in the directory of the WAL was last written. */
static struct newest newest_wal(void)
{
	_cleanup_free_ char *directory = path_join(cluster->data, "pg_wal", NULL);
	_cleanup_(string_list_free) struct string_list names = {0};
	struct newest newest = {0};
	assert_success(directory_list(directory, &names, err));
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(directory, names.items[i], NULL);
		struct stat st;
		if (stat(path, &st) < 0)
			continue;
		newest.bytes += st.st_size;
		if (st.st_mtim.tv_sec > newest.time.tv_sec ||
		    (st.st_mtim.tv_sec == newest.time.tv_sec && st.st_mtim.tv_nsec > newest.time.tv_nsec))
			newest.time = st.st_mtim;
	}
	return newest;
}

static void test_everything_stands_still(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *session = cluster_connect(cluster);
	assert_success(pg_execute(session, "CREATE TABLE written (i int)", NULL, err));
	assert_success(pg_execute(session, "BEGIN; CREATE TABLE open_transaction ()", NULL, err));
	pid_t writers[] = {start_writer(), start_writer(), start_writer()};
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);

	struct pg_pause *pause = NULL;
	double start = clock_monotonic_ms();
	assert_success(pg_instance_pause(&cluster->id, &pause, err));
	double took = clock_monotonic_ms() - start;
	struct states states = look();
	assert_int_equal(states.running, 0);
	assert_true(states.stopped >= 7);
	struct newest before = newest_wal();
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	struct newest after = newest_wal();
	assert_memory_equal(&before, &after, sizeof(before));
	pg_instance_resume(&pause);
	assert_null(pause);
	assert_true(took < 2000);

	assert_int_equal(look().stopped, 0);
	assert_success(pg_execute(session, "COMMIT", NULL, err));
	nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	struct newest later = newest_wal();
	assert_memory_not_equal(&after, &later, sizeof(after));
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
		end_child(writers[i]);
	assert_string_equal(cluster_value(cluster, "SELECT count(*) FROM open_transaction"), "0");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* the server is our only child: the guard has been reaped */
}

/* Many sessions begin and end while the server is paused again and again: none may slip through. */
static void test_no_new_process_slips_through(void **state)
{
	(void)state;
	pid_t visitor = fork();
	if (visitor == 0)
		for (;;) {
			struct pg_target target = cluster_target(cluster);
			PGconn *connection = NULL;
			if (pg_connect(&target, &connection, NULL) < 0)
				_exit(1);
			pg_disconnect(&connection);
		}
	for (int i = 0; i < 30; i++) {
		struct pg_pause *pause = NULL;
		assert_success(pg_instance_pause(&cluster->id, &pause, err));
		size_t running = look().running;
		pg_instance_resume(&pause);
		assert_int_equal(running, 0);
		nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
	}
	end_child(visitor);
}

/* A process pauses the server, says so and waits; it is then killed. */
static void kill_who_paused(void)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		struct pg_pause *pause = NULL;
		if (pg_instance_pause(&cluster->id, &pause, NULL) < 0 || write(ends[1], "p", 1) != 1)
			_exit(1);
		sleep(100);
		_exit(1);
	}
	char said = 0;
	assert_int_equal(read(ends[0], &said, 1), 1);
	assert_int_equal(look().running, 0);
	end_child(child);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_resumed_when_who_paused_is_killed(void **state)
{
	(void)state;
	kill_who_paused();
	assert_true(await_running(5000));
	assert_string_equal(cluster_value(cluster, "SELECT 1"), "1");
}

/* vela holds locks by open files: the guard must not hold them longer than vela does. */
static void test_guard_holds_no_descriptor(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	struct pg_pause *pause = NULL;
	assert_success(pg_instance_pause(&cluster->id, &pause, err));
	(void)close(ends[1]);
	char byte;
	ssize_t n = read(ends[0], &byte, 1); /* would block for ever if the guard held the other end */
	pg_instance_resume(&pause);
	assert_int_equal(n, 0);
	(void)close(ends[0]);
}

static void test_stray(void **state)
{
	(void)state;
	assert_int_equal(kill(cluster->id.pid, SIGSTOP), 0);
	struct pg_pause *pause = NULL;
	assert_success(pg_instance_pause(&cluster->id, &pause, err));
	assert_int_equal(look().running, 0);
	pg_instance_resume_stray(&cluster->id);
	assert_true(await_running(2000));
	assert_string_equal(cluster_value(cluster, "SELECT 1"), "1");
	pg_instance_resume(&pause);
	pg_instance_resume_stray(&cluster->id); /* harmless */
	assert_string_equal(cluster_value(cluster, "SELECT 1"), "1");
}

static void test_memory(void **state)
{
	(void)state;
	uint64_t before = pg_instance_memory(&cluster->id);
	assert_true(before > 4 << 20 && before < 400 << 20);
	_cleanup_connection_ PGconn *session = cluster_connect(cluster);
	assert_success(
		pg_execute(session,
			   "SET work_mem = '200MB'; BEGIN; DECLARE c CURSOR FOR SELECT i FROM generate_series(1, "
			   "400000) AS i ORDER BY -i; FETCH 1 FROM c",
			   NULL, err));
	assert_true(pg_instance_memory(&cluster->id) > before + (10 << 20));
}

/* Last: the server is gone after it. */
static void test_a_server_that_is_gone(void **state)
{
	(void)state;
	struct process_id id = cluster->id;
	struct pg_pause *pause = NULL;
	assert_success(pg_instance_pause(&id, &pause, err));
	cluster_stop(cluster, PG_STOP_DISCARD);
	pg_instance_resume(&pause);
	assert_failure(ERROR_POSTGRES, "has ended", pg_instance_pause(&id, &pause, err));
	assert_null(pause);
	pg_instance_resume_stray(&id);
	assert_int_equal(pg_instance_memory(&id), 0);
}

int main(void)
{
	cluster_identity();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_stands_still),
		cmocka_unit_test(test_no_new_process_slips_through),
		cmocka_unit_test(test_resumed_when_who_paused_is_killed),
		cmocka_unit_test(test_guard_holds_no_descriptor),
		cmocka_unit_test(test_stray),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_a_server_that_is_gone),
	};
	return cluster_end(cmocka_run_group_tests_name("pg/pause", tests, start_cluster, NULL));
}
