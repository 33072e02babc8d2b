#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/interrupt.h"
#include "pg/control.h"
#include "pg/prepare.h"
#include "pg/source.h"
#include "tests/unit/pg/production.h"

static struct production production;
static char *url;        /* as a role that may replicate, with a password */
static char *tablespace; /* outside the data directory */

static void allow(const char *lines)
{
	_cleanup_free_ char *path = path_join(production.data, "pg_hba.conf", NULL);
	MUST(file_replace(path, lines, strlen(lines), 0600, FILE_VOLATILE, &err));
	PGconn *connection = production_connect(&production, "postgres", "boss");
	assert_non_null(connection);
	sql_on(connection, "SELECT pg_reload_conf()");
	pg_disconnect(&connection);
	nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
}

static const char everybody[] = "local all all trust\n"
				"host all all 127.0.0.1/32 scram-sha-256\n"
				"host replication all 127.0.0.1/32 scram-sha-256\n"
				"local replication all trust\n";

static int make_source(void **state)
{
	(void)state;
	unsetenv("PGPASSWORD");
	unsetenv("PGHOST");
	setenv("HOME", "/nonexistent", 1);
	become_postgres();
	production_make(&production, POSTGRES_15, "test_source");
	production_start(&production);
	tablespace = path_join(production.top, "space = one", NULL);
	MUST(directory_create(tablespace, 0700, &err));
	_cleanup_free_ char *literal = pg_quote_literal(tablespace);
	_cleanup_free_ char *create = string_format("CREATE TABLESPACE \"out side\" LOCATION %s", literal);
	PGconn *connection = production_connect(&production, "postgres", "boss");
	sql_on(connection, "CREATE ROLE copier LOGIN REPLICATION PASSWORD 'se cret'");
	sql_on(connection, "CREATE ROLE plain LOGIN PASSWORD 'plain'");
	sql_on(connection, create);
	sql_on(connection, "CREATE TABLE far (id int PRIMARY KEY) TABLESPACE \"out side\"; INSERT INTO far SELECT "
			   "generate_series(1, 1000)");
	pg_disconnect(&connection);
	allow(everybody);
	url = string_format("postgres://copier@127.0.0.1:%d/postgres?connect_timeout=5", production.port);
	return 0;
}

static int remove_source(void **state)
{
	(void)state;
	production_free(&production);
	free(url);
	free(tablespace);
	return 0;
}

static char *url_of(const char *user)
{
	return string_format("postgres://%s@127.0.0.1:%d/postgres", user, production.port);
}

/* The kind and hint of a refusal; the words are looked for in message and hint. */
static void assert_inspection_fails(const char *where, const char *password, enum error_kind kind, const char *words)
{
	struct error *err = NULL;
	struct pg_server_facts facts = {0};
	assert_int_equal(pg_source_inspect(where, password, &facts, &err), -1);
	_cleanup_free_ char *all = string_format("%s | %s", err->message, err->hint ? err->hint : "");
	if (err->kind != kind || !strstr(all, words))
		fail_msg("expected %s and \"%s\", got %s: %s", error_kinds[kind].name, words,
			 error_kinds[err->kind].name, all);
	error_free(err);
}

/* --- inspecting --- */

static void test_facts(void **state)
{
	(void)state;
	struct pg_server_facts facts = {0};
	MUST(pg_source_inspect(url, "se cret", &facts, &err));
	assert_int_equal(facts.major, 15);
	assert_true(facts.bytes > 10 << 20);
	assert_null(facts.preload);
	pg_server_facts_free(&facts);
}

static void test_conninfo_with_a_socket(void **state)
{
	(void)state;
	struct pg_server_facts facts = {0};
	_cleanup_free_ char *conninfo =
		string_format("host='%s' port=%d user=boss dbname=postgres", production.socket, production.port);
	MUST(pg_source_inspect(conninfo, NULL, &facts, &err));
	assert_int_equal(facts.major, 15);
	pg_server_facts_free(&facts);
}

static void test_password_from_the_environment(void **state)
{
	(void)state;
	struct pg_server_facts facts = {0};
	setenv("PGPASSWORD", "se cret", 1);
	MUST(pg_source_inspect(url, NULL, &facts, &err));
	unsetenv("PGPASSWORD");
	pg_server_facts_free(&facts);
}

/* The file is the caller's: the owner of the pool could not read it. */
static void test_password_from_the_callers_file(void **state)
{
	(void)state;
	struct pg_server_facts facts = {0};
	_cleanup_free_ char *target = path_join(production.top, "from_file", NULL);
	identity_caller_begin();
	_cleanup_free_ char *home = make_top("test_source_home");
	identity_caller_end();
	_cleanup_free_ char *path = path_join(home, ".pgpass", NULL);
	identity_caller_begin();
	MUST(file_replace(path, "127.0.0.1:*:*:copier:se cret\n", 29, 0600, FILE_VOLATILE, &err));
	identity_caller_end();
	setenv("HOME", home, 1);
	MUST(pg_source_inspect(url, NULL, &facts, &err));
	MUST(directory_create(target, 0700, &err));
	MUST(pg_source_backup(POSTGRES_15, url, NULL, target, NULL, &err));
	MUST(directory_remove(target, &err));
	setenv("HOME", "/nonexistent", 1);
	identity_caller_begin();
	MUST(directory_remove(home, &err));
	identity_caller_end();
	pg_server_facts_free(&facts);
}

static void test_secrets_in_the_url(void **state)
{
	(void)state;
	struct error *err = NULL;
	struct pg_server_facts facts = {0};
	assert_int_equal(pg_source_inspect("postgres://u:hunter2@h/d", NULL, &facts, &err), -1);
	assert_int_equal(err->kind, ERROR_USAGE);
	assert_null(strstr(err->message, "hunter2"));
	assert_non_null(strstr(err->hint, "PGPASSWORD"));
	error_free(err);
	assert_inspection_fails("host=h password=hunter2", NULL, ERROR_USAGE, "--password-file");
	assert_inspection_fails("postgres://u@h/d?sslpassword=hunter2", NULL, ERROR_USAGE, "sslpassword");
	assert_int_equal(pg_source_inspect("postgres://u:hunter2@h:what/d%zz", NULL, &facts, &err), -1);
	assert_int_equal(err->kind, ERROR_USAGE);
	assert_null(strstr(err->message, "hunter2"));
	error_free(err);
}

static void test_refusals(void **state)
{
	(void)state;
	_cleanup_free_ char *plain = url_of("plain");
	_cleanup_free_ char *nowhere = string_format("postgres://copier@127.0.0.1:%d/postgres", free_port());
	assert_inspection_fails(plain, "plain", ERROR_REFUSED, "ALTER ROLE plain REPLICATION");
	assert_inspection_fails(url, "wrong", ERROR_REFUSED, "right password");
	assert_inspection_fails(url, NULL, ERROR_REFUSED, "--password-file");
	assert_inspection_fails(nowhere, "x", ERROR_NETWORK, "refused");
}

static void test_no_line_for_replication(void **state)
{
	(void)state;
	allow("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
	assert_inspection_fails(url, "se cret", ERROR_REFUSED, "host replication copier 127.0.0.1/32 scram-sha-256");
	allow(everybody);
}

/* --- copying --- */

static void count_progress(void *context, const char *step, uint64_t done, uint64_t total)
{
	assert_non_null(step);
	uint64_t *seen = context;
	assert_true(done <= total);
	seen[0]++;
	if (done > seen[1])
		seen[1] = done;
}

/* Recovers the copy, starts it, and asks it one thing. */
static void assert_copy_has(const char *data, const char *sql, const char *expected)
{
	_cleanup_free_ char *superuser = NULL;
	struct production copy = {.binaries = POSTGRES_15, .top = production.top, .port = free_port()};
	copy.data = string_copy(data);
	copy.socket = production.socket;
	MUST(pg_prepare_files(data, &err));
	MUST(pg_prepare_superuser(POSTGRES_15, data, &superuser, &err));
	assert_string_equal(superuser, "boss");
	_cleanup_free_ char *hba = path_join(data, "pg_hba.conf", NULL);
	_cleanup_free_ char *conf = path_join(data, "postgresql.conf", NULL);
	MUST(file_replace(hba, everybody, strlen(everybody), 0600, FILE_VOLATILE, &err));
	MUST(file_replace(conf, "allow_in_place_tablespaces = on\n", 32, 0600, FILE_VOLATILE, &err));
	production_start(&copy);
	PGconn *connection = production_connect(&copy, "postgres", "boss");
	assert_value(connection, sql, expected);
	sql_on(connection, "INSERT INTO far SELECT generate_series(5001, 6000); CHECKPOINT");
	pg_disconnect(&connection);
	production_stop(&copy, SIGINT);
	free(copy.data);
}

static off_t size_of_tree(const char *path)
{
	struct stat st;
	struct string_list names = {0};
	off_t total = 0;
	assert_int_equal(lstat(path, &st), 0);
	if (!S_ISDIR(st.st_mode))
		return st.st_size;
	MUST(directory_list(path, &names, &err));
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *child = path_join(path, names.items[i], NULL);
		total += size_of_tree(child);
	}
	string_list_free(&names);
	return total;
}

static void test_backup(void **state)
{
	(void)state;
	uint64_t seen[2] = {0};
	const struct progress progress = {.update = count_progress, .context = seen};
	_cleanup_free_ char *target = path_join(production.top, "copy = one", NULL);
	PGconn *connection = production_connect(&production, "postgres", "boss");
	sql_on(connection, "CHECKPOINT");
	off_t before = size_of_tree(tablespace);
	MUST(directory_create(target, 0700, &err));
	MUST(pg_source_backup(POSTGRES_15, url, "se cret", target, &progress, &err));
	assert_true(seen[0] > 1 && seen[1] > 10 << 20);

	_cleanup_free_ char *spaces = path_join(target, "pg_tblspc", NULL);
	struct string_list names = {0};
	struct stat st;
	MUST(directory_list(spaces, &names, &err));
	assert_int_equal(names.count, 1);
	_cleanup_free_ char *space = path_join(spaces, names.items[0], NULL);
	assert_true(lstat(space, &st) == 0 && S_ISDIR(st.st_mode));
	assert_int_equal(st.st_uid, geteuid());
	string_list_free(&names);

	assert_copy_has(target, "SELECT count(*) FROM far WHERE id <= 1000", "1000");
	assert_int_equal(size_of_tree(tablespace), before);
	assert_value(connection, "SELECT count(*) FROM far", "1000");
	assert_value(connection, "SELECT count(*) FROM pg_replication_slots", "0");
	pg_disconnect(&connection);
	MUST(directory_remove(target, &err));
}

/* The user that it runs as can read its environment. */
static void test_what_the_backup_is_told(void **state)
{
	(void)state;
	static const char *const set[][2] = {{"CI_JOB_TOKEN", "secret"},       {"AWS_SECRET_ACCESS_KEY", "secret"},
					     {"PASSWORD", "secret"},           {"XPGSECRET", "secret"},
					     {"PG_COLOR", "always"},           {"LANGUAGE", "de"},
					     {"PGSSLMODE", "prefer"},          {"KRB5CCNAME", "MEMORY:x"},
					     {"SSL_CERT_FILE", "/certs"},      {"SSL_CERT_DIR", "/certs"},
					     {"PGPASSWORD", "somebody else's"}};
	static const char script[] = "#!/bin/sh\nwhile [ \"$1\" != -D ]; do shift; done\n"
				     "env | cut -d = -f 1 | sort >\"$2/names\"; env >\"$2/environment\"\n";
	_cleanup_free_ char *target = path_join(production.top, "told", NULL);
	_cleanup_free_ char *program = path_join(target, "pg_basebackup", NULL);
	_cleanup_free_ char *names_file = path_join(target, "names", NULL);
	_cleanup_free_ char *environment_file = path_join(target, "environment", NULL);
	_cleanup_buffer_ struct buffer names = {0};
	_cleanup_buffer_ struct buffer environment = {0};
	MUST(directory_create(target, 0700, &err));
	MUST(file_replace(program, script, strlen(script), 0700, FILE_VOLATILE, &err));
	for (size_t i = 0; i < ARRAY_SIZE(set); i++)
		setenv(set[i][0], set[i][1], 1);
	int result = pg_source_backup(target, url, "se cret", target, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(set); i++)
		unsetenv(set[i][0]);
	assert_int_equal(result, 0);
	MUST(file_read(names_file, 65536, FILE_NO_FOLLOW, &names, &err));
	MUST(file_read(environment_file, 65536, FILE_NO_FOLLOW, &environment, &err));
	assert_string_equal(buffer_text(&names),
			    "HOME\nKRB5CCNAME\nLC_ALL\nPATH\nPGPASSWORD\nPGSSLMODE\nPWD\nSSL_CERT_DIR\n"
			    "SSL_CERT_FILE\n");
	assert_non_null(strstr(buffer_text(&environment), "PGPASSWORD=se cret\n"));
	assert_non_null(strstr(buffer_text(&environment), "LC_ALL=C\n"));
	assert_null(strstr(buffer_text(&environment), "nonexistent")); /* the caller's home */
	MUST(directory_remove(target, &err));
}

static bool is_backup(void *context, pid_t pid, const char *arguments, size_t length)
{
	(void)pid;
	if (memmem(arguments, length, context, strlen(context)) &&
	    string_equal(path_basename(arguments), "pg_basebackup"))
		fail_msg("pg_basebackup is still there");
	return true;
}

/* As a signal in the middle would. */
static void interrupt_at_once(void *context, const char *step, uint64_t done, uint64_t total)
{
	(void)context;
	(void)step;
	(void)total;
	if (done > 0)
		(void)raise(SIGTERM);
}

static void test_interrupted_backup(void **state)
{
	(void)state;
	const struct progress progress = {.update = interrupt_at_once};
	_cleanup_free_ char *target = path_join(production.top, "interrupted", NULL);
	MUST(directory_create(target, 0700, &err));
	pid_t child = fork();
	if (child == 0) {
		interrupt_install();
		struct error *err = NULL;
		int result = pg_source_backup(POSTGRES_15, url, "se cret", target, &progress, &err);
		_exit(result == -1 && err->kind == ERROR_INTERRUPTED ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	process_each(is_backup, target);
	PGconn *connection = production_connect(&production, "postgres", "boss");
	for (int attempt = 0; attempt < 100; attempt++) { /* the server notices at its next write */
		_cleanup_free_ char *left = value_on(connection, "SELECT count(*) FROM pg_replication_slots");
		if (string_equal(left, "0"))
			break;
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	}
	assert_value(connection, "SELECT count(*) FROM pg_replication_slots", "0");
	pg_disconnect(&connection);
	MUST(directory_remove(target, &err));
}

static void assert_backup_fails(const char *where, const char *password, const char *target, enum error_kind kind)
{
	struct error *err = NULL;
	assert_int_equal(pg_source_backup(POSTGRES_15, where, password, target, NULL, &err), -1);
	if (err->kind != kind)
		fail_msg("expected %s, got %s: %s", error_kinds[kind].name, error_kinds[err->kind].name, err->message);
	assert_null(strstr(err->message, "se cret"));
	error_free(err);
}

static void test_failed_backups(void **state)
{
	(void)state;
	_cleanup_free_ char *target = path_join(production.top, "failed", NULL);
	_cleanup_free_ char *plain = url_of("plain");
	_cleanup_free_ char *nowhere = string_format("postgres://copier@127.0.0.1:%d/postgres", free_port());
	MUST(directory_create(target, 0700, &err));
	assert_backup_fails(plain, "plain", target, ERROR_REFUSED);
	assert_backup_fails(nowhere, "se cret", target, ERROR_NETWORK);
	allow("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
	assert_backup_fails(url, "se cret", target, ERROR_REFUSED);
	allow(everybody);
	MUST(directory_remove(target, &err));
}

/* The target is a filesystem that is too small, in a mount namespace of a child, with which it goes. */
static int copy_into_too_little(const char *target)
{
	const struct identity owner = identity_current();
	_cleanup_free_ char *options = string_format("size=8m,uid=%u,mode=0700", (unsigned)owner.uid);
	identity_caller_begin();
	int failed = unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		     mount("vela-test", target, "tmpfs", 0, options) < 0;
	identity_caller_end();
	if (failed)
		return 2;
	struct error *err = NULL;
	int result = pg_source_backup(POSTGRES_15, url, "se cret", target, NULL, &err);
	return result == -1 && err->kind == ERROR_STORAGE ? 0 : 1;
}

static void test_full_disk(void **state)
{
	(void)state;
	int status;
	_cleanup_free_ char *target = path_join(production.top, "full", NULL);
	MUST(directory_create(target, 0700, &err));
	pid_t child = fork();
	if (child == 0)
		_exit(copy_into_too_little(target));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	MUST(directory_remove(target, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_conninfo_with_a_socket),
		cmocka_unit_test(test_password_from_the_environment),
		cmocka_unit_test(test_password_from_the_callers_file),
		cmocka_unit_test(test_secrets_in_the_url),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_line_for_replication),
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_what_the_backup_is_told),
		cmocka_unit_test(test_interrupted_backup),
		cmocka_unit_test(test_failed_backups),
		cmocka_unit_test(test_full_disk),
	};
	return end_tests(cmocka_run_group_tests_name("pg/source", tests, make_source, remove_source));
}
