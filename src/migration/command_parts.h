/* What the parts of watching a command share. Only for src/migration/command*.c. */
#ifndef VELA_MIGRATION_COMMAND_PARTS_H
#define VELA_MIGRATION_COMMAND_PARTS_H

#include "evidence/watch.h"
#include "migration/command.h"
#include "migration/server_log.h"

/* --- command_install.c: what is made in the database for watching, and taken away again --- */

enum { COMMAND_TOKEN_LENGTH = 32 };

struct command_trap {
	char token[COMMAND_TOKEN_LENGTH + 1]; /* that the triggers' messages begin with; not to be guessed */
	char *teller;                         /* the function that writes them, as the server calls it */
	bool has_triggers;                    /* false: the database cannot have them */
	off_t log_start;
};
/* From here on sessions of the role, those that begin now, log what they do. */
int command_install(const struct command_wanted *wanted, struct evidence *evidence, struct command_trap *ret,
		    struct error **err);
/* Nothing is left of it in the database. Not to be interrupted. */
int command_uninstall(const struct command_wanted *wanted, const struct evidence *evidence,
		      const struct command_trap *trap, struct error **err);

/* --- command_group.c: a program with all that it starts --- */

struct command_pids {
	pid_t *items; /* owned */
	size_t count;
};
enum { COMMAND_SAID_MAX = 64 << 10 /* bytes that are kept at least, of more than that */ };
struct command_group {
	struct process process;
	int output; /* what they all write, to be read */
	bool ended; /* the program itself; it is not reaped yet */
	struct buffer said;
	size_t left_behind; /* processes that were still there when the program had ended, and were ended then */
	struct command_pids others; /* children of ours from before */
};
int command_group_start(const struct command_wanted *wanted, struct command_group *ret, struct error **err);
/* Reads what they write, until `until_ms` (a clock_monotonic_ms()), or until the program ends. */
int command_group_wait(struct command_group *group, double until_ms, struct error **err);
/* Ends what is there still, at once if the program has not ended by itself. Not to be interrupted. */
void command_group_end(struct command_group *group, struct process_result *ret);
void command_group_free(struct command_group *group);

/* --- command_said.c: its words; `secret` may be NULL --- */

/* What was said last, without the secret or an end of it where the text was cut; owned, NULL: nothing. */
char *command_group_said(const struct command_group *group, const char *secret);
/* The text without the secret, as it is and as it stands in a URL; NULL gives NULL; owned. */
char *command_blank(const char *text, const char *secret);

/* --- command_sample.c: looking at the locks of all its sessions every few milliseconds --- */

struct command_sample {
	int pid;
	unsigned transaction; /* the second half of the virtual id */
	struct held_lock lock;
	double seen_ms;        /* of evidence_now(): when the first look that saw it was over */
	double from_ms, to_ms; /* when the last look before that began, and the first after it was over that did not */
	bool is_taken;         /* a statement has it */
};
enum { COMMAND_QUERY_COLUMNS = 160 /* of a query, in messages */ };
struct command_mark {
	double at_ms;
	uint64_t lsn;
};
struct command_sampler {
	struct evidence *evidence; /* borrowed */
	double offset_ms;          /* the server's clock less evidence_now() */
	double last_look;          /* when it began */
	char *role;                /* as a literal */
	char *left_out;            /* sessions that were there before, as an array */
	struct command_sample *samples;
	size_t sample_count;
	size_t *active; /* places of those that the last look saw, sorted by pid and lock */
	size_t active_count;
	struct command_mark *marks; /* where the log ended, as time went by */
	size_t mark_count;
	struct command_waiting {
		int pid;
		struct hang hang;
	} * waiting;
	size_t waiting_count;
	double next_look, next_hang_look, next_size;
	char *hang; /* nobody will release what a session waits for: who and what */
};
int command_sampler_begin(struct evidence *evidence, const char *role, struct command_sampler *ret, struct error **err);
int command_sampler_prepare(struct command_sampler *sampler,
			    struct error **err); /* after the observer has reconnected */
/* Looks, if it is time to; sampler->next_look is when it will be. */
int command_sampler_tick(struct command_sampler *sampler, struct error **err);
void command_sampler_free(struct command_sampler *sampler);
void command_sampler_mark(struct command_sampler *sampler, double at_ms, uint64_t lsn);
/* Bytes that went to the log between two moments, as far as marks tell. */
uint64_t command_sampler_wal(const struct command_sampler *sampler, double from_ms, double to_ms);

/* --- command_activity.c: its sessions as such --- */

/* Waits until they are gone, and ends those that stay: first after `patience_ms`. */
int command_sampler_await_end(struct command_sampler *sampler, double patience_ms, struct error **err);
/* What they are doing, a line each; owned, NULL: nothing. */
char *command_sampler_activity(struct command_sampler *sampler);

/* --- command_trace.c: from the log's entries to statements with their evidence --- */

/* One of its sessions. */
struct command_session {
	int pid;
	char transaction[LOG_TRANSACTION_MAX]; /* the open one; "": none */
	size_t open;                           /* the statement that runs; SIZE_MAX: none, as in the next two */
	size_t last;                           /* that ended last in the open transaction */
	unsigned number;                       /* the second half of the id that the last statement began with */
	size_t unsettled;                      /* whose sampled locks are not in its record yet */
	size_t rolled_back;                    /* a ROLLBACK TO whose outcome nobody has told yet */
	bool began_block;                      /* the transaction began with BEGIN */
	bool has_failed;                       /* in it */
	bool has_started;                      /* a trigger has told of the start of the statement that runs */
	bool lock_timeout;
	bool has_local_timeout, outer_timeout; /* it is the transaction's only; what it was before */
	struct oid_list dropped;
	char *text;      /* of several statements that were sent as one; NULL: it is one */
	size_t position; /* in it: what is before has records */
	bool part_ended; /* the last that has one */
	double sent_ms;  /* when it was */
	struct command_rewrite {
		uint32_t relation;
		int reason; /* bits of pg_event_trigger_table_rewrite_reason() */
	} rewrite;          /* that the statement began; relation 0: none */
	uint32_t cut_short; /* the relation of a rewrite that did not get to its end; 0: none */
	/* Of struct evidence, while another session is looked at. */
	struct watch_hold *holds;
	size_t hold_count;
	struct oid_list touched;
	size_t first_statement;
};

/* A relation that a statement changed on its own. */
struct command_touch {
	uint32_t relation;
	size_t statement;
};

struct command_trace {
	struct evidence *evidence; /* borrowed, like the next ones */
	struct command_sampler *sampler;
	const struct command_trap *trap;
	const char *secret;
	struct report_migration *migration;
	const PGresult *deleted; /* of command_deleted_read(), from before */
	struct oid_list gone;    /* of command_gone_read() */
	int *owners;             /* for each statement in its list, the session's pid */
	struct command_session *sessions;
	size_t session_count;
	struct command_touch *touches;
	size_t touch_count;
	struct log_entry error; /* the last one of its sessions; no pid: there was none */
	size_t error_statement; /* SIZE_MAX: none */
	bool error_is_last;     /* its session has done nothing after it but end its transaction */
	char *crash;            /* what the server said of a process that died; NULL: none did */
};
/* All of the log since the trap was laid. */
int command_trace_read(struct command_trace *trace, const char *path, struct error **err);
void command_trace_free(struct command_trace *trace);
struct report_statement *command_trace_statement(const struct command_trace *trace, size_t statement);
double command_trace_time(const struct command_trace *trace, const struct log_entry *entry); /* as evidence_now() */

/* --- command_statement.c: the transactions of a session, and the statements in them --- */

/* `entry` tells of the start; what is open of another transaction than the entry's has ended. */
void command_statement_begin(struct command_trace *trace, struct command_session *session,
			     const struct log_entry *entry, const char *sql);
void command_statement_end(struct command_trace *trace, struct command_session *session, double to_ms, bool passed);
/* As of migrations that vela applies: beyond many, the last one stays only if it has something to tell. */
void command_statement_trim(struct command_trace *trace, struct command_session *session);
/* If the last one was a ROLLBACK TO: what that takes back. */
void command_statement_note_rollback(struct command_trace *trace, struct command_session *session);
/* The entry may be of another transaction than the session's statement began in: then that one has ended. */
void command_trace_follow(struct command_trace *trace, struct command_session *session, const struct log_entry *entry);
/* Ends the statement that runs, well, and begins another; and: what runs is only this part of it. */
void command_trace_next(struct command_trace *trace, struct command_session *session, const char *sql, double at_ms);
void command_trace_retell(struct command_trace *trace, const struct command_session *session, const char *sql);
void command_transaction_end(struct command_trace *trace, struct command_session *session, double at_ms,
			     bool committed);
/* Of one that is over, and nobody has said how: what BEGIN began and no COMMIT ended is lost. */
void command_transaction_end_unseen(struct command_trace *trace, struct command_session *session);

/* --- command_session.c --- */

struct command_session *command_session_find(const struct command_trace *trace, int pid); /* NULL: it is not known */
struct command_session *command_session_of(struct command_trace *trace, int pid); /* NULL: older than the command */
/* The watch has one open transaction: that of the session whose turn it is. */
void command_trace_enter(struct command_trace *trace, struct command_session *session);
void command_trace_leave(struct command_trace *trace, struct command_session *session);

/* --- command_locks.c --- */

/* Which indexes there are no more. */
int command_gone_read(const struct evidence *evidence, struct oid_list *ret, struct error **err);
/*
 * Of the session's last statement, those that were seen before `until_ms`, when another one of its transaction began;
 * INFINITY: the transaction had ended.
 */
void command_settle_locks(struct command_trace *trace, struct command_session *session, double until_ms);

/* --- command_split.c --- */

void command_split_begin(struct command_session *session, const char *sql);
/* The text's own command with that tag begins. */
void command_split_start(struct command_trace *trace, struct command_session *session, double at_ms, const char *tag);
/* What follows the part that has ended, runs now. */
void command_split_rest(struct command_trace *trace, struct command_session *session);

/* --- command_told.c: a trigger's message --- */

int command_told(struct command_trace *trace, struct command_session *session, const struct log_entry *entry,
		 struct error **err);
char *command_rewrite_reason(int reason); /* owned */

/* --- command_tag.c --- */

/* The server's tag of a statement by its first words; owned. `ret_blind`: triggers tell nothing of it. */
char *command_tag(const char *sql, bool *ret_blind);
bool command_is_code(const char *tag); /* it may do anything */

/* --- command_named.c --- */

/* Whether the text has the name of the relation or of an index of its. */
bool command_mentions(const struct report_statement *record, const struct relation *relation);
/* Adds the locks that a LOCK or TRUNCATE cannot have done without. */
void command_named_locks(const struct registry *registry, const struct report_statement *record, struct look *ret);

/* --- command_settle.c: what no trigger saw, given to the statement that can have done it --- */

int command_settle(struct command_trace *trace, struct error **err);
/* How many rows of each table were ever deleted. */
int command_deleted_read(struct evidence *evidence, PGresult **ret, struct error **err);

/* --- command_failure.c --- */

struct command_end {
	struct process_result result;
	bool over_time, server_lost;
	char *hang, *activity; /* borrowed; NULL: none */
};
/* NULL: it succeeded. Owned. */
struct report_failure *command_failure(const struct command_trace *trace, const struct command_end *end,
				       const char *said);

#endif
