#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pg/prepare.h"
#include "tests/unit/pg/production.h"

static char *top, *data, *outside;

/* Below the data directory; directories end with a slash, links are "name -> target". */
static const char *const ordinary[] = {
	"base/",
	"base/1/",
	"base/1/1259",
	"base/1/PG_VERSION",
	"global/",
	"global/pg_control",
	"global/1262",
	"pg_wal/",
	"pg_wal/archive_status/",
	"pg_wal/000000010000000000000001",
	"pg_tblspc/",
	"pg_xact/",
	"pg_xact/0000",
	"pg_logical/",
	"pg_logical/replorigin_checkpoint",
	"pg_logical/mappings/",
	"pg_replslot/",
	"pg_replslot/standby/",
	"pg_replslot/standby/state",
	"pg_dynshmem/",
	"pg_notify/",
	"pg_notify/0000",
	"pg_serial/",
	"pg_snapshots/",
	"pg_stat/",
	"pg_stat/pg_stat_statements.stat",
	"pg_stat_tmp/",
	"pg_subtrans/",
	"pg_subtrans/0000",
	"pg_multixact/",
	"pg_twophase/",
	"pg_commit_ts/",
	"extension_data/",
	"extension_data/0001",
	"backup_label",
	"postmaster.pid",
	"postmaster.opts",
	"standby.signal",
	"recovery.signal",
	"recovery.conf",
	"recovery.done",
	"current_logfiles",
	"log/",
	"log/postgresql-Mon.log",
	"pg_log/",
	"pg_log/x.log",
	"server.key",
	"server.crt",
	"root.crt",
	"ca.pem",
	"dump.sql",
	"backup_manifest",
	"backup_label.old",
	"conf.d/",
	"conf.d/secret.conf",
	".pgpass",
	".ssh/",
	".ssh/id_ed25519",
	".s.PGSQL.5432",
	"postgresql.auto.conf",
	"postgresql.conf",
	"pg_ident.conf",
};

static const char *const kept[] = {
	"base/1/1259",
	"base/1/PG_VERSION",
	"global/pg_control",
	"pg_wal/000000010000000000000001",
	"pg_xact/0000",
	"pg_stat/pg_stat_statements.stat",
	"extension_data/0001",
	"backup_label",
	"PG_VERSION",
	"pg_tblspc",
	"pg_twophase",
	"pg_replslot",
	"pg_dynshmem",
	"pg_notify",
	"pg_serial",
	"pg_snapshots",
	"pg_stat_tmp",
	"pg_subtrans",
	"pg_logical/mappings",
	"postgresql.conf",
	"postgresql.auto.conf",
	"pg_hba.conf",
	"pg_ident.conf",
};

static const char *const gone[] = {
	"pg_replslot/standby",
	"pg_notify/0000",
	"pg_subtrans/0000",
	"pg_logical/replorigin_checkpoint",
	"postmaster.pid",
	"postmaster.opts",
	"standby.signal",
	"recovery.signal",
	"recovery.conf",
	"recovery.done",
	"current_logfiles",
	"log",
	"pg_log",
	"server.key",
	"server.crt",
	"root.crt",
	"ca.pem",
	"dump.sql",
	"backup_manifest",
	"backup_label.old",
	"conf.d",
	".pgpass",
	".ssh",
	".s.PGSQL.5432",
};

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(data, name, NULL);
	MUST(file_replace(path, text, strlen(text), 0600, FILE_VOLATILE, &err));
}

static void put_link(const char *name, const char *target)
{
	_cleanup_free_ char *path = path_join(data, name, NULL);
	(void)unlink(path);
	(void)rmdir(path);
	assert_int_equal(symlink(target, path), 0);
}

static bool has(const char *name)
{
	_cleanup_free_ char *path = path_join(data, name, NULL);
	return file_exists(path);
}

static int make_data(void **state)
{
	(void)state;
	become_postgres();
	top = make_top("test_prepare_files");
	data = path_join(top, "data", NULL);
	outside = path_join(top, "outside", NULL);
	_cleanup_free_ char *witness = path_join(outside, "witness", NULL);
	MUST(directory_create(data, 0755, &err));
	MUST(directory_create(outside, 0700, &err));
	MUST(file_replace(witness, "precious", 8, 0600, FILE_VOLATILE, &err));
	put("PG_VERSION", "15\n");
	for (size_t i = 0; i < ARRAY_SIZE(ordinary); i++) {
		_cleanup_free_ char *path = path_join(data, ordinary[i], NULL);
		if (ordinary[i][strlen(ordinary[i]) - 1] == '/')
			MUST(directory_create(path, 0700, &err));
		else
			put(ordinary[i], "production's");
	}
	return 0;
}

static int remove_data(void **state)
{
	(void)state;
	MUST(directory_remove(top, &err));
	free(top);
	free(data);
	free(outside);
	return 0;
}

static void assert_content(const char *name, const char *expected)
{
	_cleanup_free_ char *path = path_join(data, name, NULL);
	_cleanup_buffer_ struct buffer text = {0};
	MUST(file_read(path, 4096, FILE_NO_FOLLOW, &text, &err));
	if (!string_equal(buffer_text(&text), expected))
		fail_msg("%s: %s", name, buffer_text(&text));
}

static void assert_witness(void)
{
	_cleanup_free_ char *witness = path_join(outside, "witness", NULL);
	_cleanup_buffer_ struct buffer text = {0};
	MUST(file_read(witness, 4096, FILE_NO_FOLLOW, &text, &err));
	assert_string_equal(buffer_text(&text), "precious");
	struct string_list names = {0};
	MUST(directory_list(outside, &names, &err));
	assert_int_equal(names.count, 1);
	string_list_free(&names);
}

static void assert_refused_naming(const char *name)
{
	struct error *err = NULL;
	if (pg_prepare_files(data, &err) == 0)
		fail_msg("%s is not refused", name);
	if (err->kind != ERROR_REFUSED || !strstr(err->message, name) || !err->hint ||
	    !strstr(err->hint, "postgres://"))
		fail_msg("%s: %s: %s", name, error_kinds[err->kind].name, err->message);
	error_free(err);
	assert_witness();
}

static void test_what_stays_and_what_goes(void **state)
{
	(void)state;
	struct stat st;
	MUST(pg_prepare_files(data, &err));
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (!has(kept[i]))
			fail_msg("%s is gone", kept[i]);
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		if (has(gone[i]))
			fail_msg("%s is still there", gone[i]);
	assert_int_equal(stat(data, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_content("postgresql.auto.conf", "");
	assert_content("postgresql.conf",
		       "# The configuration of this copy is kept by vela, outside the data directory.\n");
	assert_content("pg_hba.conf",
		       "# The configuration of this copy is kept by vela, outside the data directory.\n");
	assert_content("backup_label", "production's");
	MUST(pg_prepare_files(data, &err)); /* again: nothing to do */
}

static void test_links_that_leave(void **state)
{
	(void)state;
	static const char *const places[] = {
		"pg_tblspc/16384", "pg_wal",      "pg_xact",      "base/16385", "base/1/2600",         "base",
		"pg_logical",      "global/1262", "backup_label", "pg_tblspc",  "extension_data/0002", "pg_twophase"};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		remove_data(NULL);
		make_data(NULL);
		_cleanup_free_ char *path = path_join(data, places[i], NULL);
		MUST(file_is_directory(path) ? directory_remove(path, &err) : file_unlink(path, &err));
		put_link(places[i], outside);
		assert_refused_naming(places[i]);
	}
}

static void test_links_that_lead_nowhere(void **state)
{
	(void)state;
	put_link("pg_tblspc/16384", "/nonexistent/space");
	assert_refused_naming("pg_tblspc/16384");
	put_link("pg_tblspc/16384", "../../outside");
	assert_refused_naming("pg_tblspc/16384");
	_cleanup_free_ char *inside =
		path_join(data, "base", NULL); /* absolute: after a clone it leads to the baseline */
	put_link("pg_tblspc/16384", inside);
	assert_refused_naming("pg_tblspc/16384");
}

static void test_links_that_do_not_matter(void **state)
{
	(void)state;
	static const char *const places[] = {"postgresql.conf", "pg_hba.conf", "postgresql.auto.conf",
					     "server.key",      "archive",     "unknown.link"};
	_cleanup_free_ char *log = path_join(data, "log", NULL);
	_cleanup_free_ char *slots = path_join(data, "pg_replslot", NULL);
	_cleanup_free_ char *witness = path_join(outside, "witness", NULL);
	MUST(directory_remove(log, &err));
	MUST(directory_remove(slots, &err));
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		put_link(places[i], witness);
	put_link("log", outside);
	put_link("pg_replslot", outside);
	put_link("unknown_directory", outside);
	put_link("dangling.crt", "/nonexistent");
	put_link("base/inside", "1/1259");
	MUST(pg_prepare_files(data, &err));
	assert_false(has("log") || has("server.key") || has("archive") || has("unknown_directory") ||
		     has("dangling.crt"));
	assert_true(has("base/inside"));
	struct stat st;
	assert_true(lstat(slots, &st) == 0 && S_ISDIR(st.st_mode));
	assert_content("pg_hba.conf",
		       "# The configuration of this copy is kept by vela, outside the data directory.\n");
	assert_witness();
}

static void test_tablespace_map(void **state)
{
	(void)state;
	_cleanup_free_ char *map = string_format("16384 %s\n", outside);
	put("tablespace_map", map);
	assert_refused_naming("tablespace_map");
	put_link("pg_tblspc/16384", outside);
	assert_refused_naming("tablespace_map");
	assert_true(has("tablespace_map"));
	_cleanup_free_ char *space = path_join(data, "pg_tblspc", "16384", NULL);
	MUST(file_unlink(space, &err));
	MUST(directory_create(space, 0700, &err));
	MUST(pg_prepare_files(data, &err));
	assert_false(has("tablespace_map"));
}

static void test_no_data_directory(void **state)
{
	(void)state;
	struct error *err = NULL;
	assert_int_equal(pg_prepare_files(outside, &err), -1);
	assert_int_equal(err->kind, ERROR_USAGE);
	error_free(err);
	assert_witness();
}

#define WITH_DATA(test) cmocka_unit_test_setup_teardown(test, make_data, remove_data)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DATA(test_what_stays_and_what_goes), WITH_DATA(test_links_that_leave),
		WITH_DATA(test_links_that_lead_nowhere),  WITH_DATA(test_links_that_do_not_matter),
		WITH_DATA(test_tablespace_map),           WITH_DATA(test_no_data_directory),
	};
	return end_tests(cmocka_run_group_tests_name("pg/prepare_files", tests, NULL, NULL));
}
