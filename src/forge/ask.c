#include "forge/ask.h"

#include "base/text.h"

enum { MESSAGE_MAX = 300 }; /* bytes shown of what a forge says */

void forge_json_free(json_t **json)
{
	json_decref(*json);
}

void forge_answer_free(struct forge_answer *answer)
{
	json_decref(answer->json);
	*answer = (struct forge_answer){0};
}

int forge_need_token(const struct forge *forge, const char *what, struct error **err)
{
	if (forge->token)
		return 0;
	const struct forge_kind_info *kind = &forge_kinds[forge->kind];
	error_set(err, ERROR_REFUSED, "without a token %s lets nobody %s", kind->title, what);
	return error_hint(err, "put one into the variable %s, or into a file that --token-file names",
			  kind->token_variables[0]);
}

/* What stands in braces in a path; the value goes into the URL with everything encoded that could mean something there.
 */
static void add_value(struct buffer *url, const struct forge *forge, const struct forge_question *question,
		      const char *name)
{
	bool one_segment = forge_kinds[forge->kind].repository_is_one_segment;
	if (string_starts_with(name, "{repository}"))
		text_add_encoded(url, forge->repository, one_segment ? "" : "/");
	else if (string_starts_with(name, "{commit}"))
		text_add_encoded(url, question->commit, "");
	else if (string_starts_with(name, "{number}"))
		buffer_addf(url, "%ld", question->number);
	else
		buffer_addf(url, "%lld", question->id);
}

static void add_url(struct buffer *url, const struct forge *forge, const struct forge_question *question)
{
	buffer_add_text(url, question->base ? question->base : forge->api);
	for (const char *at = question->path; *at;) {
		size_t plain = strcspn(at, "{");
		buffer_add(url, at, plain);
		at += plain;
		if (*at) {
			add_value(url, forge, question, at);
			at += strcspn(at, "}") + 1;
		}
	}
	if (question->query)
		buffer_addf(url, "?%s", question->query);
}

int forge_ask(const struct forge *forge, const struct forge_question *question, struct forge_answer *ret,
	      struct error **err)
{
	_cleanup_buffer_ struct buffer url = {0};
	_cleanup_free_ char *body = NULL;
	_cleanup_response_ struct http_response response = {0};
	add_url(&url, forge, question);
	if (question->body && !(body = json_dumps(question->body, JSON_COMPACT)))
		return error_set(err, ERROR_INTERNAL, "what shall be sent to the forge is no JSON");
	struct http_request request = {question->method, buffer_text(&url), body, question->lost};
	if (http_request(forge->http, &request, &response, err) < 0)
		return error_wrap(err, "cannot %s", question->what);
	*ret = (struct forge_answer){
		.status = response.status,
		.json = json_loadb(buffer_text(&response.body), response.body.length, JSON_ALLOW_NUL, NULL),
		.more = response.more,
	};
	return 0;
}

/* What a forge says about a refusal, in one line: each has its way. Owned; "" if it says nothing. */
static char *said(const json_t *json)
{
	static const char *const keys[] = {"message", "error_description", "error", "errors"};
	struct buffer text = {0};
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const json_t *value = json_object_get(json, keys[i]);
		_cleanup_free_ char *dumped = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
		const char *shown = json_is_string(value) ? json_string_value(value) : dumped;
		if (shown)
			buffer_addf(&text, "%s%s", text.length ? "; " : ": ", shown);
	}
	_cleanup_free_ char *safe = text_safe(buffer_text(&text));
	buffer_free(&text);
	return text_cut(safe, strlen(safe), MESSAGE_MAX);
}

int forge_check(const struct forge *forge, const struct forge_question *question, const struct forge_answer *answer,
		struct error **err)
{
	const char *title = forge_kinds[forge->kind].title;
	_cleanup_free_ char *why = said(answer->json);
	if (answer->status >= 200 && answer->status < 300)
		return 0;
	if (answer->status == 401)
		error_set(err, ERROR_REFUSED, "%s lets only somebody it knows %s%s%s", title, question->what,
			  forge->token ? "; it does not take this token" : "", why);
	else if (answer->status == 403)
		error_set(err, ERROR_REFUSED, "%s does not let this token %s%s", title, question->what, why);
	else if (answer->status == 404)
		return error_set(err, ERROR_NOT_FOUND, "cannot %s: %s has nothing there, or does not show it%s",
				 question->what, title, why);
	else
		return error_set(err, ERROR_NETWORK, "cannot %s: %s answers %ld%s", question->what, title,
				 answer->status, why);
	return error_hint(err, "docs/forges.md says what a token needs");
}

int forge_get(const struct forge *forge, const struct forge_question *question, json_type type,
	      struct forge_answer *ret, struct error **err)
{
	_cleanup_answer_ struct forge_answer answer = {0};
	if (forge_ask(forge, question, &answer, err) < 0 || forge_check(forge, question, &answer, err) < 0)
		return -1;
	if (!answer.json || json_typeof(answer.json) != type)
		return error_set(err, ERROR_NETWORK, "cannot %s: what %s answers is not understood", question->what,
				 forge->api);
	*ret = answer;
	answer = (struct forge_answer){0};
	return 0;
}
