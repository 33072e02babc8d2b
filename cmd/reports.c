#include "cmd/reports.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/identity.h"
#include "base/text.h"
#include "cmd/output.h"
#include "report/github.h"
#include "report/markdown.h"

enum { GITHUB_SUMMARY_MAX = 1000000 }; /* characters; GitHub refuses more than 1 MiB a step */

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

int reports_check(const struct invocation *invocation, struct error **err)
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

/* Where stdout and stderr go, by whatever name: /dev/stdout, or the file that a shell has opened for it. Else -1. */
static int own_output(const struct stat *file)
{
	struct stat st;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino)
			return fd;
	return -1;
}

/* The working directory is a checkout: a link in it is the pull request's, and not for it to say what is replaced. */
static int check_links(const char *file, struct error **err)
{
	if (*file == '/' || string_starts_with(file, "../"))
		return 0;
	_cleanup_free_ char *parent = path_parent(file);
	_cleanup_free_ char *here = realpath(".", NULL), *directory = realpath(parent, NULL),
			    *real = realpath(file, NULL);
	if (here && directory && path_below(directory, here) && (!real || path_below(real, here)))
		return 0;
	error_set(err, ERROR_REFUSED, "%s leads out of this directory", file);
	return error_hint(err, "where a link is wanted there, give the whole path");
}

/* What is no file is written to, and so is where this program's output goes; a file is replaced as a whole. A link
 * stays one. */
static int write_report(const char *file, const struct buffer *text, struct error **err)
{
	struct stat st;
	if (check_links(file, err) < 0)
		return -1;
	bool exists = stat(file, &st) == 0;
	int own = exists ? own_output(&st) : -1;
	_cleanup_free_ char *real = realpath(file, NULL);
	if (own < 0 && (!exists || S_ISREG(st.st_mode)))
		return file_replace(real ? real : file, buffer_text(text), text->length, 0644, FILE_VOLATILE, err);
	(void)fflush(stdout);
	/* A pipe that nobody reads would never be opened; one that somebody reads slowly is to be waited for. */
	_cleanup_close_ int opened = own < 0 ? open(file, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (opened >= 0)
		(void)fcntl(opened, F_SETFL, O_WRONLY);
	int fd = own < 0 ? opened : own;
	if (fd < 0 || descriptor_write(fd, buffer_text(text), text->length) < 0)
		return error_errno(err, errno, "cannot write %s", file);
	return 0;
}

static int append_to(const char *variable, const char *text, struct error **err)
{
	const char *file = getenv(variable);
	return file && *file ? file_append(file, text, strlen(text), 0644, err) : 0;
}

void reports_summarize(const struct invocation *invocation, const char *markdown)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_error_ struct error *problem = NULL;
	for (size_t i = 0; i < invocation->given_count; i++)
		if (string_equal(invocation->given[i].option->name, "report") &&
		    string_starts_with(invocation->given[i].value, "github="))
			return;
	_cleanup_free_ char *cut = report_markdown_cut(markdown, GITHUB_SUMMARY_MAX);
	if (append_to("GITHUB_STEP_SUMMARY", cut, &problem) < 0)
		output_note(invocation, "the step's summary is not written: %s", problem->message);
}

/* GitHub shows annotations from what a step prints, and these two from files that it names. */
static int tell_github(const struct report *report, struct error **err)
{
	_cleanup_buffer_ struct buffer summary = {0}, outputs = {0};
	report_format_find("markdown")->render(report, &(struct report_style){.budget = GITHUB_SUMMARY_MAX}, &summary);
	report_github_outputs(report, &outputs);
	if (append_to("GITHUB_STEP_SUMMARY", buffer_text(&summary), err) < 0)
		return -1;
	return append_to("GITHUB_OUTPUT", buffer_text(&outputs), err);
}

int reports_write(const struct invocation *invocation, const struct report *report, struct error **err)
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
		if (write_report(file, &text, err) < 0 ||
		    (string_equal(format->name, "github") && tell_github(report, err) < 0)) {
			error_rekind(err, ERROR_USAGE);
			return error_wrap(err, "cannot write the report");
		}
	}
	return 0;
}

void report_print(const struct invocation *invocation, const struct report *report)
{
	struct report shown = *report;
	if (!invocation->json)
		shown.reason = NULL; /* it stands below, where every command tells its error */
	struct report_style style = {.color = invocation->color, .width = output_width()};
	_cleanup_buffer_ struct buffer text = {0};
	report_format_find(invocation->json ? "json" : "text")->render(&shown, &style, &text);
	output_progress_clear();
	output_text("%s", buffer_text(&text));
}
