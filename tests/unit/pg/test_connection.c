#include "tests/unit/pg/cluster.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/interrupt.h"

static struct cluster *cluster;

static int start_cluster(void **state)
{
	(void)state;
	cluster = cluster_create(15, PG15);
	cluster_start(cluster);
	return 0;
}

static int try_connect(struct pg_target target, struct error **reason)
{
	_cleanup_connection_ PGconn *connection = NULL;
	int result = pg_connect(&target, &connection, reason);
	assert_int_equal(result == 0, connection != NULL);
	return result;
}

static struct pg_target tcp_target(int port)
{
	return (struct pg_target){
		.host = "127.0.0.1", .port = port, .database = "postgres", .user = "vela", .password = "Tr0ub4dor"};
}

/* --- connecting --- */

static void test_what_a_connection_is_like(void **state)
{
	(void)state;
	assert_string_equal(cluster_value(cluster, "SHOW application_name"), "vela");
	assert_string_equal(cluster_value(cluster, "SHOW client_encoding"), "UTF8");
	assert_string_equal(cluster_value(cluster, "SELECT session_user"), "postgres");
}

static void test_only_the_branch_that_was_meant(void **state)
{
	(void)state;
	struct pg_target target = cluster_target(cluster);
	target.branch = "pool/shop/other";
	assert_failure(ERROR_REFUSED, "is branch \"pool/shop/test\", not \"pool/shop/other\"",
		       try_connect(target, err));
	target.branch = NULL;
	assert_success(try_connect(target, err));
}

/* A server of somebody else, which we started without vela. */
static void test_a_server_that_is_no_branch(void **state)
{
	(void)state;
	struct cluster *other = cluster_create(15, PG15);
	_cleanup_free_ char *port = string_format("--port=%d", other->instance.port);
	_cleanup_free_ char *socket = string_format("--unix_socket_directories=%s", other->run);
	_cleanup_free_ char *hba = path_join(other->data, "pg_hba.conf", NULL);
	static const char peer[] = "local all all peer\n";
	assert_success(file_replace(hba, peer, strlen(peer), 0600, FILE_VOLATILE, err));
	char *argv[] = {(char[]){PG15 "/postgres"},
			(char[]){"-D"},
			other->data,
			port,
			socket,
			(char[]){"--listen_addresses="},
			NULL};
	struct identity who = identity_current();
	struct process_spec spec = {.argv = argv, .user = &who, .directory = "/"};
	_cleanup_process_ struct process process;
	assert_success(process_spawn(&spec, &process, err));
	other->id = process.id;
	struct pg_target target = cluster_target(other);
	PGconn *connection = NULL;
	target.branch = NULL;
	while (pg_connect(&target, &connection, NULL) < 0)
		(void)poll(NULL, 0, 5);
	pg_disconnect(&connection);
	target.branch = "pool/shop/test";
	assert_failure(ERROR_REFUSED, "is not a branch of vela", try_connect(target, err));
	cluster_destroy(other);
}

/* The job's variables must not lead elsewhere, nor forge the identity. */
static void test_environment_has_no_say(void **state)
{
	(void)state;
	static const char *const variables[][2] = {
		{"PGHOSTADDR", "192.0.2.1"},
		{"PGHOST", "192.0.2.1"},
		{"PGPORT", "1"},
		{"PGSSLMODE", "require"},
		{"PGOPTIONS", "-c vela.branch=pool/shop/other"},
		{"PGSERVICE", "nowhere"},
		{"PGTZ", "Asia/Tokyo"},
		{"PGGSSENCMODE", "require"},
		{"PGCHANNELBINDING", "require"},
		{"PGTARGETSESSIONATTRS", "standby"},
		{"PGDATABASE", "nowhere"},
		{"PGAPPNAME", "other"},
		{"PGCLIENTENCODING", "LATIN1"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		setenv(variables[i][0], variables[i][1], 1);
	_cleanup_free_ char *branch = string_copy(cluster_value(cluster, "SHOW vela.branch"));
	_cleanup_free_ char *zone = string_copy(cluster_value(cluster, "SHOW timezone"));
	/* Whoever runs a program later still has them. */
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		assert_string_equal(getenv(variables[i][0]), variables[i][1]);
		unsetenv(variables[i][0]);
	}
	assert_string_equal(branch, "pool/shop/test");
	assert_string_equal(zone, "UTC");
}

static void test_url(void **state)
{
	(void)state;
	_cleanup_free_ char *url =
		string_format("postgresql:///postgres?host=%s&port=%d", cluster->run, cluster->instance.port);
	struct pg_target target = {.url = url, .user = "postgres", .branch = cluster->instance.branch};
	assert_success(try_connect(target, err));
	target.database = "nowhere"; /* a field overrides the URL */
	assert_failure(ERROR_POSTGRES, "database \"nowhere\" does not exist", try_connect(target, err));
	setenv("PGDATABASE", "template1", 1); /* with a URL the environment adds what it leaves out, as everywhere */
	_cleanup_free_ char *shorter =
		string_format("postgresql://?host=%s&port=%d", cluster->run, cluster->instance.port);
	target = (struct pg_target){.url = shorter, .user = "postgres"};
	_cleanup_connection_ PGconn *connection = NULL;
	assert_success(pg_connect(&target, &connection, err));
	unsetenv("PGDATABASE");
	assert_string_equal(PQdb(connection), "template1");
}

static void assert_password_is_not_told(const char *url)
{
	struct error *error = NULL;
	struct pg_target target = {.url = url, .timeout_ms = 2000};
	assert_int_equal(try_connect(target, &error), -1);
	assert_null(strstr(error->message, "hunter2"));
	error_free(error);
}

static void test_passwords_are_not_told(void **state)
{
	(void)state;
	assert_password_is_not_told("postgresql://user:hunter2@127.0.0.1:port/db");
	assert_password_is_not_told("postgresql://user:hunter2@[::1/db");
	assert_password_is_not_told("postgresql://user:hunter2@127.0.0.1:1/db");
	assert_password_is_not_told("host=127.0.0.1 port=1 password=hunter2 nonsense=1");
	struct error *error = NULL;
	assert_int_equal(try_connect(tcp_target(cluster->instance.port), &error), -1);
	assert_int_equal(error->kind, ERROR_POSTGRES);
	assert_null(strstr(error->message, "Tr0ub4dor"));
	error_free(error);
}

static void test_hosts_that_are_not_reached(void **state)
{
	(void)state;
	assert_failure(ERROR_NETWORK, "Connection refused", try_connect(tcp_target(free_port()), err));
	struct pg_target target = {.host = "/tmp/does/not/exist", .port = 1, .user = "vela", .database = "postgres"};
	assert_failure(ERROR_NETWORK, "No such file or directory", try_connect(target, err));
	struct error *error = NULL;
	assert_int_equal(try_connect(target, &error), -1);
	assert_null(strpbrk(error->message, "\n\t"));
	error_free(error);
	target.host = "host.invalid";
	target.timeout_ms = 3000;
	assert_failure(ERROR_NETWORK, "could not translate host name", try_connect(target, err));
}

static int listen_silently(int *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void test_a_server_that_says_nothing(void **state)
{
	(void)state;
	int port;
	_cleanup_close_ int fd = listen_silently(&port);
	assert_true(fd >= 0);
	struct pg_target target = tcp_target(port);
	target.timeout_ms = 150;
	double start = clock_monotonic_ms();
	assert_failure(ERROR_NETWORK, "timed out after 150 ms connecting to 127.0.0.1", try_connect(target, err));
	double took = clock_monotonic_ms() - start;
	assert_true(took >= 149 && took < 2000);
}

/* --- interrupts, in processes of their own --- */

static bool ends_interrupted(void (*work)(struct error **err))
{
	pid_t child = fork();
	if (child == 0) {
		interrupt_install();
		pid_t self = getpid();
		if (fork() == 0) {
			(void)poll(NULL, 0, 100);
			(void)kill(self, SIGTERM);
			_exit(0);
		}
		struct error *error = NULL;
		double start = clock_monotonic_ms();
		work(&error);
		_exit(error && error->kind == ERROR_INTERRUPTED && clock_monotonic_ms() - start < 3000 ? 0 : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	return status == 0;
}

static int silent_port;

static void connect_for_long(struct error **reason)
{
	(void)try_connect(tcp_target(silent_port), reason);
}

static void query_for_long(struct error **reason)
{
	struct pg_target target = cluster_target(cluster);
	PGconn *connection = NULL;
	PGresult *result = NULL;
	if (pg_connect(&target, &connection, reason) == 0)
		(void)pg_query(connection, "SELECT pg_sleep(60) AS forever", 0, &result, reason);
	_exit(*reason && (*reason)->kind == ERROR_INTERRUPTED && PQtransactionStatus(connection) == PQTRANS_IDLE ? 0
														 : 1);
}

static void test_interrupts(void **state)
{
	(void)state;
	_cleanup_close_ int fd = listen_silently(&silent_port);
	assert_true(fd >= 0);
	assert_true(ends_interrupted(connect_for_long));
	assert_true(ends_interrupted(query_for_long));
	assert_string_equal(cluster_value(cluster,
					  "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%AS forever' AND "
					  "state = 'active' AND pid <> pg_backend_pid()"),
			    "0");
}

/* --- queries --- */

static void test_time_limit_leaves_a_usable_connection(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	_cleanup_result_ PGresult *result = NULL;
	for (int i = 0; i < 3; i++) {
		double start = clock_monotonic_ms();
		assert_failure(ERROR_POSTGRES, "timed out after 100 ms",
			       pg_query(connection, "SELECT pg_sleep(60)", 100, &result, err));
		double took = clock_monotonic_ms() - start;
		assert_true(took >= 99 && took < 2000);
		_cleanup_free_ char *value = NULL;
		assert_success(pg_value(connection, "SELECT 'fine'", &value, err));
		assert_string_equal(value, "fine");
	}
	assert_null(result);
}

/* Neither cancelling nor reading the rest may hang where the whole server hangs. */
static void test_time_limit_on_a_server_that_hangs(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	_cleanup_result_ PGresult *result = NULL;
	struct pg_pause *pause = NULL;
	assert_success(pg_instance_pause(&cluster->id, &pause, err));
	double start = clock_monotonic_ms();
	struct error *error = NULL;
	int failed = pg_query(connection, "SELECT 1", 100, &result, &error);
	double took = clock_monotonic_ms() - start;
	pg_instance_resume(&pause);
	assert_int_equal(failed, -1);
	assert_non_null(strstr(error->message, "timed out"));
	error_free(error);
	assert_true(took < 6000);
	/* Broken for good: the request to cancel, still on its way, must not hit another query. */
	assert_failure(ERROR_POSTGRES, "the connection is lost", pg_query(connection, "SELECT 1", 1000, &result, err));
}

static void test_errors_of_the_server_are_results(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	_cleanup_result_ PGresult *result = NULL, *last = NULL;
	assert_success(pg_query(connection, "SELECT 1; SELECT 1/0; SELECT 2", 0, &result, err));
	assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
	assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "22012");
	assert_success(pg_query(connection, "SELECT 1; SELECT 2", 0, &last, err));
	assert_string_equal(PQgetvalue(last, 0, 0), "2");
	assert_failure(ERROR_POSTGRES, "division by zero (22012)", pg_execute(connection, "SELECT 1/0", NULL, err));
}

static void test_what_an_error_tells(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	struct error *error = NULL;
	assert_int_equal(
		pg_execute(connection,
			   "DO $$ BEGIN RAISE EXCEPTION E'two\\nlines' USING ERRCODE = '53100', DETAIL = 'why', "
			   "HINT = 'what now'; END $$",
			   NULL, &error),
		-1);
	assert_int_equal(error->kind, ERROR_STORAGE);
	assert_string_equal(error->message, "two lines (53100): why");
	assert_string_equal(error->hint, "what now");
	error_free(error);
}

static void test_lost_connection(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	_cleanup_result_ PGresult *result = NULL;
	assert_failure(ERROR_POSTGRES, "the connection is lost: terminating connection due to administrator command",
		       pg_query(connection, "SELECT pg_terminate_backend(pg_backend_pid())", 0, &result, err));
	assert_failure(ERROR_POSTGRES, "the connection is lost", pg_execute(connection, "SELECT 1", NULL, err));
	assert_null(result);
}

static void test_copy_is_the_callers(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	_cleanup_result_ PGresult *in = NULL, *end = NULL;
	assert_success(pg_execute(connection, "CREATE TEMP TABLE copied (i int)", NULL, err));
	assert_success(pg_query(connection, "COPY copied FROM STDIN", 0, &in, err));
	assert_int_equal(PQresultStatus(in), PGRES_COPY_IN);
	assert_int_equal(PQisnonblocking(connection), 0);
	for (int i = 0; i < 100000; i++) /* more than fits into the socket's buffer */
		assert_int_equal(PQputCopyData(connection, "12345678\n", 9), 1);
	assert_int_equal(PQputCopyEnd(connection, NULL), 1);
	end = PQgetResult(connection);
	assert_int_equal(PQresultStatus(end), PGRES_COMMAND_OK);
	assert_null(PQgetResult(connection));
	_cleanup_free_ char *count = NULL;
	assert_success(pg_value(connection, "SELECT count(*) FROM copied", &count, err));
	assert_string_equal(count, "100000");
	assert_failure(ERROR_INTERNAL, "PGRES_COPY_OUT", pg_execute(connection, "COPY copied TO STDOUT", NULL, err));
}

static void test_big_queries(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	_cleanup_buffer_ struct buffer sql = {0};
	buffer_add_text(&sql, "SELECT length('");
	buffer_add_repeat(&sql, 'x', 20000000);
	buffer_add_text(&sql, "')");
	_cleanup_free_ char *value = NULL;
	assert_success(pg_value(connection, buffer_text(&sql), &value, err));
	assert_string_equal(value, "20000000");
}

static void test_values(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	char *value = NULL;
	assert_success(pg_value(connection, "SELECT NULL", &value, err));
	assert_null(value);
	assert_failure(ERROR_INTERNAL, "2 rows of 1 columns", pg_value(connection, "VALUES (1), (2)", &value, err));
	assert_failure(ERROR_INTERNAL, "1 rows of 2 columns", pg_value(connection, "SELECT 1, 2", &value, err));
}

/* libpq's own habit is to print notices. */
static void test_notices_are_not_printed(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	int saved = dup(2);
	assert_true(dup2(ends[1], 2) >= 0);
	int result = pg_execute(connection, "DO $$ BEGIN RAISE WARNING 'loud'; END $$", NULL, NULL);
	assert_true(dup2(saved, 2) >= 0);
	(void)close(saved);
	(void)close(ends[1]);
	char byte;
	ssize_t n = read(ends[0], &byte, 1);
	(void)close(ends[0]);
	assert_int_equal(result, 0);
	assert_int_equal(n, 0);
}

int main(void)
{
	cluster_identity();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_connection_is_like),
		cmocka_unit_test(test_only_the_branch_that_was_meant),
		cmocka_unit_test(test_a_server_that_is_no_branch),
		cmocka_unit_test(test_environment_has_no_say),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_passwords_are_not_told),
		cmocka_unit_test(test_hosts_that_are_not_reached),
		cmocka_unit_test(test_a_server_that_says_nothing),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_time_limit_leaves_a_usable_connection),
		cmocka_unit_test(test_time_limit_on_a_server_that_hangs),
		cmocka_unit_test(test_errors_of_the_server_are_results),
		cmocka_unit_test(test_what_an_error_tells),
		cmocka_unit_test(test_lost_connection),
		cmocka_unit_test(test_copy_is_the_callers),
		cmocka_unit_test(test_big_queries),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_notices_are_not_printed),
	};
	return cluster_end(cmocka_run_group_tests_name("pg/connection", tests, start_cluster, NULL));
}
