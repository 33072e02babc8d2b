#include "tests/unit/pg/cluster.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/interrupt.h"
#include "pg/startup.h"

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
	cluster->instance.binaries = PG15;
	cluster->instance.preload = NULL;
	cluster->instance.role = "vela";
	return 0;
}

static char *read_proc(pid_t pid, const char *name)
{
	_cleanup_free_ char *path = string_format("/proc/%d/%s", (int)pid, name);
	struct buffer text = {0};
	assert_success(file_read(path, 65536, FILE_FOLLOW, &text, err));
	return buffer_steal(&text);
}

static mode_t mode_of(const char *directory, const char *name)
{
	_cleanup_free_ char *path = path_join(directory, name, NULL);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* --- the start --- */

static void test_is_ready_when_start_returns(void **state)
{
	(void)state;
	cluster_start(cluster);
	assert_string_equal(cluster_value(cluster, "SELECT 1"), "1");
	assert_string_equal(cluster_value(cluster, "SELECT pg_is_in_recovery()"), "f");
	static const char *const files[] = {"postgresql.conf", "pg_hba.conf", "pg_ident.conf", "log"};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_int_equal(mode_of(cluster->run, files[i]), 0600);
	assert_int_equal(getsid(cluster->id.pid), cluster->id.pid);
}

static void start_and_connect(int major, const char *binaries)
{
	struct cluster *other = cluster_create(major, binaries);
	cluster_start(other);
	assert_int_equal((int)strtol(cluster_value(other, "SHOW server_version"), NULL, 10), major);
	cluster_stop(other, PG_STOP_CLEAN);
	cluster_destroy(other);
}

static void test_newest_version(void **state)
{
	(void)state;
	start_and_connect(18, pg18());
}

/* A CI runner ends what carries its variables, and whoever may read /proc would read its secrets. */
static void test_nothing_of_the_job_is_inherited(void **state)
{
	(void)state;
	setenv("RUNNER_TRACKING_ID", "github_1", 1);
	setenv("GITHUB_TOKEN", "secret", 1);
	setenv("TZ", "Asia/Tokyo", 1);
	cluster_start(cluster);
	unsetenv("RUNNER_TRACKING_ID");
	unsetenv("GITHUB_TOKEN");
	unsetenv("TZ");
	_cleanup_free_ char *path = string_format("/proc/%d/environ", (int)cluster->id.pid);
	_cleanup_buffer_ struct buffer text = {0};
	assert_success(file_read(path, 65536, FILE_FOLLOW, &text, err));
	for (size_t at = 0; at < text.length; at += strlen(text.data + at) + 1)
		if (!string_starts_with(text.data + at, "PATH=") && !string_starts_with(text.data + at, "LC_ALL="))
			fail_msg("inherited: %s", text.data + at);
}

/* --- hooks --- */

struct seen {
	struct process_id id;
	char *command;
	int spawned, booting;
	bool fail;
};

static int note_spawned(void *context, const struct process_id *id, struct error **reason)
{
	struct seen *seen = context;
	seen->id = *id;
	seen->spawned++;
	seen->command = read_proc(id->pid, "cmdline");
	return seen->fail ? error_set(reason, ERROR_STORAGE, "no record") : 0;
}

static int note_booting(void *context, struct error **reason)
{
	struct seen *seen = context;
	(void)reason;
	assert_int_equal(seen->spawned, 1);
	_cleanup_free_ char *command = read_proc(seen->id.pid, "cmdline");
	assert_string_equal(command, PG15 "/postgres");
	seen->booting++;
	return 0;
}

static int start_with(struct seen *seen, struct error **reason)
{
	struct pg_start_hooks hooks = {note_spawned, note_booting, seen};
	return pg_instance_start(&cluster->instance, TEST_TIMEOUT_MS, &hooks, reason);
}

static void test_process_is_told_before_it_executes(void **state)
{
	(void)state;
	struct seen seen = {0};
	assert_success(start_with(&seen, err));
	cluster->id = seen.id;
	assert_int_equal(seen.spawned, 1);
	assert_int_equal(seen.booting, 1);
	assert_null(strstr(seen.command, "postgres"));
	assert_true(process_is_alive(&seen.id));
	free(seen.command);
}

static void test_nothing_runs_when_it_cannot_be_recorded(void **state)
{
	(void)state;
	struct seen seen = {.fail = true};
	assert_failure(ERROR_STORAGE, "no record", start_with(&seen, err));
	assert_false(process_is_alive(&seen.id));
	assert_int_equal(waitpid(seen.id.pid, NULL, WNOHANG), -1); /* reaped */
	_cleanup_free_ char *pid_file = path_join(cluster->data, "postmaster.pid", NULL);
	assert_false(file_exists(pid_file));
	assert_int_equal(seen.booting, 0);
	free(seen.command);
}

static int fail_booting(void *context, struct error **reason)
{
	(void)context;
	return error_set(reason, ERROR_REFUSED, "no more");
}

static void test_ends_when_the_booting_hook_fails(void **state)
{
	(void)state;
	struct pg_start_hooks hooks = {cluster_remember, fail_booting, cluster};
	assert_failure(ERROR_REFUSED, "no more", pg_instance_start(&cluster->instance, TEST_TIMEOUT_MS, &hooks, err));
	assert_false(process_is_alive(&cluster->id));
	cluster->id.pid = 0;
}

/* --- starts that fail --- */

static void assert_nothing_runs(void)
{
	assert_true(cluster->id.pid > 0);
	assert_false(process_is_alive(&cluster->id));
	assert_int_equal(waitpid(cluster->id.pid, NULL, WNOHANG), -1);
	cluster->id.pid = 0;
}

static void test_port_taken(void **state)
{
	(void)state;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)cluster->instance.port),
				      .sin_addr = {htonl(INADDR_LOOPBACK)}};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_failure(ERROR_CONFLICT, "Address already in use", cluster_try_start(cluster, err));
	assert_nothing_runs();
}

static void test_the_log_says_why(void **state)
{
	(void)state;
	cluster->instance.preload = "no_such_library";
	assert_failure(ERROR_POSTGRES, "postgres did not start: could not access file \"no_such_library\"",
		       cluster_try_start(cluster, err));
	assert_nothing_runs();
	struct error *error = NULL;
	assert_int_equal(cluster_try_start(cluster, &error), -1);
	assert_non_null(strstr(error->hint, "/run/log"));
	error_free(error);
	assert_nothing_runs();
	/* Only what this start wrote: the next failure has another reason. */
	cluster->instance.preload = NULL;
	_cleanup_free_ char *path = path_join(cluster->data, "postgresql.auto.conf", NULL);
	static const char unknown[] = "no_such_setting = 1\n";
	assert_success(file_replace(path, unknown, strlen(unknown), 0600, FILE_VOLATILE, err));
	assert_failure(ERROR_POSTGRES, "unrecognized configuration parameter \"no_such_setting\"",
		       cluster_try_start(cluster, err));
	assert_nothing_runs();
	assert_success(file_replace(path, "", 0, 0600, FILE_VOLATILE, err));
}

static void write_fake_postgres(const char *script)
{
	_cleanup_free_ char *path = path_join(cluster->run, "postgres", NULL);
	assert_success(file_replace(path, script, strlen(script), 0755, FILE_VOLATILE, err));
	cluster->instance.binaries = cluster->run;
}

static void test_not_ready_in_time(void **state)
{
	(void)state;
	write_fake_postgres("#!/bin/sh\necho 'LOG:  still replaying' >&2\nexec sleep 100\n");
	struct pg_start_hooks hooks = {.spawned = cluster_remember, .context = cluster};
	assert_failure(ERROR_POSTGRES, "not ready after 1500 ms: LOG:  still replaying",
		       pg_instance_start(&cluster->instance, 1500, &hooks, err));
	assert_nothing_runs();
}

/* Only what the process itself says counts: not another's postmaster.pid, not what an impatient client was told. */
static void test_words_of_others(void **state)
{
	(void)state;
	_cleanup_free_ char *script =
		string_format("#!/bin/sh\nprintf '1\\n2\\n3\\n4\\n5\\n6\\n7\\nready\\n' > %s/postmaster.pid\n"
			      "exec sleep 100\n",
			      cluster->data);
	write_fake_postgres(script);
	struct pg_start_hooks hooks = {.spawned = cluster_remember, .context = cluster};
	assert_failure(ERROR_POSTGRES, "not ready after 1500 ms",
		       pg_instance_start(&cluster->instance, 1500, &hooks, err));
	assert_nothing_runs();
	write_fake_postgres("#!/bin/sh\necho 'FATAL:  the database system is starting up' >&2\n"
			    "echo 'PANIC:  the true reason' >&2\nexit 1\n");
	assert_failure(ERROR_POSTGRES, "did not start: the true reason", cluster_try_start(cluster, err));
	assert_nothing_runs();
}

/* On a full disk a server runs that could not write so: each write but the first to postmaster.pid fails. */
static void test_ready_without_a_word(void **state)
{
	(void)state;
	_cleanup_free_ char *script = string_format(
		"#!/bin/sh\nexec strace -D -qqq -o /dev/null -P %s/postmaster.pid -e trace=write,pwrite64 "
		"-e inject=write,pwrite64:error=ENOSPC:when=2+ %s/postgres \"$@\"\n",
		cluster->data, PG15);
	write_fake_postgres(script);
	cluster_start(cluster);
	assert_false(pg_startup_is_ready(cluster->data, cluster->id.pid));
	assert_string_equal(cluster_value(cluster, "SELECT 1"), "1");
}

static void test_programs_that_are_none(void **state)
{
	(void)state;
	write_fake_postgres(
		"#!/bin/sh\necho 'postgres: error while loading shared libraries: libx.so' >&2\nexit 127\n");
	assert_failure(ERROR_POSTGRES, "error while loading shared libraries", cluster_try_start(cluster, err));
	assert_nothing_runs();
	write_fake_postgres(
		"#!/bin/sh\necho 'PANIC:  could not write to file \"x\": No space left on device' >&2\nexit 1\n");
	assert_failure(ERROR_STORAGE, "No space left on device", cluster_try_start(cluster, err));
	assert_nothing_runs();
	cluster->instance.binaries = "/tmp/does/not/exist";
	assert_failure(ERROR_POSTGRES, "cannot run /tmp/does/not/exist/postgres", cluster_try_start(cluster, err));
	assert_nothing_runs();
}

static void test_names_that_cannot_be_written(void **state)
{
	(void)state;
	static const char *const names[] = {"", "/pattern", "two\nlines", "tab\t"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cluster->instance.role = names[i];
		assert_failure(ERROR_REFUSED, "cannot be used", cluster_try_start(cluster, err));
	}
	assert_int_equal(cluster->id.pid, 0);
}

static int raise_signal(void *context, struct error **reason)
{
	(void)context;
	(void)reason;
	return raise(SIGTERM);
}

/* In a process of its own, for an interrupt is remembered. */
static void test_interrupt_ends_the_server(void **state)
{
	(void)state;
	write_fake_postgres("#!/bin/sh\nexec sleep 100\n");
	pid_t child = fork();
	if (child == 0) {
		interrupt_install();
		struct pg_start_hooks hooks = {cluster_remember, raise_signal, cluster};
		_cleanup_error_ struct error *error = NULL;
		int result = pg_instance_start(&cluster->instance, TEST_TIMEOUT_MS, &hooks, &error);
		_exit(result < 0 && error->kind == ERROR_INTERRUPTED && !process_is_alive(&cluster->id) ? 0 : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_socket_path_limit(void **state)
{
	(void)state;
	char path[PG_SOCKET_PATH_MAX + 1];
	memset(path, 'a', sizeof(path));
	path[PG_SOCKET_PATH_MAX - strlen("/.s.PGSQL.65535") + 1] = '\0';
	assert_false(pg_socket_fits(path));
	path[strlen(path) - 1] = '\0';
	assert_true(pg_socket_fits(path));
}

/* --- who may log in --- */

static int log_in(const char *host, const char *user, const char *password, struct error **reason)
{
	_cleanup_connection_ PGconn *connection = NULL;
	struct pg_target target = {.host = host,
				   .port = cluster->instance.port,
				   .database = "postgres",
				   .user = user,
				   .password = password,
				   .branch = cluster->instance.branch};
	return pg_connect(&target, &connection, reason);
}

static void make_login(PGconn *connection, const char *role, const char *password)
{
	_cleanup_free_ char *verifier = NULL, *name = pg_quote_identifier(role);
	assert_success(pg_scram_verifier(password, role, &verifier, err));
	_cleanup_free_ char *sql = string_format("CREATE ROLE %s LOGIN PASSWORD '%s'", name, verifier);
	assert_success(pg_execute(connection, sql, NULL, err));
}

static void test_logins(void **state)
{
	(void)state;
	cluster->instance.role = "a \"b\" c";
	cluster_start(cluster);
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	make_login(connection, "a \"b\" c", "right");
	make_login(connection, "production", "right");
	assert_success(log_in("127.0.0.1", "a \"b\" c", "right", err));
	assert_success(log_in(cluster->run, "a \"b\" c", "right", err));
	assert_failure(ERROR_POSTGRES, "password authentication failed",
		       log_in("127.0.0.1", "a \"b\" c", "wrong", err));
	assert_failure(ERROR_POSTGRES, "password authentication failed",
		       log_in(cluster->run, "a \"b\" c", "wrong", err));
	assert_failure(ERROR_POSTGRES, "no pg_hba.conf entry", log_in("127.0.0.1", "production", "right", err));
	assert_failure(ERROR_POSTGRES, "no pg_hba.conf entry", log_in(cluster->run, "production", "right", err));
	assert_failure(ERROR_POSTGRES, "no pg_hba.conf entry", log_in("127.0.0.1", "postgres", "right", err));
	assert_success(log_in(cluster->run, "postgres", NULL, err));
}

int main(void)
{
	cluster_identity();
#define T(name) cmocka_unit_test_teardown(name, stop_cluster)
	const struct CMUnitTest tests[] = {
		T(test_is_ready_when_start_returns),
		T(test_newest_version),
		T(test_nothing_of_the_job_is_inherited),
		T(test_process_is_told_before_it_executes),
		T(test_nothing_runs_when_it_cannot_be_recorded),
		T(test_ends_when_the_booting_hook_fails),
		T(test_port_taken),
		T(test_the_log_says_why),
		T(test_not_ready_in_time),
		T(test_words_of_others),
		T(test_ready_without_a_word),
		T(test_programs_that_are_none),
		T(test_names_that_cannot_be_written),
		T(test_interrupt_ends_the_server),
		T(test_socket_path_limit),
		T(test_logins),
	};
	return cluster_end(cmocka_run_group_tests_name("pg/instance", tests, create_cluster, NULL));
}
