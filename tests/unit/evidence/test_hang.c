#include "../check/server.h"

#include <poll.h>

#include "evidence/hang.h"

enum { LIMIT_MS = 200 };

static PGconn *observer, *waiter, *holder, *third;

static int setup(void **state)
{
	(void)state;
	observer = cluster_connect(server);
	assert_success(pg_execute(observer,
				  "SET client_min_messages = error; DROP TABLE IF EXISTS a, b; CREATE TABLE a (i int); "
				  "CREATE TABLE b (i int); INSERT INTO a VALUES (1)",
				  NULL, err));
	waiter = cluster_connect(server);
	holder = cluster_connect(server);
	third = cluster_connect(server);
	assert_success(pg_execute(holder, "SET application_name = 'a tool'", NULL, err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	/* A backend whose client has gone sleeps on, with its locks. */
	assert_success(pg_execute(observer,
				  "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
				  "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
				  NULL, err));
	PGconn **all[] = {&waiter, &holder, &third, &observer};
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		pg_disconnect(all[i]);
	return 0;
}

static void run_on(PGconn *connection, const char *sql)
{
	assert_success(pg_execute(connection, sql, NULL, err));
}

static void await(const char *sql, const char *value)
{
	double deadline = clock_monotonic_ms() + TEST_TIMEOUT_MS;
	while (clock_monotonic_ms() < deadline) {
		_cleanup_free_ char *got = NULL;
		assert_success(pg_value(observer, sql, &got, err));
		if (string_equal(got, value))
			return;
		(void)poll(NULL, 0, 5);
	}
	fail_msg("%s: never %s", sql, value);
}

/* Sends what will have to wait, and waits until that is so. */
static void send_waiting(PGconn *connection, const char *sql)
{
	assert_true(PQsendQuery(connection, sql));
	_cleanup_free_ char *waits =
		string_format("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = %d",
			      PQbackendPID(connection));
	await(waits, "1");
}

/* Looks until it is called a hang, or for that long. */
static char *watch(double for_ms)
{
	struct hang hang = {0};
	char *text = NULL;
	double start = clock_monotonic_ms(), now = start;
	while (!text && now < start + for_ms) {
		assert_success(hang_check(&hang, observer, PQbackendPID(waiter), now, LIMIT_MS, &text, err));
		if (text)
			assert_true(now - start >= LIMIT_MS);
		(void)poll(NULL, 0, 10);
		now = clock_monotonic_ms();
	}
	return text;
}

static void assert_no_hang(void)
{
	_cleanup_free_ char *text = watch(3 * LIMIT_MS);
	assert_null(text);
}

/* Sends what will run for long, and waits until that is so. */
static void send_working(PGconn *connection)
{
	assert_true(PQsendQuery(connection, "SELECT pg_sleep(60)"));
	_cleanup_free_ char *works =
		string_format("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = %d",
			      PQbackendPID(connection));
	await(works, "1");
}

static void test_nobody_waits(void **state)
{
	(void)state;
	run_on(holder, "BEGIN; LOCK TABLE a");
	assert_no_hang();
}

static void test_idle_holder(void **state)
{
	(void)state;
	run_on(holder, "BEGIN; LOCK TABLE a; SELECT 'the last\nthing'");
	send_waiting(waiter, "SELECT * FROM a");
	_cleanup_free_ char *text = watch(TEST_TIMEOUT_MS);
	assert_non_null(text);
	_cleanup_free_ char *holds = string_format(
		"process %d (a tool) holds it and has been idle in a transaction for ", PQbackendPID(holder));
	assert_non_null(strstr(text, "waits for a lock on public.a that nobody will release"));
	assert_non_null(strstr(text, holds));
	assert_non_null(strstr(text, ", since: BEGIN; LOCK TABLE a; SELECT 'the last thing'"));
}

static void test_row(void **state)
{
	(void)state;
	run_on(holder, "BEGIN; UPDATE a SET i = 2");
	send_waiting(waiter, "UPDATE a SET i = 3");
	_cleanup_free_ char *text = watch(TEST_TIMEOUT_MS);
	assert_non_null(text);
	assert_non_null(strstr(text, "waits for a row that another transaction has changed"));
}

/* It waits for one that waits for an idle one. */
static void test_chain(void **state)
{
	(void)state;
	run_on(holder, "BEGIN; LOCK TABLE b");
	run_on(third, "BEGIN; LOCK TABLE a");
	send_waiting(third, "LOCK TABLE b");
	send_waiting(waiter, "SELECT * FROM a");
	_cleanup_free_ char *text = watch(TEST_TIMEOUT_MS);
	assert_non_null(text);
	_cleanup_free_ char *process = string_format("process %d", PQbackendPID(holder));
	_cleanup_free_ char *between = string_format("process %d", PQbackendPID(third));
	assert_non_null(strstr(text, process));
	assert_null(strstr(text, between));
}

static void test_holder_that_works(void **state)
{
	(void)state;
	run_on(holder, "BEGIN; LOCK TABLE a");
	send_working(holder);
	send_waiting(waiter, "SELECT * FROM a");
	assert_no_hang();
}

/* One holder idles, another works: there is hope. */
static void test_two_holders(void **state)
{
	(void)state;
	run_on(holder, "BEGIN; LOCK TABLE a IN SHARE MODE");
	run_on(third, "BEGIN; LOCK TABLE a IN SHARE MODE");
	send_working(third);
	send_waiting(waiter, "BEGIN; LOCK TABLE a");
	assert_no_hang();
}

/* Idle time begins anew with each statement of the holder's. */
static void test_holder_that_goes_on(void **state)
{
	(void)state;
	struct hang hang = {0};
	char *text = NULL;
	run_on(holder, "BEGIN; LOCK TABLE a");
	send_waiting(waiter, "SELECT * FROM a");
	double start = clock_monotonic_ms(), now = start;
	while (now < start + 3 * LIMIT_MS) {
		double begun = clock_monotonic_ms();
		run_on(holder, "SELECT 1");
		assert_success(hang_check(&hang, observer, PQbackendPID(waiter), now, LIMIT_MS, &text, err));
		/* On a busy machine it may indeed have idled for so long. */
		if (clock_monotonic_ms() - begun < LIMIT_MS)
			assert_null(text);
		free(text);
		text = NULL;
		(void)poll(NULL, 0, 10);
		now = clock_monotonic_ms();
	}
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_nobody_waits),
		CASE(test_idle_holder),
		CASE(test_row),
		CASE(test_chain),
		CASE(test_holder_that_works),
		CASE(test_two_holders),
		CASE(test_holder_that_goes_on),
	};
	cluster_identity();
	int failures = cmocka_run_group_tests_name("PostgreSQL 15", tests, server_setup_15, server_teardown);
	failures += cmocka_run_group_tests_name("PostgreSQL 18", tests, server_setup_18, server_teardown);
	return cluster_end(failures);
}
