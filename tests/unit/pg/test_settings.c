#include "tests/unit/pg/cluster.h"

#include "pg/settings.h"

static const struct pg_facts plain_facts = {.wal_segment_bytes = 16 << 20};

static struct pg_instance plain_instance(int major)
{
	return (struct pg_instance){
		.purpose = PG_FOR_BRANCH,
		.major = major,
		.binaries = "/bin15",
		.data = "/pool/data",
		.directory = "/pool/dir",
		.socket_directory = "/run/a,b \"c\"",
		.port = 6543,
		.branch = "0a1b/shop/pr-12",
		.superuser = "postgres",
		.role = "vela",
	};
}

/* The value forced on the command line; NULL if the setting is not there. Fails if it is there twice. */
static const char *forced(const struct pg_instance *instance, const struct pg_facts *facts, const char *name)
{
	static char value[512];
	const char *found = NULL;
	struct string_list list = {0};
	pg_settings_arguments(instance, facts, &list);
	for (size_t i = 3; i + 1 < list.count; i += 2) {
		assert_string_equal(list.items[i], "-c");
		const char *setting = list.items[i + 1];
		if (!string_starts_with(setting, name) || setting[strlen(name)] != '=')
			continue;
		assert_null(found);
		snprintf(value, sizeof(value), "%s", setting + strlen(name) + 1);
		found = value;
	}
	string_list_free(&list);
	return found;
}

static void test_command_line(void **state)
{
	(void)state;
	struct pg_instance instance = plain_instance(15);
	struct string_list list = {0};
	pg_settings_arguments(&instance, &plain_facts, &list);
	assert_string_equal(list.items[0], "/bin15/postgres");
	assert_string_equal(list.items[1], "-D");
	assert_string_equal(list.items[2], "/pool/data");
	string_list_free(&list);
	static const char *const expected[][2] = {
		{"port", "6543"},
		{"listen_addresses", "127.0.0.1"},
		{"unix_socket_permissions", "0700"},
		{"unix_socket_directories", "\"/run/a,b \"\"c\"\"\""},
		{"archive_mode", "off"},
		{"archive_command", ""},
		{"restore_command", ""},
		{"recovery_end_command", ""},
		{"primary_conninfo", ""},
		{"max_wal_senders", "0"},
		{"max_replication_slots", "0"},
		{"max_logical_replication_workers", "0"},
		{"ssl", "off"},
		{"synchronous_standby_names", ""},
		{"session_preload_libraries", ""},
		{"shared_preload_libraries", ""},
		{"config_file", "/pool/dir/postgresql.conf"},
		{"hba_file", "/pool/dir/pg_hba.conf"},
		{"ident_file", "/pool/dir/pg_ident.conf"},
		{"vela.branch", "0a1b/shop/pr-12"},
		{"cluster_name", "shop/pr-12"},
		{"wal_level", "replica"},
		{"max_prepared_transactions", "0"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(forced(&instance, &plain_facts, expected[i][0]), expected[i][1]);
}

static void test_preparation(void **state)
{
	(void)state;
	struct pg_instance instance = plain_instance(15);
	instance.purpose = PG_FOR_PREPARATION;
	assert_string_equal(forced(&instance, &plain_facts, "listen_addresses"), "");
	assert_string_equal(forced(&instance, &plain_facts, "wal_level"), "minimal");
}

/* A name that a version does not know keeps it from starting. */
static void test_versions(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int from, until;
	} bounded[] = {
		{"archive_library", 15, 18},
		{"promote_trigger_file", 13, 15},
		{"db_user_namespace", 13, 16},
		{"summarize_wal", 17, 18},
		{"sync_replication_slots", 17, 18},
		{"oauth_validator_libraries", 18, 18},
		{"synchronized_standby_slots", 17, 18},
		{"max_active_replication_origins", 18, 18},
		{"archive_command", 13, 18},
	};
	for (int major = 13; major <= 18; major++) {
		struct pg_instance instance = plain_instance(major);
		for (size_t i = 0; i < ARRAY_SIZE(bounded); i++) {
			bool expected = major >= bounded[i].from && major <= bounded[i].until;
			assert_int_equal(forced(&instance, &plain_facts, bounded[i].name) != NULL, expected);
		}
	}
}

static void test_what_depends_on_the_data(void **state)
{
	(void)state;
	struct pg_instance instance = plain_instance(15);
	struct pg_facts facts = {.wal_segment_bytes = 1 << 30, .max_prepared_transactions = 7, .tablespaces = true};
	assert_string_equal(forced(&instance, &facts, "max_prepared_transactions"), "7");
	instance.max_prepared_transactions = 9;
	assert_string_equal(forced(&instance, &facts, "max_prepared_transactions"), "9");
	assert_string_equal(forced(&instance, &facts, "allow_in_place_tablespaces"), "on");
	assert_null(forced(&instance, &plain_facts, "allow_in_place_tablespaces"));
	_cleanup_buffer_ struct buffer file = {0};
	pg_settings_file(&instance, &facts, &file);
	assert_non_null(strstr(buffer_text(&file), "min_wal_size = '2048MB'\n"));
	assert_non_null(strstr(buffer_text(&file), "max_wal_size = '8192MB'\n"));
}

static void test_scheduled_jobs_are_off_where_there_is_a_scheduler(void **state)
{
	(void)state;
	static const struct {
		const char *preload;
		bool cron;
	} cases[] = {
		{NULL, false},
		{"", false},
		{"pg_cron", true},
		{"pg_stat_statements, pg_cron", true},
		{"\"$libdir/pg_cron\",auto_explain", true},
		{"pg_cron2", false},
		{"my_pg_cron", false},
		{"pg_cro", false},
	};
	struct pg_instance instance = plain_instance(15);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		instance.preload = cases[i].preload;
		const char *value = forced(&instance, &plain_facts, "cron.launch_active_jobs");
		assert_true(cases[i].cron ? string_equal(value, "off") : value == NULL);
		assert_string_equal(forced(&instance, &plain_facts, "shared_preload_libraries"),
				    cases[i].preload ? cases[i].preload : "");
	}
	instance.preload = "timescaledb";
	assert_string_equal(forced(&instance, &plain_facts, "timescaledb.max_background_workers"), "0");
}

static void test_durability(void **state)
{
	(void)state;
	struct pg_instance instance = plain_instance(15);
	for (int durable = 0; durable < 2; durable++) {
		_cleanup_buffer_ struct buffer file = {0};
		instance.durable = durable;
		pg_settings_file(&instance, &plain_facts, &file);
		static const char *const names[] = {"\nfsync"};
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			const char *line = strstr(buffer_text(&file), names[i]);
			assert_non_null(line);
			assert_true(string_starts_with(line + strlen(names[i]), durable ? " = 'on'\n" : " = 'off'\n"));
			assert_null(strstr(line + 1, names[i]));
		}
		assert_non_null(strstr(buffer_text(&file), "\nsynchronous_commit = 'on'\n"));
	}
}

static void test_logins(void **state)
{
	(void)state;
	struct pg_instance instance = plain_instance(15);
	instance.superuser = "all";
	instance.role = "a \"b\"";
	_cleanup_buffer_ struct buffer hba = {0}, prepare = {0}, ident = {0};
	pg_settings_hba(&instance, &hba);
	assert_string_equal(buffer_text(&hba), "local all \"all\" peer map=vela\n"
					       "local all \"a \"\"b\"\"\" scram-sha-256\n"
					       "host all \"a \"\"b\"\"\" 127.0.0.1/32 scram-sha-256\n");
	instance.purpose = PG_FOR_PREPARATION;
	pg_settings_hba(&instance, &prepare);
	assert_string_equal(buffer_text(&prepare), "local all \"all\" peer map=vela\n");
	pg_settings_ident(&instance, "some user", &ident);
	assert_string_equal(buffer_text(&ident), "vela \"some user\" \"all\"\n");
}

/* --- what a real server makes of it --- */

/* Data that wants to listen everywhere, to archive, to follow production and to load code. */
static const char hostile[] =
	"listen_addresses = '*'\nport = 1\nssl = on\nssl_cert_file = '/nonexistent'\narchive_mode = on\n"
	"archive_command = 'false'\nrestore_command = 'false'\nprimary_conninfo = 'host=production'\n"
	"synchronous_standby_names = '*'\nshared_preload_libraries = 'nowhere'\nmax_wal_senders = 5\n"
	"session_preload_libraries = 'nowhere'\nlocal_preload_libraries = 'nowhere'\nhuge_pages = on\n"
	"logging_collector = on\nrecovery_target = 'immediate'\nhba_file = '/nonexistent'\n"
	"unix_socket_directories = '/nonexistent'\nvela.branch = 'pool/shop/other'\n"
	"wal_level = logical\nexternal_pid_file = '/nonexistent/pid'\n";

static void assert_in_force(const struct cluster *cluster, const char *assignment)
{
	_cleanup_free_ char *name = string_copy_n(assignment, strcspn(assignment, "="));
	_cleanup_free_ char *sql =
		string_format("SELECT source || '|' || setting FROM pg_settings WHERE name = '%s'", name);
	_cleanup_free_ char *current = string_format("SELECT current_setting('%s')", name);
	if (strchr(name, '.')) { /* pg_settings has no settings of strangers */
		assert_string_equal(cluster_value(cluster, current), assignment + strlen(name) + 1);
		return;
	}
	/* The server may spell the value otherwise; that it is ours shows in its source. */
	const char *value = cluster_value(cluster, sql);
	if (!string_starts_with(value, "command line|") && !string_starts_with(value, "override|"))
		fail_msg("%s is from %s", name, value);
}

static void start_on_hostile_data(int major, const char *binaries)
{
	struct cluster *cluster = cluster_create(major, binaries);
	_cleanup_free_ char *path = path_join(cluster->data, "postgresql.auto.conf", NULL);
	assert_success(file_replace(path, hostile, strlen(hostile), 0600, FILE_VOLATILE, err));
	cluster_start(cluster);
	struct string_list list = {0};
	pg_settings_arguments(&cluster->instance, &plain_facts, &list);
	for (size_t i = 4; i < list.count; i += 2)
		assert_in_force(cluster, list.items[i]);
	string_list_free(&list);
	_cleanup_buffer_ struct buffer file = {0};
	pg_settings_file(&cluster->instance, &plain_facts, &file);
	assert_string_equal(
		cluster_value(cluster, "SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL AND sourcefile "
				       "LIKE '%/run/%'"),
		"0");
	assert_string_equal(cluster_value(cluster, "SHOW listen_addresses"), "127.0.0.1");
	assert_string_equal(cluster_value(cluster, "SHOW archive_mode"), "off");
	assert_string_equal(cluster_value(cluster, "SHOW primary_conninfo"), "");
	assert_string_equal(cluster_value(cluster, "SHOW wal_level"), "replica");
	assert_string_equal(cluster_value(cluster, "SHOW autovacuum"), "off");
	assert_string_equal(cluster_value(cluster, "SHOW shared_buffers"), "32MB");
	cluster_destroy(cluster);
}

static void test_hostile_data_of_15(void **state)
{
	(void)state;
	start_on_hostile_data(15, PG15);
}

static void test_hostile_data_of_18(void **state)
{
	(void)state;
	start_on_hostile_data(18, pg18());
}

/* Segments as some hosters have them, prepared transactions, and preparation's minimal WAL. */
static void test_unusual_data(void **state)
{
	(void)state;
	struct cluster *cluster = cluster_prepare(15, PG15);
	run(PG15 "/initdb", "-D", cluster->data, "-U", "some one", "-A", "reject", "--wal-segsize=64", "--no-sync");
	cluster->instance.superuser = "some one";
	cluster->instance.max_prepared_transactions = 5;
	cluster_start(cluster);
	struct pg_target target = cluster_target(cluster);
	target.user = "some one";
	PGconn *connection = NULL;
	assert_success(pg_connect(&target, &connection, err));
	assert_success(pg_execute(connection, "BEGIN; CREATE TABLE held (); PREPARE TRANSACTION 'held'", NULL, err));
	pg_disconnect(&connection);
	cluster_stop(cluster, PG_STOP_CLEAN);
	cluster->instance.max_prepared_transactions = 0; /* the control file knows better */
	cluster->instance.purpose = PG_FOR_PREPARATION;
	cluster->instance.role = NULL;
	cluster_start(cluster);
	assert_success(pg_connect(&target, &connection, err));
	assert_success(pg_execute(connection, "ROLLBACK PREPARED 'held'", NULL, err));
	pg_disconnect(&connection);
	cluster_destroy(cluster);
}

int main(void)
{
	cluster_identity();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_preparation),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_what_depends_on_the_data),
		cmocka_unit_test(test_scheduled_jobs_are_off_where_there_is_a_scheduler),
		cmocka_unit_test(test_durability),
		cmocka_unit_test(test_logins),
		cmocka_unit_test(test_hostile_data_of_15),
		cmocka_unit_test(test_hostile_data_of_18),
		cmocka_unit_test(test_unusual_data),
	};
	return cluster_end(cmocka_run_group_tests_name("pg/settings", tests, NULL, NULL));
}
