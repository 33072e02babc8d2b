#include "migration/command.h"

#include "base/clock.h"
#include "base/interrupt.h"
#include "migration/command_parts.h"
#include "pg/connection.h"

enum {
	LOST_GRACE_MS = 10000,
	SESSIONS_GRACE_MS = 1000,
	RECONNECT_MS = 60000,
	RESTART_MS = 3000,
	RECONNECT_TICK_MS = 100
};

/* One command under watch. */
struct run {
	const struct command_wanted *wanted;
	struct evidence *evidence;
	double deadline;
	struct command_trap trap;
	struct command_sampler sampler;
	struct command_group group;
	struct command_end end;
	PGresult *deleted;
	double lost_at; /* when the observer lost its connection; 0: it has one */
};

static void run_free(struct run *run)
{
	free(run->trap.teller);
	free(run->end.hang);
	free(run->end.activity);
	pg_result_free(&run->deleted);
	command_sampler_free(&run->sampler);
	command_group_free(&run->group);
}

/* --- while it runs --- */

/* A server that is gone is the command's doing, or its fate: it is told of as a failure. */
static int tick(struct run *run, struct error **err)
{
	struct error *problem = NULL;
	if (run->lost_at > 0)
		return 0;
	if (command_sampler_tick(&run->sampler, &problem) == 0)
		return evidence_ask_guard(run->evidence, err);
	if (problem->kind == ERROR_INTERRUPTED || PQstatus(run->evidence->observer) == CONNECTION_OK)
		return error_pass(err, problem);
	error_free(problem);
	run->lost_at = clock_monotonic_ms();
	return 0;
}

static double next_moment(const struct run *run)
{
	double until = run->lost_at > 0 ? run->lost_at + LOST_GRACE_MS : run->sampler.next_look;
	return run->deadline > 0 && run->deadline < until ? run->deadline : until;
}

static bool is_to_be_ended(struct run *run)
{
	double now = clock_monotonic_ms();
	run->end.over_time = run->deadline > 0 && now >= run->deadline;
	run->end.hang = TAKE_POINTER(run->sampler.hang);
	return run->end.over_time || run->end.hang || (run->lost_at > 0 && now >= run->lost_at + LOST_GRACE_MS);
}

static int watch(struct run *run, struct error **err)
{
	while (!run->group.ended) {
		if (tick(run, err) < 0)
			return -1;
		if (is_to_be_ended(run)) {
			run->end.activity = run->lost_at > 0 ? NULL : command_sampler_activity(&run->sampler);
			return 0;
		}
		if (command_group_wait(&run->group, next_moment(run), err) < 0)
			return -1;
	}
	return tick(run, err);
}

/* --- afterwards --- */

/* A server that lost one process starts again by itself, and says so meanwhile. */
static bool is_starting(const PGconn *observer)
{
	return strstr(PQerrorMessage(observer), "the database system is ") != NULL;
}

static bool reconnect(struct run *run)
{
	PGconn *observer = run->evidence->observer;
	double began = clock_monotonic_ms();
	if (PQstatus(observer) == CONNECTION_OK || !run->sampler.evidence)
		return true;
	for (;;) {
		struct timespec pause = {.tv_nsec = RECONNECT_TICK_MS * 1000000};
		PQreset(observer);
		if (PQstatus(observer) == CONNECTION_OK)
			return command_sampler_prepare(&run->sampler, NULL) == 0;
		double passed = clock_monotonic_ms() - began;
		if (passed > (is_starting(observer) ? RECONNECT_MS : RESTART_MS))
			return false;
		(void)nanosleep(&pause, NULL);
	}
}

static int clean_database(struct run *run, bool by_itself, struct error **err)
{
	struct error *problem = NULL;
	int result = 0;
	if (run->sampler.evidence)
		result = command_sampler_await_end(&run->sampler, by_itself ? SESSIONS_GRACE_MS : 0, &problem);
	if (command_uninstall(run->wanted, run->evidence, &run->trap, problem ? NULL : &problem) < 0)
		result = -1;
	return result < 0 ? error_pass(err, problem) : 0;
}

/* Whatever happened: no process, no session, nothing in the database is left. */
static int clean_up(struct run *run, bool has_group, struct error **err)
{
	INTERRUPT_DEFER_SCOPE;
	bool by_itself = has_group && run->group.ended;
	if (has_group)
		command_group_end(&run->group, &run->end.result);
	for (int attempt = 0; reconnect(run); attempt++) {
		struct error *problem = NULL;
		if (clean_database(run, by_itself, &problem) == 0)
			return 0;
		/* That the server went down shows only now. */
		if (attempt > 0 || PQstatus(run->evidence->observer) == CONNECTION_OK)
			return error_pass(err, problem);
		error_free(problem);
	}
	run->end.server_lost = true;
	return 0;
}

static void add_left_behind(const struct run *run, struct report_migration *migration)
{
	size_t count = run->group.left_behind;
	if (count == 0)
		return;
	_cleanup_free_ char *said = TAKE_POINTER(migration->output);
	bool ends_line = !said || !*said || said[strlen(said) - 1] == '\n';
	migration->output =
		string_format("%s%s[vela: %zu process%s that the command left behind %s ended]\n", said ? said : "",
			      ends_line ? "" : "\n", count, count == 1 ? "" : "es", count == 1 ? "was" : "were");
}

/* From the log and the catalogue to the report. */
static int evaluate(struct run *run, struct report_migration *migration, struct error **err)
{
	struct evidence *evidence = run->evidence;
	struct command_trace trace = {
		.evidence = evidence,
		.sampler = &run->sampler,
		.trap = &run->trap,
		.secret = run->wanted->secret,
		.migration = migration,
		.deleted = run->deleted,
	};
	int result = run->end.server_lost ? 0 : command_gone_read(evidence, &trace.gone, err);
	if (result == 0)
		result = command_trace_read(&trace, run->wanted->log, err);
	if (result == 0 && !run->end.server_lost)
		result = command_settle(&trace, err);
	if (result == 0)
		migration->failure = command_failure(&trace, &run->end, migration->output);
	command_trace_free(&trace);
	string_replace(&evidence->outside_role, NULL);
	pg_result_free(&evidence->statistics);
	return result;
}

/* --- all --- */

static int prepare(struct run *run, struct error **err)
{
	struct evidence *evidence = run->evidence;
	if (command_sampler_begin(evidence, run->wanted->role, &run->sampler, err) < 0 ||
	    command_install(run->wanted, evidence, &run->trap, err) < 0 ||
	    evidence_outside_begin(evidence, evidence->migration, run->wanted->role, err) < 0)
		return -1;
	return command_deleted_read(evidence, &run->deleted, err);
}

static int carry_out(struct run *run, struct error **err)
{
	struct error *problem = NULL;
	bool has_group = false;
	int result = prepare(run, &problem);
	if (result == 0)
		result = command_group_start(run->wanted, &run->group, &problem);
	has_group = result == 0;
	if (has_group)
		result = watch(run, &problem);
	if (clean_up(run, has_group, problem ? NULL : &problem) < 0)
		result = -1;
	return result < 0 ? error_pass(err, problem) : 0;
}

int command_run(const struct command_wanted *wanted, struct evidence *evidence, double deadline,
		struct report_migration *ret, struct process_result *ret_result, struct error **err)
{
	double began = clock_monotonic_ms();
	struct report_migration migration = {.file = string_copy(ret->file)};
	struct run run = {.wanted = wanted,
			  .evidence = evidence,
			  .deadline = deadline,
			  .group = {.output = -1, .process = {.pidfd = -1, .hold_fd = -1, .error_fd = -1}}};
	int result = carry_out(&run, err);
	double ended = clock_monotonic_ms();
	if (result == 0) {
		migration.output = command_group_said(&run.group, wanted->secret);
		result = evaluate(&run, &migration, err);
		add_left_behind(&run, &migration);
	}
	if (result == 0) {
		ret->outcome = migration.failure ? OUTCOME_FAILED : OUTCOME_PASSED;
		ret->milliseconds = ended - began;
		ret->statements = migration.statements;
		ret->list = TAKE_POINTER(migration.list);
		ret->list_count = migration.list_count;
		ret->output = TAKE_POINTER(migration.output);
		ret->failure = TAKE_POINTER(migration.failure);
		*ret_result = run.end.result;
		migration.list_count = 0;
	}
	report_migration_clear(&migration);
	run_free(&run);
	return result;
}

int command_apply(const struct command_wanted *wanted, struct evidence *evidence, double deadline,
		  struct report_migration *ret, struct error **err)
{
	struct process_result result;
	return command_run(wanted, evidence, deadline, ret, &result, err);
}
