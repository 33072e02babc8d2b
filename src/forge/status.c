/* The status of a commit, and what became of a pull request. */
#include "base/text.h"
#include "forge/ask.h"

static bool is_commit(const char *text)
{
	size_t length = strlen(text);
	return (length == 40 || length == 64) && strspn(text, "0123456789abcdef") == length;
}

/* In one line, at most `max` characters. */
static json_t *description_json(const char *text, size_t max)
{
	_cleanup_free_ char *safe = text_safe(text);
	_cleanup_free_ char *cut = text_cut(safe, strlen(safe), max - strlen("…"));
	return json_string(cut);
}

/* GitLab's way of saying that the status is this already, or on from there. */
static bool is_standing(const struct forge_answer *answer)
{
	const char *message = json_string_value(json_object_get(answer->json, "message"));
	return answer->status == 400 && message && strstr(message, "Cannot transition status");
}

int forge_status(const struct forge *forge, const char *commit, enum forge_status status, const char *context,
		 const char *description, const char *url, struct error **err)
{
	const struct forge_kind_info *kind = &forge_kinds[forge->kind];
	if (!is_commit(commit))
		return error_set(err, ERROR_USAGE,
				 "the commit is not given by its whole hash, as git rev-parse prints it");
	_cleanup_free_ char *what = string_format("set a status of commit %s", commit);
	if (forge_need_token(forge, what, err) < 0)
		return -1;
	_cleanup_forge_json_ json_t *body = json_object();
	json_object_set_new(body, "state", json_string(kind->states[status]));
	json_object_set_new(body, kind->context, description_json(context, kind->description_max));
	json_object_set_new(body, "description", description_json(description, kind->description_max));
	if (url)
		json_object_set_new(body, "target_url", json_string(url));
	struct forge_question question = {
		.method = "POST", .path = kind->statuses, .commit = commit, .body = body, .what = what};
	_cleanup_answer_ struct forge_answer answer = {0};
	http_begin(forge->http);
	if (forge_ask(forge, &question, &answer, err) < 0)
		return -1;
	return is_standing(&answer) ? 0 : forge_check(forge, &question, &answer, err);
}

int forge_pull_request(const struct forge *forge, long number, enum forge_pull_state *ret, struct error **err)
{
	const struct forge_kind_info *kind = &forge_kinds[forge->kind];
	_cleanup_free_ char *what = string_format("ask for pull request %ld of %s", number, forge->repository);
	struct forge_question question = {.method = "GET", .path = kind->pull, .number = number, .what = what};
	_cleanup_answer_ struct forge_answer answer = {0};
	http_begin(forge->http);
	if (forge_get(forge, &question, JSON_OBJECT, &answer, err) < 0)
		return -1;
	/* Databases are removed because of what this says: it has to be about the one that was asked for. */
	const json_t *told = json_object_get(answer.json, kind->number);
	enum forge_pull_state state;
	if (json_integer_value(told) != number || !kind->state(answer.json, &state))
		return error_set(err, ERROR_NETWORK, "cannot %s: what %s answers is not understood", what, forge->api);
	*ret = state;
	return 0;
}
