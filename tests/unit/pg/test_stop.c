#include "tests/unit/pg/cluster.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "pg/control.h"

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

struct count {
	pid_t parent;
	size_t found;
};

static bool count_child(void *context, pid_t pid, const char *arguments, size_t length)
{
	struct count *count = context;
	(void)arguments;
	(void)length;
	count->found += process_parent(pid) == count->parent;
	return true;
}

static size_t count_children(pid_t parent)
{
	struct count count = {.parent = parent};
	process_each(count_child, &count);
	return count.found;
}

static bool is_clean(void)
{
	struct pg_control control;
	assert_success(pg_control_read(cluster->data, &control, err));
	return pg_control_is_clean(&control);
}

static void test_stop_clean_and_discard(void **state)
{
	(void)state;
	cluster_start(cluster);
	struct process_id id = cluster->id;
	_cleanup_connection_ PGconn *session = cluster_connect(cluster);
	assert_success(pg_execute(session, "CREATE TABLE IF NOT EXISTS t (i int)", NULL, err));
	cluster_stop(cluster, PG_STOP_CLEAN);
	assert_true(is_clean());
	assert_success(pg_instance_stop(&id, PG_STOP_CLEAN, 100, err)); /* gone already */
	cluster_start(cluster);
	assert_string_equal(cluster_value(cluster, "CREATE TABLE u (i int); SELECT 1"), "1");
	id = cluster->id;
	cluster_stop(cluster, PG_STOP_DISCARD);
	assert_false(is_clean());
	assert_false(process_is_alive(&id));
	assert_int_equal(waitpid(id.pid, NULL, WNOHANG), -1);
	cluster_start(cluster);
}

/* While it replays WAL a server calls itself "standby"; that is not ready yet. */
static void test_ready_after_a_crash(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		cluster_start(cluster);
		_cleanup_connection_ PGconn *session = cluster_connect(cluster);
		assert_success(pg_execute(
			session,
			"DROP TABLE IF EXISTS crashed; CREATE TABLE crashed AS SELECT generate_series(1, 100000)", NULL,
			err));
		cluster_stop(cluster, PG_STOP_DISCARD);
	}
}

static void test_stop_of_a_paused_server(void **state)
{
	(void)state;
	for (enum pg_stop how = PG_STOP_CLEAN; how <= PG_STOP_DISCARD; how++) {
		cluster_start(cluster);
		struct pg_pause *pause = NULL;
		assert_success(pg_instance_pause(&cluster->id, &pause, err));
		double start = clock_monotonic_ms();
		cluster_stop(cluster, how);
		assert_true(clock_monotonic_ms() - start < 5000);
		pg_instance_resume(&pause);
		assert_int_equal(is_clean(), how == PG_STOP_CLEAN);
	}
}

/* The seventh line of postmaster.pid: key and id. */
static int shared_memory_id(void)
{
	_cleanup_free_ char *path = path_join(cluster->data, "postmaster.pid", NULL);
	_cleanup_buffer_ struct buffer text = {0};
	assert_success(file_read(path, 8192, FILE_NO_FOLLOW, &text, err));
	const char *line = buffer_text(&text);
	for (int i = 1; i < 7; i++) {
		line = strchr(line, '\n');
		assert_non_null(line);
		line++;
	}
	int id = -1;
	assert_int_equal(sscanf(line, "%*d %d", &id), 1);
	return id;
}

static char *shared_memory_file(void)
{
	_cleanup_free_ char *path = string_format("/proc/%d/maps", (int)cluster->id.pid);
	_cleanup_buffer_ struct buffer maps = {0};
	assert_success(file_read(path, 1 << 24, FILE_FOLLOW, &maps, err));
	const char *file = strstr(buffer_text(&maps), "/dev/shm/PostgreSQL.");
	assert_non_null(file);
	return string_copy_n(file, strcspn(file, "\n"));
}

/* A session that does not react keeps the server from ending; all of it has to be gone all the same. Orphans come to
 * us. */
static void test_stop_by_force(void **state)
{
	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	cluster_start(cluster);
	_cleanup_connection_ PGconn *session = cluster_connect(cluster);
	pid_t backend = PQbackendPID(session);
	assert_true(count_children(cluster->id.pid) >= 4);
	int segment = shared_memory_id();
	_cleanup_free_ char *shared_file = shared_memory_file();
	struct shmid_ds segment_state;
	assert_int_equal(shmctl(segment, IPC_STAT, &segment_state), 0);
	assert_true(file_exists(shared_file));
	assert_int_equal(kill(backend, SIGSTOP), 0);
	double start = clock_monotonic_ms();
	assert_success(pg_instance_stop(&cluster->id, PG_STOP_CLEAN, 300, err));
	double took = clock_monotonic_ms() - start;
	assert_true(took >= 299 && took < 5000);
	cluster->id.pid = 0;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	assert_int_equal(count_children(getpid()), 0);
	assert_int_equal(kill(backend, 0), -1);
	assert_int_equal(shmctl(segment, IPC_STAT, &segment_state), -1);
	assert_false(file_exists(shared_file));
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	cluster_start(cluster);
}

int main(void)
{
	cluster_identity();
#define T(name) cmocka_unit_test_teardown(name, stop_cluster)
	const struct CMUnitTest tests[] = {
		T(test_stop_clean_and_discard),
		T(test_ready_after_a_crash),
		T(test_stop_of_a_paused_server),
		T(test_stop_by_force),
	};
	return cluster_end(cmocka_run_group_tests_name("pg/stop", tests, create_cluster, NULL));
}
