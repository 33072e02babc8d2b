#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "app/check.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/branch_show.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option check_options[] = {
	{"keep", 0, "WHEN", "never, on-failure or always keep the branch (default: never)"},
	{"fresh", 0, NULL, "if the branch is there already, make it anew"},
	{"report", 0, "FORMAT=FILE", "write the report to FILE too: text or json; repeatable"},
	{NULL, 0, NULL, NULL},
};
static const struct option step_options[] = {
	{"report", 0, "FORMAT=FILE", "write the report to FILE too: text or json; repeatable"},
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

static int find_format(const char *given, const struct report_format **ret, const char **ret_file, struct error **err)
{
	const char *equals = strchr(given, '=');
	if (!equals || !equals[1])
		return error_set(err, ERROR_USAGE, "--report takes FORMAT=FILE, not \"%s\"", given);
	_cleanup_free_ char *name = string_copy_n(given, (size_t)(equals - given));
	*ret = report_format_find(name);
	*ret_file = equals + 1;
	if (*ret)
		return 0;
	_cleanup_buffer_ struct buffer names = {0};
	for (const struct report_format *format = report_formats; format->name; format++)
		buffer_addf(&names, "%s%s", names.length ? ", " : "", format->name);
	error_set(err, ERROR_USAGE, "there is no report format \"%s\"", name);
	return error_hint(err, "formats: %s", buffer_text(&names));
}

/* Before anything is done: a wrong option must not cost a whole check. */
static int check_report_options(const struct invocation *invocation, struct error **err)
{
	const struct report_format *format;
	const char *file;
	for (size_t i = 0; i < invocation->given_count; i++)
		if (string_equal(invocation->given[i].option->name, "report")) {
			if (find_format(invocation->given[i].value, &format, &file, err) < 0)
				return -1;
			_cleanup_free_ char *parent = path_parent(file);
			if (!file_is_directory(parent))
				return error_set(err, ERROR_USAGE,
						 "cannot write the report %s: there is no directory %s", file, parent);
		}
	return 0;
}

/* A terminal, a pipe or /dev/stdout is written to; anything else is replaced as a whole. */
static int write_report(const char *file, const struct buffer *text, struct error **err)
{
	struct stat st;
	if (stat(file, &st) < 0 || S_ISREG(st.st_mode))
		return file_replace(file, buffer_text(text), text->length, 0644, FILE_VOLATILE, err);
	_cleanup_close_ int fd = open(file, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || descriptor_write(fd, buffer_text(text), text->length) < 0)
		return error_errno(err, errno, "cannot write %s", file);
	return 0;
}

/* Report files are the caller's, not the pool owner's. */
static int write_reports(const struct invocation *invocation, const struct report *report, struct error **err)
{
	IDENTITY_CALLER_SCOPE;
	for (size_t i = 0; i < invocation->given_count; i++) {
		const struct report_format *format;
		const char *file;
		if (!string_equal(invocation->given[i].option->name, "report"))
			continue;
		if (find_format(invocation->given[i].value, &format, &file, err) < 0)
			return -1;
		_cleanup_buffer_ struct buffer text = {0};
		format->render(report, &(struct report_style){0}, &text);
		if (write_report(file, &text, err) < 0) {
			error_rekind(err, ERROR_USAGE);
			return error_wrap(err, "cannot write the report");
		}
	}
	return 0;
}

static void print_report(const struct invocation *invocation, const struct report *report)
{
	struct report_style style = {invocation->color, output_width()};
	_cleanup_buffer_ struct buffer text = {0};
	report_format_find(invocation->json ? "json" : "text")->render(report, &style, &text);
	output_progress_clear();
	output_text("%s", buffer_text(&text));
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
	    check_report_options(invocation, err) < 0 || branch_name_of(invocation, &context, err) < 0 ||
	    require_config(&invocation->app.config, err) < 0)
		return -1;
	struct report report;
	struct error *problem = NULL;
	int result = check_run(&invocation->app, &context, &request, &report, &problem);
	if (result == 0)
		print_report(invocation, &report);
	struct error *unwritten = NULL;
	if (write_reports(invocation, &report, &unwritten) < 0) {
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
