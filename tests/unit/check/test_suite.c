#include "suite.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "evidence/evidence.h"
#include "sql/session.h"

enum {
	WORKERS = 6, /* they sleep, mostly */
	MIGRATIONS_MAX = 8,
};

/* --- what a run told, in the words of the labels --- */

static bool is_told(const struct report_lock *lock)
{
	return lock->mode >= TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE && !strstr(lock->kind, "index") &&
	       !strstr(lock->kind, "sequence") && !strstr(lock->kind, "toast");
}

/* Of each relation the strongest lock. */
static void add_lock(struct string_list *told, const struct report *report, const char *relation)
{
	enum table_lock strongest = TABLE_LOCK_NONE;
	for (size_t m = 0; m < report->migration_count; m++)
		for (size_t s = 0; s < report->migrations[m].list_count; s++)
			for (size_t i = 0; i < report->migrations[m].list[s].lock_count; i++) {
				const struct report_lock *lock = &report->migrations[m].list[s].locks[i];
				if (string_equal(lock->relation, relation) && is_told(lock) && lock->mode > strongest)
					strongest = lock->mode;
			}
	_cleanup_free_ char *line = string_format("lock: %s %s", relation, table_locks[strongest].sql);
	for (size_t i = 0; i < told->count; i++)
		if (string_equal(told->items[i], line))
			return;
	string_list_add(told, line);
}

static void add_statement(struct string_list *told, const struct report *report,
			  const struct report_statement *statement)
{
	for (size_t i = 0; i < statement->lock_count; i++)
		if (is_told(&statement->locks[i]))
			add_lock(told, report, statement->locks[i].relation);
	for (size_t i = 0; i < statement->change_count; i++) {
		const struct report_change *change = &statement->changes[i];
		if (change->kind == CHANGE_REWRITE && !change->object)
			string_list_addf(told, "rewrite: %s", change->relation);
	}
}

static struct string_list tell(const struct suite_case *suite_case, const struct report *report)
{
	struct string_list told = {0};
	bool all = !suite_case->only_hazards;
	for (size_t m = 0; all && m < report->migration_count; m++) {
		for (size_t s = 0; s < report->migrations[m].list_count; s++)
			add_statement(&told, report, &report->migrations[m].list[s]);
		if (report->migrations[m].outcome == OUTCOME_FAILED)
			string_list_add(&told, "outcome: failed");
	}
	for (size_t i = 0; i < report->hazard_count; i++) {
		const struct report_hazard *hazard = &report->hazards[i];
		const char *severity = hazard->severity == SEVERITY_ERROR ? " error" : " warning";
		string_list_addf(&told, "hazard: %s%s%s", hazard->id, all ? severity : "",
				 hazard->accepted ? " accepted" : "");
	}
	suite_sort(&told);
	return told;
}

/* --- a run --- */

/* The text of a migration, up to the next mark; NULL at the end. */
static const char *next_migration(const char *text)
{
	const char *mark = strstr(text, "\n-- migration: ");
	return mark ? mark + 1 : NULL;
}

static int apply_one(PGconn *connection, struct evidence *evidence, struct report *report, const char *text,
		     size_t length, struct error **err)
{
	size_t place = report->migration_count++;
	struct migration_segment segment = {.length = length};
	_cleanup_free_ char *file = string_format("%zu.sql", place + 1);
	struct migration_script script = {.file = file, .segments = &segment, .segment_count = 1};
	buffer_add(&script.text, text, length);
	script.transaction =
		string_starts_with(text, "-- migration: statement") ? TRANSACTION_STATEMENT : TRANSACTION_FILE;
	int result = evidence_migration_begin(evidence, connection, place, err);
	if (result == 0)
		result = migration_apply(connection, &script, evidence, 0, &report->migrations[place], err);
	buffer_free(&script.text);
	return result;
}

static int apply_all(PGconn *connection, struct evidence *evidence, struct report *report, const char *text,
		     struct error **err)
{
	while (text && report->migration_count < MIGRATIONS_MAX) {
		const char *next = next_migration(text);
		size_t length = next ? (size_t)(next - text) : strlen(text);
		/* Before the first mark there may be nothing. */
		if ((!next || strspn(text, "\n") < length) &&
		    apply_one(connection, evidence, report, text, length, err) < 0)
			return -1;
		if (report->migration_count > 0 &&
		    report->migrations[report->migration_count - 1].outcome == OUTCOME_FAILED)
			return 0;
		text = next;
	}
	return 0;
}

static int run_case(const struct suite_case *suite_case, const char *database, struct report *report,
		    struct error **err)
{
	struct pg_target as_admin = cluster_target(server);
	struct pg_target as_role = {.host = "127.0.0.1",
				    .port = server->instance.port,
				    .user = "vela",
				    .password = "secret",
				    .options = SESSION_OPTIONS,
				    .branch = server->instance.branch};
	as_admin.database = as_role.database = database;
	_cleanup_connection_ PGconn *observer = NULL;
	_cleanup_connection_ PGconn *connection = NULL;
	struct evidence *evidence = NULL;
	report->limits = suite_case->limits;
	report->migrations = memory_allocate(MIGRATIONS_MAX * sizeof(*report->migrations));
	if (pg_connect(&as_admin, &observer, err) < 0 || pg_connect(&as_role, &connection, err) < 0 ||
	    pg_execute(observer, "SET search_path = pg_catalog", NULL, err) < 0 ||
	    evidence_begin(observer, report, &evidence, err) < 0)
		return -1;
	if (apply_all(connection, evidence, report, suite_case->text, err) < 0) {
		evidence_free(evidence);
		return -1;
	}
	if (evidence_end(evidence, err) < 0)
		return -1;
	hazards_find(report);
	return 0;
}

static bool is_optional(const struct suite_case *suite_case, const char *line)
{
	for (size_t i = 0; i < suite_case->optional.count; i++)
		if (string_equal(suite_case->optional.items[i], line))
			return true;
	return false;
}

/* Nothing if it is as it was labelled; else what is missing and what is too much. */
static void compare(const struct suite_case *suite_case, const struct report *report, struct buffer *out)
{
	struct string_list told = tell(suite_case, report);
	const struct string_list *expected = &suite_case->expected;
	size_t before = out->length;
	size_t e = 0;
	size_t t = 0;
	while (e < expected->count || t < told.count) {
		int order = e == expected->count ? 1 : t == told.count ? -1 : strcmp(expected->items[e], told.items[t]);
		if (order < 0)
			buffer_addf(out, "  missing:  %s\n", expected->items[e]);
		else if (order > 0 && !is_optional(suite_case, told.items[t]))
			buffer_addf(out, "  too much: %s\n", told.items[t]);
		e += order <= 0;
		t += order >= 0;
	}
	string_list_free(&told);
	if (out->length == before)
		return;
	for (size_t i = 0; i < report->hazard_count; i++)
		buffer_addf(out, "  (%s, line %d: %s)\n", report->hazards[i].id, report->hazards[i].line,
			    report->hazards[i].measured);
	for (size_t i = 0; i < report->migration_count; i++)
		if (report->migrations[i].failure)
			buffer_addf(out, "  (failed: %s)\n", report->migrations[i].failure->message);
}

/* In a database of its own, made without writing to the log, whose bytes others measure meanwhile. */
static void look_once(PGconn *admin, const struct suite_case *suite_case, size_t number, struct buffer *out)
{
	_cleanup_error_ struct error *failure = NULL;
	_cleanup_report_ struct report report = {0};
	_cleanup_free_ char *database = string_format("case_%zu", number);
	_cleanup_free_ char *create =
		string_format("CREATE DATABASE %s TEMPLATE shop OWNER owner STRATEGY file_copy", database);
	_cleanup_free_ char *drop = string_format("DROP DATABASE IF EXISTS %s WITH (FORCE)", database);
	if (pg_execute(admin, create, NULL, &failure) < 0 || run_case(suite_case, database, &report, &failure) < 0)
		buffer_addf(out, "  %s\n", failure->message);
	else
		compare(suite_case, &report, out);
	(void)pg_execute(admin, drop, NULL, NULL);
}

/* --- all of them, several at once --- */

/* Writes a byte for each case: whether it was as it was labelled. */
static void work(const struct suite *suite, size_t worker, char *right)
{
	struct pg_target target = cluster_target(server);
	_cleanup_connection_ PGconn *admin = NULL;
	if (pg_connect(&target, &admin, NULL) < 0)
		return;
	for (size_t i = worker; i < suite->count; i += WORKERS) {
		_cleanup_buffer_ struct buffer told = {0};
		look_once(admin, &suite->cases[i], i, &told);
		right[i] = told.length == 0;
	}
}

static void work_at_once(const struct suite *suite, char *right)
{
	for (size_t i = 0; i < WORKERS; i++) {
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			/* Not cmocka's, who would go on with the test in here, and stop the server. */
			for (int number = 1; number < SIGRTMIN; number++)
				(void)signal(number, SIG_DFL);
			work(suite, i, right);
			_exit(0);
		}
	}
	bool crashed = false;
	for (size_t i = 0; i < WORKERS; i++) {
		int status = 0;
		crashed |= wait(&status) < 0 || status != 0;
	}
	assert_false(crashed);
}

/*
 * The server's log is all sessions' together, and on a busy machine what is harmless may take long: what was not right
 * beside others gets a second chance, alone, in which only the truth repeats.
 */
static void look_again(const struct suite *suite, const char *right, struct buffer *out)
{
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	for (size_t i = 0; i < suite->count; i++) {
		_cleanup_buffer_ struct buffer told = {0};
		if (right[i])
			continue;
		look_once(admin, &suite->cases[i], i, &told);
		if (told.length > 0)
			buffer_addf(out, "%s\n%s", suite->cases[i].name, buffer_text(&told));
	}
}

static void test_every_migration_tells_what_its_labels_say(void **state)
{
	(void)state;
	struct suite suite = {0};
	suite_load_files(&suite);
	suite_load_examples(&suite);
	assert_true(suite.count > 100);
	char *right = mmap(NULL, suite.count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(right, MAP_FAILED);
	work_at_once(&suite, right);
	_cleanup_buffer_ struct buffer told = {0};
	look_again(&suite, right, &told);
	munmap(right, suite.count);
	suite_free(&suite);
	char *rest = told.data; /* line by line: cmocka cuts what is long */
	for (char *line; rest && (line = strsep(&rest, "\n"));)
		print_error("%s\n", line);
	assert_int_equal(told.length, 0);
}

static void fill_shop(void)
{
	_cleanup_buffer_ struct buffer setup = {0};
	assert_success(file_read("tests/suite/setup.sql", 1 << 20, FILE_NO_FOLLOW, &setup, err));
	_cleanup_connection_ PGconn *admin = cluster_connect(server);
	assert_success(pg_execute(admin, "CREATE DATABASE shop OWNER owner", NULL, err));
	struct pg_target target = cluster_target(server);
	target.database = "shop";
	_cleanup_connection_ PGconn *shop = NULL;
	assert_success(pg_connect(&target, &shop, err));
	assert_success(pg_execute(shop, "SET ROLE owner; GRANT ALL ON SCHEMA public TO owner; SET search_path = public",
				  NULL, err));
	assert_success(pg_execute(shop, buffer_text(&setup), NULL, err));
	assert_success(pg_execute(shop, "RESET ROLE", NULL, err));
	assert_success(pg_execute(shop, "VACUUM", NULL, err));
}

static int setup_15(void **state)
{
	server_setup_15(state);
	fill_shop();
	return 0;
}

static int setup_18(void **state)
{
	server_setup_18(state);
	fill_shop();
	return 0;
}

int main(void)
{
	cluster_identity();
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_migration_tells_what_its_labels_say)};
	int failures = cmocka_run_group_tests_name("PostgreSQL 15", tests, setup_15, server_teardown);
	failures += cmocka_run_group_tests_name("PostgreSQL 18", tests, setup_18, server_teardown);
	return cluster_end(failures);
}
