#include "tests/unit/pg/cluster.h"

#include "pg/control.h"

static struct cluster *old, *new;

static int create_clusters(void **state)
{
	(void)state;
	old = cluster_create(15, PG15);
	new = cluster_create(18, pg18());
	return 0;
}

/* "Latest checkpoint's TimeLineID:  1" gives "1"; owned. */
static char *reported(const char *data, const char *label)
{
	const char *const argv[] = {PG15 "/pg_controldata", data, NULL};
	struct string_list list = {0};
	for (size_t i = 0; argv[i]; i++)
		string_list_add(&list, argv[i]);
	_cleanup_free_ char *text = run_program(list.items);
	string_list_free(&list);
	const char *line = strstr(text, label);
	assert_non_null(line);
	line += strlen(label);
	line += strspn(line, ": ");
	return string_copy_n(line, strcspn(line, "\n"));
}

static void assert_reported(const char *data, const char *label, char *value)
{
	_cleanup_free_ char *expected = reported(data, label);
	assert_string_equal(value, expected);
	free(value);
}

static void test_agrees_with_pg_controldata(void **state)
{
	(void)state;
	struct pg_control control;
	old->instance.max_prepared_transactions = 37;
	cluster_start(old);
	assert_success(pg_control_read(old->data, &control, err));
	assert_false(pg_control_is_clean(&control));
	cluster_stop(old, PG_STOP_CLEAN);
	assert_success(pg_control_read(old->data, &control, err));
	assert_true(pg_control_is_clean(&control));
	assert_int_equal(control.max_prepared_transactions, 37);
	assert_int_equal(control.wal_segment_bytes, 16 << 20);
	assert_reported(old->data, "pg_control version number", string_format("%u", control.version));
	assert_reported(old->data, "Database system identifier", string_format("%lu", control.system_identifier));
	assert_reported(old->data, "Latest checkpoint location", pg_lsn_format(control.checkpoint_lsn));
	assert_reported(old->data, "Latest checkpoint's TimeLineID", string_format("%u", control.timeline));
	assert_reported(old->data, "max_prepared_xacts setting",
			string_format("%d", control.max_prepared_transactions));
}

static void test_agrees_with_a_server_of_18(void **state)
{
	(void)state;
	struct pg_control control;
	new->instance.max_prepared_transactions = 41;
	cluster_start(new);
	assert_success(pg_control_read(new->data, &control, err));
	assert_int_equal(control.version, 1800);
	assert_int_equal(control.max_prepared_transactions, 41);
	assert_false(pg_control_is_clean(&control));
	_cleanup_free_ char *system = string_format("%lu", control.system_identifier);
	assert_string_equal(cluster_value(new, "SELECT system_identifier FROM pg_control_system()"), system);
	_cleanup_free_ char *lsn = pg_lsn_format(control.checkpoint_lsn);
	assert_string_equal(cluster_value(new, "SELECT checkpoint_lsn FROM pg_control_checkpoint()"), lsn);
	_cleanup_free_ char *timeline = string_format("%u", control.timeline);
	assert_string_equal(cluster_value(new, "SELECT timeline_id FROM pg_control_checkpoint()"), timeline);
	cluster_stop(new, PG_STOP_CLEAN);
	assert_success(pg_control_read(new->data, &control, err));
	assert_true(pg_control_is_clean(&control));
}

/* Each flipped bit in what the checksum covers has to be noticed. */
static void test_notices_damage(void **state)
{
	(void)state;
	_cleanup_free_ char *path = path_join(old->data, "global", "pg_control", NULL);
	_cleanup_buffer_ struct buffer file = {0};
	struct pg_control control;
	assert_success(file_read(path, 8192, FILE_NO_FOLLOW, &file, err));
	static const size_t places[] = {0, 33, 192, 287, 288};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		file.data[places[i]] ^= 4;
		assert_success(file_replace(path, file.data, file.length, 0600, FILE_VOLATILE, err));
		assert_failure(ERROR_POSTGRES, "damaged", pg_control_read(old->data, &control, err));
		file.data[places[i]] ^= 4;
	}
	file.data[8] ^= 1;
	assert_success(file_replace(path, file.data, file.length, 0600, FILE_VOLATILE, err));
	assert_failure(ERROR_POSTGRES, "unknown version", pg_control_read(old->data, &control, err));
	file.data[8] ^= 1;
	assert_success(file_replace(path, file.data, 100, 0600, FILE_VOLATILE, err));
	assert_failure(ERROR_POSTGRES, "unknown version", pg_control_read(old->data, &control, err));
	assert_success(file_replace(path, file.data, file.length, 0600, FILE_VOLATILE, err));
	assert_success(pg_control_read(old->data, &control, err));
}

static int major_of(const char *text, struct error **reason)
{
	static int major;
	_cleanup_free_ char *path = path_join(new->run, "PG_VERSION", NULL);
	assert_success(file_replace(path, text, strlen(text), 0600, FILE_VOLATILE, err));
	return pg_data_major(new->run, &major, reason);
}

static void test_major_version(void **state)
{
	(void)state;
	int major = 0;
	assert_success(pg_data_major(old->data, &major, err));
	assert_int_equal(major, 15);
	assert_success(pg_data_major(new->data, &major, err));
	assert_int_equal(major, 18);
	assert_failure(ERROR_USAGE, "not a data directory", pg_data_major("/tmp", &major, err));
	assert_failure(ERROR_USAGE, "not a data directory", pg_data_major("/tmp/does/not/exist", &major, err));
	assert_failure(ERROR_USAGE, "says nothing", major_of("\n", err));
	assert_failure(ERROR_POSTGRES, "supports 13 to 18", major_of("12\n", err));
	assert_failure(ERROR_POSTGRES, "supports 13 to 18", major_of("19\n", err));
	assert_failure(ERROR_POSTGRES, "supports 13 to 18", major_of("9.6\n", err));
	assert_int_equal(major, 18);
}

static void test_lsn_format(void **state)
{
	(void)state;
	_cleanup_free_ char *small = pg_lsn_format(0x5A000028);
	assert_string_equal(small, "0/5A000028");
	_cleanup_free_ char *big = pg_lsn_format(0x1F00000000A);
	assert_string_equal(big, "1F0/A");
}

int main(void)
{
	cluster_identity();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agrees_with_pg_controldata),
		cmocka_unit_test(test_agrees_with_a_server_of_18),
		cmocka_unit_test(test_notices_damage),
		cmocka_unit_test(test_major_version),
		cmocka_unit_test(test_lsn_format),
	};
	return cluster_end(cmocka_run_group_tests_name("pg/control", tests, create_clusters, NULL));
}
