#include "app/check.h"
#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"
#include "cmd/report.h"
#include "cmd/reports.h"

#define REPORT_HELP                                                                                                    \
	"write the report to FILE too; repeatable; formats: text, json, markdown, junit, github, codequality, sarif, " \
	"html"

static const struct option check_options[] = {
	{"keep", 0, "WHEN", "never, on-failure or always keep the branch (default: never)"},
	{"fresh", 0, NULL, "if the branch is there already, make it anew"},
	{"report", 0, "FORMAT=FILE", REPORT_HELP},
	{"publish", 0, NULL, "put the report on the pull request: one comment, and the commit's status"},
	PUBLISH_OPTIONS,
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

/* --- publishing: whatever becomes of it, the verdict stands --- */

enum { PATIENCE_MS = 10000 /* for a status, and for a comment: somebody waits for the verdict */ };

/* NULL: nothing is to be published, or it is said why it cannot be. */
static struct publisher *open_publisher(const struct invocation *invocation)
{
	struct publish_request request = publish_request_of(invocation);
	struct publish_result nowhere = {0};
	struct publisher *publisher = NULL;
	request.patience_ms = PATIENCE_MS;
	if (option_given(invocation, "publish") && publisher_open(&request, &publisher, &nowhere.problem) < 0)
		publish_tell(invocation, &nowhere);
	publish_result_free(&nowhere);
	return publisher;
}

static void publish(const struct invocation *invocation, const struct publisher *publisher, const struct report *report)
{
	_cleanup_buffer_ struct buffer markdown = {0};
	_cleanup_published_ struct publish_result result = {0};
	if (!option_given(invocation, "publish"))
		return;
	report_format_find("markdown")->render(report, &(struct report_style){0}, &markdown);
	if (publisher) {
		struct error *problem = NULL;
		if (publish_report(publisher, buffer_text(&markdown), &result, &problem) < 0)
			result.problem = problem;
		publish_tell(invocation, &result);
	}
	reports_summarize(invocation, buffer_text(&markdown));
}

/* --- the check --- */

/* What an error is about, as far as that is known: by these its comment is found again. */
static void name_report(const struct invocation *invocation, struct report *report)
{
	_cleanup_context_ struct branch_context context = {0};
	const char *argument = invocation->argument_count > 0 ? invocation->arguments[0] : NULL;
	if (!report->project && invocation->app.config.path)
		report->project = string_copy(invocation->app.config.project);
	if (!report->branch_name && branch_context_resolve(argument, &context, NULL) == 0)
		report->branch_name = string_copy(context.name);
}

static int carry_out(struct invocation *invocation, const struct check_request *request,
		     const struct publisher *publisher, struct report *report, struct error **err)
{
	_cleanup_context_ struct branch_context context = {0};
	if (branch_name_of(invocation, &context, err) == 0 && require_config(&invocation->app.config, err) == 0) {
		if (publisher) /* what goes wrong here goes wrong again at the end, and is told of there */
			(void)publish_pending(publisher, invocation->app.config.project, NULL);
		return check_run(&invocation->app, &context, request, report, err);
	}
	if (err && *err)
		report_note_error(report, *err);
	name_report(invocation, report);
	return -1;
}

/* The verdict's exit code stands: a failed check is not hidden behind a full disk. */
static void write_files(const struct invocation *invocation, struct report *report, struct error **problem)
{
	struct error *unwritten = NULL;
	if (reports_write(invocation, report, &unwritten) == 0)
		return;
	if (!*problem && report->verdict == VERDICT_PASSED) {
		report_note_error(report, unwritten);
		*problem = unwritten;
		return;
	}
	output_note(invocation, "%s", unwritten->message);
	error_free(unwritten);
}

/* As JSON always: who asks for it gets one document, whatever happened. A person whom the error tells everything gets
 * nothing beside it. */
static bool is_worth_printing(const struct invocation *invocation, const struct report *report,
			      const struct error *problem)
{
	if (invocation->json || report->verdict != VERDICT_ERROR)
		return true;
	return problem->kind != ERROR_INTERRUPTED && report->migration_count > 0 && report->branch;
}

static int run_steps(struct invocation *invocation, unsigned steps, struct error **err)
{
	struct check_request request = {.steps = steps, .fresh = option_given(invocation, "fresh")};
	if (parse_keep(option_value(invocation, "keep"), &request.keep, err) < 0 || reports_check(invocation, err) < 0)
		return -1;
	_cleanup_report_ struct report report = {.verdict = VERDICT_ERROR};
	struct publisher *publisher = open_publisher(invocation);
	struct error *problem = NULL;
	(void)carry_out(invocation, &request, publisher, &report, &problem);
	write_files(invocation, &report, &problem);
	publish(invocation, publisher, &report);
	publisher_free(publisher);
	if (is_worth_printing(invocation, &report, problem))
		report_print(invocation, &report);
	invocation->error_told = invocation->json && problem;
	invocation->exit_code = report.verdict == VERDICT_PASSED ? 0 : 1;
	return problem ? error_pass(err, problem) : 0;
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
	.examples = "vela check\nvela check --keep on-failure --report json=vela.json\nvela check --publish",
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
	.summary = "run checks and plans of vela.yml on a branch that is there",
	.options = step_options,
	.most = 1,
	.run = run_validate,
};
