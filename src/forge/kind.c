#include "forge/kind.h"

/* GitHub and Gitea: open or closed, and whether it was merged. */
static bool hub_state(const json_t *pull, enum forge_pull_state *ret)
{
	const char *state = json_string_value(json_object_get(pull, "state"));
	const json_t *merged = json_object_get(pull, "merged");
	if (!state || !json_is_boolean(merged))
		return false;
	if (string_equal(state, "open"))
		*ret = FORGE_PULL_OPEN;
	else if (string_equal(state, "closed"))
		*ret = json_is_true(merged) ? FORGE_PULL_MERGED : FORGE_PULL_CLOSED;
	else
		return false;
	return true;
}

static bool lab_state(const json_t *pull, enum forge_pull_state *ret)
{
	static const struct {
		const char *name;
		enum forge_pull_state state;
	} states[] = {
		{"opened", FORGE_PULL_OPEN},
		{"locked", FORGE_PULL_OPEN}, /* in the moment of merging: not yet */
		{"closed", FORGE_PULL_CLOSED},
		{"merged", FORGE_PULL_MERGED},
	};
	const char *state = json_string_value(json_object_get(pull, "state"));
	for (size_t i = 0; state && i < ARRAY_SIZE(states); i++)
		if (string_equal(state, states[i].name)) {
			*ret = states[i].state;
			return true;
		}
	return false;
}

/* What both speak. */
#define HUB                                                                                                            \
	.login = "login", .author = "user", .comments = "/repos/{repository}/issues/{number}/comments",                \
	.comment = "/repos/{repository}/issues/comments/{id}", .update = "PATCH",                                      \
	.statuses = "/repos/{repository}/statuses/{commit}", .states = {"pending", "success", "failure", "error"},     \
	.context = "context", .description_max = 140, .pull = "/repos/{repository}/pulls/{number}",                    \
	.number = "number", .state = hub_state

const struct forge_kind_info forge_kinds[] = {
	[FORGE_GITHUB] =
		{
			.name = "github",
			.title = "GitHub",
			.api = "https://api.github.com",
			.token_variables = {"GITHUB_TOKEN", "GH_TOKEN"},
			.accept = "application/vnd.github+json",
			.viewer = "/graphql",
			.page = "per_page=100",
			HUB,
		},
	[FORGE_GITLAB] =
		{
			.name = "gitlab",
			.title = "GitLab",
			.api = "https://gitlab.com/api/v4",
			.token_variables = {"GITLAB_TOKEN"},
			.accept = "application/json",
			.repository_is_one_segment = true,
			.login = "username",
			.author = "author",
			.comments = "/projects/{repository}/merge_requests/{number}/notes",
			.page = "sort=asc&order_by=created_at&per_page=100",
			.comment = "/projects/{repository}/merge_requests/{number}/notes/{id}",
			.update = "PUT",
			.statuses = "/projects/{repository}/statuses/{commit}",
			.states = {"pending", "success", "failed", "failed"},
			.context = "name",
			.description_max = 255,
			.pull = "/projects/{repository}/merge_requests/{number}",
			.number = "iid",
			.state = lab_state,
		},
	[FORGE_GITEA] =
		{
			.name = "gitea",
			.title = "Gitea",
			.token_variables = {"GITEA_TOKEN", "FORGEJO_TOKEN"},
			.accept = "application/json",
			.page = "limit=50",
			HUB,
		},
};

bool forge_kind_find(const char *name, enum forge_kind *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(forge_kinds); i++)
		if (string_equal(name, forge_kinds[i].name)) {
			*ret = (enum forge_kind)i;
			return true;
		}
	return false;
}
