/* The CI systems: which variable tells what. */
#include <strings.h>

#include "base/file.h"
#include "forge/ci_parts.h"

/* --- numbers of pull requests --- */

static long number_plain(const struct ci_environment *environment, const char *value)
{
	(void)environment;
	return ci_leading_number(value, "");
}

/* refs/pull/N/merge */
static long number_of_reference(const struct ci_environment *environment, const char *value)
{
	static const char prefix[] = "refs/pull/";
	(void)environment;
	return string_starts_with(value, prefix) ? ci_leading_number(value + strlen(prefix), "/") : 0;
}

/* https://github.com/o/r/pull/N, or only N */
static long number_at_end(const struct ci_environment *environment, const char *value)
{
	(void)environment;
	return ci_leading_number(path_basename(value), "");
}

/* --- GitLab --- */

struct open_request {
	long number;
	size_t project_length; /* of the text that `project` begins; 0: not told */
	const char *project;
	bool own;
};

/* N, or a list "group/fork!N,group/project!M": that of the project itself if there is one, else the first */
static struct open_request find_open_request(const struct ci_environment *environment, const char *value)
{
	struct open_request first = {.number = ci_leading_number(value, ""), .own = true};
	const char *project = ci_value(environment, "CI_PROJECT_PATH");
	for (const char *entry = value; entry; entry = strchr(entry, ',') ? strchr(entry, ',') + 1 : NULL) {
		size_t path = strcspn(entry, "!,");
		struct open_request found = {
			.number = entry[path] == '!' ? ci_leading_number(entry + path + 1, ",") : 0,
			.project = entry,
			.project_length = path,
			.own = project && strlen(project) == path && strncmp(entry, project, path) == 0,
		};
		if (found.number && found.own)
			return found;
		if (found.number && first.number == 0)
			first = found;
	}
	return first;
}

static long number_in_gitlab(const struct ci_environment *environment, const char *value)
{
	return find_open_request(environment, value).number;
}

static const char *gitlab_target(const struct ci_environment *environment)
{
	const char *target = ci_value(environment, "CI_MERGE_REQUEST_PROJECT_ID");
	return target ? target : ci_value(environment, "CI_PROJECT_ID");
}

static enum ci_origin origin_in_gitlab(const struct ci_environment *environment)
{
	const char *open = ci_value(environment, "CI_OPEN_MERGE_REQUESTS");
	const char *source = ci_value(environment, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID");
	const char *target = gitlab_target(environment);
	if (!ci_value(environment, "CI_MERGE_REQUEST_IID")) /* a branch, and the project it was pushed to */
		return !open || find_open_request(environment, open).own ? CI_ORIGIN_REPOSITORY : CI_ORIGIN_FORK;
	if (!source || !target)
		return CI_ORIGIN_UNKNOWN;
	return string_equal(source, target) ? CI_ORIGIN_REPOSITORY : CI_ORIGIN_FORK;
}

static void place_in_github(const struct ci_environment *environment, struct ci_context *ci)
{
	const char *server = ci_value(environment, "GITHUB_SERVER_URL");
	_cleanup_free_ char *address = server && ci->repository ? string_format("%s/%s", server, ci->repository) : NULL;
	ci_take_path(address, ci);
}

/* A branch of a fork may be known by a merge request of the project that it was forked from. */
static void place_in_gitlab(const struct ci_environment *environment, struct ci_context *ci)
{
	static const char *const addresses[CI_NAMES_MAX] = {"CI_MERGE_REQUEST_PROJECT_URL", "CI_PROJECT_URL"};
	const char *open = ci_value(environment, "CI_OPEN_MERGE_REQUESTS");
	ci_take_path(ci_first_value(environment, addresses), ci);
	if (ci_value(environment, "CI_MERGE_REQUEST_IID") || !open)
		return;
	struct open_request request = find_open_request(environment, open);
	if (request.own || request.number == 0)
		return;
	string_replace(&ci->repository, string_copy_n(request.project, request.project_length));
	string_replace(&ci->path, string_copy(ci->repository));
}

/* --- others --- */

/* It starts nothing for the pull request of a fork. */
static enum ci_origin origin_in_bitbucket(const struct ci_environment *environment)
{
	(void)environment;
	return CI_ORIGIN_REPOSITORY;
}

/* The second is the pull request builder's, which names both repositories and says no more. */
static enum ci_origin origin_in_jenkins(const struct ci_environment *environment)
{
	const char *from = ci_value(environment, "ghprbAuthorRepoGitUrl");
	const char *to = ci_value(environment, "ghprbGhRepository");
	if (ci_value(environment, "CHANGE_FORK"))
		return CI_ORIGIN_FORK;
	if (ci_value(environment, "CHANGE_ID"))
		return CI_ORIGIN_REPOSITORY;
	if (!from || !to)
		return CI_ORIGIN_UNKNOWN;
	const char *host = strstr(from, "://");
	const char *path = host ? strchr(host + 3, '/') : strchr(from, ':');
	size_t length = strlen(to);
	if (!path || strncasecmp(path + 1, to, length) != 0)
		return CI_ORIGIN_FORK;
	const char *rest = path + 1 + length;
	return !*rest || string_equal(rest, ".git") ? CI_ORIGIN_REPOSITORY : CI_ORIGIN_FORK;
}

static void place_in_jenkins(const struct ci_environment *environment, struct ci_context *ci)
{
	ci_take_pull_request_address(
		ci_first_value(environment, (const char *const[CI_NAMES_MAX]){"CHANGE_URL", "ghprbPullLink"}), ci);
}

/* These are set for forks alone; what it checks out then is "pull/N". */
static enum ci_origin origin_in_circleci(const struct ci_environment *environment)
{
	static const char *const names[CI_NAMES_MAX] = {"CIRCLE_PR_REPONAME", "CIRCLE_PR_NUMBER"};
	const char *branch = ci_value(environment, "CIRCLE_BRANCH");
	_cleanup_free_ char *name = ci_branch_name(branch, NULL);
	return ci_first_value(environment, names) || (branch && !name) ? CI_ORIGIN_FORK : CI_ORIGIN_REPOSITORY;
}

static void place_in_circleci(const struct ci_environment *environment, struct ci_context *ci)
{
	ci_take_pull_request_address(ci_value(environment, "CIRCLE_PULL_REQUEST"), ci);
}

static enum ci_origin origin_in_buildkite(const struct ci_environment *environment)
{
	const char *from = ci_value(environment, "BUILDKITE_PULL_REQUEST_REPO");
	const char *to = ci_value(environment, "BUILDKITE_REPO");
	if (!from || !to)
		return CI_ORIGIN_UNKNOWN;
	return ci_same_repository(from, to) ? CI_ORIGIN_REPOSITORY : CI_ORIGIN_FORK;
}

static const char *forge_named(const char *provider)
{
	static const struct {
		const char *provider, *forge;
	} names[] = {{"github", "github"},
		     {"github_enterprise", "github"},
		     {"GitHubEnterprise", "github"},
		     {"gitlab", "gitlab"},
		     {"gitlab_ee", "gitlab"}};
	for (size_t i = 0; provider && i < ARRAY_SIZE(names); i++)
		if (strcasecmp(provider, names[i].provider) == 0)
			return names[i].forge;
	return NULL;
}

static void place_in_buildkite(const struct ci_environment *environment, struct ci_context *ci)
{
	ci_take_path(ci_value(environment, "BUILDKITE_REPO"), ci);
	ci_take_repository_address(ci_value(environment, "BUILDKITE_REPO"),
				   forge_named(ci_value(environment, "BUILDKITE_PIPELINE_PROVIDER")), ci);
}

static enum ci_origin origin_in_azure(const struct ci_environment *environment)
{
	const char *fork = ci_value(environment, "SYSTEM_PULLREQUEST_ISFORK");
	if (!fork)
		return CI_ORIGIN_UNKNOWN;
	return strcasecmp(fork, "false") == 0 ? CI_ORIGIN_REPOSITORY : CI_ORIGIN_FORK;
}

static void place_in_azure(const struct ci_environment *environment, struct ci_context *ci)
{
	ci_take_path(ci_value(environment, "BUILD_REPOSITORY_URI"), ci);
	ci_take_repository_address(ci_value(environment, "BUILD_REPOSITORY_URI"),
				   forge_named(ci_value(environment, "BUILD_REPOSITORY_PROVIDER")), ci);
}

/* --- the table --- */

#define GITHUB_VARIABLES                                                                                               \
	.pull_request = {"GITHUB_REF"}, .number = number_of_reference, .head_branch = {"GITHUB_HEAD_REF"},             \
	.branch = {"GITHUB_REF"}, .commit = {"GITHUB_SHA"}, .base_branch = {"GITHUB_BASE_REF"},                        \
	.event_file = "GITHUB_EVENT_PATH", .api = "GITHUB_API_URL", .repository = {"GITHUB_REPOSITORY"},               \
	.place = place_in_github

const struct ci_system ci_systems[] = {
	/* The first two speak GitHub's language, its marker included. */
	{.name = "Forgejo Actions", .marker = "FORGEJO_ACTIONS", .forge = "gitea", GITHUB_VARIABLES},
	{.name = "Gitea Actions", .marker = "GITEA_ACTIONS", .forge = "gitea", GITHUB_VARIABLES},
	{.name = "GitHub Actions", .marker = "GITHUB_ACTIONS", .forge = "github", GITHUB_VARIABLES},
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
	 .base_branch = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME"},
	 .forge = "gitlab",
	 .api = "CI_API_V4_URL",
	 .repository = {"CI_MERGE_REQUEST_PROJECT_ID", "CI_PROJECT_ID"},
	 .origin = origin_in_gitlab,
	 .place = place_in_gitlab},
	{.name = "Bitbucket Pipelines",
	 .marker = "BITBUCKET_BUILD_NUMBER",
	 .pull_request = {"BITBUCKET_PR_ID"},
	 .number = number_plain,
	 .head_branch = {"BITBUCKET_BRANCH"},
	 .head_commit = {"BITBUCKET_COMMIT"},
	 .branch = {"BITBUCKET_BRANCH"},
	 .commit = {"BITBUCKET_COMMIT"},
	 .base_branch = {"BITBUCKET_PR_DESTINATION_BRANCH"},
	 .repository = {"BITBUCKET_REPO_FULL_NAME"},
	 .origin = origin_in_bitbucket},
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
	 .remote = "origin/",
	 .origin = origin_in_jenkins,
	 .place = place_in_jenkins},
	{.name = "CircleCI",
	 .marker = "CIRCLECI",
	 .pull_request = {"CIRCLE_PULL_REQUEST", "CIRCLE_PR_NUMBER"},
	 .number = number_at_end,
	 .head_branch = {"CIRCLE_BRANCH"},
	 .head_commit = {"CIRCLE_SHA1"},
	 .branch = {"CIRCLE_BRANCH"},
	 .commit = {"CIRCLE_SHA1"},
	 .tag = "CIRCLE_TAG",
	 .origin = origin_in_circleci,
	 .place = place_in_circleci},
	{.name = "Buildkite",
	 .marker = "BUILDKITE",
	 .pull_request = {"BUILDKITE_PULL_REQUEST"},
	 .number = number_plain, /* "false" where there is none */
	 .head_branch = {"BUILDKITE_BRANCH"},
	 .head_commit = {"BUILDKITE_COMMIT"},
	 .branch = {"BUILDKITE_BRANCH"},
	 .commit = {"BUILDKITE_COMMIT"},
	 .tag = "BUILDKITE_TAG",
	 .base_branch = {"BUILDKITE_PULL_REQUEST_BASE_BRANCH"},
	 .origin = origin_in_buildkite,
	 .place = place_in_buildkite},
	{.name = "Azure Pipelines",
	 .marker = "TF_BUILD",
	 /* For a repository on GitHub, the second is a number of GitHub's own. */
	 .pull_request = {"SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_PULLREQUESTID"},
	 .number = number_plain,
	 .head_branch = {"SYSTEM_PULLREQUEST_SOURCEBRANCH"},
	 .head_commit = {"SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"},
	 .branch = {"BUILD_SOURCEBRANCH"},
	 .commit = {"BUILD_SOURCEVERSION"},
	 .base_branch = {"SYSTEM_PULLREQUEST_TARGETBRANCH"},
	 .origin = origin_in_azure,
	 .place = place_in_azure},
	{.name = NULL},
};
