#include "app/publish.h"

#include "app/context.h"
#include "base/interrupt.h"
#include "forge/http.h"
#include "report/markdown.h"

enum {
	COMMENT_MAX = 65000,     /* bytes, of the 65,536 characters that GitHub takes */
	FAREWELL_MS = 4000,      /* for the status when an interrupt has come: CI systems kill soon after */
	HASTY_REQUEST_MS = 5000, /* for one attempt, where somebody waits */
};

struct publisher {
	struct forge forge;
	long pull_request; /* 0: none */
	char *commit;      /* NULL: none */
	double patience_ms;
};

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	forge_free(&publisher->forge);
	free(publisher->commit);
	free(publisher);
}

void publish_result_free(struct publish_result *result)
{
	free(result->comment_url);
	error_free(result->problem);
	*result = (struct publish_result){0};
}

/* --- to whom --- */

static void limit(const struct publisher *publisher, double total_ms)
{
	struct http_limits limits = http_usual_limits;
	if (total_ms > 0) {
		limits.total_ms = total_ms;
		limits.request_ms = HASTY_REQUEST_MS;
		limits.connect_ms = HASTY_REQUEST_MS;
	}
	http_limit(publisher->forge.http, &limits);
}

int publisher_open(const struct publish_request *request, struct publisher **ret, struct error **err)
{
	struct ci_context ci;
	struct forge forge;
	context_ci(&ci);
	int result = forge_open(&ci, &request->forge, context_variable, NULL, &forge, err);
	if (result == 0) {
		struct publisher *publisher = memory_allocate(sizeof(*publisher));
		publisher->forge = forge;
		publisher->pull_request = request->pull_request ? request->pull_request : ci.pull_request;
		publisher->commit = string_copy(request->commit ? request->commit : ci.commit);
		publisher->patience_ms = request->patience_ms;
		limit(publisher, publisher->patience_ms);
		http_set_progress(publisher->forge.http, request->progress);
		*ret = publisher;
	}
	ci_context_free(&ci);
	return result;
}

/* --- the status --- */

static int publish_status(const struct publisher *publisher, const char *project, enum forge_status status,
			  const char *description, const char *url, struct error **err)
{
	/* Without a project (vela.yml could not be read) it is not known whose. */
	_cleanup_free_ char *context = *project ? string_format("vela/%s", project) : string_copy("vela");
	return forge_status(&publisher->forge, publisher->commit, status, context, description, url, err);
}

int publish_pending(const struct publisher *publisher, const char *project, struct error **err)
{
	if (!publisher->commit)
		return 0;
	return publish_status(publisher, project, FORGE_STATUS_PENDING, "the check is running", NULL, err);
}

/* --- the report --- */

static const struct {
	enum forge_status status;
	const char *name;
} statuses[] = {
	[VERDICT_PASSED] = {FORGE_STATUS_SUCCESS, "success"},
	[VERDICT_FAILED] = {FORGE_STATUS_FAILURE, "failure"},
	[VERDICT_ERROR] = {FORGE_STATUS_ERROR, "error"},
};

/* The first problem is the one that is told, but an interrupt goes before. */
static void note_problem(struct publish_result *result, struct error *problem)
{
	if (!result->problem || problem->kind == ERROR_INTERRUPTED) {
		error_free(result->problem);
		result->problem = problem;
	} else {
		error_free(problem);
	}
}

static void try_status(const struct publisher *publisher, const struct markdown_head *head,
		       struct publish_result *result)
{
	struct error *problem = NULL;
	if (publish_status(publisher, head->project, statuses[head->verdict].status, head->description,
			   result->comment_url, &problem) == 0)
		result->status = statuses[head->verdict].name;
	else
		note_problem(result, problem);
}

static void try_comment(const struct publisher *publisher, const struct markdown_head *head, const char *markdown,
			struct publish_result *result)
{
	struct error *problem = NULL;
	_cleanup_free_ char *body = report_markdown_cut(markdown, COMMENT_MAX);
	if (forge_comment(&publisher->forge, publisher->pull_request, head->marker, body, &result->comment_url,
			  &problem) == 0)
		result->commented = true;
	else
		note_problem(result, problem);
}

/* Whoever sent the interrupt does not wait long. */
static void bid_farewell(const struct publisher *publisher, const struct markdown_head *head,
			 struct publish_result *result)
{
	INTERRUPT_DEFER_SCOPE;
	limit(publisher, FAREWELL_MS);
	try_status(publisher, head, result);
}

/* Of a forge that does not answer, nothing more is asked. */
static bool has_lost_forge(const struct publish_result *result)
{
	return result->problem &&
	       (result->problem->kind == ERROR_NETWORK || result->problem->kind == ERROR_INTERRUPTED);
}

static int publish(const struct publisher *publisher, const struct markdown_head *head, const char *markdown,
		   struct publish_result *ret, struct error **err)
{
	bool comments = publisher->pull_request > 0 && *head->project;
	if (!comments && !publisher->commit) {
		error_set(err, ERROR_USAGE, "there is neither a pull request nor a commit to publish it for");
		return error_hint(err, "say which: vela report publish FILE --pull-request N, or --commit SHA");
	}
	bool interrupted = interrupt_check(NULL) < 0;
	struct publish_result result = {0};
	if (comments && !interrupted)
		try_comment(publisher, head, markdown, &result);
	if (publisher->commit && !interrupted && !has_lost_forge(&result))
		try_status(publisher, head, &result);
	if (publisher->commit && !result.status && interrupt_check(NULL) < 0)
		bid_farewell(publisher, head, &result);
	*ret = result;
	return 0;
}

int publish_report(const struct publisher *publisher, const char *markdown, struct publish_result *ret,
		   struct error **err)
{
	_cleanup_markdown_head_ struct markdown_head head = {0};
	if (markdown_head_read(markdown, &head, err) < 0)
		return -1;
	return publish(publisher, &head, markdown, ret, err);
}
