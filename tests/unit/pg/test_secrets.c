#include "tests/unit/pg/cluster.h"

#include "base/clock.h"

static struct cluster *cluster;

static int start_cluster(void **state)
{
	(void)state;
	cluster = cluster_create(15, PG15);
	cluster_start(cluster);
	return 0;
}

static void assert_survives(PGconn *connection, const char *text)
{
	_cleanup_free_ char *literal = pg_quote_literal(text);
	_cleanup_free_ char *name = pg_quote_identifier(text);
	_cleanup_free_ char *sql = string_format("SELECT %s AS %s", literal, name);
	_cleanup_result_ PGresult *result = NULL;
	assert_success(pg_execute(connection, sql, &result, err));
	assert_string_equal(PQgetvalue(result, 0, 0), text);
	assert_string_equal(PQfname(result, 0), text);
}

static void test_quoting(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	static const char *const texts[] = {"plain", "it's",   "a\\b",  "\\'; DROP TABLE x; --",
					    "\"q\"", "E'\\\\", "ä\n$$", "'"};
	for (int standard = 0; standard < 2; standard++) {
		assert_success(pg_execute(connection,
					  standard ? "SET standard_conforming_strings = on"
						   : "SET standard_conforming_strings = off",
					  NULL, err));
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
			assert_survives(connection, texts[i]);
	}
	_cleanup_free_ char *escaped = pg_quote_literal("te\\xt"), *empty = pg_quote_literal("");
	assert_string_equal(escaped, "E'te\\\\xt'");
	assert_string_equal(empty, "''");
}

static void test_random_passwords(void **state)
{
	(void)state;
	_cleanup_free_ char *one = pg_random_password(), *two = pg_random_password();
	assert_int_equal(strlen(one), 43);
	assert_int_equal(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
	assert_string_not_equal(one, two);
	/* Every bit is random: over many, each place shows many letters; the last holds only four bits. */
	bool seen[43][128] = {{false}};
	for (int i = 0; i < 500; i++) {
		_cleanup_free_ char *password = pg_random_password();
		for (size_t place = 0; place < 43; place++)
			seen[place][(unsigned char)password[place]] = true;
	}
	for (size_t place = 0; place < 43; place++) {
		int letters = 0;
		for (size_t letter = 0; letter < 128; letter++)
			letters += seen[place][letter];
		assert_true(place == 42 ? letters == 16 : letters > 55);
	}
}

/* The server takes it as it is and the password fits; nothing of the environment has a say in it. */
static void test_scram_verifier(void **state)
{
	(void)state;
	setenv("PGHOST", "host.invalid", 1);
	setenv("PGSERVICE", "nowhere", 1);
	_cleanup_free_ char *verifier = NULL, *again = NULL;
	double start = clock_monotonic_ms();
	assert_success(pg_scram_verifier("Tr0ub4dor", "vela", &verifier, err));
	double took = clock_monotonic_ms() - start;
	assert_success(pg_scram_verifier("Tr0ub4dor", "vela", &again, err));
	unsetenv("PGHOST");
	unsetenv("PGSERVICE");
	assert_true(took < 500);
	assert_true(string_starts_with(verifier, "SCRAM-SHA-256$4096:"));
	assert_string_not_equal(verifier, again); /* salted */
	_cleanup_connection_ PGconn *connection = cluster_connect(cluster);
	_cleanup_free_ char *sql = string_format("CREATE ROLE vela LOGIN PASSWORD '%s'", verifier);
	assert_success(pg_execute(connection, sql, NULL, err));
	_cleanup_free_ char *stored = NULL;
	assert_success(pg_value(connection, "SELECT rolpassword FROM pg_authid WHERE rolname = 'vela'", &stored, err));
	assert_string_equal(stored, verifier);
	struct pg_target target = {.host = "127.0.0.1",
				   .port = cluster->instance.port,
				   .database = "postgres",
				   .user = "vela",
				   .password = "Tr0ub4dor"};
	PGconn *login = NULL;
	assert_success(pg_connect(&target, &login, err));
	pg_disconnect(&login);
	target.password = "Tr0ub4dor ";
	assert_failure(ERROR_POSTGRES, "password authentication failed", pg_connect(&target, &login, err));
}

int main(void)
{
	cluster_identity();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_random_passwords),
		cmocka_unit_test(test_scram_verifier),
	};
	return cluster_end(cmocka_run_group_tests_name("pg/secrets", tests, start_cluster, NULL));
}
