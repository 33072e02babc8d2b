#include "cmd/report.h"

#include "base/file.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/output.h"
#include "cmd/reports.h"

enum { REPORT_MAX = 4 << 20 };

static const struct option options[] = {
	PUBLISH_OPTIONS,
	{"forge", 0, "KIND", "github, gitlab or gitea (also Forgejo); default: as CI tells, like all that follows"},
	{"api", 0, "URL", "where its interface is: https://gitlab.example.com/api/v4"},
	{"repository", 0, "NAME", "OWNER/NAME; of GitLab also the project's number"},
	{"pull-request", 0, "N", "the number of the pull request"},
	{"commit", 0, "SHA", "the commit that gets the status, in full"},
	{NULL, 0, NULL, NULL},
};

struct publish_request publish_request_of(const struct invocation *invocation)
{
	return (struct publish_request){
		.forge =
			{
				.kind = option_value(invocation, "forge"),
				.api = option_value(invocation, "api"),
				.repository = option_value(invocation, "repository"),
				.token_file = option_value(invocation, "token-file"),
				.ca_file = option_value(invocation, "ca-file"),
			},
		.commit = option_value(invocation, "commit"),
		.progress = invocation->app.progress,
	};
}

void publish_tell(const struct invocation *invocation, const struct publish_result *result)
{
	const struct error *problem = result->problem;
	if (result->comment_url) {
		_cleanup_free_ char *url = text_safe(result->comment_url);
		output_note(invocation, "the report is at %s", url);
	} else if (result->commented) { /* where the forge does not tell */
		output_note(invocation, "the report is on the pull request");
	} else if (result->status) {
		output_note(invocation, "the commit's status is %s", result->status);
	}
	if (!problem)
		return;
	const char *what = result->commented ? "the commit's status is not published"
			   : result->status  ? "the comment is not published"
					     : "nothing is published";
	output_note(invocation, "%s: %s%s%s", what, problem->message, problem->hint ? "; " : "",
		    problem->hint ? problem->hint : "");
}

static void show(const struct invocation *invocation, const struct publish_result *result)
{
	if (!invocation->json)
		return;
	json_t *json = json_pack("{s:i, s:s?, s:s?}", "schema", 1, "comment_url", result->comment_url, "status",
				 result->status);
	json_object_set_new(json, "commented", json_boolean(result->commented));
	json_object_set_new(json, "problem", output_error_json(result->problem));
	output_json(json);
}

/* With another part published, a problem is no more than worth a word. */
static int judge(struct publish_result *result, struct error **err)
{
	if (!result->problem || result->commented || result->status)
		return 0;
	struct error *problem = TAKE_POINTER(result->problem);
	if (problem->kind == ERROR_NOT_FOUND) /* forges hide from a token what it has no right to */
		error_rekind(&problem, ERROR_REFUSED);
	return error_pass(err, problem);
}

static int publish(struct invocation *invocation, const struct publisher *publisher, const char *markdown,
		   struct error **err)
{
	_cleanup_published_ struct publish_result result = {0};
	if (publish_report(publisher, markdown, &result, err) < 0)
		return -1;
	if (!result.commented)
		reports_summarize(invocation, markdown);
	if (judge(&result, err) < 0)
		return -1;
	publish_tell(invocation, &result);
	show(invocation, &result);
	return 0;
}

static int run(struct invocation *invocation, struct error **err)
{
	struct publish_request request = publish_request_of(invocation);
	_cleanup_buffer_ struct buffer text = {0};
	struct publisher *publisher;
	if (option_count(invocation, "pull-request", 1, &request.pull_request, err) < 0 ||
	    file_read(invocation->arguments[0], REPORT_MAX, FILE_FOLLOW, &text, err) < 0 ||
	    publisher_open(&request, &publisher, err) < 0)
		return -1;
	int result = publish(invocation, publisher, buffer_text(&text), err);
	publisher_free(publisher);
	return result;
}

const struct command command_report_publish = {
	.name = "report publish",
	.arguments = "FILE",
	.summary = "put a check's report on its pull request",
	.description = "One comment, and the status of the commit. FILE is what vela check --report markdown=FILE "
		       "wrote. The comment is found again by the report's "
		       "first line and changed in place. In GitHub Actions the report goes to the step's summary where "
		       "commenting is not allowed. Ends with 0 if at least one of the two was published.",
	.examples = "vela report publish vela.md\n"
		    "vela report publish vela.md --pull-request 12 --token-file token",
	.options = options,
	.least = 1,
	.most = 1,
	.run = run,
};
