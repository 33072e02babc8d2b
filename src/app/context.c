#include "app/context.h"

#include "base/name.h"
#include "git/repository.h"

const char *context_variable(void *ignored, const char *name)
{
	(void)ignored;
	return getenv(name);
}

void context_ci(struct ci_context *ret)
{
	ci_detect(context_variable, NULL, ret);
}

static int from_argument(const char *argument, struct branch_context *ret, struct error **err)
{
	char *name;
	if (name_from_text(argument, "branch", &name, err) < 0)
		return -1;
	*ret = (struct branch_context){.name = name, .title = string_copy(argument)};
	return 0;
}

/* Fills `context` except its name from CI, then from git. */
static int look_around(struct branch_context *context, struct error **err)
{
	struct ci_context ci;
	context_ci(&ci);
	context->pull_request = ci.pull_request;
	if (ci.pull_request > 0)
		context->repository = TAKE_POINTER(ci.path);
	context->git_branch = TAKE_POINTER(ci.branch);
	context->git_commit = TAKE_POINTER(ci.commit);
	bool in_ci = ci.system;
	ci_context_free(&ci);
	if (context->git_branch && context->git_commit)
		return 0;
	struct repository_head head;
	int found = 0;
	if (repository_head_read(".", &head, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	if (!context->git_branch)
		context->git_branch = TAKE_POINTER(head.branch);
	if (!context->git_commit)
		context->git_commit = TAKE_POINTER(head.commit);
	if (!in_ci)
		context->git_directory = TAKE_POINTER(head.git_directory);
	repository_head_free(&head);
	return 0;
}

int branch_context_resolve(const char *argument, struct branch_context *ret, struct error **err)
{
	if (argument)
		return from_argument(argument, ret, err);
	_cleanup_context_ struct branch_context context = {0};
	if (look_around(&context, err) < 0)
		return error_hint(err, "give the branch's NAME");
	if (context.pull_request > 0)
		context.title = string_format("pr-%ld", context.pull_request);
	else
		context.title = string_copy(context.git_branch);
	if (!context.title) {
		error_set(err, ERROR_USAGE,
			  "which branch? There is no git branch checked out here, and no pull request");
		return error_hint(err, "give the branch's NAME, or check out a git branch");
	}
	if (name_from_text(context.title, "branch", &context.name, err) < 0)
		return -1;
	*ret = context;
	context = (struct branch_context){0};
	return 0;
}

char *branch_context_base(void)
{
	struct ci_context ci;
	context_ci(&ci);
	char *base = TAKE_POINTER(ci.base_branch);
	ci_context_free(&ci);
	return base;
}

void branch_context_free(struct branch_context *context)
{
	free(context->name);
	free(context->title);
	free(context->git_branch);
	free(context->git_commit);
	free(context->git_directory);
	free(context->repository);
	*context = (struct branch_context){0};
}
