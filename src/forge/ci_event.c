/* GitHub's event file, which Gitea and Forgejo write too. */
#include <jansson.h>

#include "base/file.h"
#include "base/identity.h"
#include "forge/ci_parts.h"

enum { EVENT_FILE_MAX = 4 << 20 /* bytes; what is larger is a push of very many commits, never a pull request */ };

/* False: there is a file, and what it says is not understood. */
static bool read_event(const char *path, json_t **ret)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_buffer_ struct buffer text = {0};
	*ret = NULL;
	if (!path || file_read(path, EVENT_FILE_MAX, FILE_FOLLOW, &text, NULL) < 0)
		return true;
	*ret = json_loadb(buffer_text(&text), text.length, 0, NULL);
	return *ret != NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text && *text ? text : NULL;
}

static enum ci_origin origin_of(const json_t *head, const json_t *base)
{
	const json_t *repository = json_object_get(head, "repo");
	const char *from = text_of(repository, "full_name");
	const char *to = text_of(json_object_get(base, "repo"), "full_name");
	const char *reference = text_of(head, "ref");
	if (json_is_null(repository)) /* the fork has been deleted since */
		return CI_ORIGIN_FORK;
	/* Gitea lets people who may not push make a pull request without a fork; its head is no branch then. */
	if (reference && string_starts_with(reference, "refs/pull/"))
		return CI_ORIGIN_FORK;
	if (!from || !to)
		return CI_ORIGIN_UNKNOWN;
	return string_equal(from, to) ? CI_ORIGIN_REPOSITORY : CI_ORIGIN_FORK;
}

static bool take_number(const json_t *object, struct ci_context *ci)
{
	json_int_t number = json_integer_value(json_object_get(object, "number"));
	if (number <= 0 || number >= 1000000000)
		return false;
	ci->pull_request = (long)number;
	return true;
}

static void take_pull_request(const json_t *event, struct ci_context *ci)
{
	const json_t *pull_request = json_object_get(event, "pull_request");
	const json_t *head = json_object_get(pull_request, "head"), *base = json_object_get(pull_request, "base");
	if (!take_number(pull_request, ci))
		return;
	ci->branch = ci_branch_name(text_of(head, "ref"), NULL);
	ci->commit = ci_commit_id(text_of(head, "sha"));
	ci->base_branch = ci_branch_name(text_of(base, "ref"), NULL);
	ci->origin = origin_of(head, base);
}

/* What is in the group was put there by somebody who may merge it. */
static void take_merge_group(const json_t *event, struct ci_context *ci)
{
	const json_t *group = json_object_get(event, "merge_group");
	if (!json_is_object(group))
		return;
	ci->branch = ci_branch_name(text_of(group, "head_ref"), NULL);
	ci->commit = ci_commit_id(text_of(group, "head_sha"));
	ci->base_branch = ci_branch_name(text_of(group, "base_ref"), NULL);
	ci->origin = CI_ORIGIN_REPOSITORY;
}

/* A comment on a pull request runs in the default branch's name, and of the head only the number is told. */
static void take_comment(const json_t *event, struct ci_context *ci)
{
	const json_t *issue = json_object_get(event, "issue");
	if (json_object_get(issue, "pull_request"))
		(void)take_number(issue, ci);
}

/* A run after another one does so too; it is about what that other one was for. Of forks, no pull request is told. */
static void take_workflow_run(const json_t *event, struct ci_context *ci)
{
	const json_t *run = json_object_get(event, "workflow_run");
	const json_t *pull_requests = json_object_get(run, "pull_requests");
	const char *from = text_of(json_object_get(run, "head_repository"), "full_name");
	const char *to = text_of(json_object_get(event, "repository"), "full_name");
	if (!json_is_object(run))
		return;
	ci->branch = ci_branch_name(text_of(run, "head_branch"), NULL);
	ci->commit = ci_commit_id(text_of(run, "head_sha"));
	ci->origin = from && to && string_equal(from, to) ? CI_ORIGIN_REPOSITORY : CI_ORIGIN_FORK;
	if (json_array_size(pull_requests) == 1 && ci->origin == CI_ORIGIN_REPOSITORY &&
	    take_number(json_array_get(pull_requests, 0), ci))
		ci->base_branch =
			ci_branch_name(text_of(json_object_get(json_array_get(pull_requests, 0), "base"), "ref"), NULL);
}

bool ci_take_event(const char *path, struct ci_context *ci)
{
	static const struct {
		const char *member;
		void (*take)(const json_t *event, struct ci_context *ci);
	} kinds[] = {
		{"pull_request", take_pull_request},
		{"merge_group", take_merge_group},
		{"workflow_run", take_workflow_run},
		{"issue", take_comment},
	};
	json_t *event;
	bool understood = read_event(path, &event);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (json_object_get(event, kinds[i].member)) {
			kinds[i].take(event, ci);
			break;
		}
	json_decref(event);
	return understood;
}
