#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "app/hooks.h"
#include "base/clock.h"
#include "base/file.h"
#include "cmd/commands.h"
#include "cmd/output.h"
#include "cmd/reports.h"

enum { INPUT_MAX = 64 << 20, LIMIT_SECONDS = 10 };

static const struct option options[] = {
	{"below", 0, "DIR", "vela.yml is in DIR, relative to the top of the working tree"},
	{NULL, 0, NULL, NULL},
};

/*
 * Git waits for us: what takes longer is interrupted, and unwinds as it does for Ctrl-C. A check has a limit of its
 * own. When it began, in milliseconds; 0: without limit.
 */
static double start_limit(const char *hook)
{
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM};
	const struct itimerspec limit = {.it_value = {.tv_sec = LIMIT_SECONDS}};
	if (string_equal(hook, "pre-push") || timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		return 0;
	(void)timer_settime(timer, 0, &limit, NULL);
	return clock_monotonic_ms();
}

static bool is_over(double began)
{
	return began > 0 && clock_monotonic_ms() >= began + LIMIT_SECONDS * 1000.0;
}

/* What git tells on standard input; of the hooks that are told something. */
static int read_input(const char *hook, struct buffer *input, struct error **err)
{
	if (!string_equal(hook, "pre-push") && !string_equal(hook, "reference-transaction"))
		return 0;
	if (descriptor_read(STDIN_FILENO, INPUT_MAX, input) == 0)
		return 0;
	return errno == EFBIG ? error_set(err, ERROR_REFUSED, "git says more than can be read")
			      : error_errno(err, errno, "cannot read what git says");
}

static void show_report(void *context, const struct report *report)
{
	report_print(context, report);
	(void)output_flush(); /* before what is said of it */
}

/* One line: git's own words stand around it. */
static void tell_problem(const struct invocation *invocation, const struct error *problem)
{
	if (problem->hint)
		output_note(invocation, "%s (%s)", problem->message, problem->hint);
	else
		output_note(invocation, "%s", problem->message);
}

static int run(struct invocation *invocation, struct error **err)
{
	const char *skip = getenv("VELA_SKIP");
	if (string_equal(skip, "1"))
		return 0;
	_cleanup_buffer_ struct buffer input = {0};
	_cleanup_(hook_run_free) struct hook_run hook = {
		.app = &invocation->app,
		.name = invocation->arguments[0],
		.directory = option_value(invocation, "below"),
		.show = show_report,
		.context = invocation,
	};
	if (read_input(hook.name, &input, err) < 0)
		return -1;
	hook.input = buffer_text(&input);
	double began = start_limit(hook.name);
	_cleanup_error_ struct error *problem = NULL;
	int result = hook_run(&hook, &problem);
	for (size_t i = 0; i < hook.said.count; i++)
		output_note(invocation, "%s", hook.said.items[i]);
	if (result < 0 && problem->kind == ERROR_USAGE)
		return error_pass(err, TAKE_POINTER(problem));
	if (result < 0 && problem->kind == ERROR_INTERRUPTED && is_over(began))
		output_note(invocation, "not done within %d seconds, and left at that; git goes on", LIMIT_SECONDS);
	else if (result < 0)
		tell_problem(invocation, problem);
	invocation->exit_code = hook.block ? 1 : 0;
	return 0;
}

const struct command command_hooks_run = {
	.name = "hooks run",
	.arguments = "HOOK [ARGUMENT…]",
	.summary = "do what a git hook of this name has to do",
	.description = "For hooks written by hand or by another tool: post-checkout, post-merge, pre-push and "
		       "reference-transaction; arguments and standard input are those "
		       "that git gave. Ends with 1 if a push is to be stopped, and otherwise with 0, whatever "
		       "happened.",
	.examples = "vela hooks run pre-push \"$@\"",
	.words = "post-checkout post-merge pre-push reference-transaction",
	.options = options,
	.least = 1,
	.most = -1,
	.run = run,
};
