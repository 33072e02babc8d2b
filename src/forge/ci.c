#include "forge/ci.h"

#include <ctype.h>
#include <jansson.h>

#include "base/file.h"
#include "base/identity.h"

enum {
	EVENT_FILE_MAX = 4 << 20, /* bytes; what is larger is a push of very many commits, never a pull request */
	NAMES_MAX = 2,            /* variables that may tell the same thing */
	DIGITS_MAX = 9,
};

struct environment {
	const char *(*lookup)(void *context, const char *name);
	void *context;
};

/* One row for each CI system. Where several variables tell a thing, the first that does counts. */
struct ci_system {
	const char *name;
	const char *marker; /* set by this system in every run */
	const char *pull_request[NAMES_MAX];
	long (*number)(const struct environment *environment, const char *value); /* reads what the above hold */
	const char *head_branch[NAMES_MAX], *head_commit[NAMES_MAX];              /* in the run of a pull request */
	const char *branch[NAMES_MAX], *commit[NAMES_MAX];                        /* in any other */
	const char *tag;                    /* set if it is a tag that runs: what then stands as the branch is none */
	const char *base_branch[NAMES_MAX]; /* set for pull requests only */
	const char *remote;                 /* may stand before a branch, as in "origin/main" */
	const char *event_file;             /* that tells of a pull request in GitHub's JSON */
};

/* --- values --- */

/* NULL if the variable is unset or empty. */
static const char *value_of(const struct environment *environment, const char *name)
{
	const char *value = name ? environment->lookup(environment->context, name) : NULL;
	return value && *value ? value : NULL;
}

static const char *first_value(const struct environment *environment, const char *const names[NAMES_MAX])
{
	for (size_t i = 0; i < NAMES_MAX; i++) {
		const char *value = value_of(environment, names[i]);
		if (value)
			return value;
	}
	return NULL;
}

/* Digits up to one of `ends` or the end of the text; 0 for anything else. */
static long leading_number(const char *text, const char *ends)
{
	size_t length = strspn(text, "0123456789");
	if (length == 0 || length > DIGITS_MAX || (text[length] && !strchr(ends, text[length])))
		return 0;
	return strtol(text, NULL, 10);
}

static long number_plain(const struct environment *environment, const char *value)
{
	(void)environment;
	return leading_number(value, "");
}

/* refs/pull/N/merge */
static long number_of_reference(const struct environment *environment, const char *value)
{
	static const char prefix[] = "refs/pull/";
	(void)environment;
	return string_starts_with(value, prefix) ? leading_number(value + strlen(prefix), "/") : 0;
}

/* https://github.com/o/r/pull/N, or only N */
static long number_at_end(const struct environment *environment, const char *value)
{
	(void)environment;
	return leading_number(path_basename(value), "");
}

/* N, or a list "group/fork!N,group/project!M": that of the project itself if there is one, else the first */
static long number_in_gitlab(const struct environment *environment, const char *value)
{
	long first = leading_number(value, "");
	const char *project = value_of(environment, "CI_PROJECT_PATH");
	for (const char *entry = value; entry; entry = strchr(entry, ',') ? strchr(entry, ',') + 1 : NULL) {
		size_t path = strcspn(entry, "!,");
		long number = entry[path] == '!' ? leading_number(entry + path + 1, ",") : 0;
		if (number && project && strlen(project) == path && strncmp(entry, project, path) == 0)
			return number;
		if (first == 0)
			first = number;
	}
	return first;
}

/* The branch in "main", "refs/heads/main" or REMOTE"main"; NULL for any other reference, as a fork's "pull/N" is. */
static char *branch_name(const char *value, const char *remote)
{
	static const char heads[] = "refs/heads/", fork[] = "pull/";
	if (!value)
		return NULL;
	if (string_starts_with(value, heads))
		return string_copy(value + strlen(heads));
	if (string_starts_with(value, "refs/"))
		return NULL;
	if (string_starts_with(value, fork) && leading_number(value + strlen(fork), "/"))
		return NULL;
	return string_copy(remote && string_starts_with(value, remote) ? value + strlen(remote) : value);
}

/* SHA-1 or SHA-256 in full; a name like "HEAD" is no commit. */
static char *commit_id(const char *value)
{
	size_t length = value ? strlen(value) : 0;
	if (length != 40 && length != 64)
		return NULL;
	for (size_t i = 0; i < length; i++)
		if (!isxdigit((unsigned char)value[i]))
			return NULL;
	return string_copy(value);
}

/* --- the table --- */

#define GITHUB_VARIABLES                                                                                               \
	.pull_request = {"GITHUB_REF"}, .number = number_of_reference, .head_branch = {"GITHUB_HEAD_REF"},             \
	.branch = {"GITHUB_REF"}, .commit = {"GITHUB_SHA"}, .base_branch = {"GITHUB_BASE_REF"},                        \
	.event_file = "GITHUB_EVENT_PATH"

static const struct ci_system systems[] = {
	/* The first two speak GitHub's language, its marker included. */
	{.name = "Forgejo Actions", .marker = "FORGEJO_ACTIONS", GITHUB_VARIABLES},
	{.name = "Gitea Actions", .marker = "GITEA_ACTIONS", GITHUB_VARIABLES},
	{.name = "GitHub Actions", .marker = "GITHUB_ACTIONS", GITHUB_VARIABLES},
	{.name = "GitLab CI",
	 .marker = "GITLAB_CI",
	 .pull_request = {"CI_MERGE_REQUEST_IID", "CI_OPEN_MERGE_REQUESTS"},
	 .number = number_in_gitlab,
	 .head_branch = {"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"},
	 .head_commit = {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
			 "CI_COMMIT_SHA"}, /* the first only where the second is a merge */
	 .branch = {"CI_COMMIT_REF_NAME"},
	 .commit = {"CI_COMMIT_SHA"},
	 .tag = "CI_COMMIT_TAG",
	 .base_branch = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME"}},
	{.name = "Bitbucket Pipelines",
	 .marker = "BITBUCKET_BUILD_NUMBER",
	 .pull_request = {"BITBUCKET_PR_ID"},
	 .number = number_plain,
	 .head_branch = {"BITBUCKET_BRANCH"},
	 .head_commit = {"BITBUCKET_COMMIT"},
	 .branch = {"BITBUCKET_BRANCH"},
	 .commit = {"BITBUCKET_COMMIT"},
	 .base_branch = {"BITBUCKET_PR_DESTINATION_BRANCH"}},
	{.name = "Jenkins",
	 .marker = "JENKINS_URL",
	 .pull_request = {"CHANGE_ID", "ghprbPullId"},
	 .number = number_plain,
	 .head_branch = {"CHANGE_BRANCH", "ghprbSourceBranch"}, /* BRANCH_NAME is "PR-12" then */
	 .head_commit = {"ghprbActualCommit", "GIT_COMMIT"},
	 .branch = {"BRANCH_NAME", "GIT_BRANCH"},
	 .commit = {"GIT_COMMIT"},
	 .tag = "TAG_NAME",
	 .base_branch = {"CHANGE_TARGET", "ghprbTargetBranch"},
	 .remote = "origin/"},
	{.name = "CircleCI",
	 .marker = "CIRCLECI",
	 .pull_request = {"CIRCLE_PULL_REQUEST", "CIRCLE_PR_NUMBER"},
	 .number = number_at_end,
	 .head_branch = {"CIRCLE_BRANCH"},
	 .head_commit = {"CIRCLE_SHA1"},
	 .branch = {"CIRCLE_BRANCH"},
	 .commit = {"CIRCLE_SHA1"},
	 .tag = "CIRCLE_TAG"},
	{.name = "Buildkite",
	 .marker = "BUILDKITE",
	 .pull_request = {"BUILDKITE_PULL_REQUEST"},
	 .number = number_plain, /* "false" where there is none */
	 .head_branch = {"BUILDKITE_BRANCH"},
	 .head_commit = {"BUILDKITE_COMMIT"},
	 .branch = {"BUILDKITE_BRANCH"},
	 .commit = {"BUILDKITE_COMMIT"},
	 .tag = "BUILDKITE_TAG",
	 .base_branch = {"BUILDKITE_PULL_REQUEST_BASE_BRANCH"}},
	{.name = "Azure Pipelines",
	 .marker = "TF_BUILD",
	 /* For a repository on GitHub, the second is a number of GitHub's own. */
	 .pull_request = {"SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_PULLREQUESTID"},
	 .number = number_plain,
	 .head_branch = {"SYSTEM_PULLREQUEST_SOURCEBRANCH"},
	 .head_commit = {"SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"},
	 .branch = {"BUILD_SOURCEBRANCH"},
	 .commit = {"BUILD_SOURCEVERSION"},
	 .base_branch = {"SYSTEM_PULLREQUEST_TARGETBRANCH"}},
};

/* --- GitHub's event file --- */

static json_t *read_event(const char *path)
{
	IDENTITY_CALLER_SCOPE;
	_cleanup_buffer_ struct buffer text = {0};
	if (!path || file_read(path, EVENT_FILE_MAX, FILE_FOLLOW, &text, NULL) < 0)
		return NULL;
	return json_loadb(buffer_text(&text), text.length, 0, NULL);
}

static const char *text_at(const json_t *object, const char *key, const char *field)
{
	const char *text = json_string_value(json_object_get(json_object_get(object, key), field));
	return text && *text ? text : NULL;
}

/* What the event says of a pull request; the environment fills what is then still missing. */
static void take_event(const char *path, struct ci_context *ci)
{
	json_t *event = read_event(path);
	const json_t *pull_request = json_object_get(event, "pull_request");
	json_int_t number = json_integer_value(json_object_get(pull_request, "number"));
	if (number > 0 && number < 1000000000) {
		ci->pull_request = (long)number;
		ci->branch = branch_name(text_at(pull_request, "head", "ref"), NULL);
		ci->commit = commit_id(text_at(pull_request, "head", "sha"));
		ci->base_branch = branch_name(text_at(pull_request, "base", "ref"), NULL);
	}
	json_decref(event);
}

/* --- detection --- */

static const struct ci_system *find_system(const struct environment *environment)
{
	for (size_t i = 0; i < ARRAY_SIZE(systems); i++) {
		const char *value = value_of(environment, systems[i].marker);
		if (value && !string_equal(value, "false") && !string_equal(value, "0"))
			return &systems[i];
	}
	return NULL;
}

static long pull_request_number(const struct ci_system *system, const struct environment *environment)
{
	long number = 0;
	for (size_t i = 0; i < NAMES_MAX && number == 0; i++) {
		const char *value = value_of(environment, system->pull_request[i]);
		number = value ? system->number(environment, value) : 0;
	}
	return number;
}

void ci_detect(const char *(*lookup)(void *context, const char *name), void *context, struct ci_context *ret)
{
	const struct environment environment = {lookup, context};
	*ret = (struct ci_context){0};
	const struct ci_system *system = find_system(&environment);
	if (!system)
		return;
	ret->system = system->name;
	take_event(value_of(&environment, system->event_file), ret);
	if (ret->pull_request == 0)
		ret->pull_request = pull_request_number(system, &environment);
	if (!ret->base_branch)
		ret->base_branch = branch_name(first_value(&environment, system->base_branch), system->remote);
	/* A pull request whose number cannot be told must not pass for a run of the branch it wants to go to. */
	int for_head = ret->pull_request > 0 || ret->base_branch;
	if (!ret->branch && !value_of(&environment, system->tag))
		ret->branch = branch_name(first_value(&environment, for_head ? system->head_branch : system->branch),
					  system->remote);
	if (!ret->commit)
		ret->commit = commit_id(first_value(&environment, for_head ? system->head_commit : system->commit));
}

void ci_context_free(struct ci_context *ci)
{
	free(ci->branch);
	free(ci->commit);
	free(ci->base_branch);
	*ci = (struct ci_context){0};
}
