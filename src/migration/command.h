/*
 * `migrations.command`: a tool that applies its migrations itself, watched from outside: event triggers that tell of
 * the locks their own backend holds and what became of the relations, the server's statement log, a sampler of
 * pg_locks, and the catalogue before and after. What none of these sees is said in report->blind.
 */
#ifndef VELA_MIGRATION_COMMAND_H
#define VELA_MIGRATION_COMMAND_H

#include "base/error.h"
#include "base/process.h"
#include "evidence/evidence.h"
#include "report/report.h"

struct command_wanted {           /* borrowed */
	char *const *argv;        /* ends with NULL; or else: */
	const char *shell;        /* a line for /bin/sh -c */
	const char *directory;    /* to work in */
	char *const *environment; /* all of it, as "NAME=VALUE"; ends with NULL. HOME and the like become the user's */
	int input;                /* a descriptor to read from; 0 or less: /dev/null */
	const char *role;         /* that it logs in as */
	const char *secret;       /* blanked in what is kept; NULL: there is none */
	const char *log;          /* the branch's server log */
};

/*
 * Runs it as the effective user, in a session of its own that is gone afterwards with all that is in it, and fills of
 * *ret: outcome, milliseconds, statements, list, output, failure. An exit code other than 0, a signal, the time limit,
 * a lock nobody will release and a server that dies are *successes* with ret->outcome FAILED and a failure that says
 * what. `evidence` has begun, and so has its migration, unless it is the first of the run. -1: it could not be run or
 * watched, or vela was interrupted; nothing of it runs any more then either.
 */
int command_apply(const struct command_wanted *wanted, struct evidence *evidence, double deadline,
		  struct report_migration *ret, struct error **err);

/*
 * The same for a program that says itself best why it failed (psql, say): *ret_result tells how it ended, and
 * ret->output has what it wrote last, in which ret->failure may be found better explained.
 */
int command_run(const struct command_wanted *wanted, struct evidence *evidence, double deadline,
		struct report_migration *ret, struct process_result *ret_result, struct error **err);

#endif
