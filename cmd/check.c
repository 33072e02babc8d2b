#include "app/check.h"
#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"
#include "cmd/reports.h"

#define REPORT_HELP                                                                                                    \
	"write the report to FILE too; repeatable; formats: text, json, markdown, junit, github, codequality, sarif, " \
	"html"

static const struct option check_options[] = {
	{"keep", 0, "WHEN", "never, on-failure or always keep the branch (default: never)"},
	{"fresh", 0, NULL, "if the branch is there already, make it anew"},
	{"report", 0, "FORMAT=FILE", REPORT_HELP},
	{NULL, 0, NULL, NULL},
};
static const struct option step_options[] = {
	{"report", 0, "FORMAT=FILE", REPORT_HELP},
	{NULL, 0, NULL, NULL},
};

static int parse_keep(const char *text, enum check_keep *ret, struct error **err)
{
	static const char *const names[] = {
		[KEEP_NEVER] = "never", [KEEP_ON_FAILURE] = "on-failure", [KEEP_ALWAYS] = "always"};
	*ret = KEEP_NEVER;
	for (size_t i = 0; text && i < ARRAY_SIZE(names); i++)
		if (string_equal(text, names[i])) {
			*ret = (enum check_keep)i;
			return 0;
		}
	return text ? error_set(err, ERROR_USAGE, "--keep knows never, on-failure and always, not \"%s\"", text) : 0;
}

static int require_config(const struct config *config, struct error **err)
{
	if (config->path)
		return 0;
	error_set(err, ERROR_CONFIG, "there is no vela.yml here or above: nothing says what to check");
	return error_hint(err, "vela init writes one");
}

static int run_steps(struct invocation *invocation, unsigned steps, struct error **err)
{
	struct check_request request = {.steps = steps, .fresh = option_given(invocation, "fresh")};
	_cleanup_context_ struct branch_context context = {0};
	if (parse_keep(option_value(invocation, "keep"), &request.keep, err) < 0 ||
	    reports_check(invocation, err) < 0 || branch_name_of(invocation, &context, err) < 0 ||
	    require_config(&invocation->app.config, err) < 0)
		return -1;
	struct report report;
	struct error *problem = NULL;
	int result = check_run(&invocation->app, &context, &request, &report, &problem);
	if (result == 0)
		report_print(invocation, &report);
	struct error *unwritten = NULL;
	if (reports_write(invocation, &report, &unwritten) < 0) {
		/* The verdict's exit code stands: a failed check is not hidden behind a full disk. */
		if (result == 0 && report.verdict == VERDICT_PASSED) {
			problem = unwritten;
			result = -1;
		} else {
			output_note(invocation, "%s", unwritten->message);
			error_free(unwritten);
		}
	}
	invocation->exit_code = report.verdict == VERDICT_PASSED ? 0 : 1;
	report_free(&report);
	return result < 0 ? error_pass(err, problem) : 0;
}

static int run_check(struct invocation *invocation, struct error **err)
{
	return run_steps(invocation, CHECK_BRANCH | CHECK_MIGRATIONS | CHECK_ASSERTIONS, err);
}

static int run_migrate(struct invocation *invocation, struct error **err)
{
	return run_steps(invocation, CHECK_MIGRATIONS, err);
}

static int run_validate(struct invocation *invocation, struct error **err)
{
	return run_steps(invocation, CHECK_ASSERTIONS, err);
}

const struct command command_check = {
	.name = "check",
	.arguments = "[NAME]",
	.summary = "the CI step: branch, migrate, check, report, tear down",
	.description = "Ends with 0 if everything held, with 1 if a migration or a check failed, and with another code "
		       "if the check could not be carried out. A branch that was there already is used as it is, and "
		       "stays; one that the check made goes as --keep says, on every path.",
	.examples = "vela check\nvela check --keep on-failure --report json=vela.json",
	.options = check_options,
	.most = 1,
	.run = run_check,
};

const struct command command_migrate = {
	.name = "migrate",
	.arguments = "[NAME]",
	.summary = "apply the migrations to a branch that is there, and keep it",
	.options = step_options,
	.most = 1,
	.run = run_migrate,
};

const struct command command_validate = {
	.name = "validate",
	.arguments = "[NAME]",
	.summary = "run the checks of vela.yml on a branch that is there",
	.options = step_options,
	.most = 1,
	.run = run_validate,
};
