/* How a command ends, and that nothing is left of it. */
#include "commanded.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "migration/command_parts.h"

static void lay_out(void)
{
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(
		pg_execute(admin,
			   "SET client_min_messages = error; DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA "
			   "public AUTHORIZATION owner; SET ROLE owner; CREATE TABLE orders (id int, total int); "
			   "INSERT INTO orders SELECT i, i FROM generate_series(1, 100) i; ANALYZE",
			   NULL, err));
}

/* A process that has the mark in its arguments is one of ours. */
static bool has_mark(void *context, pid_t pid, const char *arguments, size_t length)
{
	(void)pid;
	bool *found = context;
	for (size_t at = 0; at < length; at += strlen(arguments + at) + 1)
		*found = *found || string_equal(arguments + at, "61.375");
	return true;
}

static void assert_nothing_left(void)
{
	bool found = false;
	process_each(has_mark, &found);
	assert_false(found);
	assert_no_trace();
}

static void assert_words(const char *text, const char *words)
{
	if (!text || !strstr(text, words))
		fail_msg("\"%s\" is not in: %s", words, text ? text : "NULL");
}

static struct commanded run_failing(const char *shell, double limit_ms, const char *message)
{
	lay_out();
	struct commanded commanded = commanded_run(shell, limit_ms > 0 ? clock_monotonic_ms() + limit_ms : 0);
	assert_non_null(commanded.migration->failure);
	assert_words(commanded.migration->failure->message, message);
	assert_nothing_left();
	return commanded;
}

static void exit_code(void **state)
{
	(void)state;
	struct commanded commanded =
		run_failing("echo one; echo two >&2; exit 7", 0, "the command ended with exit code 7");
	assert_string_equal(commanded.migration->output, "one\ntwo\n");
	commanded_free(&commanded);
}

static void killed_by_signal(void **state)
{
	(void)state;
	struct commanded commanded = run_failing("kill -KILL $$", 0, "the command was killed by SIGKILL");
	commanded_free(&commanded);
}

static void servers_error(void **state)
{
	(void)state;
	struct commanded commanded = run_failing("psql -Xqc 'SELECT 1' -c 'SELECT total,\n  nothing FROM orders'", 0,
						 "column \"nothing\" does not exist");
	const struct report_failure *failure = commanded.migration->failure;
	assert_string_equal(failure->sqlstate, "42703");
	assert_string_equal(failure->source_line, "  nothing FROM orders");
	assert_int_equal(failure->column, 3);
	assert_true(failure->has_caret);
	assert_words(failure->context, "the command ended with exit code 1");
	assert_words(commanded.migration->output, "nothing");
	assert_int_equal(commanded.migration->list_count, 2);
	assert_int_equal(commanded.migration->list[1].outcome, OUTCOME_FAILED);
	commanded_free(&commanded);
}

/* The tool went on, and failed for a reason of its own. */
static void error_that_was_handled(void **state)
{
	(void)state;
	struct commanded commanded =
		run_failing("printf 'SELECT nothing;\\nSELECT 1;\\n' | psql -Xq >/dev/null 2>&1; echo no; exit 3", 0,
			    "the command ended with exit code 3");
	assert_null(commanded.migration->failure->sqlstate);
	commanded_free(&commanded);
	commanded = commanded_run("psql -Xqc 'SELECT nothing'; true", 0);
	assert_int_equal(commanded.migration->outcome, OUTCOME_PASSED);
	commanded_free(&commanded);
}

static struct commanded run_too_long(double limit_ms)
{
	return run_failing("trap '' TERM; echo begun; sleep 61.375 & setsid sleep 61.375 & "
			   "psql -Xqc \"SELECT pg_sleep(60), 'x'\"; sleep 61.375",
			   limit_ms, "cancelled: the time limit of this run was reached");
}

static bool has_slept(const struct commanded *commanded)
{
	const char *context = commanded->migration->failure->context;
	return context && strstr(context, "SELECT pg_sleep(60)");
}

/* The limit has to leave it the time to get that far. */
static void time_limit(void **state)
{
	(void)state;
	double limit_ms = 700;
	struct commanded commanded = run_too_long(limit_ms);
	while (limit_ms < 20000 && !has_slept(&commanded)) {
		commanded_free(&commanded);
		limit_ms *= 3;
		commanded = run_too_long(limit_ms);
	}
	assert_true(has_slept(&commanded));
	assert_words(commanded.migration->output, "begun");
	commanded_free(&commanded);
}

static void hang(void **state)
{
	(void)state;
	struct commanded commanded =
		run_failing("(echo 'BEGIN; LOCK TABLE orders;'; sleep 61.375) | psql -Xq & "
			    "until psql -XqAtc \"SELECT 'held' FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND "
			    "relation = 'orders'::regclass\" | grep held; do :; done; "
			    "psql -Xqc 'ALTER TABLE orders ADD COLUMN x int'",
			    60000, "the command waits for itself: ALTER TABLE orders ADD COLUMN x int");
	const char *message = commanded.migration->failure->message;
	assert_words(message, "waits for a lock on public.orders that nobody will release");
	assert_words(message, "LOCK TABLE orders");
	commanded_free(&commanded);
}

static void much_output(void **state)
{
	(void)state;
	struct commanded commanded = commanded_run("head -c 100000000 /dev/zero | tr '\\000' x; echo; echo end", 0);
	assert_int_equal(commanded.migration->outcome, OUTCOME_PASSED);
	assert_true(strlen(commanded.migration->output) <= 20000);
	assert_words(commanded.migration->output, "xxx\nend\n");
	commanded_free(&commanded);
}

static void assert_left_behind(const char *shell, const char *output)
{
	struct commanded commanded = commanded_run(shell, 0);
	assert_int_equal(commanded.migration->outcome, OUTCOME_PASSED);
	assert_string_equal(commanded.migration->output, output);
	assert_nothing_left();
	commanded_free(&commanded);
}

static void background(void **state)
{
	(void)state;
	assert_left_behind("sleep 61.375 & setsid sleep 61.375 & (sleep 61.375 &) ; echo done",
			   "done\n[vela: 3 processes that the command left behind were ended]\n");
	assert_left_behind("(trap '' TERM; exec sleep 61.375) & echo done",
			   "done\n[vela: 1 process that the command left behind was ended]\n");
	assert_left_behind("echo none", "none\n");
}

static void *stay(void *unused)
{
	(void)unused;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (pause() < 0)
		;
	return NULL;
}

/* A process has none while it executes a program; this one, whose first thread has ended, for good. */
static pid_t start_without_arguments(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		pthread_t thread;
		(void)pthread_create(&thread, NULL, stay, NULL);
		(void)syscall(SYS_exit, 0);
	}
	_cleanup_free_ char *path = string_format("/proc/%d/cmdline", (int)pid);
	size_t length = 1;
	while (length > 0) {
		_cleanup_buffer_ struct buffer arguments = {0};
		assert_success(file_read(path, 1 << 20, FILE_FOLLOW, &arguments, err));
		length = arguments.length;
	}
	return pid;
}

static void background_without_arguments(void **state)
{
	(void)state;
	char *argv[] = {(char[]){"true"}, NULL}, *environment[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
	const struct command_wanted wanted = {.argv = argv, .directory = server->root, .environment = environment};
	struct command_group group;
	struct process_result result;
	assert_success(command_group_start(&wanted, &group, err));
	pid_t pid = start_without_arguments();
	while (!group.ended)
		assert_success(command_group_wait(&group, clock_monotonic_ms() + 1000, err));
	command_group_end(&group, &result);
	assert_int_equal(group.left_behind, 1);
	assert_int_equal(kill(pid, 0), -1);
	command_group_free(&group);
}

/* What an orphan leaves behind in its turn is found, too. */
static void background_of_background(void **state)
{
	(void)state;
	_cleanup_free_ char *begun = path_join(server->root, "begun", NULL);
	assert_left_behind("(sh -c 'sleep 61.375 & touch begun; wait' &); until [ -e begun ]; do :; done; echo done",
			   "done\n[vela: 2 processes that the command left behind were ended]\n");
	assert_success(file_unlink(begun, err));
}

/* It is asked once, and has a while to end itself. */
static void background_that_is_asked(void **state)
{
	(void)state;
	_cleanup_free_ char *begun = path_join(server->root, "begun", NULL);
	_cleanup_free_ char *asked = path_join(server->root, "asked", NULL);
	_cleanup_buffer_ struct buffer text = {0};
	assert_left_behind("(trap 'echo once >>asked' TERM; : >begun; while :; do :; done) & "
			   "until [ -e begun ]; do :; done; echo done",
			   "done\n[vela: 1 process that the command left behind was ended]\n");
	assert_success(file_read(asked, 1000, FILE_FOLLOW, &text, err));
	assert_string_equal(buffer_text(&text), "once\n");
	assert_success(file_unlink(begun, err));
	assert_success(file_unlink(asked, err));
}

static void secrets(void **state)
{
	(void)state;
	lay_out();
	struct commanded commanded = commanded_run("echo \"url: $PGPASSWORD, secretsecret\"; "
						   "psql -Xqc \"SELECT '$PGPASSWORD'\" >/dev/null; "
						   "psql -Xqc \"SELECT 'secret'::int\"",
						   0);
	assert_words(commanded.migration->output, "url: ********, ****************\n");
	assert_string_equal(commanded.migration->list[0].sql, "SELECT '********'");
	assert_words(commanded.migration->failure->message, "\"********\"");
	assert_null(strstr(commanded.migration->output, "secret"));
	commanded_free(&commanded);
	_cleanup_free_ char *blanked = command_blank("postgres://u:a%2Fb%3F@h and a/b?", "a/b?");
	assert_string_equal(blanked, "postgres://u:********@h and ********");
}

static void server_crash(void **state)
{
	(void)state;
	struct commanded commanded = run_failing(
		"psql -Xqc 'SELECT pg_advisory_lock(1), pg_sleep(60)' & "
		"until pid=$(psql -XqAtc \"SELECT pid FROM pg_locks WHERE locktype = 'advisory'\" | grep .); do :; "
		"done; kill -KILL $pid; wait; exit 1",
		0, "the database server failed while the command ran");
	assert_words(commanded.migration->failure->detail, "was terminated by signal 9");
	assert_words(commanded.migration->failure->detail, "pg_sleep");
	commanded_free(&commanded);
}

static void cannot_be_run(void **state)
{
	(void)state;
	_cleanup_connection_ PGconn *observer = cluster_connect(server);
	_cleanup_free_ char *closed = path_join(server->root, "closed", NULL);
	_cleanup_free_ char *log = commanded_log();
	char *argv[] = {(char[]){"vela-no-such-program"}, NULL}, *environment[] = {(char[]){"PATH=/bin"}, NULL};
	struct command_wanted wanted = {
		.argv = argv, .directory = closed, .environment = environment, .role = "vela", .log = log};
	_cleanup_report_ struct report report = {.migrations = memory_allocate(sizeof(*report.migrations)),
						 .migration_count = 1};
	struct evidence *evidence = NULL;
	struct error *error = NULL;
	assert_success(directory_create(closed, 0000, err));
	assert_success(evidence_begin(observer, &report, &evidence, err));
	assert_int_equal(command_apply(&wanted, evidence, 0, report.migrations, &error), -1);
	assert_int_equal(error->kind, ERROR_REFUSED);
	assert_words(error->message, "cannot work in ");
	assert_words(error->hint, "runs as the owner of the pool");
	error_free(error);
	wanted.directory = server->root;
	assert_int_equal(command_apply(&wanted, evidence, 0, report.migrations, &error), -1);
	assert_int_equal(error->kind, ERROR_CONFIG);
	assert_words(error->message, "cannot run vela-no-such-program");
	error_free(error);
	evidence_free(evidence);
	assert_int_equal(rmdir(closed), 0);
	assert_no_trace();
}

/* Once the command has begun. */
static void interrupt_parent(const char *begun)
{
	if (fork() != 0)
		return;
	while (!file_exists(begun))
		(void)poll(NULL, 0, 10);
	(void)kill(getppid(), SIGINT);
	_exit(0);
}

/* In a process of its own: an interrupt is for good. */
static void interrupted(void **state)
{
	(void)state;
	_cleanup_free_ char *begun = path_join(server->root, "begun", NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct commanded commanded = {0};
		struct error *error = NULL;
		interrupt_install();
		interrupt_parent(begun);
		int result = commanded_try(&commanded, "touch begun; sleep 61.375 & sleep 61.375", 0, &error);
		_exit(result < 0 && error->kind == ERROR_INTERRUPTED ? 42 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_success(file_unlink(begun, err));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
	assert_nothing_left();
}

/* A vela that was killed has left its triggers: they go, and do not tell. */
static void leftovers(void **state)
{
	(void)state;
	static const char token[] = "0123456789abcdef0123456789abcdef";
	lay_out();
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	_cleanup_free_ char *sql = string_format(
		"CREATE SCHEMA vela_watch_%s; CREATE FUNCTION vela_watch_%s.tell() RETURNS event_trigger LANGUAGE "
		"plpgsql "
		"AS 'BEGIN RAISE EXCEPTION ''left''; END'; CREATE EVENT TRIGGER vela_watch_%s_sql_drop ON sql_drop "
		"EXECUTE FUNCTION vela_watch_%s.tell(); ALTER EXTENSION plpgsql ADD EVENT TRIGGER "
		"vela_watch_%s_sql_drop; ALTER EXTENSION plpgsql ADD SCHEMA vela_watch_%s",
		token, token, token, token, token, token);
	assert_success(pg_execute(admin, sql, NULL, err));
	struct commanded commanded = commanded_run("psql -Xqc 'DROP TABLE orders'", 0);
	assert_int_equal(commanded.migration->outcome, OUTCOME_PASSED);
	assert_statement(&commanded, "DROP TABLE", "orders ACCESS EXCLUSIVE | dropped orders ~100");
	commanded_free(&commanded);
	assert_no_trace();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(exit_code),
	cmocka_unit_test(killed_by_signal),
	cmocka_unit_test(servers_error),
	cmocka_unit_test(error_that_was_handled),
	cmocka_unit_test(time_limit),
	cmocka_unit_test(hang),
	cmocka_unit_test(much_output),
	cmocka_unit_test(background),
	cmocka_unit_test(background_without_arguments),
	cmocka_unit_test(background_of_background),
	cmocka_unit_test(background_that_is_asked),
	cmocka_unit_test(secrets),
	cmocka_unit_test(server_crash),
	cmocka_unit_test(cannot_be_run),
	cmocka_unit_test(interrupted),
	cmocka_unit_test(leftovers),
};

int main(void)
{
	cluster_identity();
	int failures =
		cmocka_run_group_tests_name("command's end, PostgreSQL 15", tests, server_setup_15, server_teardown);
	failures +=
		cmocka_run_group_tests_name("command's end, PostgreSQL 18", tests, server_setup_18, server_teardown);
	return cluster_end(failures);
}
