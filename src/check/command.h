/*
 * `migrations.command`: a tool that applies its migrations itself, watched from outside: event triggers that tell of
 * the locks their own backend holds, the server's statement log, a sampler of pg_locks, and the catalogue before and
 * after. What none of these sees is said in report->blind.
 */
#ifndef VELA_CHECK_COMMAND_H
#define VELA_CHECK_COMMAND_H

#include "base/error.h"
#include "base/process.h"
#include "check/evidence.h"
#include "report/report.h"

struct command_wanted {           /* borrowed */
	char *const *argv;        /* ends with NULL; or else: */
	const char *shell;        /* a line for /bin/sh -c */
	const char *directory;    /* to work in */
	char *const *environment; /* "NAME=VALUE" to set, on top of the caller's; ends with NULL */
	const char *secret;       /* blanked in the output that is kept */
	const char *log;          /* the branch's server log */
};

/* Runs it. An exit code other than 0, a signal, the time limit and a lock nobody will release are *successes* with
 * ret->outcome FAILED and a failure that says what; its output's end is in ret->output. */
int command_apply(const struct command_wanted *wanted, PGconn *observer, struct evidence *evidence, double deadline,
		  struct report_migration *ret, struct error **err);

#endif
