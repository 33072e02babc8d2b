/* Whose the locks are that the sampler saw: what it saw and what the log told are made up here, to the millisecond. */
#include <math.h>

#include "commanded.h"

#include "../evidence/evidence_fixture.h"

#include "migration/command_parts.h"

enum { PID = 77, SAMPLES = 4, STATEMENTS = 4 };

static const double log_epoch_ms = 1769850723000; /* 2026-01-31 09:12:03 UTC */

struct told {
	int at_ms;
	unsigned transaction;
	const char *message;
};

struct sighting {
	unsigned transaction;
	const char *relation;
	enum table_lock mode;
	double from_ms, seen_ms, to_ms;
};

static const struct {
	const char *name;
	const char *drop; /* an index that is gone in the end */
	struct told log[2 * STATEMENTS + 1];
	struct sighting samples[SAMPLES];
	const char *locks[STATEMENTS + 1]; /* of each statement */
} cases[] = {
	{"seen before the next one of its transaction began",
	 NULL,
	 {{100, 5, "statement: BEGIN"},
	  {100, 5, "duration: 0.100 ms"},
	  {110, 5, "statement: SELECT f()"},
	  {150, 5, "duration: 40.000 ms"},
	  {160, 5, "statement: SELECT g()"},
	  {190, 5, "duration: 30.000 ms"},
	  {200, 5, "statement: COMMIT"},
	  {210, 0, "duration: 10.000 ms"}},
	 {{5, "orders", TABLE_LOCK_SHARE, 95, 155, 212}, {5, "customers", TABLE_LOCK_EXCLUSIVE, 155, 170, 212}},
	 {"", "orders SHARE 110-210", "customers EXCLUSIVE 160-210", ""}},
	{"a look that was held up, and ended when the next one ran",
	 NULL,
	 {{100, 5, "statement: BEGIN"},
	  {100, 5, "duration: 0.100 ms"},
	  {110, 5, "statement: SELECT f()"},
	  {190, 5, "duration: 80.000 ms"},
	  {200, 5, "statement: COMMIT"},
	  {210, 0, "duration: 10.000 ms"}},
	 {{5, "orders", TABLE_LOCK_SHARE, 95, 150, 212}},
	 {"", "orders SHARE 110-210", ""}},
	{"the transaction says more than the time",
	 NULL,
	 {{100, 5, "statement: SELECT f()"},
	  {150, 0, "duration: 50.000 ms"},
	  {151, 6, "statement: SELECT g()"},
	  {199, 0, "duration: 48.000 ms"}},
	 {{5, "orders", TABLE_LOCK_SHARE, 95, 180, 199}, {6, "customers", TABLE_LOCK_EXCLUSIVE, 95, 150, 199}},
	 {"orders SHARE 100-150", "customers EXCLUSIVE 151-199"}},
	{"from the last look without it to the first",
	 NULL,
	 {{100, 5, "statement: SELECT f()"}, {500, 0, "duration: 400.000 ms"}},
	 {{5, "orders", TABLE_LOCK_SHARE, 220, 240, 410}, {5, "customers", TABLE_LOCK_EXCLUSIVE, 440, 460, INFINITY}},
	 {"orders SHARE 220-410, customers EXCLUSIVE 440-500"}},
	{"the transactions of one statement",
	 NULL,
	 {{100, 5, "statement: VACUUM orders, customers"},
	  {200, 0, "duration: 100.000 ms"},
	  {210, 9, "statement: SELECT f()"},
	  {300, 0, "duration: 90.000 ms"}},
	 {{6, "orders", TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE, 95, 130, 160},
	  {8, "customers", TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE, 150, 190, 215},
	  {9, "vacant", TABLE_LOCK_SHARE, 190, 215, 300}},
	 {"orders SHARE UPDATE EXCLUSIVE 100-160, customers SHARE UPDATE EXCLUSIVE 150-200", "vacant SHARE 210-300"}},
	{"the transactions of an index",
	 NULL,
	 {{100, 5, "statement: CREATE INDEX CONCURRENTLY i ON orders (id)"}, {200, 0, "duration: 100.000 ms"}},
	 {{6, "orders", TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE, 95, 130, 190}},
	 {"orders SHARE UPDATE EXCLUSIVE 100-190"}},
	{"an index that another one has replaced",
	 "DROP INDEX public.orders_qty",
	 {{100, 5, "statement: REINDEX INDEX CONCURRENTLY orders_qty"}, {200, 0, "duration: 100.000 ms"}},
	 {{5, "orders", TABLE_LOCK_SHARE_UPDATE_EXCLUSIVE, 95, 130, 190},
	  {8, "orders_qty", TABLE_LOCK_ACCESS_EXCLUSIVE, 130, 190, 200}},
	 {"orders SHARE UPDATE EXCLUSIVE 100-190"}},
	{"of code that failed after it had committed",
	 NULL,
	 {{100, 5, "statement: DO 'BEGIN COMMIT; PERFORM f(); END'"}, {200, 6, NULL}},
	 {{5, "orders", TABLE_LOCK_SHARE, 95, 110, 130}, {6, "customers", TABLE_LOCK_EXCLUSIVE, 150, 170, 220}},
	 {"customers EXCLUSIVE 100-200, orders SHARE 100-200"}},
	{"a transaction that no statement began in is nobody's",
	 NULL,
	 {{100, 5, "statement: SELECT f()"},
	  {150, 0, "duration: 50.000 ms"},
	  {200, 7, "execute x: SELECT g()"},
	  {250, 0, "duration: 50.000 ms"}},
	 {{6, "orders", TABLE_LOCK_ROW_EXCLUSIVE, 95, 180, 250}},
	 {"", ""}},
};

static void write_log(const struct told *log)
{
	struct buffer out = {0};
	for (; log->at_ms; log++) {
		buffer_addf(&out, "2026-01-31 09:12:03.%03d UTC [%d] 3/%u ", log->at_ms, PID, log->transaction);
		if (log->message)
			buffer_addf(&out, "LOG:  00000: %s\n", log->message);
		else
			buffer_add_text(&out, "ERROR:  22012: division by zero\n");
	}
	put_file("made-up.log", buffer_text(&out));
	buffer_free(&out);
}

static uint32_t oid_of(PGconn *connection, const char *relation)
{
	_cleanup_free_ char *sql = string_format("SELECT 'public.%s'::regclass::oid", relation);
	_cleanup_free_ char *oid = NULL;
	assert_success(pg_value(connection, sql, &oid, err));
	return (uint32_t)strtoul(oid, NULL, 10);
}

static char *locks_text(const struct report_statement *record)
{
	struct buffer out = {0};
	for (size_t i = 0; i < record->lock_count; i++) {
		const struct report_lock *lock = &record->locks[i];
		buffer_addf(&out, "%s%s %s %.0f-%.0f", i ? ", " : "", short_name(lock->relation),
			    table_locks[lock->mode].sql, lock->from_ms, lock->to_ms);
		assert_true(lock->sampled);
	}
	return out.length ? buffer_steal(&out) : string_copy("");
}

static size_t run_case(PGconn *observer, size_t number)
{
	_cleanup_report_ struct report report = {.migrations = memory_allocate(sizeof(*report.migrations)),
						 .migration_count = 1};
	_cleanup_free_ char *log = path_join(server->root, "made-up.log", NULL);
	struct evidence *evidence = NULL;
	struct command_sample samples[SAMPLES] = {0};
	char none[] = "{}";
	struct command_sampler sampler = {.offset_ms = log_epoch_ms, .left_out = none, .samples = samples};
	struct command_trap trap = {.teller = none};
	size_t problems = 0;
	assert_success(evidence_begin(observer, &report, &evidence, err));
	sampler.evidence = evidence;
	for (const struct sighting *at = cases[number].samples; at->relation; at++)
		samples[sampler.sample_count++] =
			(struct command_sample){.pid = PID,
						.transaction = at->transaction,
						.lock = {oid_of(observer, at->relation), at->mode},
						.from_ms = at->from_ms,
						.seen_ms = at->seen_ms,
						.to_ms = at->to_ms};
	if (cases[number].drop)
		assert_success(pg_execute(observer, cases[number].drop, NULL, err));
	write_log(cases[number].log);
	struct command_trace trace = {
		.evidence = evidence, .sampler = &sampler, .trap = &trap, .migration = report.migrations};
	assert_success(command_gone_read(evidence, &trace.gone, err));
	assert_success(command_trace_read(&trace, log, err));
	for (size_t i = 0; cases[number].locks[i]; i++) {
		assert_true(i < report.migrations->list_count);
		_cleanup_free_ char *text = locks_text(&report.migrations->list[i]);
		if (string_equal(text, cases[number].locks[i]))
			continue;
		problems++;
		print_error("%s: %s:\n    %s\nnot %s\n", cases[number].name, report.migrations->list[i].sql, text,
			    cases[number].locks[i]);
	}
	command_trace_free(&trace);
	evidence_free(evidence);
	return problems;
}

static void sampled_locks(void **state)
{
	(void)state;
	size_t problems = 0;
	lay_out(NULL);
	_cleanup_connection_ PGconn *observer = cluster_connect(server);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		problems += run_case(observer, i);
	assert_int_equal(problems, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(sampled_locks)};
	cluster_identity();
	return cluster_end(
		cmocka_run_group_tests_name("command's sampled locks", tests, server_setup_15, server_teardown));
}
